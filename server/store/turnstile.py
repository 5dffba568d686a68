"""A fair turn for every process that writes to one SQLite file.

SQLite's own busy handler sleeps and looks again, so a process that writes all the time can starve the others for seconds. Two
advisory locks make a queue of it: whoever wants to write waits in `next`, holding it until it has `turn`; whoever has just written
must pass through `next` again, behind the one that waits there. The kernel frees both when a process dies.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

_NEXT, _TURN = 0, 1


class Turnstile:
    """Hold it around a write transaction. Not for two threads of one process: each process has one writing thread."""

    def __init__(self, path: Path) -> None:
        self._files = [
            os.open(path.with_name(path.name + suffix), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600) for suffix in ("-next", "")
        ]

    def __enter__(self) -> None:
        fcntl.flock(self._files[_NEXT], fcntl.LOCK_EX)
        try:
            fcntl.flock(self._files[_TURN], fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._files[_NEXT], fcntl.LOCK_UN)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        fcntl.flock(self._files[_TURN], fcntl.LOCK_UN)

    def close(self) -> None:
        for file in self._files:
            os.close(file)
