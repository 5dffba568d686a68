"""Changes whose result is their answer, made at most once for each `Idempotency-Key`."""

from typing import TypeVar

from msgspec import Raw

from server.desk.desk import Desk, Once
from server.desk.writer import Change
from server.store.database import Transaction

T = TypeVar("T")


async def write_once(desk: Desk, change: Change[T], once: Once | None) -> T | Raw:
    """As `Desk.write`; a repeat gets the first answer as it was."""
    return await desk.write(change, _as_it_is, once)


async def _as_it_is(_: Transaction, result: T) -> T:
    return result
