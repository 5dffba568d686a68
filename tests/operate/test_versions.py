"""The floors under the parts that a stranger can reach."""

import pytest

from server import versions


def test_what_is_installed_is_new_enough() -> None:
    assert versions.version_faults() == []


@pytest.mark.parametrize(("name", "old", "least"), [("redis", "8.0.9", "8.1.0"), ("uvicorn", "0.52.0", "0.52.1")])
def test_an_older_part_is_named_with_the_version_that_is_needed(name: str, old: str, least: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda asked: old if asked == name else "99.0")
    assert versions.version_faults() == [f"{name} {old} is too old: at least {least} is needed"]


def test_an_old_sqlite_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version", "3.37.2")
    assert versions.version_faults() == ["SQLite 3.37.2 is too old: at least 3.38.0 is needed"]
