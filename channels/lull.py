"""What brings events waits while tabs take a burst: a process that stood still finds so much waiting for it that tabs which read as fast
as ever would be taken for those that do not read."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

LULL_SECONDS = 1.0
"""At most: whoever reads slowly does not hold up the others."""
LOOK_SECONDS = 0.002


class Reader(Protocol):
    """The way out of a tab."""

    @property
    def backlog(self) -> int:
        """Bytes that wait to be taken; 0 for one that is closed."""


class Lull:
    """`told(True)` is called when it begins, `told(False)` when it is over."""

    def __init__(self) -> None:
        self.told: Callable[[bool], None] = _nobody
        self._waiting: list[Reader] = []
        self._over = asyncio.Event()
        self._over.set()
        self._until = 0.0

    def wait_for(self, readers: Iterable[Reader]) -> None:
        """Much was written to these just now. What the kernel takes in this turn nobody has to wait for."""
        loop = asyncio.get_running_loop()
        self._waiting.extend(readers)
        if self._over.is_set():
            self._over.clear()
            self._until = loop.time() + LULL_SECONDS
            self.told(True)
            loop.call_soon(self._look)

    async def over(self) -> None:
        """Returns when nobody has to wait."""
        await self._over.wait()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = [reader for reader in self._waiting if reader.backlog]
        if self._waiting and loop.time() < self._until:
            loop.call_later(LOOK_SECONDS, self._look)
        else:
            self._waiting.clear()
            self._over.set()
            self.told(False)


def _nobody(_: bool) -> None:
    return None
