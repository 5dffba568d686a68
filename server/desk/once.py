"""Changes whose result is their answer, made at most once for each `Idempotency-Key`; and keys that are too old to be kept."""

from typing import TypeVar

from msgspec import Raw

from server.desk.desk import KEY_US, Desk, Once, as_it_is
from server.desk.work import Work
from server.desk.writer import Change, Locks
from server.store import idempotency

T = TypeVar("T")

AT_ONCE = 500


async def write_once(desk: Desk, change: Change[T], once: Once | None, *, locks: Locks = (), alone: bool = False) -> T | Raw:
    """As `Desk.write`; a repeat gets the first answer as it was."""
    return await desk.write(change, as_it_is, once, locks=locks, alone=alone)


async def prune_keys(desk: Desk) -> int:
    """Forgets at most AT_ONCE keys that are free again; returns how many. Where there is none it only looks."""
    if not await desk.read(lambda tx: idempotency.any_older(tx, tx.now - KEY_US)):
        return 0

    async def prune(work: Work) -> int:
        return await idempotency.prune(work.tx, work.now - KEY_US, AT_ONCE)

    return await desk.change(prune)
