"""All of it in one table: `make bench`, or after it `python -m bench [--short] [--only feed,conversations,delay,arrivals]`.

The server that is measured has the first core for itself; the generator, Redis and whoever writes share the second. Each figure is the
median of three runs, each with a process of its own, in rounds: the yardsticks are measured in the same minutes, in an order that turns, so
that the ratios stay when the machine changes.

Ends with 1 where something could not be measured as it says. A goal that is missed is only shown: it depends on the machine.
"""

import argparse
import asyncio
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from bench.delay import TABS, TEXTS_PER_SECOND, measure_arrivals, measure_delay
from bench.fanout import LIMIT, NCHAN, OURS, SOCKET_IO, Ground, Run, Scenario, conversations, feed, measure, servers, short
from bench.goals import BUSY, Figures, Goals
from bench.machine import HERE, Failed, about_this_machine, compiled, redis, settle
from bench.rooms import size_of
from bench.town import build

AGENTS, MANAGERS, CONVERSATIONS = 2_000, 500, 5_000
PARTS = ("feed", "conversations", "delay", "arrivals")
ON_FEED = (20, 500)

T = TypeVar("T")


def compare(ground: Ground, scenario: Scenario, goals: Goals) -> None:
    names = servers()
    runs: dict[str, list[Run]] = {name: [] for name in names}
    for number in range(ground.runs):
        turn = number * 2 % len(names)
        for name in names[turn:] + names[:turn]:
            attempt(goals, f"{scenario.name}, {name}", runs[name], partial(measure, ground, scenario, name))
    for index, each in enumerate((scenario, short(scenario))):
        found = {name: Figures([run.floods[index] for run in some]) for name, some in runs.items() if some}
        what = f"{scenario.name}, events of {size_of(each.rooms)} bytes"
        say(f"\n{what}{'' if index else ', as the desk writes them'}: {scenario.tabs} tabs\n")
        columns = (
            "server | deliveries/s | by CPU second | of Socket.IO | of the C loop | KiB a tab | server busy | Redis | generator | others"
        )
        say(f"| {columns} |")
        say("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
        for name, one in found.items():
            ratios = " | ".join(f"{one.of(found.get(other)):.2f}" for other in (SOCKET_IO, LIMIT))
            kib = median(run.tab_kib for run in runs[name])
            shares = " | ".join(f"{share:.0%}" for share in (one.redis_busy, one.generator_busy, one.others))
            busy = f"{one.server_busy:.0%}" + (" \\*" if one.held_up else "")
            say(f"| {name} | {one.rate:,.0f} | {one.per_cpu_second:,.0f} | {ratios} | {kib:.0f} | {busy} | {shares} |")
        if any(one.held_up for one in found.values()):
            say(f"\n\\* at work for less than {BUSY:.0%} of the time: something else held it up, so its ratios are those by CPU second.")
        if OURS in found and SOCKET_IO in found:
            goals.at_least(f"{what}, of Socket.IO", found[OURS].of(found[SOCKET_IO]), 30 if scenario.feed else 6)
        if OURS in found and LIMIT in found and not scenario.feed:
            goals.at_least(f"{what}, of the C loop", found[OURS].of(found[LIMIT]), 0.25)


def delays(ground: Ground, goals: Goals) -> None:
    say(f"\nfrom commit to frame: {TABS} tabs, {TEXTS_PER_SECOND} texts a second\n")
    say("| tabs on the feed | p50 ms | p99 ms | worst ms | deliveries/s | server busy |\n|--:|--:|--:|--:|--:|--:|")
    for on_feed in ON_FEED:
        what = f"commit to frame with {on_feed} on the feed"
        runs = repeat(ground, goals, what, partial(measure_delay, ground, on_feed))
        if not runs:
            continue
        p50, p99, worst = (median(getattr(run, name) for run in runs) for name in ("p50", "p99", "worst"))
        rate, busy = (median(getattr(run, name) for run in runs) for name in ("deliveries_per_second", "server_busy"))
        say(f"| {on_feed} | {p50:.2f} | {p99:.2f} | {worst:.1f} | {rate:,.0f} | {busy:.0%} |")
        goals.at_most(f"{what}, p50 ms", p50, 5)
        goals.at_most(f"{what}, p99 ms", p99, 25)


def arrivals(ground: Ground, goals: Goals) -> None:
    runs = repeat(ground, goals, "arrivals", partial(measure_arrivals, ground))
    if not runs:
        return
    per_second, per_cpu_second, idle_kib = (
        median(getattr(run, name) for run in runs) for name in ("per_second", "per_cpu_second", "idle_kib")
    )
    say(f"\nsigned in, resumed and told `ready`: {per_second:,.0f} tabs a second, {per_cpu_second:,.0f} by CPU second of the server;")
    say(f"idle they take {idle_kib:.1f} KiB each")
    goals.at_least("connects a second", per_second, 1_000)
    goals.at_most("KiB an idle tab", idle_kib, 20)


def repeat(ground: Ground, goals: Goals, what: str, run: Callable[[], T]) -> list[T]:
    found: list[T] = []
    for _ in range(ground.runs):
        attempt(goals, what, found, run)
    return found


def attempt(goals: Goals, what: str, found: list[T], run: Callable[[], T]) -> None:
    """One run. If it fails, that spoils its own figures alone."""
    try:
        found.append(run())
    except Failed as failed:
        goals.failed.append(f"{what}: {failed}")


def say(line: str) -> None:
    print(line, flush=True)


def main(only: Sequence[str], *, is_brief: bool) -> int:
    settle()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing that was started stays
    goals, began = Goals(), time.monotonic()
    say(f"{about_this_machine()}, Python {platform.python_version()}; load {os.getloadavg()[0]:.2f} at the start")
    if NCHAN not in servers():
        say("Nchan is not here.")
    with tempfile.TemporaryDirectory(prefix="partyline-bench-") as name, redis(Path(name)) as its_redis:
        folder = Path(name)
        url = f"redis://127.0.0.1:{its_redis.port}/0"
        town = asyncio.run(build(folder / "town", url, agents=AGENTS, managers=MANAGERS, conversations=CONVERSATIONS))
        ground = Ground(folder, town, its_redis, compiled(HERE / "load.c", folder), *((1.0, 1) if is_brief else (2.5, 3)))
        say(f"floods of {ground.seconds} s, medians of {ground.runs}")
        for scenario in (feed(town), conversations(town)):
            if scenario.name in only:
                compare(ground, scenario, goals)
        for part, play in (("delay", delays), ("arrivals", arrivals)):
            if part in only:
                play(ground, goals)
    goals.show()
    say(f"\n{time.monotonic() - began:.0f} s")
    return 1 if goals.failed else 0


def parts(words: str) -> list[str]:
    some = words.split(",")
    if not set(some) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"what there is: {', '.join(PARTS)}")
    return some


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="one run of a second each, to see that it works")
    parser.add_argument("--only", type=parts, default=list(PARTS), help="some of " + ", ".join(PARTS))
    asked = parser.parse_args()
    sys.exit(main(asked.only, is_brief=asked.short))
