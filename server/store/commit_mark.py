"""How many commits a SQLite file has seen, kept beside it: by that it is known at the next start that commits are gone.

SQLite drops whatever stands behind a damaged frame of its log when it opens it, and says nothing. Each commit has a number, in the
database itself (`user_version`) and after the commit in this file, before anybody is told. Nobody waits until the disk has this file: after
the power failed it may say less than was durable, and never more.
"""

import contextlib
import os
from pathlib import Path

ENDING = "-commits"
WRAP = 2**31
DIGITS = 10


def ahead(number: int, of: int) -> int:
    """By how many commits `number` is ahead of the other, 0 where it is not. Numbers begin anew at 2³¹."""
    by = (number - of) % WRAP
    return by if by < WRAP // 2 else 0


class Mark:
    """Written by one thread of a process, while it has its turn at the database."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}{ENDING}")
        self._file: int | None = None
        self._last: int | None = None

    def read(self) -> int | None:
        """None where nobody ever wrote one."""
        try:
            return int(self._path.read_bytes()[:DIGITS])
        except (OSError, ValueError):
            return None

    def put(self, number: int) -> None:
        """A number that is not ahead of what stands here is left out: commits are gone, and that must still be seen."""
        with contextlib.suppress(OSError):  # an old number is never wrong
            if self._file is None:
                self._last = self.read()
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if self._last is None or ahead(number, self._last):
                os.pwrite(self._file, b"%0*d\n" % (DIGITS, number), 0)
                self._last = number

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
