"""SQLite's log is written back beside the writer, which waits for the rest of it only."""

import contextlib
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor

CHANGES = 6_000
"""Rows that were written since the log was last written back: about five hundred texts, and three thousand pages of the log."""


class Checkpoints:
    """Of one file, by a thread and a connection of its own: copying thousands of pages held up whoever waited for the commit at which it
    came (p99 of 64 webhooks at once 72 ms, and 41 without any).

    While others write, a checkpoint never reaches the end of the log, which is begun anew only there. So the writer does the last part, of
    what came meanwhile.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, "checkpoints")
        self._under_way: Future[None] | None = None
        self._changes = 0

    def committed(self, writer: sqlite3.Connection, changes: int) -> None:
        """After each commit, in the writer's thread while nobody else writes: so many rows more are in the log."""
        self._changes += changes
        if self._under_way is None:
            if self._changes >= CHANGES:
                self._changes = 0
                self._under_way = self._thread.submit(self._beside)
        elif self._under_way.done():
            self._under_way = None
            _write_back(writer)

    def close(self) -> None:
        self._thread.shutdown()

    def _beside(self) -> None:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("pragma synchronous=full")
            _write_back(connection)


def _write_back(connection: sqlite3.Connection) -> None:
    """As much as can be without waiting for anybody. What was committed stays in the log if this fails."""
    with contextlib.suppress(sqlite3.Error):
        connection.execute("pragma wal_checkpoint(passive)").fetchall()
