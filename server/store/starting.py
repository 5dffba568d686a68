"""One process at a time looks at a SQLite file and brings it up to date; whoever starts meanwhile waits, however long that takes.

Not the turnstile: whoever holds that holds up all who write, and is given up after seconds. The kernel frees this lock too when a process
dies. PostgreSQL has one of its own (`migrate.hold`).
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable

from server.store.database import Database, Unavailable
from server.store.sqlite import SqliteDatabase

ENDING = "-start"
LOOK_SECONDS = 0.05


@contextlib.asynccontextmanager
async def one_at_a_time(db: Database, waits: Callable[[], None]) -> AsyncIterator[None]:
    """`waits` is called once, where another process came first. Raises `Unavailable`."""
    if not isinstance(db, SqliteDatabase):
        yield
        return
    try:
        file = os.open(f"{db.path}{ENDING}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"{db.path}{ENDING} cannot be opened: {error.strerror}.") from error
    try:
        told = False
        while not _taken(file):
            if not told:
                waits()
                told = True
            await asyncio.sleep(LOOK_SECONDS)
        yield
    finally:
        os.close(file)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
