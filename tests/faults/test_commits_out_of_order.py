"""Many write at once and commit in another order than they began: a reader by position misses none (FAULTS 23).

The control counts as databases do by themselves, before the commit: there the same reader misses some, or this would show nothing.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from server.desk.stream import Stream
from server.store.database import Database, Transaction
from server.store.engines import open_database
from tests.fixtures.figures import Figures
from tests.fixtures.story import Happening, Story, write_happenings

WRITERS, EACH, LONGEST_SECONDS = 24, 6, 0.05

Read = Callable[[], Awaitable[None]]
Write = Callable[[Database, random.Random], Awaitable[None]]


@pytest.fixture
def engine() -> str:
    """SQLite has one writer at a time: nothing can overtake there."""
    return "postgresql"


async def write_and_read(databases: list[Database], write: Write, read: Read, seed: int) -> None:
    """Every writer writes a few times; the reader reads all the while, and once more at the end."""

    async def writer(number: int) -> None:
        chance = random.Random(f"{seed} {number}")
        for _ in range(EACH):
            await write(databases[number % len(databases)], chance)

    async def reader() -> None:
        while True:
            await read()

    async with asyncio.TaskGroup() as group:
        reading = group.create_task(reader())
        await asyncio.gather(*(writer(number) for number in range(WRITERS)))
        reading.cancel()
    await read()


async def counted_by_account(databases: list[Database], seed: int = 23) -> tuple[int, int]:
    """How many events a reader missed that sweeps as the product does, of how many."""
    story = Story(databases[0])
    account = await story.account()
    conversations = [await story.conversation(account) for _ in range(WRITERS)]
    stream, got, floor = Stream(databases[0]), list[int](), 0

    async def write(db: Database, chance: random.Random) -> None:
        async def transaction(tx: Transaction) -> None:
            await write_happenings(tx, [Happening(account, chance.choice(conversations)) for _ in range(2)])
            await asyncio.sleep(chance.uniform(0, LONGEST_SECONDS))

        await db.write(transaction)

    async def read() -> None:
        nonlocal floor
        for envelope in (await stream.after({account: floor})).envelopes:
            got.append(envelope.position)
            floor = envelope.position

    await write_and_read(databases, write, read, seed)
    written = 2 * WRITERS * EACH
    assert got == sorted(set(got)), "each once and in order"
    return written - len(got), written


async def counted_before_the_commit(databases: list[Database], seed: int = 23) -> tuple[int, int]:
    """The same with a number that is taken when a row is written."""
    await databases[0].write(lambda tx: tx.run("create table numbered (number bigserial primary key, words text)"))
    got, cursor = 0, 0

    async def write(db: Database, chance: random.Random) -> None:
        async def transaction(tx: Transaction) -> None:
            await tx.run("insert into numbered (words) values ('one'), ('two')")
            await asyncio.sleep(chance.uniform(0, LONGEST_SECONDS))

        await db.write(transaction)

    async def read() -> None:
        nonlocal got, cursor
        after = cursor
        rows = await databases[0].read(lambda tx: tx.all("select number from numbered where number > :after order by number", after=after))
        got, cursor = got + len(rows), max([after, *(row["number"] for row in rows)])

    await write_and_read(databases, write, read, seed)
    written = 2 * WRITERS * EACH
    return written - got, written


async def test_a_reader_by_position_misses_nothing_however_commits_overtake_and_the_control_does(
    db: Database, database_url: str, figures: Figures
) -> None:
    databases = [db, *[await open_database(database_url) for _ in range(2)]]
    try:
        missed, written = await counted_by_account(databases)
        control, of = await counted_before_the_commit(databases)
    finally:
        for other in databases[1:]:
            await other.close()
    figures(f"missed {missed} of {written}; counted before the commit: missed {control} of {of}")
    assert missed == 0
    assert control > 0, "nothing overtook"
