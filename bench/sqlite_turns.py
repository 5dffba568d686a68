"""How long a second process waits to write to a SQLite file that another one writes to without pause.

    python -m bench.sqlite_turns [seconds]

Compares SQLite's own busy handler with the turnstile of `server/store/turnstile.py`. The busy writer's transactions are as long as a
full batch of inbound texts; the other process writes one row ten times a second, as the timer might.
"""

import multiprocessing
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from multiprocessing.synchronize import Event
from pathlib import Path

from server.store.turnstile import Turnstile

ROWS = 64 * 8
"""Rows that a full batch writes over all its tables."""
RUNS = 3


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    return connection


def turn(path: Path, *, fair: bool) -> AbstractContextManager[object]:
    return Turnstile(path.with_suffix(".turns")) if fair else nullcontext()


def busy(path: Path, stop: Event, batches: "multiprocessing.Queue[int]", *, fair: bool) -> None:
    connection, mine = connect(path), turn(path, fair=fair)
    done = 0
    while not stop.is_set():
        with mine:
            connection.execute("begin immediate")
            connection.executemany("insert into rows (body) values (?)", (("x" * 200,) for _ in range(ROWS)))
            connection.execute("commit")
        done += 1
    batches.put(done)


def seldom(path: Path, seconds: float, *, fair: bool) -> list[float]:
    connection, mine = connect(path), turn(path, fair=fair)
    waits, pause, end = [], threading.Event(), time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.monotonic()
        with mine:
            connection.execute("begin immediate")
            waits.append(time.monotonic() - started)
            connection.execute("insert into rows (body) values ('due')")
            connection.execute("commit")
        pause.wait(0.1)
    return waits


def measure(seconds: float, *, fair: bool) -> tuple[float, float, float, float]:
    """Waits in ms (p50, p99, worst) and the busy writer's batches a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turns.db"
        connect(path).execute("create table rows (body text)")
        stop = multiprocessing.Event()
        batches: multiprocessing.Queue[int] = multiprocessing.Queue()
        process = multiprocessing.Process(target=busy, args=(path, stop, batches), kwargs={"fair": fair})
        process.start()
        waits = seldom(path, seconds, fair=fair)
        stop.set()
        done: int = batches.get()
        process.join()
    waits.sort()
    return 1000 * statistics.median(waits), 1000 * waits[int(len(waits) * 0.99)], 1000 * waits[-1], done / seconds


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    print("| who waits how | p50 ms | p99 ms | worst ms | batches/s of the busy one |\n|---|---|---|---|---|")
    for name, fair in (("SQLite's busy handler", False), ("turnstile", True)):
        runs = [measure(seconds, fair=fair) for _ in range(RUNS)]
        p50, p99, worst, rate = (statistics.median(run[column] for run in runs) for column in range(4))
        print(f"| {name} | {p50:.1f} | {p99:.1f} | {worst:.1f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
