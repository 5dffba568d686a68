"""A process that writes without pause does not starve another that writes now and then."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from server.store.turnstile import Busy, Turnstile
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


def test_a_stopped_holder_makes_the_others_busy_and_lets_them_through_when_it_goes_on(path: Path) -> None:
    other = greedy(path)
    mine = Turnstile(path, patience=0.3)
    try:
        stopped = _stopped_inside(other, path)
        with pytest.raises(Busy), mine:
            pass
        os.kill(stopped, signal.SIGCONT)
        with mine:
            pass
    finally:
        other.kill()
        other.communicate()


def _stopped_inside(other: subprocess.Popen[str], path: Path) -> int:
    """Stops the other process at a moment when it holds the turn."""
    probe = os.open(path, os.O_RDWR)
    try:
        while True:
            os.kill(other.pid, signal.SIGSTOP)
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return other.pid
            fcntl.flock(probe, fcntl.LOCK_UN)
            os.kill(other.pid, signal.SIGCONT)
            select.select([], [], [], 0.002)
    finally:
        os.close(probe)
