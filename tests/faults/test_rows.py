"""The short form of `make faults`: every row of the table on a small load. The seed is new each time, and printed."""

import random

import pytest

from tests.faults.__main__ import ROWS, play
from tests.faults.table import table
from tests.fixtures.figures import Figures


@pytest.mark.timeout(400)
async def test_nothing_is_lost_doubled_reordered_or_leaked_whatever_breaks(figures: Figures) -> None:
    rows = [row for row in ROWS if row.short]
    played = await play(rows, short=True, seed=random.randrange(1_000_000), engines=("sqlite",))
    said = table(played)
    for line in said.splitlines():
        figures(line)
    assert {row.number for row, _ in played} == {row.number for row in rows if "sqlite" in row.engines}
    assert [(row.name, result.broken) for row, result in played if result.broken] == [], said
