"""A database that answers in time is told from one that does not."""

import asyncio
import threading

from server.desk.answers import database_answers
from server.store.database import Transaction
from tests.fixtures.office import Office
from tests.fixtures.waiting import until


async def test_a_database_that_answers_is_there(office: Office) -> None:
    assert await database_answers(office.desk)


async def test_a_database_that_does_not_answer_in_time_is_away(office: Office) -> None:
    free, freed = asyncio.Event(), threading.Event()
    held = 0

    async def hold(_tx: Transaction) -> None:
        nonlocal held
        held += 1
        if office.desk.db.engine == "sqlite":
            freed.wait(5)
        else:
            await free.wait()

    connections = {"sqlite": 3, "postgresql": 10}[office.desk.db.engine]
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(office.desk.read(hold))
        await until(lambda: held == connections)
        answers = await database_answers(office.desk, 0.1)
        free.set()
        freed.set()
    assert not answers
    assert await database_answers(office.desk)
