"""The standard load times 0.3 for as long as one likes, with a fault at random again and again, while what each process costs is written
down (FAULTS 53): `python -m tests.faults soak --minutes 1440 --engine postgresql`."""

import asyncio
import random
import re
import signal
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.burden import burden
from tests.faults.ledger import Verdict
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Size, Stage
from tests.fixtures.processes import Running
from tests.fixtures.waiting import PATIENCE_SECONDS, until

SHARE = 0.3
FAULTS_EVERY_SECONDS, FEWEST_FAULTS = 300.0, 8
LAP_SECONDS = 1_800.0
"""After so long the tabs close and their ledgers are judged: what they wrote down would fill the memory of whoever holds it."""
LOOK_SECONDS = 15.0
SLOPE_A_HOUR = 0.01
WARM_SHARE = 1 / 3
"""For so much of the time a process is still taking what it keeps."""
SLOPE_TELLS_MINUTES = 120.0
"""In less than that one per cent an hour is less than what comes and goes: the slope is shown, and not judged."""
POOL = 10
"""Connections that a process may keep to PostgreSQL, and opens when it needs them."""
TASKS = re.compile(r"^partyline_tasks ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Cost:
    """What a process had at an instant (s, monotonic): `resident` in bytes, open files."""

    at: float
    resident: int
    files: int


@dataclass
class Soak:
    """The first web process, timer and sender are never ended, so that what they cost can be followed from the beginning to the end."""

    stage: Stage
    run: LoadRun
    chance: random.Random
    every: float

    @property
    def web(self) -> int:
        return self.chance.randrange(1, len(self.stage.centre.webs))

    async def a_while(self, most: float) -> None:
        """At the most so many seconds, and less where one fault soon follows another."""
        await asyncio.sleep(self.chance.uniform(0.1, min(most, self.every / 4)))


async def redis_killed(soak: Soak) -> None:
    soak.stage.redis.kill()
    await soak.a_while(3)
    await asyncio.to_thread(soak.stage.redis.start)


async def redis_hung(soak: Soak) -> None:
    soak.stage.redis.freeze()
    try:
        await soak.a_while(10)
    finally:
        soak.stage.redis.thaw()


async def redis_cut(soak: Soak) -> None:
    soak.stage.wire.cut()


async def redis_slow(soak: Soak) -> None:
    soak.stage.wire.delay = soak.chance.uniform(0.02, 0.2)
    try:
        await soak.a_while(10)
    finally:
        soak.stage.wire.delay = 0.0


async def web_killed(soak: Soak) -> None:
    number = soak.web
    soak.stage.centre.webs[number].kill()
    await soak.stage.centre.restart_web(number)


async def web_renewed(soak: Soak) -> None:
    number = soak.web
    await asyncio.to_thread(soak.stage.centre.webs[number].stop)
    await soak.stage.centre.restart_web(number)


async def web_stands_still(soak: Soak) -> None:
    web = soak.stage.centre.webs[soak.web]
    web.freeze()
    try:
        await soak.a_while(4)
    finally:
        web.thaw()


async def timer_killed(soak: Soak) -> None:
    await _another(soak, "timer", soak.stage.centre.timers)


async def sender_killed(soak: Soak) -> None:
    await _another(soak, "sender", soak.stage.centre.senders)


async def tabs_sleep(soak: Soak) -> None:
    pages = soak.run.clients[1].process
    pages.send_signal(signal.SIGSTOP)
    try:
        await soak.a_while(20)
    finally:
        pages.send_signal(signal.SIGCONT)


async def _another(soak: Soak, role: str, kept: list[Running]) -> None:
    kept.pop().kill()
    kept.append(await asyncio.to_thread(soak.stage.centre.partyline.start, role))


FAULTS: Sequence[Callable[[Soak], Awaitable[None]]] = (
    redis_killed,
    redis_hung,
    redis_cut,
    redis_slow,
    web_killed,
    web_renewed,
    web_stands_still,
    timer_killed,
    sender_killed,
    tabs_sleep,
)


@dataclass
class Watch:
    """What each process cost, by its id."""

    costs: dict[int, list[Cost]] = field(default_factory=dict)

    async def look(self, stage: Stage) -> None:
        """Again and again, until it is cancelled."""
        centre = stage.centre
        while True:
            for running in (*centre.webs, *centre.timers, *centre.senders):
                if running.ended is None:
                    self.costs.setdefault(running.pid, []).append(cost_of(running.pid))
            await asyncio.sleep(LOOK_SECONDS)


def cost_of(pid: int) -> Cost:
    return Cost(time.monotonic(), burden(pid).resident, len(list(Path(f"/proc/{pid}/fd").iterdir())))


def slope(costs: Sequence[Cost]) -> float:
    """By what share of its memory a process grows in an hour, once it is warm; 0 where there is too little to tell."""
    over = costs[-1].at - costs[0].at if costs else 0.0
    warm = [cost for cost in costs if cost.at >= costs[0].at + WARM_SHARE * over]
    if len(warm) < 3 or over == 0:
        return 0.0
    line = statistics.linear_regression([cost.at / 3600 for cost in warm], [cost.resident for cost in warm])
    return line.slope / statistics.fmean(cost.resident for cost in warm)


async def soak(stage: Stage, minutes: float) -> Result:
    size, seconds, chance = stage.size, 60 * minutes, stage.chance("soak")
    laps = max(1, round(seconds / LAP_SECONDS))
    every = min(FAULTS_EVERY_SECONDS, seconds / FEWEST_FAULTS)
    result, watch, total, broke = Result(), Watch(), Verdict(), Counter[str]()
    steady = [stage.centre.webs[0], stage.centre.timers[0], stage.centre.senders[0]]
    stage.size = replace(_less(size), seconds=seconds / laps)
    await asyncio.to_thread(stage.centre.start, timers=1, senders=1)
    try:
        async with _looked_after(watch, stage):
            async with under_load(stage, write=False):
                pass
            before = await _idle(stage, steady[0])
            for lap in range(laps):
                stage.since = await stage.heads()
                async with under_load(stage) as run:
                    await _break_again_and_again(Soak(stage, run, chance, every), broke)
                    found = await run.end()
                found.clean()
                assert found.verdict is not None
                # Of each lap so much that all together fill no more memory than one, and the longest.
                found.verdict.delays = [*found.verdict.delays[::laps], *found.verdict.delays[-1:]]
                total.add(found.verdict)
                total.events += found.verdict.events
                result.broken += [f"in lap {lap + 1} of {laps}: {what}" for what in found.broken]
                result.current = max(result.current or 0.0, found.current or 0.0)
            after = await _idle(stage, steady[0], before)
    finally:
        stage.since, stage.size = {}, size
        for kept, count in ((stage.centre.timers, size.timers), (stage.centre.senders, size.senders)):
            while len(kept) > count:
                kept.pop().kill()
    total.delays.sort()
    result.verdict = total
    _judge(result, steady, watch, minutes, before, after)
    result.show("minutes", minutes)
    result.show("faults", dict(broke))
    return result


def _less(size: Size) -> Size:
    return replace(size, tabs=round(SHARE * size.tabs), page_tabs=round(SHARE * size.page_tabs), acts=SHARE * size.acts)


def _judge(
    result: Result, steady: Sequence[Running], watch: Watch, minutes: float, before: tuple[int, int], after: tuple[int, int]
) -> None:
    """`before` and `after`: tasks and open files of the first web process with nobody at it."""
    for role, running in zip(("web", "timer", "sender"), steady, strict=True):
        costs = watch.costs[running.pid]
        result.show(f"{role}_mib", f"{costs[0].resident / 2**20:.0f} to {costs[-1].resident / 2**20:.0f}")
        grows = slope(costs)
        if minutes >= SLOPE_TELLS_MINUTES:
            result.most(f"{role}_slope_an_hour", grows, SLOPE_A_HOUR)
        else:
            result.show(f"{role}_slope_an_hour", grows)
        result.show(f"{role}_files_at_most", max(cost.files for cost in costs))
    result.show("tasks_before", before[0])
    result.most("tasks_after", after[0], before[0])
    result.show("files_before", before[1])
    result.most("files_after", after[1], before[1] + POOL)


@asynccontextmanager
async def _looked_after(watch: Watch, stage: Stage) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(watch.look(stage))
        yield
        looking.cancel()


async def _break_again_and_again(soak: Soak, broke: Counter[str]) -> None:
    """Once in each stretch, at a random instant of its first half."""
    for turn in range(max(1, round(soak.stage.size.seconds / soak.every))):
        await soak.run.at((turn + soak.chance.uniform(0.1, 0.5)) * soak.every)
        fault = soak.chance.choice(FAULTS)
        broke[getattr(fault, "__name__", "")] += 1
        await fault(soak)


async def _idle(stage: Stage, web: Running, until_as: tuple[int, int] | None = None) -> tuple[int, int]:
    """Tasks and open files of a web process when its tabs have gone: when they change no more, or are no more than before."""
    found = (0, 0)

    async def gone() -> bool:
        nonlocal found
        told = (await stage.centre.api("", stage.centre.webs.index(web)).get("/metrics")).text
        tasks = TASKS.search(told)
        assert tasks is not None, told
        last, found = found, (round(float(tasks[1])), cost_of(web.pid).files)
        if "\npartyline_tabs 0.0\n" not in told:
            return False
        await asyncio.sleep(1)
        return found == last if until_as is None else found[0] <= until_as[0] and found[1] <= until_as[1] + POOL

    try:
        await until(gone, within=6 * PATIENCE_SECONDS)
    except AssertionError:
        if until_as is None:
            raise
    return found


def row(minutes: float) -> Row:
    return Row("53", "soak", lambda stage: soak(stage, minutes), short=False, engines=("sqlite", "postgresql"))
