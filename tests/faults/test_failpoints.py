"""The places where a test may kill a process: off unless named, and then at the passage that was asked for."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PASSES = """
from server.failpoints import failpoint
for passage in range(1, 5):
    failpoint("writer.committed")
    print(passage, flush=True)
"""


@pytest.mark.parametrize(
    ("armed", "reached"),
    [
        (None, 4),
        ("", 4),
        ("another.place", 4),
        ("writer.committed:3", 2),
        ("another.place, writer.committed", 0),
        ("writer.committed:5", 4),
    ],
)
def test_a_process_ends_at_the_passage_that_is_armed_and_nowhere_else(armed: str | None, reached: int) -> None:
    environment = os.environ | ({} if armed is None else {"PARTYLINE_FAILPOINTS": armed})
    words = [sys.executable, "-c", PASSES]
    done = subprocess.run(words, env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(passage) for passage in range(1, reached + 1)]
    assert done.returncode == (0 if reached == 4 else -signal.SIGKILL)
