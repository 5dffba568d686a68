"""Where growth is measured: one database for each size and engine, loaded in bulk, kept in a folder until that is removed.

SQLite: a file for each size. PostgreSQL: a cluster with its own defaults, fsync and all, with a database for each size. Rows are put in by
`executemany` and `COPY`; what is not known until the end of a part (the conversations as they stand) is put in anew for each size.
"""

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from bench.years import ACCOUNT, COLUMNS, STEP_US, Tables, Years
from server.store import conversation_counts, participation_counts, words
from server.store.database import Transaction
from server.store.engines import open_database
from server.store.migrate import known, migrate

NEWEST = 3_000_000
MANY = 20_000
PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PARTICIPATION, FIGURES, WEEKS = 25, 27, 28


def filled(number: int, engine: str = "postgresql") -> list[str]:
    """How a migration makes rows of those that are there."""
    [sql] = [migration.sql for migration in known(engine) if migration.number == number]
    return [statement for statement in map(str.strip, sql.split(";\n")) if statement.startswith(("update ", "insert "))]


AT_ONCE = (
    "set session_replication_role = replica",
    "set maintenance_work_mem = '1GB'",
    "drop index contact_words_held",
    "drop index message_words_held",
    """insert into contact_words select id, account, name, lower(name) || E'\\n' || lower(cast(fields as json) ->> 'email'),
        (select string_agg(number, E'\\n') from contact_phones p where p.contact = contacts.id) from contacts""",
    "insert into message_words select id, account, created_at, lower(body) from messages",
    "truncate contacts_to_index, messages_to_index, conversation_counts, participation_counts, participation_changes",
    *filled(PARTICIPATION),
    *filled(WEEKS),
    """create index contact_words_held on contact_words using gin
        (account, said gin_trgm_ops, numbers gin_trgm_ops, letters_in(said), letters_in(numbers))""",
    "create index message_words_held on message_words using gin (account, words gin_trgm_ops)",
    "vacuum analyze",
)
AGAIN = ("delete from participants", "delete from conversations", "delete from waits where ended_at is null")


class Loader(Protocol):
    async def put(self, tables: Tables) -> None: ...

    async def run(self, sql: str) -> None: ...

    async def keep(self, size: int) -> None:
        """The database as it is now, for good."""


class SqliteLoader:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "loading.db"

    async def open(self) -> None:
        await migrated(f"sqlite:///{self.path}")
        self._db = sqlite3.connect(self.path, isolation_level=None)
        self._db.create_function("lower", 1, lambda text: None if text is None else str(text).lower(), deterministic=True)
        for pragma in ("journal_mode=wal", "synchronous=off", "foreign_keys=off", "cache_size=-262144"):
            self._db.execute(f"pragma {pragma}")

    async def put(self, tables: Tables) -> None:
        self._db.execute("begin")
        for table, rows in tables.items():
            columns = COLUMNS[table].split()
            self._db.executemany(f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})", rows)
        self._db.execute("commit")

    async def run(self, sql: str) -> None:
        self._db.execute(sql)

    async def keep(self, size: int) -> None:
        self._db.execute("pragma wal_checkpoint(truncate)")
        shutil.copyfile(self.path, self._folder / f"{size}.db")

    async def close(self) -> None:
        self._db.close()
        self.path.unlink()


class PostgresLoader:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def open(self) -> None:
        await self._super("create database loading")
        await migrated(url(self._folder, "postgresql", "loading"))
        self._db: Any = await asyncpg.connect(url(self._folder, "postgresql", "loading"))
        await self._hurry()

    async def put(self, tables: Tables) -> None:
        for table, rows in tables.items():
            await self._db.copy_records_to_table(table, records=rows, columns=COLUMNS[table].split())

    async def run(self, sql: str) -> None:
        await self._db.execute(sql)

    async def keep(self, size: int) -> None:
        await self._db.execute("vacuum analyze")
        await self._db.close()
        await self._super(f"create database size_{size} template loading strategy file_copy")
        self._db = await asyncpg.connect(url(self._folder, "postgresql", "loading"))
        await self._hurry()

    async def close(self) -> None:
        await self._db.close()
        await self._super("drop database loading")

    async def _hurry(self) -> None:
        """Neither foreign keys nor triggers: the rows are right as they are, and words are indexed at the end."""
        for setting in ("session_replication_role = replica", "synchronous_commit = off"):
            await self._db.execute(f"set {setting}")

    async def _super(self, sql: str) -> None:
        db: Any = await asyncpg.connect(url(self._folder, "postgresql", "postgres"))
        await db.execute(sql)
        await db.close()


async def load(folder: Path, engine: str, sizes: Sequence[int]) -> None:
    """Writes `rows.json` in the folder: how many rows of each table each size has, and how long it took to put them in, s."""
    loader = SqliteLoader(folder) if engine == "sqlite" else PostgresLoader(folder)
    await loader.open()
    years = Years(time.time_ns() // 1_000 - NEWEST * STEP_US)
    await loader.put(years.people())
    counted: Counter[str] = Counter()
    began = time.monotonic()
    for size in sizes:
        for sql in AGAIN:
            await loader.run(sql)
        for tables in years.parts(size):
            await loader.put(tables)
            counted.update({table: len(rows) for table, rows in tables.items()})
        standing: Counter[str] = Counter()
        for tables in years.standing():
            await loader.put(tables)
            standing.update({table: len(rows) for table, rows in tables.items()})
        await loader.run(f"update accounts set position = {years.position} where id = '{ACCOUNT}'")
        await loader.keep(size)
        rows = {"rows": dict(counted + standing), "seconds": round(time.monotonic() - began), "now": years.now}
        (folder / f"{engine}-{size}.json").write_text(json.dumps(rows))
        print(engine, size, rows, flush=True)
    await loader.close()


async def index(folder: Path, engine: str, size: int) -> None:
    """Lets searches find the words: on SQLite as the timer does it, on PostgreSQL all at once. And the figures of the reports are counted:
    rows came in an order in which the product never writes them."""
    async with opened(folder, engine, size) as db:
        for sql in ("delete from conversation_totals", "delete from conversation_days", *filled(FIGURES, engine)):
            await db.write(partial(_lasting, sql=sql))
        if engine == "sqlite":
            for step in (words.index_contacts, words.index_texts):
                while await db.write(partial(step, most=MANY)):
                    pass
            await db.write(partial(conversation_counts.fold, account=ACCOUNT))
            while people := await db.read(participation_counts.to_fold):
                await db.write(partial(participation_counts.fold, users=people))
            return
    postgres: Any = await asyncpg.connect(url(folder, engine, size))
    for sql in AT_ONCE:
        await postgres.execute(sql)
    await postgres.close()


async def _lasting(tx: Transaction, sql: str) -> None:
    await tx.lasting(sql)


def url(folder: Path, engine: str, name: str | int) -> str:
    if engine == "sqlite":
        return f"sqlite:///{folder}/{name}.db"
    database = f"size_{name}" if isinstance(name, int) else name
    return f"postgresql://partyline@/{database}?host={folder}"


async def migrated(url: str) -> None:
    db = await open_database(url)
    await migrate(db)
    await db.close()


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """PostgreSQL over the folder's data, made where there is none, on a unix socket in it."""
    user = "postgres" if os.getuid() == 0 else None
    data = folder / "data"
    if user:
        shutil.chown(folder, user)
    if not data.exists():
        command: list[str | Path] = [
            PROGRAMS / "initdb",
            "-D",
            data,
            "-U",
            "partyline",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    with (folder / "postgres.log").open("ab") as log:
        command = [PROGRAMS / "postgres", "-D", data, "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        process = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=folder)
    try:
        asyncio.run(_answers(folder))
        yield
    finally:
        process.terminate()
        process.wait()


async def _answers(folder: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            db: Any = await asyncpg.connect(url(folder, "postgresql", "postgres"))
            await db.close()
            return
        await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def opened(folder: Path, engine: str, size: int) -> AsyncIterator[Any]:
    address = url(folder, engine, size)
    await migrated(address)
    db = await open_database(address)
    try:
        yield db
    finally:
        await db.close()
