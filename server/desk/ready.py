"""Whether this process can do its work."""

import asyncio

from server.desk.desk import Desk
from server.store.database import Transaction, Unavailable

PATIENCE_SECONDS = 2.0


async def database_answers(desk: Desk, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    async def ask(tx: Transaction) -> bool:
        return await tx.one("select 1 as answer") is not None

    try:
        async with asyncio.timeout(patience_seconds):
            return await desk.read(ask)
    except (Unavailable, TimeoutError):
        return False
