"""A process is ready while its database answers."""

import asyncio
import threading

from server.desk.ready import database_answers
from server.store.database import Transaction
from tests.fixtures.office import Office


async def test_a_database_that_answers_is_there(office: Office) -> None:
    assert await database_answers(office.desk)


async def test_a_database_that_does_not_answer_in_time_is_away(office: Office) -> None:
    free, freed = asyncio.Event(), threading.Event()

    async def hold(_tx: Transaction) -> None:
        if office.desk.db.engine == "sqlite":
            freed.wait()
        else:
            await free.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(12):
            tasks.create_task(office.desk.read(hold))
        assert not await database_answers(office.desk, 0.1)
        free.set()
        freed.set()
    assert await database_answers(office.desk)
