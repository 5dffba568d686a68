"""Percentiles by nearest rank."""

import pytest

from server.domain.percentile import nearest_rank


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 90, 7),
        ([1, 2], 50, 1),
        ([1, 2, 3], 50, 2),
        ([1, 2, 3, 4], 50, 2),
        (list(range(1, 11)), 90, 9),
        (list(range(1, 12)), 90, 10),
        (list(range(1, 101)), 90, 90),
        ([15, 20, 35, 40, 50], 30, 20),
        ([1, 2], 0, 1),
        ([1, 2], 100, 2),
    ],
)
def test_the_value_at_the_nearest_rank_is_one_that_occurred(values: list[int], percent: int, expected: int | None) -> None:
    assert nearest_rank(values, percent) == expected
