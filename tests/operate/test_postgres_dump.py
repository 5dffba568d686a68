"""PostgreSQL's own programs are told where the database is, and the password by their environment alone."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from server.operate.postgres_dump import dump
from server.store.database import Database, Transaction
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.waiting import until

ADDRESSES = {
    "postgresql://partyline:p%40ss%20word@/{name}?host={folder}": "postgresql://partyline@/{name}?host={folder}",
    "postgresql://partyline@/{name}?host={folder}&password=p%40ss%20word": "postgresql://partyline@/{name}?host={folder}",
    "postgresql://partyline@/{name}?password=p%40ss+word&host={folder}": "postgresql://partyline@/{name}?host={folder}",
    "postgresql://partyline:p%40ss%20word@/{name}?host={folder}&password=other": "postgresql://partyline@/{name}?host={folder}",
    "postgresql:///{name}?user=partyline&host={folder}&password=p%40ss+word": "postgresql:///{name}?user=partyline&host={folder}",
}


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.mark.parametrize("address", ADDRESSES)
async def test_the_password_of_the_database_stands_on_no_command_line(
    db: Database, database_url: str, postgres: PostgresCluster, address: str, tmp_path: Path
) -> None:
    """`pg_dump` waits for a table while it is looked at."""
    place = {"name": database_url.partition("@/")[2].partition("?")[0], "folder": postgres.folder}

    async def waits() -> bool:
        sql = "select 1 as one from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return await db.read(lambda tx: tx.one(sql)) is not None

    async def looked_at(tasks: asyncio.TaskGroup, tx: Transaction) -> tuple[str, str]:
        snapshot = await tx.one("select pg_export_snapshot() as name")
        assert snapshot is not None
        await tx.run("lock table accounts in access exclusive mode")
        tasks.create_task(dump(address.format(**place), snapshot["name"], tmp_path / "dump.sql"))
        await until(waits)
        process = _dumping()
        return (process / "cmdline").read_text(), (process / "environ").read_text()

    async with asyncio.TaskGroup() as tasks:
        words, variables = await db.write(partial(looked_at, tasks))
    assert f"\0--dbname={ADDRESSES[address].format(**place)}\0" in words
    assert "\0PGPASSWORD=p@ss word\0" in f"\0{variables}"
    assert "CREATE TABLE public.accounts" in (tmp_path / "dump.sql").read_text()


def _dumping() -> Path:
    """Of our children the one that is `pg_dump`."""
    ours = [Path("/proc") / pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]
    return next(process for process in ours if (process / "comm").read_text().strip() == "pg_dump")
