"""Readings that many ask for at once are made as one, and as new as the last who asked."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from server.desk.stream import FEW, Stream
from server.desk.together import Together
from server.domain.user import Role
from server.store.database import Database, Transaction, Unavailable
from tests.fixtures.story import Happening, Story


@dataclass
class Counting:
    """A database that says how often it was read, and when a reading begins lets nobody but the test go on."""

    db: Any
    reads: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    away: bool = False

    async def read(self, work: Any) -> Any:
        self.reads += 1
        await self.open.wait()
        if self.away:
            raise Unavailable("away")
        return await self.db.read(work)


async def _double(_: Transaction, keys: Collection[int]) -> dict[int, int]:
    return {key: 2 * key for key in keys if key < 100}


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_who_comes_while_a_reading_is_under_way_shares_the_next_one(db: Database) -> None:
    counting = Counting(db)
    together = Together(counting, _double)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(together.ask(key % 50)) for key in range(1000)]
        await _turns(5)
        assert counting.reads == 1
        counting.open.set()
    assert [task.result() for task in asked] == [2 * (key % 50) for key in range(1000)]
    assert counting.reads == 2
    assert await together.ask(100) is None


async def test_a_reading_that_fails_fails_for_all_who_shared_it_and_for_nobody_else(db: Database) -> None:
    counting = Counting(db, away=True)
    together = Together(counting, _double)  # type: ignore[arg-type]

    async def ask(key: int) -> None:
        with pytest.raises(Unavailable):
            await together.ask(key)

    async with asyncio.TaskGroup() as group:
        for key in range(20):
            group.create_task(ask(key))
        await _turns(5)
        counting.open.set()
    assert counting.reads == 2
    counting.away = False
    assert await together.ask(3) == 6


async def test_when_the_one_who_reads_is_cancelled_another_reads_for_those_who_wait(db: Database) -> None:
    counting = Counting(db)
    together = Together(counting, _double)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        first = group.create_task(together.ask(1))
        await _turns(3)
        second, third = group.create_task(together.ask(2)), group.create_task(together.ask(3))
        await _turns(3)
        first.cancel()
        await _turns(5)
        second.cancel()
        counting.open.set()
    assert third.result() == 6
    assert first.cancelled()
    assert second.cancelled()


@pytest.mark.parametrize("tabs", [1, FEW])
async def test_tabs_that_come_back_at_once_are_given_what_each_would_get_alone(db: Database, tabs: int) -> None:
    story = Story(db)
    account, other = await story.account(), await story.account()
    boss, people = await story.user(account, Role.MANAGER), [await story.user(account) for _ in range(FEW)]
    stranger = await story.user(other)
    conversation = await story.conversation(account, *people)
    for user in people:
        await story.happen(
            Happening(account, conversation, audience=(user.id,)),
            Happening(account, conversation, reach="account"),
            Happening(account, conversation, reach="person", audience=(user.id,)),
            Happening(account, None, reach="managers"),
            Happening(other, None, reach="account", audience=(user.id,)),
        )
    asked = [(user, after) for user in (boss, stranger, *people[:tabs]) for after in (None, 0, 3, 7, 12, 2**70)]
    alone = [await Stream(db).unasked(user, after) for user, after in asked]
    reader = Stream(db)
    assert await asyncio.gather(*(reader.unasked(user, after) for user, after in [*asked, *asked])) == [*alone, *alone]
    assert alone[1][0].events
    topics = [await Stream(db).everything(each, after) for each in (account, other) for after in (None, 0, 3, 12)]
    both = (reader.everything(each, after) for each in (account, other) for after in (None, 0, 3, 12))
    assert await asyncio.gather(*both) == topics
