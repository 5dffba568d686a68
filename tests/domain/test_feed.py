"""What the feed's filters mean, case by case; the browser is held to the same cases."""

import json
from typing import Any

import pytest

from server.domain.feed import KINDS, is_about, types_of
from tests.house.tree import ROOT

CASES: dict[str, Any] = json.loads((ROOT / "tests/data/feed.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES["about"], ids=lambda case: case["is"])
def test_an_event_is_about_a_number_and_a_person_or_not(case: dict[str, Any]) -> None:
    event = case["event"]
    assert is_about(event["actor"]["id"], event["data"], did=case["did"], user=case["user"]) is case["holds"]


def test_the_kinds_are_those_that_the_browser_knows() -> None:
    assert {kind: list(types) for kind, types in KINDS.items()} == CASES["kinds"]


def test_no_kind_means_everything_and_two_kinds_name_each_type_once() -> None:
    assert types_of([]) is None
    both = types_of(["failed", "out"])
    assert both is not None
    assert sorted(both) == sorted(CASES["kinds"]["out"])
