"""Answers within milliseconds of the deadline, while a timer looks all the time: one of the two is first, and that holds (FAULTS 36)."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from server.carriers.carrier import InboundText
from server.desk.desk import Desk
from server.desk.receive import receive_texts
from server.desk.send import Draft, send
from server.desk.sweep import sweep
from server.store.database import Transaction
from tests.fixtures.figures import Figures
from tests.fixtures.office import MINUTE_US, SALES, Office

ANSWERS, PER_SECOND, WITHIN_SECONDS = 300, 150, 0.005
PUBLIC_MINUTES = 20
AT_ONCE = 100


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Race:
    """`released`: conversations that went public before their answer. The others are what may not be."""

    released: int = 0
    answered_in_time: int = 0
    released_though_answered: list[str] = field(default_factory=list)
    released_early: list[str] = field(default_factory=list)
    released_twice: list[str] = field(default_factory=list)
    left_waiting: list[str] = field(default_factory=list)


async def race(office: Office, timer: Desk, answers: int, per_second: float, chance: random.Random) -> Race:
    """Ben answers each of his conversations within five milliseconds of its deadline, before or after."""
    ids = await _waiting(office, answers)
    begins = time.time() + 0.5 + answers / 2_000  # setting the clocks takes a while
    dues = {id: begins + number / per_second for number, id in enumerate(ids)}

    async def set_clocks(tx: Transaction) -> None:
        for id, due in dues.items():
            at = round(due * 1_000_000) - PUBLIC_MINUTES * MINUTE_US
            await tx.run("update conversations set waiting_since = :at, clock_start = :at where id = :id", id=id, at=at)

    await office.desk.db.write(set_clocks)
    numbers = itertools.count(1)

    async def answer(id: str) -> None:
        await asyncio.sleep(max(0.0, dues[id] + chance.uniform(-WITHIN_SECONDS, WITHIN_SECONDS) - time.time()))
        await send(office.desk, office.ben, id, Draft("Here I am", f"race {next(numbers)}", 2**40))

    async with _looking(timer), asyncio.TaskGroup() as group:
        for id in ids:
            group.create_task(answer(id))
    return await _judge(office, dues)


async def _waiting(office: Office, count: int) -> list[str]:
    for first in range(0, count, AT_ONCE):
        texts = [InboundText(f"race {n}", f"+1305{n:07}", SALES, "Hello?") for n in range(first, min(first + AT_ONCE, count))]
        await receive_texts(office.desk, office.connection, texts, 1_700_000_000_000_000)
    return [row["id"] for row in await office.all("select id from conversations where owner = :ben order by phone", ben=office.ben.id)]


@asynccontextmanager
async def _looking(timer: Desk) -> AsyncIterator[None]:
    """A timer that never rests, in a process of its own as far as the database can tell."""

    async def look() -> None:
        while True:
            await sweep(timer)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        yield
        looking.cancel()


async def _judge(office: Office, dues: dict[str, float]) -> Race:
    rows = await office.all(
        "select conversation, seq, type, at from events where type in ('conversation.public', 'message.queued') order by conversation, seq"
    )
    found = Race()
    for id, some in itertools.groupby(rows, key=lambda row: str(row["conversation"])):
        events = list(some)
        types = [event["type"] for event in events]
        public = types.count("conversation.public")
        found.released += public > 0
        found.answered_in_time += public == 0
        if public > 1:
            found.released_twice.append(id)
        if public and types.index("conversation.public") > types.index("message.queued"):
            found.released_though_answered.append(id)
        if public and events[types.index("conversation.public")]["at"] < round(dues[id] * 1_000_000):
            found.released_early.append(id)
    still = await office.all("select id from conversations where waiting_since is not null or public_since is not null")
    found.left_waiting = [row["id"] for row in still]
    return found


async def test_an_answer_within_milliseconds_of_the_deadline_and_the_timer_never_both_win(
    office: Office, second_desk: Desk, figures: Figures
) -> None:
    found = await race(office, second_desk, ANSWERS, PER_SECOND, random.Random(36))
    figures(f"{ANSWERS} answers: {found.released} came after the release, {found.answered_in_time} before")
    assert found == Race(found.released, found.answered_in_time)
    assert found.released + found.answered_in_time == ANSWERS
    assert min(found.released, found.answered_in_time) > 0, "it was no race"
