"""Those who write while a row runs: contacts who text, agents who answer, note, claim, hand over and read. As honest as the tabs.

What is not acknowledged is repeated with the same id, at another process, until it is. Nothing is done twice by that.
"""

import asyncio
import base64
import hmac
import itertools
import json
import random
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.fixtures.rush import Answer, Line

PATIENCE_SECONDS = 10.0
AGAIN_SECONDS = 0.05
AGAIN = (502, 503, 504)
"""Come again: what a process says that is busy or stops, and what a proxy says that found none."""
LINES = 12
"""Connections to each process."""


@dataclass
class Tally:
    """`acknowledged`: texts of contacts, by their ids; `sent`: client ids of texts that were accepted; `seconds`: when each call was
    tried first (s since 1970), and how long from then to its answer; `refused`: how often which status came that no repeat would mend;
    `repeats`: when and why a call was tried again, which nobody answered, or somebody with one of AGAIN."""

    acknowledged: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    seconds: list[tuple[float, float]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    repeats: list[tuple[float, str]] = field(default_factory=list)


def body_of(id: str) -> str:
    """What a contact writes in the text of this id."""
    return f"Text {id}"


class Writers:
    """`crew` as the plan has it: `account`, `hook`, `lines` (number -> name of its owner or None), `people` (name -> id, token, role)."""

    def __init__(self, crew: dict[str, Any], ports: list[int], host: str, chance: random.Random, *, phones: int, run: str) -> None:
        self.tally = Tally()
        self._crew = crew
        self._host = host
        self._ports = ports
        self._chance = chance
        self._phones = phones
        self._run = run
        self._numbers = itertools.count(1)
        self._idle: dict[int, list[Line]] = {}
        self._tokens = {person["id"]: person["token"] for person in crew["people"].values()}
        self._conversations = [(id, user) for user, ids in crew["parts"].items() if user in self._tokens for id in ids]
        self._agents = [person for person in crew["people"].values() if person["role"] == "agent"] or list(crew["people"].values())
        self._kinds: list[Callable[[], Coroutine[Any, Any, None]]] = [
            self._text,
            self._answer,
            self._note,
            self._claim,
            self._hand_over,
            self._read,
        ]

    async def run(self, acts: float, stop: asyncio.Event) -> None:
        """`acts` a second, evenly, until `stop`; returns when all that was begun is acknowledged."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in itertools.count(1):
                due = began + number / acts
                try:
                    async with asyncio.timeout_at(due):
                        await stop.wait()
                    return
                except TimeoutError:
                    kind = self._chance.choices(self._kinds, (50, 20, 6, 10, 6, 8))[0]
                    group.create_task(kind())

    async def fill(self) -> None:
        """Every phone writes once, so that there are conversations."""
        await _a_few_at_once(self._text(phone) for phone in range(self._phones))

    async def follow(self, parts: dict[str, dict[str, int]]) -> None:
        """Each of these conversations gets a subscriber."""
        whose = [(id, user) for user, ids in parts.items() for id in ids]
        others = [[agent["id"] for agent in self._agents if agent["id"] != user] for _, user in whose]
        await _a_few_at_once(
            self._call(self._chance.choice(some), f"conversations/{id}/subscription", {}, "PUT")
            for (id, _), some in zip(whose, others, strict=True)
            if some
        )

    def close(self) -> None:
        for lines in self._idle.values():
            for line in lines:
                line.close()

    async def _text(self, phone: int | None = None) -> None:
        """A phone always texts the same number of ours, so that its conversation stays with whom it belongs to."""
        phone = self._chance.randrange(self._phones) if phone is None else phone
        lines = list(self._crew["lines"])
        id = f"{self._run}-{next(self._numbers)}"
        body = json.dumps(
            {
                "type": "message.received",
                "id": id,
                "from": f"+1303{5_000_000 + phone}",
                "to": lines[phone % len(lines)],
                "body": body_of(id),
            }
        ).encode()
        answer = await self._until_answered(lambda: self._signed(id, body))
        if answer.status == 200:
            self.tally.acknowledged.append(id)

    async def _answer(self) -> None:
        conversation, user = self._somebodys()
        client_id = f"{self._run}-{next(self._numbers)}"
        answer = await self._call(user, f"conversations/{conversation}/messages", {"body": f"Answer {client_id}", "client_id": client_id})
        if answer.status == 202:
            self.tally.sent.append(client_id)

    async def _note(self) -> None:
        conversation, user = self._somebodys()
        number = f"{self._run}-{next(self._numbers)}"
        await self._call(user, f"conversations/{conversation}/notes", {"body": f"Note {number}", "client_id": number})

    async def _claim(self) -> None:
        await self._call(self._chance.choice(self._agents)["id"], "conversations/take-next", {})

    async def _hand_over(self) -> None:
        conversation, user = self._somebodys()
        verb = self._chance.choice(("release", "transfer", "no-reply-needed"))
        body = {"user": self._chance.choice(self._agents)["id"]} if verb == "transfer" else {}
        await self._call(user, f"conversations/{conversation}/{verb}", body)

    async def _read(self) -> None:
        conversation, user = self._somebodys()
        await self._call(user, f"conversations/{conversation}/read", {"seq": 2**31}, method="PUT")

    def _somebodys(self) -> tuple[str, str]:
        return self._chance.choice(self._conversations)

    async def _call(self, user: str, path: str, body: dict[str, Any], method: str = "POST") -> Answer:
        data = json.dumps(body).encode()
        headers = {
            "authorization": f"Bearer {self._tokens[user]}",
            "content-type": "application/json",
            "idempotency-key": f"{self._run}-{next(self._numbers)}",
        }
        return await self._until_answered(lambda: _request(method, f"/api/v1/{path}", self._host, data, headers))

    async def _until_answered(self, request: Callable[[], bytes]) -> Answer:
        """Each try is a request of its own, since a signature grows old."""
        began = time.time()
        while True:
            port = self._chance.choice(self._ports)
            lines = self._idle.setdefault(port, [])
            line = lines.pop() if lines else Line(port)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answer = await line.ask(request())
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as problem:
                line.close()
                why = type(problem).__name__
            else:
                if len(lines) < LINES:
                    lines.append(line)
                else:
                    line.close()
                if answer.status not in AGAIN:
                    self.tally.seconds.append((began, time.time() - began))
                    if answer.status >= 300:
                        refusal = f"{answer.status} {_code(answer.body)}".strip()
                        self.tally.refused[refusal] = self.tally.refused.get(refusal, 0) + 1
                    return answer
                why = str(answer.status)
            self.tally.repeats.append((time.time(), why))
            await asyncio.sleep(AGAIN_SECONDS)

    def _signed(self, id: str, body: bytes) -> bytes:
        """As Standard Webhooks say."""
        at = str(int(time.time()))
        key = base64.b64decode(self._crew["secret"].removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"{id}.{at}.".encode() + body, "sha256")).decode()
        headers = {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{mac}", "content-type": "application/json"}
        return _request("POST", urlsplit(self._crew["hook"]).path, self._host, body, headers)


async def _a_few_at_once(acts: Iterable[Coroutine[Any, Any, object]]) -> None:
    left = iter(acts)

    async def some() -> None:
        for act in left:
            await act

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(some())


def _code(body: bytes) -> str:
    """What a refusal calls itself; nothing where it is a page of somebody else's."""
    try:
        return str(json.loads(body)["code"])
    except (ValueError, LookupError, TypeError):
        return ""


def _request(method: str, path: str, host: str, body: bytes, headers: dict[str, str]) -> bytes:
    given = {"host": host, "content-length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return "\r\n".join(lines).encode() + body
