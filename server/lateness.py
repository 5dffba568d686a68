"""Sees when this process is held up: something blocks its loop, or the machine gives it no time. A long while is in the log."""

import asyncio

from server.log import get_logger
from server.spread import Spread

LOOK_SECONDS = 0.25
LATE_SECONDS = 1.0
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

log = get_logger(__name__)


class Lateness:
    """One a process. `spread` in seconds."""

    def __init__(self) -> None:
        self.spread = Spread(BOUNDS)

    async def watch(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            late = loop.time() - due
            self.spread.add(max(0.0, late))
            if late >= LATE_SECONDS:
                log.warning("loop.blocked", seconds=round(late, 1))
