"""All of it in one table: `make bench`, or after it `python -m bench [--short] [--only feed,conversations,delay,arrivals]`.

The server that is measured has the first core for itself; the generator, Redis and whoever writes share the second. Each figure is the
median of three runs. The yardsticks are measured in the same minutes, so that the ratios stay when the machine changes.
"""

import argparse
import asyncio
import math
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.delay import TABS, TEXTS_PER_SECOND, measure_arrivals, measure_delay
from bench.fanout import YARDSTICKS, Ground, Measured, Scenario, conversations, feed, measure_ours, measure_yardstick, short
from bench.machine import HERE, Failed, compiled, redis, settle
from bench.rooms import size_of
from bench.town import build

AGENTS, MANAGERS, CONVERSATIONS = 2_000, 500, 5_000
PARTS = ("feed", "conversations", "delay", "arrivals")
OURS = "Partyline"
ON_FEED = (20, 500)


class Goals:
    """What the figures are held against; see docs/performance.md."""

    def __init__(self) -> None:
        self.lines: list[tuple[bool, str]] = []

    def at_least(self, what: str, found: float, wanted: float) -> None:
        self.lines.append((found >= wanted, f"{what}: {found:,.2f}, at least {wanted:,.2f}"))

    def at_most(self, what: str, found: float, wanted: float) -> None:
        self.lines.append((found <= wanted, f"{what}: {found:,.2f}, at most {wanted:,.2f}"))

    def failed(self, what: str) -> None:
        self.lines.append((False, what))

    def show(self) -> None:
        print("\nGoals\n")
        for met, line in self.lines:
            print(f"- {'met' if met else '**missed**'}: {line}")


def compare(ground: Ground, scenario: Scenario, goals: Goals, *, is_short: bool) -> None:
    size = size_of(scenario.rooms)
    say(f"\n{scenario.name}: {scenario.tabs} tabs, events of {size} bytes{'' if is_short else ', as the desk writes them'}\n")
    say(
        "| server | deliveries/s | of Socket.IO | of the C loop | KiB a tab | server busy | generator busy |\n|---|--:|--:|--:|--:|--:|--:|"
    )
    found: dict[str, Measured] = {}
    for name in (*YARDSTICKS, OURS):
        ours = name == OURS
        try:
            found[name] = measure_ours(ground, scenario, is_short=is_short) if ours else measure_yardstick(ground, scenario, name)
        except Failed as failed:
            goals.failed(f"{scenario.name}, events of {size} bytes, {name}: {failed}")
    for name, one in found.items():
        ratios = [one.rate / found[other].rate if other in found else math.nan for other in ("socket.io", "c loop")]
        busy = [median(busy) for busy in ([f.server_busy for f in one.floods], [f.generator_busy for f in one.floods])]
        figures = f"{ratios[0]:.2f} | {ratios[1]:.2f} | {one.tab_kib:.0f} | {busy[0]:.0%} | {busy[1]:.0%}"
        say(f"| {name} | {one.rate:,.0f} | {figures} |")
    if not {OURS, "socket.io", "c loop"} <= found.keys():
        return
    ours, theirs, limit = found[OURS].rate, found["socket.io"].rate, found["c loop"].rate
    events = f"events of {size} bytes"
    if scenario.feed:
        goals.at_least(f"feed, {events}, of Socket.IO", ours / theirs, 30)
    else:
        goals.at_least(f"conversations, {events}, of Socket.IO", ours / theirs, 6)
        goals.at_least(f"conversations, {events}, of the C loop", ours / limit, 0.25)


def delays(ground: Ground, goals: Goals) -> None:
    say(f"\nfrom commit to frame: {TABS} tabs, {TEXTS_PER_SECOND} texts a second\n")
    say("| tabs on the feed | p50 ms | p99 ms | worst ms | deliveries/s | server busy |\n|--:|--:|--:|--:|--:|--:|")
    for on_feed in ON_FEED:
        runs = measure_delay(ground, on_feed)
        p50, p99, worst = (median(getattr(run, name) for run in runs) for name in ("p50", "p99", "worst"))
        rate, busy = median(run.deliveries for run in runs) / (2 * ground.seconds), median(run.server_busy for run in runs)
        say(f"| {on_feed} | {p50:.2f} | {p99:.2f} | {worst:.1f} | {rate:,.0f} | {busy:.0%} |")
        goals.at_most(f"commit to frame with {on_feed} on the feed, p50 ms", p50, 5)
        goals.at_most(f"commit to frame with {on_feed} on the feed, p99 ms", p99, 25)


def arrivals(ground: Ground, goals: Goals) -> None:
    found = measure_arrivals(ground)
    say(f"\nsigned in, resumed and told `ready`: {found.per_second:,.0f} tabs a second; idle they take {found.idle_kib:.1f} KiB each")
    goals.at_least("connects a second", found.per_second, 1_000)
    goals.at_most("KiB an idle tab", found.idle_kib, 20)


def say(line: str) -> None:
    print(line, flush=True)


def main(only: Sequence[str], *, is_brief: bool) -> None:
    settle()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing that was started stays
    goals, began = Goals(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="partyline-bench-") as name, redis(Path(name)) as redis_port:
        folder = Path(name)
        url = f"redis://127.0.0.1:{redis_port}/0"
        town = asyncio.run(build(folder / "town", url, agents=AGENTS, managers=MANAGERS, conversations=CONVERSATIONS))
        ground = Ground(folder, town, redis_port, compiled(HERE / "load.c", folder), *((1.0, 1) if is_brief else (3.0, 3)))
        say(f"{platform.machine()}, Python {platform.python_version()}, runs of {ground.seconds:.0f} s, {ground.runs} of each")
        for scenario in (feed(town), conversations(town)):
            if scenario.name in only:
                compare(ground, scenario, goals, is_short=False)
                compare(ground, short(scenario), goals, is_short=True)
        for name, part in (("delay", delays), ("arrivals", arrivals)):
            if name in only:
                try:
                    part(ground, goals)
                except Failed as failed:
                    goals.failed(f"{name}: {failed}")
    goals.show()
    say(f"\n{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--short", action="store_true", help="one run of a second each, to see that it works")
    parser.add_argument("--only", default=",".join(PARTS), help="some of " + ", ".join(PARTS))
    asked = parser.parse_args()
    main(asked.only.split(","), is_brief=asked.short)
