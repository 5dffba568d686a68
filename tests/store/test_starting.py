"""Whoever starts while another process brings a SQLite file up to date waits for it, and can be told to go meanwhile."""

import asyncio
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.schema import migrated_database
from server.store.database import Database, Row, Transaction, Unavailable, Work
from server.store.engines import open_with_patience
from server.store.sqlite import SqliteDatabase
from server.store.starting import ENDING
from tests.fixtures.logged import Logged
from tests.fixtures.processes import Partyline
from tests.fixtures.waiting import until

SECONDS_OF_COUNTING = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000000) select max(i) as i from n"


@pytest.fixture
def engine() -> str:
    """PostgreSQL has a lock of its own for it, that of `migrate`."""
    return "sqlite"


@contextmanager
def held(database: Path) -> Iterator[None]:
    """As by a process that is at work on it."""
    file = os.open(f"{database}{ENDING}", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(file)


async def start(url: str) -> None:
    async with migrated_database(url):
        pass


async def test_whoever_starts_waits_until_the_process_that_came_first_is_done(db: Database, logged: Logged) -> None:
    assert isinstance(db, SqliteDatabase)
    async with asyncio.TaskGroup() as group:
        with held(Path(db.path)):
            starting = group.create_task(start(f"sqlite:///{db.path}"))
            await until(lambda: logged.of("schema.waiting"))
            assert not starting.done()
    assert len(logged.of("schema.waiting")) == 1
    await start(f"sqlite:///{db.path}")
    assert len(logged.of("schema.waiting")) == 1, "nobody was before it"


async def test_who_waits_for_a_database_says_so_at_once_and_one_time(logged: Logged) -> None:
    async def wait_in_vain() -> None:
        with pytest.raises(Unavailable):
            await open_with_patience("postgresql://partyline:hidden@127.0.0.1:1/partyline", 1.2)

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(wait_in_vain())
        await until(lambda: logged.of("database.waiting"))
        assert not waiting.done()
    assert [line["seconds"] for line in logged.of("database.waiting")] == [1.2]
    assert "hidden" not in logged.text


def test_a_process_that_is_told_to_stop_while_it_waits_to_start_ends_at_once(partyline: Partyline) -> None:
    assert partyline.call("migrate").returncode == 0
    with held(partyline.var / "partyline.db"):
        waiting = partyline.begin("timer")
        waiting.wait_for("schema.waiting")
        assert waiting.stop() == 0
    assert waiting.log()[-1]["event"] == "roles.stopped"


async def test_what_runs_for_long_is_broken_off_before_the_database_is_closed(db: Database) -> None:
    assert isinstance(db, SqliteDatabase)
    began = threading.Event()

    async def count(tx: Transaction) -> Row | None:
        began.set()
        return await tx.one(SECONDS_OF_COUNTING)

    async def broken_off() -> bool:
        await db.interrupt()
        return counting.done()

    async with asyncio.TaskGroup() as group:
        counting = group.create_task(refused(db, count))
        await until(began.is_set)
        await until(broken_off)
    assert "interrupted" in counting.result()


async def refused(db: Database, work: Work[Row | None]) -> str:
    with pytest.raises(Unavailable) as caught:
        await db.read(work)
    return str(caught.value)
