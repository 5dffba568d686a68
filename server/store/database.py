"""The one door to the data: `Database` reads snapshots and writes transactions, on SQLite or on PostgreSQL.

SQL is plain text with `:name` parameters and means the same on both engines. A batch is one parameter: a JSON object read with
`json_each(:batch)`, whose `value ->> 'key'` is cast to bigint where it is a number.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

import msgspec

T = TypeVar("T")


class Unavailable(Exception):
    """The database cannot be reached, is locked beyond patience, or cannot write. Try again later.

    Nothing was changed, unless the connection was lost while the commit was under way: what is repeated must be safe to repeat.
    """


class Conflict(Exception):
    """A unique key was taken. The transaction (or its savepoint) is rolled back."""


class Row(Protocol):
    def __getitem__(self, name: str, /) -> Any: ...


class Transaction(Protocol):
    """One transaction or snapshot. `now` is the database's clock at its start, in µs UTC.

    `run` returns how many rows it wrote; `insert` writes rows that all name the same columns, however many, in one statement or as fast;
    `many` runs a statement once for each row of parameters. On SQLite the whole coroutine runs inside the database's thread, so it may
    await nothing but this object.
    """

    engine: str
    now: int

    async def one(self, sql: str, **parameters: Any) -> Row | None: ...

    async def all(self, sql: str, **parameters: Any) -> list[Row]: ...

    async def run(self, sql: str, **parameters: Any) -> int: ...

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None: ...

    async def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None: ...

    async def lasting(self, sql: str) -> None:
        """A statement of a migration: it may take hours where there is much data."""

    def savepoint(self) -> AbstractAsyncContextManager[None]: ...


Work = Callable[[Transaction], Awaitable[T]]


class Database(Protocol):
    """`read` gives one snapshot; `write` one durable transaction, committed when it returns. Both raise `Unavailable`.

    `shift_us` moves the database's clock; only tests set it. A `write` may run its function again after a deadlock. A process is served
    best by `abreast` writes at once.
    """

    engine: str
    shift_us: int
    abreast: int

    async def read(self, work: Work[T]) -> T: ...

    async def write(self, work: Work[T]) -> T: ...

    def now(self) -> int:
        """The database's clock, in µs UTC, as near as this process knows it without asking: the machine's own may be wrong. `shift_us` is
        not in it."""
        ...

    async def close(self) -> None: ...


async def answers(tx: Transaction) -> bool:
    """Whether the engine runs statements."""
    return await tx.one("select 1 as answer") is not None


_encode = msgspec.json.Encoder().encode


def batch(items: Iterable[Any]) -> str:
    """The items as one JSON object `{"0": …, "1": …}`, for `json_each(:batch)`. Order is not kept: carry an index where it matters."""
    return _encode({str(index): item for index, item in enumerate(items)}).decode()


def stored_text(text: str) -> str:
    """`text` as both engines can keep it: without NUL, and lone surrogates replaced by U+FFFD."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
