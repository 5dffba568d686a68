"""A process that writes without pause does not starve another that writes now and then."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.store.turnstile import Turnstile
from tests.fixtures.waiting import wait_until

GREEDY = """
import sys, time
from pathlib import Path
from server.store.turnstile import Turnstile
mine = Turnstile(Path(sys.argv[1]))
print("running", flush=True)
while True:
    with mine:
        end = time.monotonic() + 0.005
        while time.monotonic() < end:
            pass
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.db-turns"


def greedy(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", GREEDY, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    return process


def test_whoever_waits_is_next_though_another_wants_it_all_the_time(path: Path) -> None:
    others = [greedy(path), greedy(path)]
    mine = Turnstile(path)
    try:
        waits = []
        for _ in range(20):
            started = time.monotonic()
            with mine:
                waits.append(time.monotonic() - started)
            select.select([], [], [], 0.01)
        assert max(waits) < 1.0, "it was starved"
    finally:
        mine.close()
        for other in others:
            other.kill()
            other.communicate()


def test_a_killed_holder_leaves_no_lock_behind(path: Path) -> None:
    other = greedy(path)
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    with Turnstile(path):
        pass


def test_only_one_is_inside(path: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = """
import sys
from pathlib import Path
from server.store.turnstile import Turnstile
mine, log = Turnstile(Path(sys.argv[1])), open(sys.argv[2], "ab", buffering=0)
for _ in range(300):
    with mine:
        log.write(b"<")
        log.write(b">")
"""
    others = [subprocess.Popen([sys.executable, "-c", code, str(path), str(log)]) for _ in range(3)]
    wait_until(lambda: all(other.poll() is not None for other in others), within=8)
    assert [other.returncode for other in others] == [0, 0, 0]
    assert log.read_bytes() == b"<>" * 900
