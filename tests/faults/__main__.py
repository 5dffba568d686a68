"""`python -m tests.faults [--seed N] [--short] [--engine E] [--out FILE] [row …]`: plays the rows, prints one table, and exits 1 when a
promise was broken. Rows are named by their number in the list of faults, or by a word of their name."""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from tests.faults.row import Result, Row
from tests.faults.rows import alone, herd, live, rights, ways
from tests.faults.stage import LONG, SHORT, Engine, open_stage
from tests.faults.table import table

ROWS: list[Row] = [*live.ROWS, *ways.ROWS, *rights.ROWS, *herd.ROWS, *live.LAST, *alone.ROWS]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")


async def play(rows: Sequence[Row], *, short: bool, seed: int, engines: Sequence[Engine] = ENGINES) -> list[tuple[Row, Result]]:
    """All rows on one stage for each engine, in order. A row that fails outright is a broken promise, and the next has a new stage."""
    played: list[tuple[Row, Result]] = []
    for engine in engines:
        waiting = [row for row in rows if engine in row.engines]
        while waiting:
            async with open_stage(engine, SHORT if short else LONG, seed) as stage:
                while waiting:
                    row, began = waiting.pop(0), time.monotonic()
                    try:
                        result = await row.play(stage)
                    except Exception as error:  # noqa: BLE001 - a row's outermost loop
                        result = Result(broken=[f"{type(error).__name__}: {error}"])
                    result.engine, result.seed, result.took = engine, seed, time.monotonic() - began
                    played.append((row, result))
                    says = f"{'broken' if result.broken else 'kept'} after {result.took:.1f} s: {row.number} {row.name} ({engine})"
                    print(says, file=sys.stderr, flush=True)  # noqa: T201
                    if result.broken:
                        break
    return played


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    asked.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--engine", choices=ENGINES)
    asked.add_argument("--out", type=Path, help="also writes the table there")
    asked.add_argument("rows", nargs="*")
    given = asked.parse_args()
    rows = [row for row in ROWS if (not given.rows or _named(row, given.rows)) and (row.short or not given.short or given.rows)]
    engines = (given.engine,) if given.engine else ENGINES
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        played = runner.run(play(rows, short=given.short, seed=given.seed, engines=engines))
    text = table(played)
    sys.stdout.write(text)
    if given.out:
        with contextlib.suppress(FileExistsError):
            given.out.parent.mkdir(parents=True)
        given.out.write_text(text)
    return int(any(result.broken for _, result in played))


def _named(row: Row, names: Sequence[str]) -> bool:
    return any(name == row.number or (not name.isdigit() and name.lower() in row.name.lower()) for name in names)


if __name__ == "__main__":
    sys.exit(main())
