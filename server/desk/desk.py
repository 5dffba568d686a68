"""What every use case is given."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from server.carriers.carrier import Carrier
from server.desk.work import Work
from server.desk.writer import Change, Group, Locks, Then, Writer
from server.domain.errors import IdempotencyConflict
from server.settings import Settings
from server.store.database import Database, Transaction

T = TypeVar("T")
R = TypeVar("R")
I = TypeVar("I")  # noqa: E741


@dataclass(frozen=True, slots=True)
class Once:
    """An `Idempotency-Key` with the fingerprint of the request that carries it. A key is one user's."""

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

    async def write(self, change: Change[T], then: Then[T, R], once: Once | None = None, *, locks: Locks = ()) -> R | msgspec.Raw:
        """`change` in a shared transaction, then `then` in the same one. With `once`, a repeat answers the first answer as it was.

        Raises `IdempotencyConflict` when the key came with another request before.
        """
        if once is None:
            return await self.writer.do(change, then, locks=locks)

        async def changed(work: Work) -> T | msgspec.Raw:
            row = await work.tx.one(
                "select fingerprint, body from idempotency where user_id = :user and key = :key", user=once.user, key=once.key
            )
            if row is None:
                return await change(work)
            if row["fingerprint"] != once.fingerprint:
                raise IdempotencyConflict("This Idempotency-Key came with another request before.")
            return msgspec.Raw(row["body"].encode())

        async def kept(tx: Transaction, result: T | msgspec.Raw) -> R | msgspec.Raw:
            if isinstance(result, msgspec.Raw):
                return result
            answer = await then(tx, result)
            await tx.run(
                """insert into idempotency (user_id, key, fingerprint, body, at)
                   values (:user, :key, :fingerprint, :body, :at)""",
                user=once.user,
                key=once.key,
                fingerprint=once.fingerprint,
                body=msgspec.json.encode(answer).decode(),
                at=tx.now,
            )
            return answer

        return await self.writer.do(changed, kept, key=(once.user, once.key), locks=locks)

    async def change(self, change: Change[T], *, locks: Locks = ()) -> T:
        """As `write`, for a change whose result is its answer."""
        return await self.writer.do(change, _as_it_is, locks=locks)

    async def join(self, group: Group[I, R], items: Sequence[I]) -> list[R]:
        """Each item shares the next transaction with whatever else waits; returns when all are committed."""
        return await asyncio.gather(*(self.writer.join(group, item) for item in items))


async def _as_it_is(_: Transaction, result: T) -> T:
    return result
