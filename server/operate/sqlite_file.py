"""A SQLite database as a file: where it is, and how it is replaced while nobody else has it open."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from server.operate.archive import OperatorError
from server.store.commit_mark import ENDING
from server.store.database import Unavailable
from server.store.sqlite import SqliteDatabase
from server.store.sqlite_loss import find_loss


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


async def keep_log(database: Path) -> None:
    """To be called before anything else opens a file that no process has open: whoever closes it last takes its log in, and what of a
    damaged one was not read is gone. What cannot be read is left to whoever comes next."""
    with contextlib.suppress(Unavailable):
        db = await SqliteDatabase.open(str(database))
        try:
            await find_loss(db)
        finally:
            await db.close()


@contextlib.contextmanager
def alone(database: Path) -> Iterator[bool]:
    """Nobody else has the file open in the block, or can open it. False where it is no database that SQLite can read, and so nobody can
    be asked. Raises `OperatorError` while a process has it open.

    A file leaves WAL only when nobody else is there: SQLite itself sees to it.
    """
    with contextlib.closing(sqlite3.connect(database, timeout=1.0, isolation_level=None)) as connection:
        try:
            connection.execute("pragma journal_mode=delete")
            connection.execute("begin exclusive")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise OperatorError(f"{database} is in use. Stop every process of Partyline first.") from None
            raise OperatorError(f"{database}: {error}.") from error
        except sqlite3.DatabaseError:
            yield False
            return
        yield True


def exchange(database: Path, other: Path, kept: Path) -> None:
    """`other` is the database from now on, and what was there is `kept`, with the notes of what it has lost. To be called in `alone`."""
    Path(f"{database}{ENDING}").unlink(missing_ok=True)  # the other one's commits have numbers of their own
    for note in database.parent.glob(f"{database.name}.lost-*"):
        note.rename(kept.with_name(f"{kept.name}{note.name.removeprefix(database.name)}"))
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{database}{ending}").rename(f"{kept}{ending}")
    other.rename(database)
    descriptor = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
