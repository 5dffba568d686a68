"""PostgreSQL through asyncpg: a pool, `:name` parameters turned into `$n`, deadlocks and serialization failures tried again."""

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar

import asyncpg

from server.store.database import Conflict, Row, Unavailable, Work
from server.store.pooler import must_keep_statements

T = TypeVar("T")

POOL = 10
ATTEMPTS = 4
COMMAND_SECONDS = 15.0
LASTING_SECONDS = 7 * 86_400.0

_NOW = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint"
_GONE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it starts, stops, or somebody broke the statement off
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,  # its disk fails
    asyncpg.ReadOnlySQLTransactionError,  # a standby, until it is told otherwise
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InternalClientError,  # a connection that is being ended just as it is used
    TimeoutError,
)
_AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)

_INSERTS: dict[tuple[str, tuple[str, ...]], str] = {}


class _Transaction:
    engine = "postgresql"

    def __init__(self, connection: Any, now: int) -> None:
        self._connection = connection
        self.now = now

    async def one(self, sql: str, **parameters: Any) -> Row | None:
        text, names = _text(sql)
        row: Row | None = await self._connection.fetchrow(text, *[parameters[name] for name in names])
        return row

    async def all(self, sql: str, **parameters: Any) -> list[Row]:
        text, names = _text(sql)
        rows: list[Row] = await self._connection.fetch(text, *[parameters[name] for name in names])
        return rows

    async def run(self, sql: str, **parameters: Any) -> int:
        text, names = _text(sql)
        status: str = await self._connection.execute(text, *[parameters[name] for name in names])
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def lasting(self, sql: str) -> None:
        await self._connection.execute(sql, timeout=LASTING_SECONDS)

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            columns = tuple(rows[0])
            text = _INSERTS.get((table, columns)) or await self._insert(table, columns)
            await self._connection.execute(text, *([row[column] for row in rows] for column in columns))

    async def _insert(self, table: str, columns: tuple[str, ...]) -> str:
        """One statement for any number of rows: an array for each column."""
        names = ", ".join(columns)
        found = (await self._connection.prepare(f"select {names} from {table}")).get_attributes()
        arrays = ", ".join(f"${place}::{each.type.name}[]" for place, each in enumerate(found, 1))
        text = _INSERTS[table, columns] = f"insert into {table} ({names}) select * from unnest({arrays})"
        return text

    async def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        text, names = _text(sql)
        await self._connection.executemany(text, [[row[name] for name in names] for row in rows])

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        try:
            async with self._connection.transaction():
                yield
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(str(error)) from error


class PostgresDatabase:
    """See `Database`. While PostgreSQL works at one write, the process works at others."""

    engine = "postgresql"
    abreast = 3

    def __init__(self, pool: Any, ahead_us: int) -> None:
        """`ahead_us`: by how much the server's clock is ahead of this process's monotonic one."""
        self.shift_us = 0
        self._pool = pool
        self._ahead_us = ahead_us

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=POOL, command_timeout=COMMAND_SECONDS, statement_cache_size=512)
            try:
                await must_keep_statements(pool, url)
                return cls(pool, await pool.fetchval(_NOW) - _monotonic())
            except BaseException:
                pool.terminate()
                raise
        except _GONE as error:
            raise Unavailable(f"PostgreSQL cannot be reached: {error}") from error

    async def read(self, work: Work[T]) -> T:
        return await self._transact(work, isolation="repeatable_read", readonly=True)

    async def write(self, work: Work[T]) -> T:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._transact(work)
            except _AGAIN:
                continue
        try:
            return await self._transact(work)
        except _AGAIN as error:
            raise Unavailable(f"Too many others write the same: {error}") from error

    def now(self) -> int:
        return self._ahead_us + _monotonic()

    async def close(self) -> None:
        await self._pool.close()

    async def _transact(self, work: Work[T], **options: Any) -> T:
        try:
            async with self._pool.acquire() as connection, connection.transaction(**options):
                return await work(_Transaction(connection, await self._asked(connection) + self.shift_us))
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Conflict(str(error)) from error
        except _GONE as error:
            raise Unavailable(f"The database failed: {error}") from error

    async def _asked(self, connection: Any) -> int:
        """The server said it between the question and the answer: what is known of its clock is moved no further than that."""
        before = _monotonic()
        now: int = await connection.fetchval(_NOW)
        self._ahead_us = min(max(self._ahead_us, now - _monotonic()), now - before)
        return now


def _monotonic() -> int:
    return time.monotonic_ns() // 1_000


_PARAMETER = re.compile(r"(?<!:):([a-z_][a-z0-9_]*)")


@cache
def _text(sql: str) -> tuple[str, tuple[str, ...]]:
    """`:name` parameters as `$n`, each name once, and the names in that order."""
    names: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PARAMETER.sub(numbered, sql), tuple(names)
