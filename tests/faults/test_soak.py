"""The soak in short: faults at random, one after the other, and what a process costs (FAULTS 53)."""

import random

import pytest

from tests.faults.__main__ import ROWS, chosen, play
from tests.faults.rows import soak
from tests.faults.rows.soak import Cost, slope
from tests.fixtures.figures import Figures

MIB = 2**20
MINUTES = 0.2


def test_the_soak_is_played_only_when_it_is_asked_for() -> None:
    assert "53" not in {row.number for row in ROWS}
    assert [row.name for row in chosen(["soak"], short=False, engines=["sqlite"])] == ["soak"]
    assert [row.name for row in chosen(["53"], short=False, engines=["sqlite"])] == ["soak"]


def test_the_slope_is_what_a_process_grows_by_in_an_hour_after_it_has_become_warm() -> None:
    warming = [Cost(60.0 * minute, (50 + 5 * minute) * MIB, 40) for minute in range(10)]
    steady = [Cost(60.0 * minute, 100 * MIB, 40) for minute in range(10, 31)]
    growing = [Cost(60.0 * minute, round((100 + minute / 6) * MIB), 40) for minute in range(10, 31)]
    assert slope([]) == slope(warming[:2]) == 0
    assert abs(slope([*warming, *steady])) < 1e-9
    assert 0.09 < slope([*warming, *growing]) < 0.11


@pytest.mark.timeout(300)
async def test_a_soak_loses_doubles_and_reorders_nothing_and_leaves_no_task_and_no_file_open(figures: Figures) -> None:
    [(_, result)] = await play([soak.row(MINUTES)], short=True, seed=random.randrange(1_000_000), engines=("sqlite",))
    figures(f"seed {result.seed}: {result.figures}")
    assert result.broken == []
    assert result.verdict is not None
    assert result.verdict.clean
