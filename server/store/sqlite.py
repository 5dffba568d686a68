"""SQLite: one writing connection and a few reading ones, each with its own thread; WAL and `synchronous=FULL`."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from server.store.checkpoints import Checkpoints
from server.store.commit_mark import WRAP, Mark
from server.store.database import Conflict, Row, Unavailable, Work
from server.store.turnstile import Busy, Turnstile

T = TypeVar("T")

READERS = 3
BUSY_SECONDS = 5.0
STATEMENTS = 512
LOG_PAGES = 32_000
"""The writer itself writes the log back if it has so many all the same."""


class _Connection(aiosqlite.Connection):
    async def hop(self, work: Callable[[], T]) -> T:
        """Run `work` in this connection's thread."""
        return cast(T, await self._execute(work))  # type: ignore[no-untyped-call]

    @property
    def inner(self) -> sqlite3.Connection:
        return self._conn


class _Transaction:
    engine = "sqlite"

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        self.now = now

    async def one(self, sql: str, **parameters: Any) -> Row | None:
        cursor = self._connection.execute(_text(sql), parameters)
        row: Row | None = cursor.fetchone()
        cursor.close()
        return row

    async def all(self, sql: str, **parameters: Any) -> list[Row]:
        return self._connection.execute(_text(sql), parameters).fetchall()

    async def run(self, sql: str, **parameters: Any) -> int:
        return self._connection.execute(_text(sql), parameters).rowcount

    async def lasting(self, sql: str) -> None:
        self._connection.execute(sql).fetchall()

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._connection.executemany(_insert(table, tuple(rows[0])), rows)

    async def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._connection.executemany(_text(sql), rows)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        self._connection.execute("savepoint item")
        try:
            yield
        except BaseException as error:
            self._connection.execute("rollback to item")
            self._connection.execute("release item")
            if isinstance(error, sqlite3.IntegrityError):
                raise Conflict(str(error)) from error
            raise
        self._connection.execute("release item")


class SqliteDatabase:
    """See `Database`. `mark` has the number of the last commit."""

    engine = "sqlite"
    abreast = 1

    def __init__(self, path: str, writer: _Connection, readers: list[_Connection], checkpoints: Checkpoints) -> None:
        self.path = path
        self.shift_us = 0
        self._writer = writer
        self._readers = readers
        self._free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._free.put_nowait(reader)
        self._checkpoints = checkpoints
        self._turnstile = Turnstile(Path(f"{path}-turns"))
        self.mark = Mark(Path(path))

    @classmethod
    async def open(cls, path: str) -> "SqliteDatabase":
        if sqlite3.sqlite_version_info < (3, 38):
            raise Unavailable(f"SQLite {sqlite3.sqlite_version} is too old: 3.38 or newer is needed.")
        opened: list[_Connection] = []
        try:
            # aiosqlite leaves a thread behind when it cannot open a file: this finds out before.
            await asyncio.to_thread(lambda: sqlite3.connect(path).close())
            for number in range(1 + READERS):
                opened.append(await _open(path, reading=number > 0))
        except BaseException as error:
            for connection in opened:
                await connection.close()
            if isinstance(error, sqlite3.Error | OSError):
                raise Unavailable(f"The SQLite file {path} cannot be opened: {error}") from error
            raise
        return cls(path, opened[0], opened[1:], Checkpoints(path))

    async def read(self, work: Work[T]) -> T:
        connection = await self._free.get()
        try:
            return await connection.hop(lambda: self._transact(connection.inner, "begin", work))
        finally:
            self._free.put_nowait(connection)

    async def write(self, work: Work[T]) -> T:
        return await self._writer.hop(lambda: self._in_turn(lambda: self._transact(self._writer.inner, "begin immediate", work)))

    def now(self) -> int:
        """One file is one machine's, and so is the clock of all who have it open."""
        return time.time_ns() // 1000

    async def alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work` outside of any transaction, while no process of ours writes. Raises `Unavailable`."""
        return await self._writer.hop(lambda: self._in_turn(lambda: _plainly(work, self._writer.inner)))

    async def interrupt(self) -> None:
        """Breaks off what runs, which is undone: the database is to be closed, and that would wait for it."""
        for connection in (self._writer, *self._readers):
            await connection.interrupt()

    async def close(self) -> None:
        for connection in (self._writer, *self._readers):
            await connection.close()
        await asyncio.to_thread(self._checkpoints.close)
        self._turnstile.close()
        self.mark.close()

    def _in_turn(self, act: Callable[[], T]) -> T:
        try:
            with self._turnstile:
                return act()
        except Busy:
            raise Unavailable("Another process holds the database and does not go on.") from None

    def _transact(self, connection: sqlite3.Connection, begin: str, work: Work[T]) -> T:
        try:
            connection.execute(begin)
            now, changes = self.now() + self.shift_us, connection.total_changes
            result = _drive(work(_Transaction(connection, now)))
            number = None if connection.total_changes == changes else _count(connection)
            connection.execute("commit")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("rollback")
            if isinstance(error, sqlite3.IntegrityError):
                raise Conflict(str(error)) from error
            if isinstance(error, sqlite3.Error):
                raise Unavailable(f"The database failed: {error}") from error
            raise
        if number is not None:
            self.mark.put(number)
            self._checkpoints.committed(connection, connection.total_changes - changes)
        return result


def _count(connection: sqlite3.Connection) -> int:
    """The number of the commit that is about to be made."""
    number = (int(connection.execute("pragma user_version").fetchone()[0]) + 1) % WRAP
    connection.execute(f"pragma user_version = {number}")
    return number


def _plainly(work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
    try:
        return work(connection)
    except sqlite3.Error as error:
        raise Unavailable(f"The database failed: {error}") from error


def _drive(work: Awaitable[T]) -> T:
    """Run a coroutine that awaits nothing but a `_Transaction` to its end, here and now."""
    coroutine = cast(Coroutine[Any, Any, T], work)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    coroutine.close()
    raise RuntimeError("A transaction may await nothing but the database.")


@cache
def _text(sql: str) -> str:
    """SQLite has no row locks: `begin immediate` already holds every other writer."""
    return sql.replace("for update", "").replace("for no key update", "")


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"insert into {table} ({', '.join(columns)}) values ({', '.join(f':{column}' for column in columns)})"


def _lower(value: object) -> str | None:
    return None if value is None else str(value).lower()


async def _open(path: str, *, reading: bool) -> _Connection:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=STATEMENTS)

    connection = _Connection(connect, iter_chunk_size=64)
    await connection
    connection.row_factory = sqlite3.Row
    # SQLite's own `lower` knows no letters but those of ASCII; PostgreSQL's and Python's know all.
    await connection.create_function("lower", 1, _lower, deterministic=True)
    pragmas = [
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        "temp_store=memory",
        "cache_size=-65536",
        f"wal_autocheckpoint={LOG_PAGES}",
    ]
    try:
        for pragma in [*pragmas, "query_only=on"] if reading else pragmas:
            await connection.execute_fetchall(f"pragma {pragma}")
    except BaseException:
        # Its thread would keep the process from ending.
        await connection.close()
        raise
    return connection
