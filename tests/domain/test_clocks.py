"""When a waiting conversation goes public; the cases are the browser's too."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.domain.clocks import public_at

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "deadlines.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["is"] for case in CASES])
def test_a_clock_ends_as_the_table_says(case: dict[str, Any]) -> None:
    assert public_at(case["clock_start"], case["minutes"], case["waiting_since"]) == case["public_at"]
