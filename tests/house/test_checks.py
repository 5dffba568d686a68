"""The table of the checks of the pages names tests that there are, and every check once."""

import re
from pathlib import Path

from tests.house.tree import ROOT, text

HERE = ROOT / "tests" / "browser"
CHECKS, PICTURES = 114, 10
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
LATER = "a later issue: "


def table() -> list[tuple[int, str]]:
    """Each row's number and where it is held."""
    return [(int(number), where) for number, _, where in ROW.findall(text(HERE / "README.md"))]


def named(where: str) -> list[str]:
    return re.findall(r"`([^`]+::[^`]+)`", where)


def is_there(test: str) -> bool:
    place, _, name = test.partition("::")
    path = Path(HERE / place).resolve()
    says = text(path) if path.is_file() else ""
    return f'test("{name}"' in says if path.suffix == ".mjs" else re.search(rf"^(async )?def {name}\(", says, re.MULTILINE) is not None


def test_every_check_of_the_pages_has_exactly_one_row() -> None:
    assert [number for number, _ in table()] == [*range(1, CHECKS + 1)]


def test_every_test_that_the_table_names_is_there() -> None:
    assert [test for _, where in table() for test in named(where) if not is_there(test)] == []


def test_a_check_has_a_test_or_a_picture_or_the_reason_why_it_is_later() -> None:
    pictures = [picture for _, where in table() for picture in re.findall(r"^picture: `([^`]+)`$", where)]
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []
    assert len(pictures) <= PICTURES
    held = [number for number, where in table() if named(where) or where.startswith(("picture: ", LATER))]
    assert [number for number, _ in table() if number not in held] == []
