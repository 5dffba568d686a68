"""`kill -9` of a sender at each place of a text's way out: never sent twice, never stuck, never lost without being shown (FAULTS 41)."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from server.desk.dispatch import LEASE_US
from server.domain.pace import SECOND_US
from tests.faults.conftest import open_with_ana
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.forks import Forks
from tests.fixtures.processes import Partyline, Running
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until

PLACES = ("lease.taken", "lease.committed", "send.before", "exchange.written", "send.answered", "send.recorded")
PHONES = [f"+1202557{number:04}" for number in range(8)]
EACH = 9
"""Texts to each phone."""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def write_texts(centre: Centre, turn: int = 0) -> None:
    async def write(phone: str) -> None:
        for number in range(EACH):
            body = f"{phone} {turn:03} {number}"
            answer = await centre.call("ana", "POST", "messages", to=phone, body=body, client_id=body)
            assert answer.status_code == 202, answer.text

    await asyncio.gather(*(write(phone) for phone in PHONES))


async def end_leases(centre: Centre) -> None:
    """As time would."""
    await (await centre.database()).write(lambda tx: tx.run("update messages set lease_until = :now where lease_until > :now", now=tx.now))


async def ended(sender: Running) -> int | None:
    await until(lambda: sender.ended is not None, within=20)
    return sender.ended


async def states(centre: Centre) -> dict[str, str]:
    """By what was written."""
    return {row["body_asked"]: row["state"] for row in await centre.rows("select body_asked, state from messages")}


@dataclass
class Killed:
    """`told`: the texts' states in the end; the others are bodies of texts, `out_of_order` phones."""

    kills: int = 0
    texts: int = 0
    at_carrier: int = 0
    told: Counter[str] = field(default_factory=Counter)
    twice: list[str] = field(default_factory=list)
    said_and_not_sent: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)


async def kill_senders(centre: Centre, api: TwilioApi, rounds: int, chance: random.Random) -> Killed:
    """In each round texts are written and a sender is killed at each of the places; then two live ones finish."""
    found = Killed()
    for turn in range(rounds):
        await write_texts(centre, turn)
        for place in PLACES:
            armed = f"{place}:{chance.randint(1, 2 if place == 'lease.taken' else 6)}"
            assert await ended(centre.partyline.begin("sender", FAILPOINTS=armed)) == -signal.SIGKILL, armed
            await end_leases(centre)
            found.kills += 1
    await asyncio.to_thread(centre.start, senders=2)

    async def all_over() -> bool:
        return not set((await states(centre)).values()) & {"queued", "sending"}

    await until(all_over, within=20 * rounds)
    taken = [text.body.removesuffix(" Reply STOP to unsubscribe.") for text in api.taken]
    told, at_carrier = await states(centre), Counter(taken)
    found.texts, found.at_carrier, found.told = len(told), len(taken), Counter(told.values())
    found.twice = [body for body, times in at_carrier.items() if times > 1]
    found.said_and_not_sent = [body for body, state in told.items() if state == "sent" and body not in at_carrier]
    found.unknown = sorted(set(at_carrier) - set(told))
    for phone in PHONES:
        mine = [body for body in taken if body.startswith(phone)]
        if mine != sorted(mine):
            found.out_of_order.append(phone)
    return found


async def test_a_sender_killed_anywhere_sends_nothing_twice_and_leaves_nothing_stuck_or_lost(
    centre: Centre, twilio_api: TwilioApi, figures: Figures
) -> None:
    twilio_api.slowness = 0.02
    await open_with_ana(centre, webs=1)
    found = await kill_senders(centre, twilio_api, 1, random.Random(41))
    figures(f"{found.kills} kills, {found.texts} texts: {dict(found.told)}, at the carrier {found.at_carrier}")
    assert found.told.keys() <= {"sent", "unconfirmed"}
    assert found == Killed(len(PLACES), EACH * len(PHONES), found.at_carrier, found.told), "sent twice, out of order, or not and said to be"


@pytest.fixture
async def centres(both_database_urls: dict[str, str], forks: Forks, tmp_path: Path) -> AsyncIterator[dict[str, Centre]]:
    """One on each engine, not open yet; nothing is shared between them."""
    async with AsyncExitStack() as stack:
        made = {}
        for engine, url in both_database_urls.items():
            redis = RedisServer()
            stack.callback(redis.remove)
            redis.start()
            api = CarrierApi()
            await api.start()
            stack.push_async_callback(api.stop)
            partyline = Partyline(tmp_path / engine, forks, REDIS_URL=redis.url)
            partyline.folder.mkdir()
            stack.callback(_end, partyline)
            made[engine] = Centre(partyline, api, url)
            stack.push_async_callback(made[engine].close)
        yield made


def _end(partyline: Partyline) -> None:
    for running in partyline.running:
        running.kill()


@dataclass
class GoneOn:
    """`after`: by the place at which the sender was killed, the seconds from the end of its lease until the next text left. `taken`: what
    the carrier was handed."""

    after: dict[str, float]
    taken: list[str]


async def go_on(centre: Centre) -> GoneOn:
    """Two texts to a phone for each place, of which the first one's sender is killed there; then one sender finishes."""
    api = TwilioApi(centre.carrier_api)
    await open_with_ana(centre, webs=1)
    for number, place in enumerate(PLACES):
        for turn in range(2):
            said = {"to": PHONES[number], "body": f"{place} {turn}", "client_id": f"{place} {turn}"}
            assert (await centre.call("ana", "POST", "messages", **said)).status_code == 202
        assert await ended(centre.partyline.begin("sender", FAILPOINTS=place)) == -signal.SIGKILL, place
    leases = {row["body_asked"]: row["lease_until"] for row in await centre.rows("select body_asked, lease_until from messages")}
    await asyncio.to_thread(centre.start, senders=1)

    async def all_over() -> bool:
        return not set((await states(centre)).values()) & {"queued", "sending"}

    await until(all_over, within=LEASE_US / SECOND_US + 20)
    rows = await centre.rows("select body_asked, handed_at, state from messages where direction = 'outbound'")
    handed = {row["body_asked"]: row["handed_at"] for row in rows}
    after = {place: (handed[f"{place} 1"] - until_then) / SECOND_US for place in PLACES if (until_then := leases[f"{place} 0"]) is not None}
    return GoneOn(after, [text.body for text in api.taken])


async def test_a_conversation_whose_sender_was_killed_anywhere_goes_on_when_the_lease_is_over(
    centres: dict[str, Centre], figures: Figures
) -> None:
    """In real time: nobody ends a lease by hand. On both engines at once, since most of it is waiting."""
    found = await asyncio.gather(*(go_on(centre) for centre in centres.values()))
    for engine, gone_on in zip(centres, found, strict=True):
        figures(f"{engine}: lease {LEASE_US / SECOND_US:.0f} s; the next text left so long after its end: {gone_on.after}")
        assert {"lease.committed", "send.before", "exchange.written", "send.answered"} <= set(gone_on.after), engine
        assert max(gone_on.after.values()) < 2, engine
        assert len(gone_on.taken) == len(set(gone_on.taken)), "nothing twice"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_sender_that_was_frozen_for_longer_than_its_lease_does_not_send_what_another_one_has_sent(
    centre: Centre, twilio_api: TwilioApi
) -> None:
    """It had looked for the last time, and had written nothing yet. On SQLite it might hold the whole file meanwhile."""
    await open_with_ana(centre, webs=1)
    frozen = centre.partyline.begin("sender", FAILPOINTS="send.before:1:stop")
    sent = (await centre.call("ana", "POST", "messages", to=PHONES[0], body="Hello", client_id="c-1")).json()

    async def held() -> bool:
        return (await states(centre)) == {"Hello": "sending"}

    await until(held, within=20)
    await asyncio.to_thread(centre.start, senders=1)

    async def given_up() -> bool:
        return (await states(centre)) == {"Hello": "unconfirmed"}

    await until(given_up, within=LEASE_US / SECOND_US + 15)
    assert twilio_api.taken == []
    again = f"conversations/{sent['conversation']['id']}/messages"
    other = await centre.call("ana", "POST", again, body="Hello", client_id="c-2", again=sent["message"]["id"])
    assert other.status_code == 202, other.text
    await until(lambda: len(twilio_api.taken) == 1)
    frozen.thaw()
    third = await centre.call("ana", "POST", "messages", to=PHONES[1], body="And you?", client_id="c-3")
    assert third.status_code == 202
    await until(lambda: len(twilio_api.taken) == 2)
    await asyncio.to_thread(frozen.stop, within=20)
    assert [text.body.removesuffix(" Reply STOP to unsubscribe.") for text in twilio_api.taken] == ["Hello", "And you?"]
