"""How often something was how large: what a process counts about itself, for `/metrics`."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Spread:
    """`counts[i]` were at most `bounds[i]` and more than the bound before it; the last counts what was more than all."""

    bounds: Sequence[float]
    total: float = 0.0
    counts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def number(self) -> int:
        return sum(self.counts)

    def up_to(self) -> list[tuple[float, int]]:
        """Each bound with how many were at most that; infinity stands for the last."""
        found, sum_ = [], 0
        for bound, count in zip([*self.bounds, float("inf")], self.counts, strict=True):
            sum_ += count
            found.append((bound, sum_))
        return found
