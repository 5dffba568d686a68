"""Copies of a SQLite file that is in use: for a backup, and before its schema is changed."""

import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from server.store.database import Unavailable

PATIENCE_SECONDS = 5.0
KEPT = 3


def copy(source: Path, target: Path) -> None:
    """One snapshot, in one step: SQLite begins anew when somebody else writes between two steps, and under load it would never end.
    Whoever writes goes on meanwhile; what they write stays in the WAL until the copy is there. Raises `Unavailable`."""
    if not source.exists():
        raise Unavailable(f"There is no database at {source}.")
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True, timeout=PATIENCE_SECONDS)) as reading,
            contextlib.closing(sqlite3.connect(target, isolation_level=None)) as writing,
        ):
            target.chmod(0o600)
            writing.execute("pragma synchronous=off")
            reading.backup(writing, pages=-1)
            writing.execute("pragma journal_mode=delete")
    except sqlite3.Error as error:
        raise Unavailable(f"{source} cannot be copied: {error}.") from error


def keep_before(database: Path, number: int) -> Path | None:
    """Keeps the file as it is beside itself, before migration `number` changes it, and the last KEPT of such copies. None where another
    process has migrated meanwhile. Raises `Unavailable`, as when there is no room."""
    kept, draft = database.with_name(f"{database.name}.before-{number:04}"), database.with_name(f"{database.name}.copy-{os.getpid()}")
    try:
        draft.unlink(missing_ok=True)
        copy(database, draft)
        if _newest(draft) >= number:
            return None
        draft.replace(kept)
    except OSError as error:
        raise Unavailable(f"{database} cannot be copied before it is migrated: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)
    copies = sorted(database.parent.glob(f"{database.name}.before-[0-9][0-9][0-9][0-9]"))
    for old in copies[:-KEPT]:
        old.unlink(missing_ok=True)
    return kept


def _newest(database: Path) -> int:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("select max(number) from migrations").fetchone()[0])
