"""Merge fields: the server knows the same ones as the browser, which puts them in."""

import json

import pytest

from server.domain.merge import unknown_fields
from tests.house.tree import ROOT

CASES = json.loads((ROOT / "tests/data/merge.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["body"] for case in CASES])
def test_what_is_no_merge_field_is_named_as_the_browser_names_it(case: dict[str, object]) -> None:
    assert unknown_fields(str(case["body"])) == case["unknown"]
