"""A fair turn for every process that writes to one SQLite file.

SQLite's own busy handler sleeps and looks again, so a process that writes all the time can starve the others for seconds. Two
advisory locks make a queue of it: whoever wants to write waits in `next`, holding it until it has `turn`; whoever has just written
must pass through `next` again, behind the one that waits there. The kernel frees both when a process dies.
"""

import fcntl
import os
import select
import time
from pathlib import Path
from types import TracebackType

_NEXT, _TURN = 0, 1
PAUSE_SECONDS = 0.0005


class Busy(Exception):
    """Nobody let us through for long enough: a process holds its turn and does not go on."""


class Turnstile:
    """Hold it around a write transaction; raises `Busy` after `patience` seconds of waiting.

    Not for two threads of one process: each process has one writing thread.
    """

    def __init__(self, path: Path, patience: float = 5.0) -> None:
        self._patience = patience
        self._files = [
            os.open(path.with_name(path.name + suffix), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for suffix in ("-next", "")
        ]

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._patience
        self._lock(_NEXT, deadline)
        try:
            self._lock(_TURN, deadline)
        finally:
            fcntl.flock(self._files[_NEXT], fcntl.LOCK_UN)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        fcntl.flock(self._files[_TURN], fcntl.LOCK_UN)

    def _lock(self, which: int, deadline: float) -> None:
        """The kernel's own waiting has no end, so it is asked again and again."""
        while True:
            try:
                fcntl.flock(self._files[which], fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy from None
                select.select([], [], [], PAUSE_SECONDS)
            else:
                return

    def close(self) -> None:
        for file in self._files:
            os.close(file)
