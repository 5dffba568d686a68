"""What happens between a commit and the tabs while nothing is broken, and while Redis or a web process is."""

import asyncio
import math
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.faults.burden import burden
from tests.faults.ledger import Verdict, between, judge
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.waiting import until
from tests.fixtures.wire import slow_wire

LATEST, LATEST_ON_A_BUSY_MACHINE = 0.1, 1.5
"""The short form only sees that Redis brings it: the sweep alone would take up to two seconds."""
LATEST_AFTER_RESTART = 2.5
LATEST_WITHOUT_REDIS = 1.5
LATEST_HTTP = 0.3
LATEST_HTTP_OF_FEW = 1.0
"""In the short form so few calls are made that the slowest decides."""
LATEST_DETECTED = 4.0
AWAY, STILL_TRIED = 3.0, 1.0
"""For so many seconds Redis is away in the control; what was written in the last of them may still wait to be published."""
LOST_WHILE_AWAY, LOST_ANYWAY = 0.8, 0.5
"""Shares of what was due, without sweep and resume: at least, while Redis is away; at most, while it is there."""
SLOW_REDIS, SLOW_TAB = 0.1, 0.05
"""Seconds in each direction. What is published waits for the answer to what was published before."""
ALL_CURRENT = 10.0
LESS_SECONDS = 40.0


async def nothing(stage: Stage) -> Result:
    """The yardstick of every other row."""
    if not stage.size.short:
        # What a process takes for its first tabs it keeps.
        async with under_load(stage, write=False):
            pass
    before = [burden(running.pid) for running in stage.centre.webs]
    async with under_load(stage) as run:
        began, joined = time.time(), [burden(running.pid) for running in stage.centre.webs]
        result = await run.end()
        seconds, after = time.time() - began, [burden(running.pid) for running in stage.centre.webs]
    result.clean()
    result.most("p99_s", _verdict(result).share(0.99), LATEST_ON_A_BUSY_MACHINE if stage.size.short else LATEST)
    calls = run.http_seconds()
    result.show("http_p50_s", calls[len(calls) // 2] if calls else math.inf)
    result.show("cpu_of_a_core", max(now.cpu - then.cpu for now, then in zip(after, joined, strict=True)) / seconds)
    result.show("rss_mib", max(now.resident for now in after) / 2**20)
    if not stage.size.short:
        grown = sum(now.resident - then.resident for now, then in zip(joined, before, strict=True))
        result.show("kib_per_tab", grown / 1024 / _verdict(result).tabs)
    return result


async def restarted_empty(stage: Stage) -> Result:
    """Redis is shut down without saving and started three seconds later."""
    away = 1.0 if stage.size.short else 3.0
    async with under_load(stage) as run:
        await run.fault_time()
        stage.redis.ask("SHUTDOWN NOSAVE")
        stage.redis.kill()
        await asyncio.sleep(away)
        await asyncio.to_thread(stage.redis.start)
        to_current = await run.current(time.time())
        result = await run.end()
    result.clean()
    _back(result, to_current)
    result.most("max_s", _verdict(result).share(1.0), LATEST_AFTER_RESTART)
    return result


async def killed_again_and_again(stage: Stage) -> Result:
    """At random instants; it comes back within a second."""
    chance = stage.chance("kills")
    kills = 4 if stage.size.short else 20
    async with under_load(stage) as run:
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.2, 2 * stage.size.seconds / kills - 0.9))
            stage.redis.kill()
            await asyncio.sleep(chance.uniform(0.05, 0.5))
            await asyncio.to_thread(stage.redis.start)
        to_current = await run.current(time.time())
        result = await run.end()
    result.clean()
    result.show("kills", kills)
    _back(result, to_current)
    result.most("max_s", _verdict(result).share(1.0), LATEST_AFTER_RESTART)
    return result


async def hung(stage: Stage) -> Result:
    """Redis takes what it is sent and says nothing: it is stopped."""
    seconds = _hung_for(stage)
    async with under_load(stage) as run:
        await run.fault_time()
        began = time.time()
        stage.redis.freeze()
        try:
            detected = await _until_said(stage, "redis", healthy=False)
            await asyncio.sleep(max(0.0, began + seconds - time.time()))
        finally:
            stage.redis.thaw()
        return await _hung(run, began, detected)


async def asleep(stage: Stage) -> Result:
    """The same by Redis' own command; whoever gives it leaves after two seconds."""
    async with under_load(stage) as run:
        await run.fault_time()
        began = time.time()
        await asyncio.to_thread(stage.redis.ask, f"DEBUG SLEEP {_hung_for(stage)}")
        detected = await _until_said(stage, "redis", healthy=False)
        await asyncio.sleep(max(0.0, began + _hung_for(stage) - time.time()))
        return await _hung(run, began, detected)


def _hung_for(stage: Stage) -> float:
    return 3.0 if stage.size.short else 15.0


async def _hung(run: LoadRun, began: float, detected: float) -> Result:
    """Redis goes on now."""
    ended = time.time()
    to_current = await run.current(ended)
    result = await run.end()
    result.clean()
    _back(result, to_current)
    result.most("detected_s", detected - began, LATEST_DETECTED)
    bound = LATEST_HTTP_OF_FEW if run.stage.size.short else LATEST_HTTP
    answered(result, run.http_seconds(began, ended), run.repeats(began, ended), bound)
    return result


async def absent(stage: Stage) -> Result:
    """No process finds a Redis, from its start on."""
    stage.wire.refuses = True
    stage.wire.cut()
    try:
        await stage.restart()
        async with under_load(stage) as run:
            result = await run.end()
    finally:
        stage.wire.refuses = False
    await _until_said(stage, "redis", healthy=True)
    result.clean()
    result.most("p99_s", _verdict(result).share(0.99), LATEST_WITHOUT_REDIS)
    return result


async def slow(stage: Stage) -> Result:
    """While is written, everything between a process and Redis, and between a tab and its process, is late."""
    stage.wire.delay = SLOW_REDIS
    try:
        async with AsyncExitStack() as stack:
            wires = [await stack.enter_async_context(slow_wire(("127.0.0.1", web.port), delay=SLOW_TAB)) for web in stage.centre.webs]
            stage.fronts = [wire.port for wire in wires]
            async with under_load(stage) as run:
                await run.at(stage.size.seconds)
                for wire in (stage.wire, *wires):
                    wire.delay = 0.0
                result = await run.end()
    finally:
        stage.wire.delay, stage.fronts = 0.0, []
    result.clean()
    result.show("late_by_s", SLOW_REDIS * 2 + SLOW_TAB)
    result.most("p99_s", _verdict(result).share(0.99), LATEST_WITHOUT_REDIS)
    return result


async def killed_web(stage: Stage) -> Result:
    """One of three processes dies under its tabs; they come back to the others."""
    async with under_load(stage) as run:
        await run.fault_time()
        victim = stage.centre.webs[0]
        tabs = await run.cutting(victim.port)
        victim.kill()
        current = await run.current(time.time())
        result = await run.end()
    await stage.centre.restart_web(0)
    result.clean()
    result.show("tabs", tabs)
    if tabs == 0:
        result.broken.append("the process that was killed had no tab, so nothing was shown")
    result.most("all_current_s", ALL_CURRENT + 1 if current is None else current, ALL_CURRENT)
    return result


async def control(stage: Stage) -> Result:
    """Redis dies and comes back, and nobody reads from the database what it did not bring: the ledger must find that nearly all of what
    was written meanwhile is missing.

    A process also passes on only what follows on what it knows of a conversation, and reads the rest: so a little is missing without a
    fault, too, of conversations that are new to it. That is measured first.
    """
    await stage.restart(FAILPOINTS="sweep.off")
    try:
        async with under_load(stage, resumes=False) as run:
            without_fault = _verdict(await run.end(repairs=False))
        async with under_load(stage, resumes=False) as run:
            await run.fault_time()
            stage.redis.kill()
            began = time.time()
            await asyncio.sleep(AWAY)
            away = (began, time.time() - STILL_TRIED)
            await asyncio.to_thread(stage.redis.start)
            result = await run.end(repairs=False)
    finally:
        await stage.restart()
    found, meanwhile = _verdict(result), judge(run.books, between(run.facts, *away))
    result.verdict = None
    result.show("lost_without_fault", without_fault.share_lost)
    result.show("lost_while_away", meanwhile.share_lost)
    result.show("unequal", found.unequal)
    result.broken += unproven(without_fault, meanwhile, found.unequal)
    return result


def unproven(without_fault: Verdict, meanwhile: Verdict, unequal: int) -> list[str]:
    """Of runs in which nothing was repaired: what the ledger did not find, though it was there."""
    found = [
        (without_fault.share_lost > LOST_ANYWAY, f"{without_fault.share_lost:.0%} is lost without a fault"),
        (meanwhile.share_lost < LOST_WHILE_AWAY, f"only {meanwhile.share_lost:.0%} is lost of what was written while Redis was away"),
        (unequal == 0, "every page is right, though nothing was repaired"),
    ]
    return [f"{sentence}: the ledger proves nothing" for wrong, sentence in found if wrong]


async def _until_said(stage: Stage, part: str, *, healthy: bool) -> float:
    """The instant at which every web process says of a part that it is well, or not."""

    async def said() -> bool:
        answers: Sequence[object] = [
            (await stage.centre.api("", number).get("/readyz")).json()[part] for number in range(len(stage.centre.webs))
        ]
        return all((answer == "ok") == healthy for answer in answers)

    await until(said, within=10)
    return time.time()


def answered(result: Result, seconds: Sequence[float], repeats: Sequence[str], bound: float) -> None:
    """While Redis says nothing, calls are answered, and soon: each one at the first try. `seconds` sorted."""
    result.exactly("repeated_meanwhile", len(repeats), 0)
    if not seconds:
        result.broken.append("nothing was called meanwhile")
        return
    result.most("http_p99_s", seconds[int(len(seconds) * 0.99)], bound)


def _back(result: Result, to_current: float | None) -> None:
    """Seconds from the return of Redis until every tab was told of what was in the database then."""
    result.most("to_current_s", math.inf if to_current is None else to_current, LATEST_AFTER_RESTART)


def _verdict(result: Result) -> Verdict:
    assert result.verdict is not None
    return result.verdict


ROWS = [
    Row("1", "none (baseline)", nothing, engines=("sqlite", "postgresql")),
    Row("2", "Redis restarted empty", restarted_empty),
    Row("3", "Redis killed again and again", killed_again_and_again),
    Row("4", "Redis hung", hung),
    Row("4", "Redis asleep", asleep, short=False),
    Row("5", "Redis absent", absent),
    Row("wire", "slow wire to Redis and to tabs", slow, seconds=LESS_SECONDS),
    Row("13", "web process killed", killed_web, engines=("sqlite", "postgresql")),
]
LAST = [Row("control", "no sweep, no resume", control, engines=("sqlite", "postgresql"), seconds=LESS_SECONDS)]
