"""PgBouncer before PostgreSQL: what it must be set to, and that whoever has set it otherwise is told at once."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.store.database import Transaction, Unavailable
from server.store.engines import open_database
from server.store.migrate import migrate
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.waiting import wait_until

PROGRAM = "/usr/sbin/pgbouncer"
CONFIGURATION = """[databases]
* = host={postgres} user=partyline
[pgbouncer]
pool_mode = {mode}
auth_type = any
default_pool_size = 40
listen_addr =
unix_socket_dir = {folder}
logfile = {folder}/log
"""
READERS = 30


@pytest.fixture
def engine() -> str:
    return "postgresql"


@contextmanager
def pooled(cluster: PostgresCluster, mode: str) -> Iterator[str]:
    """The options with which a URL leads through PgBouncer."""
    with tempfile.TemporaryDirectory(prefix="partyline-pool-") as name:
        folder = Path(name)
        (folder / "pgbouncer.ini").write_text(CONFIGURATION.format(postgres=cluster.folder, mode=mode, folder=folder))
        if cluster.user:
            shutil.chown(folder, cluster.user)
        process = subprocess.Popen([PROGRAM, "--quiet", str(folder / "pgbouncer.ini")], user=cluster.user)
        try:
            wait_until((folder / ".s.PGSQL.6432").exists)
            yield f"host={folder}&port=6432"
        finally:
            process.terminate()
            process.wait()


async def test_in_session_mode_all_is_as_without_it(postgres: PostgresCluster, empty_database_url: str) -> None:
    with pooled(postgres, "session") as way:
        url = f"{empty_database_url.partition('?')[0]}?{way}"
        first, second = [await open_database(url) for _ in range(2)]
        try:
            assert [] in await asyncio.gather(migrate(first), migrate(second))
            counts = await asyncio.gather(*(db.read(count) for db in (first, second) for _ in range(READERS)))
            assert len(set(counts)) == 1
        finally:
            await asyncio.gather(first.close(), second.close())


async def count(tx: Transaction) -> int:
    row = await tx.one("select count(*) as rows from migrations where number > :least", least=0)
    assert row is not None
    return int(row["rows"])


@pytest.mark.parametrize(
    ("mode", "says"), [("transaction", "Set PgBouncer's pool_mode to session"), ("statement", "statement pooling mode")]
)
async def test_in_any_other_mode_no_process_starts(postgres: PostgresCluster, empty_database_url: str, mode: str, says: str) -> None:
    with pooled(postgres, mode) as way, pytest.raises(Unavailable, match=says):
        await open_database(f"{empty_database_url.partition('?')[0]}?{way}")
