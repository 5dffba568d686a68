"""Percentiles by nearest rank: always a value that occurred, and the same by SQL's row numbers as here."""

from collections.abc import Sequence


def nearest_rank(ascending: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` % of all do not exceed; None for no values. The median is `percent` 50."""
    if not ascending:
        return None
    rank = max(1, -(-len(ascending) * percent // 100))
    return ascending[rank - 1]
