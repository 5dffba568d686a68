"""Commits of a SQLite file that are gone: its log was damaged or taken away, or an older file stands in its place.

Two things tell. The mark beside the file has a higher number than the file. Or whole commits stand in the log behind the place where SQLite
stopped reading it: each commit is on the disk before the next begins, so that a crash leaves one torn commit there, and never two.
"""

import os
import shutil
import sqlite3
import struct
import time
from pathlib import Path

import msgspec

from server.store.commit_mark import WRAP, ahead
from server.store.database import Database, Transaction, Unavailable
from server.store.gone_back import statements
from server.store.sqlite import SqliteDatabase

_HEADER, _FRAME = 32, 24
_PAGES = {2**power for power in range(9, 17)}
_open: dict[tuple[int, int], int] = {}


class Loss(msgspec.Struct, frozen=True):
    """So many commits are gone at the most. `found_at` in µs UTC; `number` is that of the last one that there was; `settled`: the data
    goes on without them."""

    commits: int
    found_at: int
    number: int
    settled: bool = False


def losses(database: Path) -> list[tuple[Path, Loss]]:
    """Those that were found, until somebody removes their notes."""
    found = []
    for note in sorted(database.parent.glob(f"{database.name}.lost-*")):
        if note.name.rpartition("-")[2].isdigit():
            found.append((note, msgspec.json.decode(note.read_bytes(), type=Loss)))
    return found


async def find_loss(db: Database) -> Loss | None:
    """What is gone and not settled. The log is kept as it is, since SQLite writes over it; PostgreSQL refuses a damaged one by itself.
    Raises `Unavailable`."""
    if not isinstance(db, SqliteDatabase):
        return None
    return await db.alone(lambda connection: _look(connection, db))


async def look_through(db: Database) -> None:
    """Raises `Unavailable` for a file whose pages do not fit together: then only a backup helps.

    A log that is gone in part may have been written back to the file in part, so that pages of two moments stand side by side. SQLite keeps
    a bit for each page, and of the file no more than its cache. It is one reading, which holds up nobody who writes; a file of gigabytes
    takes minutes (docs/decisions/025).
    """
    assert isinstance(db, SqliteDatabase)
    rows = await db.read(lambda tx: tx.all("pragma integrity_check(1)"))
    says = str(rows[0]["integrity_check"])
    if says != "ok":
        raise Unavailable(f"{db.path} is damaged, not only its log: {says}. Put a backup back with `partyline restore --force`.")


async def settle_loss(db: Database, loss: Loss) -> None:
    """Lets the data go on without what is gone. It must have been looked through, and its schema be up to date. Raises `Unavailable`."""
    assert isinstance(db, SqliteDatabase)

    async def go_on(tx: Transaction) -> None:
        for statement in statements(tx.now):
            await tx.run(statement)
        await tx.lasting(f"pragma user_version = {loss.number}")

    await db.write(go_on)
    await db.alone(lambda connection: connection.execute("pragma wal_checkpoint(truncate)").fetchall())
    _write(Path(db.path), msgspec.structs.replace(loss, settled=True))


def _look(connection: sqlite3.Connection, db: SqliteDatabase) -> Loss | None:
    path = Path(db.path)
    number = int(connection.execute("pragma user_version").fetchone()[0])
    open_loss = next((loss for _, loss in losses(path) if not loss.settled and ahead(loss.number, number)), None)
    marked = db.mark.read()
    gone = 0 if marked is None else ahead(marked, number)
    behind = _commits_behind(path)
    if gone == 0 and behind < 2:
        return open_loss
    loss = Loss(max(gone, behind), time.time_ns() // 1_000, (number + max(gone, behind)) % WRAP)
    if open_loss is None or ahead(loss.number, open_loss.number):
        _keep(path, loss)
        return loss
    return open_loss


def _commits_behind(path: Path) -> int:
    """How many commits stand in the log behind its last valid one, as SQLite read it; nobody may be writing."""
    try:
        with open(f"{path}-wal", "rb") as log:
            known, header = _index(path), log.read(_HEADER)
            size = int.from_bytes(header[8:12], "big")
            if len(known) < 48 or size not in _PAGES:
                return 0
            frames, salts = struct.unpack_from("=I", known, 16)[0], known[32:40]
            found, at, end = 0, _HEADER + frames * (_FRAME + size), os.fstat(log.fileno()).st_size
            while at + _FRAME + size <= end:
                frame = os.pread(log.fileno(), _FRAME, at)
                found += frame[8:16] == salts and frame[4:8] != bytes(4)
                at += _FRAME + size
            return found
    except FileNotFoundError:
        return 0


def _index(path: Path) -> bytes:
    """How SQLite's index of the log begins. The file stays open as long as this process: a process that closes it lets go of all locks that
    its own connections hold on it, and whoever opens the database next cuts the index off beneath them, which ends them with SIGBUS."""
    file = Path(f"{path}-shm")
    found = file.stat()
    key = (found.st_dev, found.st_ino)
    if key not in _open:
        _open[key] = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    return os.pread(_open[key], 48, 0)


def _keep(path: Path, loss: Loss) -> None:
    log, note = Path(f"{path}-wal"), _note(path, loss)
    try:
        if log.exists() and log.stat().st_size:
            kept = Path(f"{note}-wal")
            shutil.copyfile(log, kept)
            kept.chmod(0o600)
        _write(path, loss)
    except OSError as error:
        raise Unavailable(f"Commits of {path} are gone, and its log cannot be kept: {error.strerror}.") from error


def _note(path: Path, loss: Loss) -> Path:
    return path.with_name(f"{path.name}.lost-{loss.number}")


def _write(path: Path, loss: Loss) -> None:
    note = _note(path, loss)
    draft = note.with_name(f"{note.name}.part")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(loss))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(note)
