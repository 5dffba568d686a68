"""What the figures are held against; see docs/performance.md."""

import math
from collections.abc import Sequence
from statistics import median

from bench.machine import Flood

BUSY = 0.9
"""A server that was less at work was held up by something else: its deliveries a second say nothing of what it can do."""


class Figures:
    """The medians of one server's floods."""

    def __init__(self, floods: Sequence[Flood]) -> None:
        self.rate = median(flood.rate for flood in floods)
        self.per_cpu_second = median(flood.per_cpu_second for flood in floods)
        self.server_busy = median(flood.server_busy for flood in floods)
        self.generator_busy = median(flood.generator_busy for flood in floods)
        self.redis_busy = median(flood.redis_busy for flood in floods)
        self.others = median(flood.others for flood in floods)

    @property
    def held_up(self) -> bool:
        return self.server_busy < BUSY

    def of(self, other: "Figures | None") -> float:
        """How many times the other: by the second if both were at work all the time, else by the second of their processor time."""
        if other is None:
            return math.nan
        return self.per_cpu_second / other.per_cpu_second if self.held_up or other.held_up else self.rate / other.rate


class Goals:
    """`failed` are measurements that are none; a goal that is missed is no failure."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self._lines: list[tuple[bool, str]] = []

    def at_least(self, what: str, found: float, wanted: float) -> None:
        self._lines.append((found >= wanted, f"{what}: {found:,.2f}, at least {wanted:,.2f}"))

    def at_most(self, what: str, found: float, wanted: float) -> None:
        self._lines.append((found <= wanted, f"{what}: {found:,.2f}, at most {wanted:,.2f}"))

    def show(self) -> None:
        print("\nGoals\n")
        for met, line in self._lines:
            print(f"- {'met' if met else '**missed**'}: {line}")
        if self.failed:
            print("\nNot measured\n")
            for line in self.failed:
                print(f"- {line}")
