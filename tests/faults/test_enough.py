"""A run that proves nothing is a broken one."""

from typing import Any

import pytest

from tests.faults.enough import not_once, too_little, unexpected
from tests.faults.ledger import Verdict
from tests.faults.row import Result
from tests.faults.stage import Size

SIZE = Size(tabs=10, acts=10.0, seconds=10.0)
TALLIES: list[dict[str, Any]] = [{"acknowledged": ["t"], "sent": ["c"], "refused": {}}, {"acknowledged": [], "sent": [], "refused": {}}]


def verdict(**changes: Any) -> Verdict:
    """Of a run of that size that was long enough, unless `changes` say otherwise."""
    return Verdict(**{"events": 100, "deliveries": 200, "tabs": 12, "due": 200, "covered": 2, "compared": {"mine": 3}, **changes})


def test_a_run_of_the_planned_size_is_enough() -> None:
    assert too_little(verdict(), SIZE, TALLIES, {"mine"}) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"events": 79}, ["only 79 events, where 80 were expected"]),
        ({"deliveries": 99}, ["only 99 deliveries of 100 events"]),
        ({"tabs": 11}, ["11 tabs, not 12"]),
        ({"due": 0, "covered": 0}, ["nothing was due to anybody"]),
        ({"covered": 3}, ["3 of 200 were read over HTTP and never given"]),
        ({"overtaken": 21}, ["21 of 200 came behind a newer word"]),
        ({"compared": {"mine": 0}}, ["of pages that show mine nothing was compared"]),
        ({"compared": {"feed": 9}}, ["of pages that show mine nothing was compared"]),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], says: list[str]) -> None:
    assert too_little(verdict(**changes), SIZE, TALLIES, {"mine"}) == says


def test_a_run_in_which_no_webhook_or_no_answer_was_accepted_proves_nothing() -> None:
    assert too_little(verdict(), SIZE, TALLIES[1:], set()) == ["nothing was acknowledged", "nothing was sent"]


def test_a_refusal_that_is_no_part_of_the_game_is_said() -> None:
    tallies: list[dict[str, Any]] = [{"refused": {"409 not_public": 3, "500": 1}}, {"refused": {"500": 1, "401 unauthorized": 2}}]
    assert unexpected(tallies) == ["2 calls were answered 401 unauthorized", "2 calls were answered 500"]
    assert unexpected(tallies, {401, 409, 500}) == []


def test_what_was_acknowledged_and_is_not_there_or_twice_is_counted() -> None:
    assert not_once(["a", "b"], {"a": 1, "b": 1, "c": 5}, "texts") == []
    assert not_once(["a", "b", "c", "d"], {"a": 2, "b": 3, "c": 1}, "texts") == [
        "1 acknowledged texts are there not at all",
        "2 acknowledged texts are there more than once",
    ]


@pytest.mark.parametrize("name", ["lost", "doubled", "reordered", "leaked", "unequal", "resets", "gone", "silent"])
def test_one_tab_that_lost_something_or_was_sent_away_breaks_the_promise(name: str) -> None:
    result = Result(verdict())
    result.clean()
    assert result.broken == []
    result = Result(verdict(**{name: 1}, examples=["what it was"]))
    result.clean()
    assert len(result.broken) == 1
