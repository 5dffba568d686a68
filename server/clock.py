"""Where time comes from: everything that waits or stamps takes a `Clock`, so that a test can hold time still."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """The instant in microseconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns when `seconds` of this clock have passed."""
        ...


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SharedClock(SystemClock):
    """What all processes have in common: `told` is the database's clock, whatever this machine's own says."""

    def __init__(self, told: Callable[[], int]) -> None:
        self._told = told

    def now(self) -> int:
        return self._told()
