"""What every use case is given."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import msgspec

from server.carriers.carrier import Carrier
from server.desk.work import Work
from server.desk.writer import Change, Group, Locks, Then, Writer
from server.domain.errors import IdempotencyConflict, Refused
from server.settings import Settings
from server.store import idempotency
from server.store.database import Conflict, Database, Transaction
from server.store.idempotency import Kept
from server.store.vault import derive_key

T = TypeVar("T")
R = TypeVar("R")
Begins = Callable[[Work, str | None], Awaitable[str]]
"""Begins what takes several transactions, or goes on with what has this id; its id."""
I = TypeVar("I")  # noqa: E741

KEY_US = 24 * 3600 * 1_000_000
"""For how long a repeat gets the first answer; then its key is free again."""


@dataclass(frozen=True, slots=True)
class Once:
    """An `Idempotency-Key` with the fingerprint of the request that carries it. A key is one user's, for KEY_US."""

    user: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Desk:
    """`carriers` by kind."""

    db: Database
    writer: Writer
    carriers: Mapping[str, Carrier]
    settings: Settings

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self.db.read(work)

    async def write(
        self, change: Change[T], then: Then[T, R], once: Once | None = None, *, locks: Locks = (), alone: bool = False
    ) -> R | msgspec.Raw:
        """`change` in a shared transaction, then `then` in the same one. With `once`, a repeat answers the first answer as it was. Whoever
        locks an account does it `alone`.

        Raises `IdempotencyConflict` when the key came with another request before.
        """
        if once is None:
            return await self.writer.do(change, then, locks=locks, alone=alone)

        async def changed(work: Work) -> T | msgspec.Raw:
            first = await self._first(work.tx, once)
            return first if isinstance(first, msgspec.Raw) else await change(work)

        async def answered(tx: Transaction, result: T | msgspec.Raw) -> R | msgspec.Raw:
            if isinstance(result, msgspec.Raw):
                return result
            answer = await then(tx, result)
            first = Kept(self._mac(once), msgspec.json.encode(answer).decode())
            await idempotency.keep(tx, once.user, once.key, first, tx.now - KEY_US, begun=self._begun(once))
            return answer

        return await self.writer.do(changed, answered, key=(once.user, once.key), locks=locks, alone=alone)

    async def kept(self, once: Once | None) -> msgspec.Raw | None:
        """The first answer to this key: to be asked before a change that takes several transactions, the last of which keeps it.

        Raises `IdempotencyConflict` when the key came with another request before.
        """
        if once is None:
            return None
        first = await self.read(lambda tx: self._first(tx, once))
        return first if isinstance(first, msgspec.Raw) else None

    async def begun(self, once: Once | None) -> str | None:
        """The id of what a request with this key began and has not answered yet."""
        if once is None:
            return None
        first = await self.read(lambda tx: self._first(tx, once))
        return first if isinstance(first, str) else None

    async def begin(self, begins: Begins, once: Once | None, *, alone: bool = False) -> str | msgspec.Raw:
        """The first transaction of a change that takes several, the last of which keeps the answer; the id of what it began, or the first
        answer. The id is kept with the key: the repeat of what was broken off goes on with it.

        Raises `IdempotencyConflict` when the key came with another request before.
        """
        if once is None:
            return await self.change(lambda work: begins(work, None), alone=alone)

        async def begin(work: Work) -> tuple[str | msgspec.Raw, bool]:
            first = await self._first(work.tx, once)
            if isinstance(first, msgspec.Raw):
                return first, False
            try:
                return await begins(work, first), first is None
            except Refused:
                if first is not None or await self._first(work.tx, once) is None:
                    raise
                # What is in the way may be its own: the next try goes on with it.
                raise Conflict("another process has begun it meanwhile") from None

        async def note(tx: Transaction, begun: tuple[str | msgspec.Raw, bool]) -> str | msgspec.Raw:
            id, new = begun
            if new and isinstance(id, str):
                await idempotency.keep(tx, once.user, once.key, Kept(self._begun(once), id), tx.now - KEY_US)
            return id

        return await self.writer.do(begin, note, key=(once.user, once.key), alone=alone)

    async def _first(self, tx: Transaction, once: Once) -> msgspec.Raw | str | None:
        """The first answer to this key, or the id of what is begun and not answered."""
        kept = await idempotency.find(tx, once.user, once.key, tx.now - KEY_US)
        if kept is None:
            return None
        return kept.body if kept.fingerprint == self._begun(once) else self._first_answer(kept, once)

    def _first_answer(self, kept: Kept, once: Once) -> msgspec.Raw:
        # An earlier version kept the bare fingerprint, for a day.
        if kept.fingerprint not in (self._mac(once), once.fingerprint):
            raise IdempotencyConflict("This Idempotency-Key came with another request before.")
        return msgspec.Raw(kept.body.encode())

    def _mac(self, once: Once) -> str:
        """What is kept of a request. It may hold a password, which whoever has a copy of the database could guess by a bare hash."""
        return hmac.digest(_key(self.settings.secret_key.get_secret_value()), once.fingerprint.encode(), "sha256").hex()

    def _begun(self, once: Once) -> str:
        """In the place of the fingerprint of what is answered: an earlier version beside this one refuses the key."""
        return f"{self._mac(once)} begun"

    async def change(self, change: Change[T], *, locks: Locks = (), alone: bool = False) -> T:
        """As `write`, for a change whose result is its answer."""
        return await self.writer.do(change, as_it_is, locks=locks, alone=alone)

    async def again(self, change: Change[bool]) -> None:
        """A change that does a part in each transaction, until it says that there is no more: others are let in between."""
        while await self.change(change):
            pass

    async def join(self, group: Group[I, R], items: Sequence[I]) -> list[R]:
        """Each item shares the next transaction with whatever else waits; returns when all are committed."""
        if len(items) == 1:
            return [await self.writer.join(group, items[0])]
        return await asyncio.gather(*(self.writer.join(group, item) for item in items))


@lru_cache(maxsize=4)
def _key(secret_key: str) -> bytes:
    return derive_key(secret_key, "idempotency")


async def as_it_is(_: Transaction, result: T) -> T:
    """The result of a change is its answer."""
    return result
