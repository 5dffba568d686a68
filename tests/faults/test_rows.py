"""The short form of `make faults`: each row that has one, on SQLite and a small load. The seed is new each time, and printed."""

import random
from types import SimpleNamespace

import pytest

from tests.faults.__main__ import ENGINES, ROWS, NothingToPlay, chosen, play
from tests.faults.ledger import Verdict
from tests.faults.load_tab import LoadTab, Spec
from tests.faults.row import Result, Row
from tests.faults.rows import live
from tests.faults.stage import LONG, SHORT, Stage
from tests.faults.table import table
from tests.fixtures.figures import Figures


def test_the_control_is_the_last_row_on_each_engine() -> None:
    assert ROWS[-len(live.LAST) :] == live.LAST
    assert {row.engines for row in live.LAST} == {ENGINES}


def test_a_control_that_finds_nothing_or_too_much_is_broken() -> None:
    lost = Verdict(due=100, lost=90)
    assert live.unproven(Verdict(due=100, lost=10), lost, 1) == []
    for without_fault, meanwhile, unequal in (
        (lost, lost, 1),
        (Verdict(due=100), Verdict(due=100, lost=70), 1),
        (Verdict(due=100), lost, 0),
    ):
        assert len(live.unproven(without_fault, meanwhile, unequal)) == 1
    assert len(live.unproven(Verdict(), Verdict(), 0)) == 2


def test_calls_that_hang_are_repeated_or_not_made_do_not_pass_for_quick_ones() -> None:
    for seconds, repeats, broken in (([0.1], [], 0), ([0.1, 10.1], [], 1), ([0.1], ["TimeoutError"], 1), ([], [], 1)):
        result = Result()
        live.answered(result, seconds, repeats, 0.3)
        assert len(result.broken) == broken


def test_a_row_that_is_asked_for_and_cannot_be_played_is_refused() -> None:
    assert [row.number for row in chosen(["2"], short=True, engines=["sqlite"])] == ["2"]
    for names in (["2000"], ["1", "no such row"]):
        with pytest.raises(NothingToPlay):
            chosen(names, short=True, engines=ENGINES)
    with pytest.raises(NothingToPlay):
        chosen(["2"], short=False, engines=["postgresql"])


def test_without_names_all_rows_are_played_and_in_the_short_form_those_that_say_so() -> None:
    assert chosen([], short=False, engines=ENGINES) == ROWS
    assert chosen([], short=True, engines=["sqlite"]) == [row for row in ROWS if row.short and "sqlite" in row.engines]


def test_a_table_in_which_nothing_was_played_does_not_say_that_promises_were_kept() -> None:
    assert "Nothing was played." in table([])
    kept = table([(Row("1", "none", _nobody_plays), Result())])
    assert "Every promise was kept." in kept


async def test_a_row_that_needs_less_writing_has_less_in_the_long_form_and_the_next_one_has_all_again() -> None:
    seen: list[tuple[float, float]] = []

    async def look(stage: Stage) -> Result:
        seen.append((stage.size.seconds, stage.size.fault_at))
        return Result()

    for size in (LONG, SHORT):
        stage = SimpleNamespace(size=size)
        await Row("8", "half-open", look, seconds=40.0).on(stage)  # type: ignore[arg-type]
        assert stage.size is size
    assert seen == [(40.0, 10.0), (SHORT.seconds, SHORT.fault_at)]


def test_a_tab_that_is_about_to_be_cut_is_current_only_when_it_is_back_whatever_it_knows() -> None:
    tabs = [LoadTab(Spec("t", "a", "u", "token", manager=False, parts={}), [1, 2], "host", random.Random(1)) for _ in range(2)]
    for tab, port in zip(tabs, (1, 2), strict=True):
        tab.port, tab.book.n, tab.book.connections = port, 7, 1
    assert [(tab.current(7), tab.current(8)) for tab in tabs] == [(True, False)] * 2
    for tab in tabs:
        tab.mark(1)
    assert [tab.current(7) for tab in tabs] == [False, True]
    tabs[0].book.connections = 2
    assert tabs[0].current(7)


async def _nobody_plays(_: object) -> Result:
    raise AssertionError


@pytest.mark.timeout(600)
async def test_nothing_is_lost_doubled_reordered_or_leaked_whatever_breaks(figures: Figures) -> None:
    rows = [row for row in ROWS if row.short]
    played = await play(rows, short=True, seed=random.randrange(1_000_000), engines=("sqlite",))
    said = table(played)
    for line in said.splitlines():
        figures(line)
    assert {row.number for row, _ in played} == {row.number for row in rows if "sqlite" in row.engines}
    assert [(row.name, result.broken) for row, result in played if result.broken] == [], said
