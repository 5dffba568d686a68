"""How long from a commit to the frame at a tab, while texts come at a steady rate; and how fast tabs can sign in and be current."""

import asyncio
import random
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.fanout import SETTLING_SECONDS, TABS_AT_ONCE, Ground, load_on
from bench.machine import Failed, Load, pause
from bench.rooms import Ours, write_tabs
from bench.town import Town, Writing, writing

TEXTS_PER_SECOND = 200
TABS = 1_000
GENTLY = 10
LIVELY = 500
"""Conversations that texts come into. The process knows them: each had a text before."""
LATE = 1.05
"""Times the planned seconds that the texts may take to be committed: slower is another rate."""


@dataclass(frozen=True, slots=True)
class Delay:
    """In ms, over all deliveries."""

    p50: float
    p99: float
    worst: float
    deliveries_per_second: float
    server_busy: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """`per_second`: signed in, resumed and told `ready`; `per_cpu_second`: of the server's processor time. `idle_kib`: what the server
    grew by for each tab."""

    per_second: float
    per_cpu_second: float
    idle_kib: float


def measure_delay(ground: Ground, on_feed: int) -> Delay:
    """With `TABS` tabs: so many of managers who look at the feed, the others of agents. Raises `Failed` where a tab got more or less than
    what concerns it, or the texts were not committed as fast as they should."""
    with ground.partyline() as (server, town), load_on(ground, server) as load:
        steps = [Ours().tab(cookie, server.port, feed=True) for cookie in town.managers[:on_feed]]
        steps += [Ours().tab(cookie, server.port, feed=False) for cookie in town.agents[: TABS - on_feed]]
        write_tabs(ground.folder / "tabs", steps)
        load.ask(f"tabs {ground.folder / 'tabs'}")
        load.open(len(steps), TABS_AT_ONCE)
        return asyncio.run(_run(ground, town, load, on_feed))


async def _run(ground: Ground, town: Town, load: Load, on_feed: int) -> Delay:
    phones, chance, seen = list(town.parts)[:LIVELY], random.Random(7), ground.folder / "seen"
    planned = ground.seconds * 2
    async with writing(town, ground.redis_url) as beside:
        for first in range(0, len(phones), GENTLY):
            await beside.text(phones[first : first + GENTLY])
            await asyncio.sleep(GENTLY / TEXTS_PER_SECOND)
        await asyncio.sleep(SETTLING_SECONDS)
        already = len(beside.kept)
        load.ask("watch")
        before, began = load.server.cpu_seconds(), time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(round(TEXTS_PER_SECOND * planned)):
                await asyncio.sleep(max(0.0, began + number / TEXTS_PER_SECOND - time.monotonic()))
                tasks.create_task(beside.text([chance.choice(phones)]))
        took = time.monotonic() - began
        busy = (load.server.cpu_seconds() - before) / took
        await asyncio.sleep(SETTLING_SECONDS)
        _, lost = load.ask(f"seen {seen}")
        if lost:
            raise Failed(f"{lost:.0f} tabs lost")
        if took > planned * LATE:
            raise Failed(f"the texts of {planned:.0f} s took {took:.1f} s to be committed")
        arrived = list(struct.iter_unpack("=QQQ", seen.read_bytes()))
        _judge([(tab, position) for tab, position, _ in arrived], _due(town, beside, already, on_feed))
        delays = sorted(at - beside.at[position] for _, position, at in arrived)
        p50, p99, worst = (delays[min(len(delays) - 1, int(len(delays) * part))] / 1e6 for part in (0.5, 0.99, 1.0))
        return Delay(p50, p99, worst, len(delays) / took, busy)


def _due(town: Town, beside: Writing, already: int, on_feed: int) -> set[tuple[int, int]]:
    """(tab, position) of each event: the feed's tabs get it, and those of the agents who take part in its conversation."""
    parts = {town.events[phone].conversation: parts for phone, parts in town.parts.items()}
    due: set[tuple[int, int]] = set()
    for event in beside.kept[already:]:
        due.update((tab, event.position) for tab in range(on_feed))
        due.update((on_feed + agent, event.position) for agent in parts[event.conversation] if agent < TABS - on_feed)
    return due


def _judge(arrived: Sequence[tuple[int, int]], due: set[tuple[int, int]]) -> None:
    found = set(arrived)
    if len(found) != len(arrived) or found != due:
        twice, missing, astray = len(arrived) - len(found), len(due - found), len(found - due)
        raise Failed(f"of {len(due)} deliveries {missing} are missing, {twice} came twice, {astray} came to a tab that they do not concern")


def measure_arrivals(ground: Ground) -> Arrival:
    """All agents' tabs on a server of its own.

    A process lets 1,000 a second in and 1,000 beyond them at once: the second half of these tabs meets the limit if it comes faster than
    1,000 a second, and then some are refused and the measurement fails beyond 2,000 a second.
    """
    with ground.partyline() as (server, town), load_on(ground, server) as load:
        steps = [Ours().tab(cookie, server.port, feed=False) for cookie in town.agents]
        write_tabs(ground.folder / "tabs", steps)
        load.ask(f"tabs {ground.folder / 'tabs'}")
        load.open(1, 1)
        before, used, others = server.rss_kib(), server.cpu_seconds(), len(steps) - 1
        seconds = load.open(others, TABS_AT_ONCE)
        used = server.cpu_seconds() - used
        pause(SETTLING_SECONDS)
        return Arrival(others / seconds, others / used, (server.rss_kib() - before) / others)
