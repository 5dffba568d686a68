"""How long from a commit to the frame at a tab, while texts come at a steady rate; and how fast tabs can sign in and be current."""

import asyncio
import random
import struct
import time
from dataclasses import dataclass
from statistics import median

from bench.fanout import SETTLING_SECONDS, TABS_AT_ONCE, Ground, load_on
from bench.machine import Failed, Load, pause
from bench.rooms import Ours, write_tabs
from bench.town import Town, writing

TEXTS_PER_SECOND = 200
TABS = 1_000
GENTLY = 10
LIVELY = 500
"""Conversations that texts come into. The process knows them: each had a text before."""


@dataclass(frozen=True, slots=True)
class Delay:
    """In ms, over all deliveries."""

    p50: float
    p99: float
    worst: float
    deliveries: int
    server_busy: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """`per_second`: signed in, resumed and told `ready`. `idle_kib`: what the server grew by for each tab."""

    per_second: float
    idle_kib: float


def measure_delay(ground: Ground, on_feed: int) -> list[Delay]:
    """One for each run, with `TABS` tabs: so many of managers who look at the feed, the others of agents."""
    with ground.partyline() as (server, town), load_on(ground, server) as load:
        steps = [Ours().tab(cookie, server.port, feed=True) for cookie in town.managers[:on_feed]]
        steps += [Ours().tab(cookie, server.port, feed=False) for cookie in town.agents[: TABS - on_feed]]
        write_tabs(ground.folder / "tabs", steps)
        load.ask(f"tabs {ground.folder / 'tabs'}")
        load.open(len(steps), TABS_AT_ONCE)
        return asyncio.run(_runs(ground, town, load))


async def _runs(ground: Ground, town: Town, load: Load) -> list[Delay]:
    phones, chance, found = list(town.parts)[:LIVELY], random.Random(7), []
    async with writing(town, ground.redis_url) as beside:
        for first in range(0, len(phones), GENTLY):
            await beside.text(phones[first : first + GENTLY])
            await asyncio.sleep(GENTLY / TEXTS_PER_SECOND)
        await asyncio.sleep(SETTLING_SECONDS)
        for _ in range(ground.runs):
            seen = ground.folder / "seen"
            before, began = load.server.cpu_seconds(), time.monotonic()
            load.ask("watch")
            async with asyncio.TaskGroup() as tasks:
                started = time.monotonic()
                for number in range(round(TEXTS_PER_SECOND * ground.seconds * 2)):
                    await asyncio.sleep(max(0.0, started + number / TEXTS_PER_SECOND - time.monotonic()))
                    tasks.create_task(beside.text([chance.choice(phones)]))
            took = time.monotonic() - began
            await asyncio.sleep(SETTLING_SECONDS)
            deliveries, lost = load.ask(f"seen {seen}")
            if lost:
                raise Failed(f"{lost:.0f} tabs lost")
            busy = (load.server.cpu_seconds() - before) / took
            data = seen.read_bytes()
            delays = sorted(at - beside.at[position] for position, at in struct.iter_unpack("=QQ", data) if position in beside.at)
            ms = [delays[min(len(delays) - 1, int(len(delays) * part))] / 1e6 for part in (0.5, 0.99, 1.0)]
            found.append(Delay(*ms, int(deliveries), busy))
    return found


def measure_arrivals(ground: Ground) -> Arrival:
    """All agents' tabs, one after the other on a server of their own each run."""
    found = [_arrive(ground) for _ in range(ground.runs)]
    return Arrival(median(each.per_second for each in found), median(each.idle_kib for each in found))


def _arrive(ground: Ground) -> Arrival:
    with ground.partyline() as (server, town), load_on(ground, server) as load:
        steps = [Ours().tab(cookie, server.port, feed=False) for cookie in town.agents]
        write_tabs(ground.folder / "tabs", steps)
        load.ask(f"tabs {ground.folder / 'tabs'}")
        load.open(1, 1)
        before = server.rss_kib()
        seconds = load.open(len(steps) - 1, TABS_AT_ONCE)
        pause(SETTLING_SECONDS)
        return Arrival((len(steps) - 1) / seconds, (server.rss_kib() - before) / (len(steps) - 1))
