"""Readings that many ask for at once, as tabs do that all come back, are made as one: whoever comes while one is under way waits for the
next, which serves all who wait."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

from server.store.database import Database, Transaction

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Batch(Generic[K, V]):
    def __init__(self) -> None:
        self.keys: set[K] = set()
        self.found: Mapping[K, V] | None = None
        self.failed: Exception | None = None


class Together(Generic[K, V]):
    """`read` answers for all the keys from one snapshot, which is newer than every asking. Raises as the database does."""

    def __init__(self, db: Database, read: Callable[[Transaction, Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._db = db
        self._read = read
        self._gathering = _Batch[K, V]()
        self._turn = asyncio.Lock()

    async def ask(self, key: K) -> V | None:
        """None when the reading has nothing for it. Who asked first reads; when that one is cancelled, the next one does."""
        batch = self._gathering
        batch.keys.add(key)
        async with self._turn:
            if batch.found is None and batch.failed is None:
                await self._make(batch)
        if batch.failed is not None:
            raise batch.failed
        assert batch.found is not None
        return batch.found.get(key)

    async def _make(self, batch: _Batch[K, V]) -> None:
        if batch is self._gathering:
            self._gathering = _Batch()
        try:
            batch.found = await self._db.read(lambda tx: self._read(tx, batch.keys))
        except Exception as error:  # noqa: BLE001 - it is everybody's who asked
            batch.failed = error
