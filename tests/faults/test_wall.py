"""The wall between two accounts, tried from the other side: all calls with all ids, watches, and forged messages in Redis (FAULTS 49).

What is another account's is answered with the same bytes as what is not there, and nothing of it comes over a socket.
"""

import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2
from redis.asyncio import Redis

from channels import names
from channels.envelope import ACCOUNT, Envelope, encode
from server.ids import new_id
from tests.fixtures.centre import ANAS_OWN, HOST, MARIA, PASSWORD, Centre, Person
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Tab, open_tab
from tests.fixtures.waiting import until

NOT_THERE = "01" + "0" * 24
SECRET = "heliotrope marmalade"
FORGERY = f"forged {SECRET}"
FORGED = 1_500
"""Messages on each channel."""
HARMLESS = ("/hooks/", "/media/{id}/{until}/{key}")
"""Doors for carriers, which have no account but a signature."""


@dataclass
class Tried:
    """`answers` by status; `told_apart`: calls whose answer differs from that for what is not there; `let_in`: calls that were answered
    2xx; `seen`: lists and frames with something of the other account; `reached`: forged messages that processes were handed. `honest`: the
    same message with the account whose channel it came on, once on each, and `honest_seen` how many of these a tab was given: were there
    none, the forged ones might be dropped for being malformed."""

    calls: int = 0
    watches: int = 0
    forged: int = 0
    reached: int = 0
    honest: int = 0
    honest_seen: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    told_apart: list[str] = field(default_factory=list)
    let_in: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        return self.calls + self.watches + self.reached


@dataclass
class Other:
    """The account that tries: its manager and an agent, each with a client."""

    account: str
    people: list[Person]
    clients: list[httpx2.AsyncClient]


async def another_account(centre: Centre) -> Other:
    made = centre.init("Other", "zoe")
    zoe = Person(made["user"], "zoe", "manager", made["token"], "zoe@example.com")
    client = _client(centre, zoe)
    new = {"email": "yan@example.com", "name": "Yan", "role": "agent", "password": PASSWORD}
    user = (await client.post("/api/v1/users", json=new)).json()["id"]
    token = (await client.post("/api/v1/tokens", json={"name": "t", "user": user})).json()["token"]
    yan = Person(user, "yan", "agent", token, "yan@example.com")
    centre.people |= {"zoe": zoe, "yan": yan}
    return Other(made["account"], [zoe, yan], [client, _client(centre, yan)])


def _client(centre: Centre, person: Person) -> httpx2.AsyncClient:
    headers = {"host": HOST, "authorization": f"Bearer {person.token}"}
    client = httpx2.AsyncClient(base_url=centre.webs[0].address, headers=headers, trust_env=False, timeout=20)
    centre.stack.push_async_callback(client.aclose)
    return client


async def treasure(centre: Centre) -> dict[str, str]:
    """One of everything that an account can hold; the ids by what they are."""
    await centre.text(MARIA, SECRET, to=ANAS_OWN)
    conversation = await centre.conversation(MARIA)
    shown = (await centre.call("ana", "GET", f"conversations/{conversation}/messages")).json()["items"][-1]
    made = {
        "webhook": await centre.manage("POST", "webhooks", url="https://example.com/hook", types=["message.received"]),
        "live filter": await centre.manage("POST", "live-filters", name=SECRET, conditions=[{"field": "ready", "op": "is", "value": True}]),
        "saved reply": await centre.manage("POST", "saved-replies", shortcut="hi", body=SECRET),
        "token": await centre.manage("POST", "tokens", name=SECRET, user=centre.people["ana"].id),
    }
    row = await centre.manage("GET", f"conversations/{conversation}")
    return {
        "conversation": conversation,
        "message": shown["id"],
        "contact": row["contact"]["id"],
        "user": centre.people["ana"].id,
        "carrier": centre.carriers["twilio"]["id"],
        "did": centre.dids[ANAS_OWN],
        **{name: str(each["id"]) for name, each in made.items()},
    }


async def try_every_call(other: Other, ids: dict[str, str], tried: Tried) -> None:
    document = (await other.clients[0].get("/api/v1/openapi.json")).json()
    for path, methods in document["paths"].items():
        if path.startswith(HARMLESS[0]) or path == HARMLESS[1]:
            continue
        for method, described in methods.items():
            for client in other.clients:
                if "{" in path:
                    await _try_ids(client, method, path, _body(described, document), ids, tried)
                elif method == "get" and path.startswith("/api/v1/"):
                    await _try_list(client, path, ids, tried)


async def _try_ids(client: httpx2.AsyncClient, method: str, path: str, body: Any, ids: dict[str, str], tried: Tried) -> None:
    async def ask(id: str) -> httpx2.Response:
        at = "/".join(id if part.startswith("{") else part for part in path.split("/"))
        return await client.request(method.upper(), at, json=body)

    nobody = await ask(NOT_THERE)
    for what, id in ids.items():
        answer = await ask(id)
        tried.calls += 1
        tried.answers[answer.status_code] += 1
        if (answer.status_code, answer.content) != (nobody.status_code, nobody.content):
            tried.told_apart.append(f"{method} {path} with a {what}: {answer.status_code} {answer.text[:80]} / {nobody.status_code}")
        if answer.status_code < 300:
            tried.let_in.append(f"{method} {path} with a {what}")


async def try_in_bodies(other: Other, own: str, ids: dict[str, str], tried: Tried) -> None:
    """Ids of the other account inside what one says about one's own."""
    wanted: list[tuple[str, str, Any]] = [
        ("user", f"conversations/{own}/transfer", lambda id: {"user": id}),
        ("user", f"conversations/{own}/notes", lambda id: {"body": "Hi", "mentions": [id]}),
        ("user", "tokens", lambda id: {"name": "t", "user": id}),
        ("did", f"conversations/{own}/messages", lambda id: {"body": "Hi", "client_id": "w", "did": id}),
        ("contact", "messages", lambda id: {"contact": id, "body": "Hi", "client_id": "w"}),
        ("carrier", "dids", lambda id: {"number": "+12025550997", "carrier": id, "capabilities": ["sms"]}),
        ("user", "dids", lambda id: {"number": "+12025550997", "carrier": id, "capabilities": ["sms"], "user": id}),
    ]
    for what, path, said in wanted:
        for client in other.clients:
            theirs, nobody = [await client.post(f"/api/v1/{path}", json=said(id)) for id in (ids[what], NOT_THERE)]
            tried.calls += 1
            tried.answers[theirs.status_code] += 1
            if (theirs.status_code, theirs.content) != (nobody.status_code, nobody.content):
                tried.told_apart.append(f"{path} with a {what}: {theirs.text[:80]} / {nobody.text[:80]}")
            if theirs.status_code < 300:
                tried.let_in.append(f"{path} with a {what}")


async def _try_list(client: httpx2.AsyncClient, path: str, ids: dict[str, str], tried: Tried) -> None:
    answer = await client.get(path)
    tried.calls += 1
    tried.answers[answer.status_code] += 1
    tried.seen += [f"{path} shows a {what}" for what, id in {**ids, "secret": SECRET}.items() if id in answer.text]


def _body(described: dict[str, Any], document: dict[str, Any]) -> Any:
    """The least that this call takes."""
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    return _least(content["schema"], document) if content else None


def _least(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for some in ("anyOf", "oneOf"):
        if some in schema:
            return _least(next(each for each in schema[some] if each.get("type") != "null"), document)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        needed = schema.get("required", [])
        return {name: _least(each, document) for name, each in schema.get("properties", {}).items() if name in needed}
    if kind == "string":
        return "2027-06-01T12:00:00Z" if schema.get("format") == "date-time" else "Hello"
    return {"integer": 1, "number": 1, "boolean": True, "array": []}.get(str(kind))


async def try_every_watch(tab: Tab, ids: dict[str, str], account: str, tried: Tried) -> None:
    """Whatever is asked for by a name that is not one's own is not there."""
    wanted = [*ids.values(), account, names.conversation(account, ids["conversation"]), NOT_THERE]
    for number, name in enumerate(wanted):
        await tab.send(op="watch", id=number, conversation=name)
        await tab.send(op="watch", id=number, conversation=name, after=0)
        tried.watches += 2
    await tab.send(op="unwatch", id=9_999, topic="pool")
    await _heard(tab, 9_999)
    answers = [json.dumps(frame | {"id": 0}) for frame in tab.frames if frame["op"] == "error"]
    tried.told_apart += [answer for answer in answers if json.loads(answer) != {"op": "error", "id": 0, "code": "not_found"}]
    if len(answers) != tried.watches:
        tried.let_in.append(f"{tried.watches - len(answers)} watches")
    tried.watches = len(answers)


async def _heard(tab: Tab, id: int) -> None:
    await until(lambda: any(frame.get("id") == id for frame in tab.frames))


@dataclass
class Way:
    """A channel that processes of the other account listen to, and of what an event on it must be so that they pass it on: of a
    conversation that they know the number `seq` is due, of any other the first."""

    channel: str
    audience: str
    conversation: str = ""
    seq: int = 1

    def envelope(self, account: str, number: int, conversation: str, words: str) -> bytes:
        """One that concerns everybody of its account."""
        id, position = self.conversation or conversation, 10**6 + number
        row: dict[str, Any] = {"id": id, "owner": None, "subscribers": [], "contact": {"id": "c"}}
        data = {"words": words, "conversation": row}
        event = {"type": "message.received", "conversation": id, "seq": self.seq, "position": position, "data": data}
        who = (self.audience,)
        return encode(Envelope(account, position, id, self.seq, ACCOUNT, True, who, who, json.dumps(event).encode()))


async def ways(centre: Centre, other: Other, own: str) -> list[Way]:
    seq = (await centre.rows("select seq from conversations where id = :id", id=own))[0]["seq"]
    zoe = other.people[0].id
    shared = (names.feed(other.account), names.account(other.account), names.pool(other.account))
    return [
        *(Way(channel, zoe) for channel in shared),
        *(Way(names.user(other.account, person.id), person.id) for person in other.people),
        Way(names.conversation(other.account, own), zoe, own, seq + 1),
    ]


async def forge(centre: Centre, some: list[Way], ids: dict[str, str], each: int, tried: Tried) -> None:
    """Envelopes of the one account on every channel that the other's processes listen to: of its conversation and of unknown ones."""
    async with Redis.from_url(centre.partyline.settings["REDIS_URL"]) as redis:
        for number in range(each):
            pipe = redis.pipeline(transaction=False)
            for turn, way in enumerate(some):
                conversation = new_id(number) if number % 2 else ids["conversation"]
                pipe.publish(way.channel, way.envelope(centre.account, number * len(some) + turn, conversation, FORGERY))
            counts = await pipe.execute()
            tried.forged += len(counts)
            tried.reached += sum(1 for count in counts if count)


async def be_honest(centre: Centre, other: Other, some: list[Way], tabs: list[Tab], tried: Tried) -> None:
    """The same, made the same way, but of the account that listens."""
    tried.honest = len(some)
    async with Redis.from_url(centre.partyline.settings["REDIS_URL"]) as redis:
        for number, way in enumerate(some):
            await redis.publish(way.channel, way.envelope(other.account, 10**6 + number, new_id(number), f"honest {number} honest"))

    def seen() -> int:
        shown = json.dumps([tab.frames for tab in tabs])
        return sum(f"honest {number} honest" in shown for number in range(tried.honest))

    with contextlib.suppress(AssertionError):
        await until(lambda: seen() == tried.honest)
    tried.honest_seen = seen()


async def try_the_wall(centre: Centre, *, forged: int) -> Tried:
    """From the other account, while its own people and their tabs go on."""
    tried = Tried()
    other, ids = await another_account(centre), await treasure(centre)
    async with open_tab(centre, "zoe") as zoe, open_tab(centre, "yan") as yan, open_tab(centre, "ana") as ana:
        await zoe.send(op="watch", id=1, topic="feed")
        for tab in (zoe, yan):
            await tab.send(op="watch", id=2, topic="pool")
        began = {tab.person.name: len(tab.frames) for tab in (zoe, yan)}
        own = await _a_conversation_of_theirs(other)
        await zoe.send(op="watch", id=3, conversation=own)
        await _heard(zoe, 3)
        zoe.frames.clear()
        await try_every_watch(zoe, ids, centre.account, tried)
        await try_every_call(other, ids, tried)
        await try_in_bodies(other, own, ids, tried)
        some = await ways(centre, other, own)
        await forge(centre, some, ids, forged, tried)
        await centre.text(MARIA, SECRET, to=ANAS_OWN)
        for tab in (zoe, yan):
            await tab.send(op="unwatch", id=10_000, topic="pool")
            await _heard(tab, 10_000)
            shown = json.dumps(tab.frames[0 if tab is zoe else began["yan"] :])
            tried.seen += [f"{tab.person.name}'s tab shows a {what}" for what, id in {**ids, "secret": SECRET}.items() if id in shown]
        await ana.until_current()
        tried.seen += ["ana was given a forged one of her account"] * (FORGERY in json.dumps(ana.frames))
        await be_honest(centre, other, some, [zoe, yan], tried)
    return tried


async def _a_conversation_of_theirs(other: Other) -> str:
    carrier = (await other.clients[0].post("/api/v1/carriers", json={"kind": "sandbox", "name": "S", "credentials": {}})).json()["id"]
    did = {"number": "+12025550999", "carrier": carrier, "capabilities": ["sms"]}
    assert (await other.clients[0].post("/api/v1/dids", json=did)).status_code == 201
    said = {"to": "+12025550998", "body": "Hello", "client_id": "c"}
    answer = await other.clients[0].post("/api/v1/messages", json=said)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["conversation"]["id"])


async def test_nothing_of_an_account_shows_on_the_other_side_whatever_is_called_watched_or_forged(centre: Centre, figures: Figures) -> None:
    await centre.open(webs=1, agents="")
    await centre.add_agent("ana")
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
    tried = await try_the_wall(centre, forged=FORGED)
    figures(f"{tried.attempts} attempts: {tried.calls} calls {dict(tried.answers)}, {tried.watches} watches, {tried.reached} forged")
    assert tried.told_apart == []
    assert tried.let_in == []
    assert tried.seen == []
    assert tried.answers[404] > tried.calls / 2, "most were refused for the id, not for what was said"
    assert tried.reached == tried.forged, "a process was handed each of them"
    assert tried.honest_seen == tried.honest > 0, "whoever is of the account is given the same message"
    assert tried.attempts >= 10_000
