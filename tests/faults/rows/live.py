"""What happens between a commit and the tabs while nothing is broken, and while Redis or a web process is."""

import asyncio
import time
from collections.abc import Sequence

from tests.faults.ledger import Verdict
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.waiting import until

NOBODY = "redis://127.0.0.1:1"
"""An address where no Redis ever was."""
LATEST, LATEST_ON_A_BUSY_MACHINE = 0.1, 1.5
"""The short form only sees that Redis brings it: the sweep alone would take up to two seconds."""
LATEST_AFTER_RESTART = 2.5
LATEST_WITHOUT_REDIS = 1.5
LATEST_HTTP = 0.3
LATEST_HTTP_OF_FEW = 1.0
"""In the short form so few calls are made that the slowest decides."""
LATEST_DETECTED = 4.0
ALL_CURRENT = 10.0


async def nothing(stage: Stage) -> Result:
    """The yardstick of every other row."""
    async with under_load(stage) as run:
        result = await run.end()
    result.clean()
    result.most("p99_s", _verdict(result).share(0.99), LATEST_ON_A_BUSY_MACHINE if stage.size.short else LATEST)
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
        result = await run.end()
    result.clean()
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
        result = await run.end()
    result.clean()
    result.show("kills", kills)
    result.most("max_s", _verdict(result).share(1.0), LATEST_AFTER_RESTART)
    return result


async def hung(stage: Stage) -> Result:
    """Redis takes what it is sent and says nothing."""
    seconds = 4.5 if stage.size.short else 15.0
    async with under_load(stage) as run:
        await run.fault_time()
        began = time.time()
        stage.redis.freeze()
        try:
            detected = await _until_said(stage, "redis", healthy=False)
            await asyncio.sleep(max(0.0, seconds - (time.time() - began)))
        finally:
            stage.redis.thaw()
        ended = time.time()
        result = await run.end()
    result.clean()
    result.most("detected_s", detected - began, LATEST_DETECTED)
    _http(result, run, began, ended)
    return result


async def absent(stage: Stage) -> Result:
    """There is no Redis from the start to the end. In the short form the processes have known one before."""
    if stage.size.short:
        stage.wire.refuses = True
        stage.wire.cut()
    else:
        await stage.restart(REDIS_URL=NOBODY)
    try:
        async with under_load(stage) as run:
            result = await run.end()
    finally:
        if stage.size.short:
            stage.wire.refuses = False
            await _until_said(stage, "redis", healthy=True)
        else:
            await stage.restart()
    result.clean()
    result.most("p99_s", _verdict(result).share(0.99), LATEST_WITHOUT_REDIS)
    return result


async def killed_web(stage: Stage) -> Result:
    """One of three processes dies under its tabs; they come back to the others."""
    async with under_load(stage) as run:
        await run.fault_time()
        victim = stage.centre.webs[0]
        port = victim.port
        tabs = sum(where.count(port) for where in await run.where())
        victim.kill()
        current = await run.current(time.time())
        result = await run.end()
    await stage.centre.restart_web(0)
    result.clean()
    result.show("tabs", tabs)
    result.most("all_current_s", ALL_CURRENT + 1 if current is None else current, ALL_CURRENT)
    return result


async def control(stage: Stage) -> Result:
    """Redis dies and comes back, and nobody reads from the database what it did not bring: the ledger must find that much is missing.

    It comes last on its stage: the processes stay without their sweep.
    """
    await stage.restart(FAILPOINTS="sweep.off")
    async with under_load(stage, resumes=False) as run:
        await run.fault_time()
        stage.redis.kill()
        await asyncio.sleep(1)
        await asyncio.to_thread(stage.redis.start)
        result = await run.end(repairs=False)
    found = _verdict(result)
    result.verdict = None
    result.show("lost", found.lost)
    result.show("unequal", found.unequal)
    if found.lost == 0 or found.unequal == 0:
        result.broken.append("nothing is lost, or every page is right, without sweep and resume: the ledger proves nothing")
    return result


async def _until_said(stage: Stage, part: str, *, healthy: bool) -> float:
    """The instant at which every web process says of a part that it is well, or not."""

    async def said() -> bool:
        answers: Sequence[object] = [
            (await stage.centre.api("", number).get("/readyz")).json()[part] for number in range(len(stage.centre.webs))
        ]
        return all((answer == "ok") == healthy for answer in answers)

    await until(said, within=10)
    return time.time()


def _http(result: Result, run: LoadRun, began: float, ended: float) -> None:
    seconds = run.http_seconds(began, ended)
    result.most(
        "http_p99_s", seconds[int(len(seconds) * 0.99)] if seconds else 0.0, LATEST_HTTP_OF_FEW if run.stage.size.short else LATEST_HTTP
    )


def _verdict(result: Result) -> Verdict:
    assert result.verdict is not None
    return result.verdict


ROWS = [
    Row("1", "none (baseline)", nothing, engines=("sqlite", "postgresql")),
    Row("2", "Redis restarted empty", restarted_empty),
    Row("3", "Redis killed again and again", killed_again_and_again),
    Row("4", "Redis hung", hung),
    Row("5", "Redis absent", absent),
    Row("13", "web process killed", killed_web, engines=("sqlite", "postgresql")),
]
LAST = [Row("control", "no sweep, no resume", control)]
