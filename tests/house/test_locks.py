"""The locks: complete, with hashes, and in step with `pyproject.toml`."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.house.tree import ROOT, text

PROJECT = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {"run": [], "embedded": EXTRAS["embedded"], "dev": EXTRAS["dev"]}


def pinned(lock: str) -> dict[str, Version]:
    pins = re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", text(ROOT / "requirements" / f"{lock}.txt"), re.MULTILINE)
    return {name: Version(version) for name, version in pins}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_everything_that_is_asked_for(lock: str) -> None:
    pins = pinned(lock)
    for line in [*PROJECT["dependencies"], *EXTRAS["build"], *LOCKS[lock]]:
        wanted = Requirement(line)
        assert wanted.name in pins, line
        assert wanted.specifier.contains(pins[wanted.name]), line


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    blocks = re.split(r"^(?=[a-z])", text(ROOT / "requirements" / f"{lock}.txt"), flags=re.MULTILINE)
    assert [block.split("==")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


def test_the_locks_agree_with_each_other() -> None:
    run = pinned("run")
    for lock in ("embedded", "dev"):
        assert {name: version for name, version in pinned(lock).items() if name in run} == run
