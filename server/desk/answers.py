"""Whether the database answers, without which a process cannot do its work."""

import asyncio

from server.desk.desk import Desk
from server.store.database import Unavailable, answers

PATIENCE_SECONDS = 2.0


async def database_answers(desk: Desk, patience_seconds: float = PATIENCE_SECONDS) -> bool:
    try:
        async with asyncio.timeout(patience_seconds):
            return await desk.read(answers)
    except (Unavailable, TimeoutError):
        return False
