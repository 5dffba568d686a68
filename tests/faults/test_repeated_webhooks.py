"""Webhooks five times each, shuffled, at once and over two processes: one row, one event, and no state moves down (FAULTS 44)."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre, new_sid
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until

TIMES, TEXTS, AT_ONCE = 5, 30, 24
WORDS = ("queued", "sending", "sent", "delivered")
RANKS = {"queued": 1, "sending": 2, "unconfirmed": 3, "sent": 4, "failed": 5, "undelivered": 5, "delivered": 6}

Call = Callable[[], Coroutine[Any, Any, httpx2.Response]]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Repeated:
    """`twice`: texts with two events of a type; `moved_down`: with an event whose state is earlier than that of the one before."""

    calls: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    rows: int = 0
    received: int = 0
    states: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    moved_down: int = 0


async def repeat(centre: Centre, api: TwilioApi, texts: int, chance: random.Random) -> Repeated:
    """Contacts' texts, and receipts of ours that begin to come before the carrier has answered."""
    found = Repeated()
    phones = [f"+1202564{number:04}" for number in range(texts)]
    arriving = [(phone, new_sid()) for phone in phones]
    await _all([_inbound(centre, phone, sid, web) for phone, sid in arriving for web in _webs(centre, chance)], found, chance)
    for number, phone in enumerate(phones):
        answer = await centre.call("ana", "POST", "messages", to=phone, body=f"Answer {number}", client_id=f"answer {number}")
        assert answer.status_code == 202, answer.text
    await until(lambda: len(api.taken) == texts, within=20)
    await _all([call for text in api.taken for word in WORDS for call in _receipts(centre, text.to, text.sid, word, chance)], found, chance)

    async def delivered() -> bool:
        rows = await centre.rows("select state from messages where direction = 'outbound' and state <> 'delivered'")
        return not rows

    await until(delivered, within=10)
    found.rows = len(await centre.rows("select carrier_ref from inbox"))
    for row in await centre.rows("select state from messages"):
        found.states[row["state"]] += 1
    await _look_at_events(centre, found)
    return found


async def _look_at_events(centre: Centre, found: Repeated) -> None:
    told: dict[str, list[tuple[str, str]]] = {}
    for row in await centre.rows("select body from events where type like 'message.%' order by conversation, seq"):
        event = json.loads(row["body"])
        message = event["data"]["message"]
        if event["type"] == "message.received":
            found.received += 1
        elif message["direction"] == "outbound":
            told.setdefault(message["id"], []).append((event["type"], message["state"]))
    for events in told.values():
        # Two events of one transaction both show the text as that leaves it: what is told once is told by their types.
        ranks = [RANKS[state] for _, state in events]
        found.twice += len(events) != len({type for type, _ in events})
        found.moved_down += ranks != sorted(ranks)


def _webs(centre: Centre, chance: random.Random) -> list[int]:
    return [chance.randrange(len(centre.webs)) for _ in range(TIMES)]


def _inbound(centre: Centre, phone: str, sid: str, web: int) -> Call:
    return lambda: centre.text(phone, "Hello", sid=sid, to=ANAS_OWN, web=web)


def _receipts(centre: Centre, to: str, sid: str, word: str, chance: random.Random) -> list[Call]:
    sent = next(seen for seen in centre.handed if dict(seen.form)["To"] == to)
    return [lambda web=web: centre.receipt(sent, sid, word, web=web) for web in _webs(centre, chance)]  # type: ignore[misc]


async def _all(calls: list[Call], found: Repeated, chance: random.Random) -> None:
    """In any order, many at once."""
    chance.shuffle(calls)
    left = iter(calls)

    async def some() -> None:
        for call in left:
            found.answers[(await call()).status_code] += 1
            found.calls += 1

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def test_webhooks_five_times_each_and_shuffled_are_one_row_and_one_event_and_move_no_state_down(
    centre: Centre, twilio_api: TwilioApi, figures: Figures
) -> None:
    twilio_api.slowness = 0.3
    await open_with_ana(centre, webs=2, senders=1)
    async with open_tab(centre, "ana", web=1) as ana:
        found = await repeat(centre, twilio_api, TEXTS, random.Random(44))
        await ana.until_current()
        assert await ana.ledger() == Ledger()
    figures(f"{found.calls} calls for {TEXTS} texts in and {TEXTS} out: {found}")
    assert found == Repeated(
        calls=TEXTS * TIMES * (1 + len(WORDS)),
        answers=Counter({200: TEXTS * TIMES * (1 + len(WORDS))}),
        rows=TEXTS,
        received=TEXTS,
        states=Counter(received=TEXTS, delivered=TEXTS),
    )
