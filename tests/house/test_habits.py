"""Sizes, names and what is refused."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, name, text

LONGEST = 300
LONGEST_TEST = 400
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "services", "service", "managers", "manager", "misc"}
ROOMS = ("server", "channels", "web")
# Put together here, so that this file does not name them itself.
REFUSED_WORDS = [
    "/".join(["..", "shared"]),
    *("/" + folder + "/" for folder in ("work", "farm", "root")),
    "/home/" + "user",
    *(".".join(host) for host in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org")]),
]


def test_no_module_is_longer_than_one_subject_needs() -> None:
    lines = {name(path): len(text(path).splitlines()) for path in files(".py", ".js", ".css")}
    long = {path: count for path, count in lines.items() if count > (LONGEST_TEST if path.startswith("tests/") else LONGEST)}
    assert long == {}


def test_no_module_or_folder_is_named_after_nothing_in_particular() -> None:
    assert [name(path) for path in files() if {part.split(".")[0].lower() for part in path.relative_to(ROOT).parts} & REFUSED_NAMES] == []


def test_nothing_is_mocked_and_no_test_is_left_out() -> None:
    refused = re.compile(r"unittest\s*(\.|import\s+)mock|\bMagicMock\b|mock\.patch|pytest\.mark\.(skip|xfail)|pytest\.skip\(|fakeredis")
    assert [name(path) for path in files(".py") if path != Path(__file__) and refused.search(text(path))] == []


def test_nothing_says_where_or_how_this_is_developed() -> None:
    found = {(name(path), word) for path in files() for word in REFUSED_WORDS if word in text(path)}
    assert found == set()


def test_every_room_says_what_lives_in_it_and_does_nothing_at_import() -> None:
    inits = [path for path in files(".py") if path.name == "__init__.py" and name(path).split("/")[0] in ROOMS]
    assert inits
    for path in inits:
        body = ast.parse(text(path)).body
        assert len(body) == 1, name(path)
        assert isinstance(body[0], ast.Expr), name(path)
        assert ast.get_docstring(ast.parse(text(path))), name(path)


def test_every_module_says_its_subject() -> None:
    modules = [path for path in files(".py") if name(path).split("/")[0] in ROOMS]
    assert [name(path) for path in modules if not ast.get_docstring(ast.parse(text(path)))] == []


def test_no_work_is_left_for_later_in_a_comment() -> None:
    later = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
    assert [name(path) for path in files(".py", ".js", ".css", ".html", ".sql", ".md", ".toml") if later.search(text(path))] == []


@pytest.mark.parametrize("path", [path for path in files(".py") if path.name.startswith("test_")], ids=name)
def test_the_name_of_every_test_is_a_sentence(path: Path) -> None:
    names = [
        node.name
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert [one for one in names if len(one.split("_")) < 4] == []
