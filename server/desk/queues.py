"""What waits in the database, for whoever watches over it."""

import asyncio
from dataclasses import dataclass

from server.desk.desk import Desk
from server.store import queues
from server.store.database import Transaction, Unavailable
from server.store.queues import Queue

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """`late` is the timer's, in µs; `texts` are those of the last five minutes: direction, state, how many."""

    queues: list[Queue]
    late: int
    texts: list[tuple[str, str, int]]


async def what_waits(desk: Desk) -> Waiting | None:
    """None while the database does not answer."""

    async def read(tx: Transaction) -> Waiting:
        return Waiting(await queues.queues(tx), await queues.timer_late(tx), await queues.recent_texts(tx))

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await desk.read(read)
    except (Unavailable, TimeoutError):
        return None
