"""Says in the log when this process was held up: something blocked its loop, or the machine gave it no time."""

import asyncio

from server.log import get_logger

LOOK_SECONDS = 0.25
LATE_SECONDS = 1.0

log = get_logger(__name__)


async def watch() -> None:
    """Until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        late = loop.time() - due
        if late >= LATE_SECONDS:
            log.warning("loop.blocked", seconds=round(late, 1))
