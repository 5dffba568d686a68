"""What it costs to see that commits are gone from a SQLite file (docs/decisions/025).

    python -m bench.commits [--commits N] [--look COPY]

Commits of one row, in turn with and without the number that the server gives to each, in WAL with `synchronous=FULL` as the server has it.
With `--look`: how long a file is looked through before the data goes on without what is gone, and how much memory that takes.
"""

import argparse
import asyncio
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from server.store.commit_mark import Mark
from server.store.sqlite import SqliteDatabase, _count
from server.store.sqlite_loss import look_through

ROUNDS = 5
FRAME_BYTES = 24 + 4096


def commits(path: Path, count: int, *, numbered: bool) -> tuple[float, float, float]:
    """A commit's processor time and time by the clock, µs, and the pages that it wrote to the log."""
    mark = Mark(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, closing(mark):
        for pragma in ("journal_mode=wal", "synchronous=full", "wal_autocheckpoint=0"):
            connection.execute(f"pragma {pragma}")
        connection.execute("create table rows (body text)")
        before = Path(f"{path}-wal").stat().st_size
        worked, began = time.process_time(), time.perf_counter()
        for _ in range(count):
            connection.execute("begin immediate")
            connection.execute("insert into rows (body) values (:body)", {"body": "x" * 100})
            number = _count(connection) if numbered else None
            connection.execute("commit")
            if number is not None:
                mark.put(number)
        took = time.process_time() - worked, time.perf_counter() - began
        pages = (Path(f"{path}-wal").stat().st_size - before) / FRAME_BYTES
    return 1e6 * took[0] / count, 1e6 * took[1] / count, pages / count


async def look(path: Path) -> None:
    before, began, worked = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
    db = await SqliteDatabase.open(str(path))
    try:
        await look_through(db)
    finally:
        await db.close()
    size, seconds = path.stat().st_size / 1024**3, time.perf_counter() - began
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{size:.2f} GiB looked through in {seconds:.1f} s ({seconds / size:.1f} s a GiB), {memory:.0f} MiB of memory at the most,")
    print(f"{time.process_time() - worked:.1f} s of processor time")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures what a commit's number costs.")
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--look", type=Path)
    asked = parser.parse_args()
    found: dict[bool, list[tuple[float, float, float]]] = {False: [], True: []}
    with tempfile.TemporaryDirectory(prefix="partyline-bench-") as folder:
        for turn in range(2 * ROUNDS):
            numbered = bool(turn % 2)
            found[numbered].append(commits(Path(folder) / f"{turn}.db", asked.commits, numbered=numbered))
    for numbered, name in ((False, "without a number"), (True, "with one")):
        worked, took, pages = (statistics.median(column) for column in zip(*found[numbered], strict=True))
        print(f"{name:<17} {worked:6.1f} us of processor time a commit, {took:6.1f} by the clock, {pages:.2f} pages")
    if asked.look:
        asyncio.run(look(asked.look))
    return 0


if __name__ == "__main__":
    sys.exit(main())
