"""`python -m tests.faults [--seed N] [--short] [--engine E] [--out FILE] [row …]`: plays the rows, prints one table, and exits 1 when a
promise was broken, 2 when a row that was asked for is not played. Rows are named by their number in the list of faults, or by a word of
their name. One of them is only played when it is asked for: `soak`, for so many `--minutes`."""

import argparse
import asyncio
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from tests.faults.row import Result, Row
from tests.faults.rows import alone, asleep, clocks, herd, live, machines, own, rights, roles, soak, ways
from tests.faults.stage import LONG, SHORT, Engine, Stage, open_stage
from tests.faults.table import table

ROWS: list[Row] = [
    *live.ROWS,
    *ways.ROWS,
    *rights.ROWS,
    *roles.ROWS,
    *asleep.ROWS,
    *herd.ROWS,
    *alone.ROWS,
    *own.ROWS,
    *machines.ROWS,
    *clocks.ROWS,
    *live.LAST,
]
ENGINES: tuple[Engine, ...] = ("sqlite", "postgresql")
MINUTES = 15.0


class NothingToPlay(Exception):
    """What was asked for is no row, or not one of this engine."""


def chosen(names: Sequence[str], *, short: bool, engines: Sequence[Engine], minutes: float = MINUTES) -> list[Row]:
    """Those with these names, or all but the soak; the short form has some of all. Raises NothingToPlay."""
    here = [row for row in (*ROWS, *([soak.row(minutes)] if names else [])) if set(engines) & set(row.engines)]
    for name in names:
        if not any(_named(row, name) for row in here):
            raise NothingToPlay(f"There is no row {name} on {' and '.join(engines)}.")
    if names:
        return [row for row in here if any(_named(row, name) for name in names)]
    return [row for row in here if row.short or not short]


async def play(
    rows: Sequence[Row],
    *,
    short: bool,
    seed: int,
    engines: Sequence[Engine] = ENGINES,
    told: Callable[[list[tuple[Row, Result]]], object] = lambda _: None,
) -> list[tuple[Row, Result]]:
    """All rows on one stage for each engine, in order. A row that fails outright is a broken promise, as is one whose stage does not open,
    and the next has a new stage. After each row what was played so far is `told`."""
    played: list[tuple[Row, Result]] = []

    def note(row: Row, result: Result, engine: Engine, took: float) -> None:
        result.engine, result.seed, result.took = engine, seed, took
        played.append((row, result))
        told(played)
        says = f"{'broken' if result.broken else 'kept'} after {took:.1f} s: {row.number} {row.name} ({engine})"
        print(says, file=sys.stderr, flush=True)  # noqa: T201

    for engine in engines:
        waiting = [row for row in rows if engine in row.engines]
        while waiting:
            began, left = time.monotonic(), len(waiting)
            try:
                async with open_stage(engine, SHORT if short else LONG, seed) as stage:
                    healthy = True
                    while waiting and healthy:
                        row, began = waiting.pop(0), time.monotonic()
                        result = await _result(row, stage)
                        note(row, result, engine, time.monotonic() - began)
                        healthy = not result.broken
            except Exception as error:
                if len(waiting) < left:
                    raise
                note(waiting.pop(0), _failed(error), engine, time.monotonic() - began)
    return played


async def _result(row: Row, stage: Stage) -> Result:
    try:
        return await row.on(stage)
    except Exception as error:  # noqa: BLE001 - a row's outermost loop
        return _failed(error)


def _failed(error: Exception) -> Result:
    return Result(broken=[f"{type(one).__name__}: {one}"[:500] for one in leaves(error)])


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    asked.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    asked.add_argument("--short", action="store_true")
    asked.add_argument("--engine", choices=ENGINES)
    asked.add_argument("--out", type=Path, help="also writes the table there, after each row anew")
    asked.add_argument("--minutes", type=float, default=MINUTES, help="how long the soak goes on: 1440 are a day")
    asked.add_argument("rows", nargs="*")
    given = asked.parse_args()
    engines = (given.engine,) if given.engine else ENGINES
    try:
        rows = chosen(given.rows, short=given.short, engines=engines, minutes=given.minutes)
    except NothingToPlay as none:
        asked.error(str(none))

    def told(played: list[tuple[Row, Result]]) -> None:
        if given.out:
            given.out.parent.mkdir(parents=True, exist_ok=True)
            given.out.write_text(table(played))

    # Whoever ends this ends what it started, too: a shell lets what runs in the background ignore Ctrl C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        played = runner.run(play(rows, short=given.short, seed=given.seed, engines=engines, told=told))
    sys.stdout.write(table(played))
    return int(any(result.broken for _, result in played))


def leaves(error: BaseException) -> list[BaseException]:
    """What went wrong, out of its groups."""
    return [leaf for one in error.exceptions for leaf in leaves(one)] if isinstance(error, BaseExceptionGroup) else [error]


def _named(row: Row, name: str) -> bool:
    return name == row.number or (not name.isdigit() and name.lower() in row.name.lower())


if __name__ == "__main__":
    sys.exit(main())
