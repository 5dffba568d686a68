"""The ways between processes: to Redis and back, broken in one direction, too slow for what is said; and a process that stands still."""

import asyncio
import time

from channels import names
from server.live.protocol import Close
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.processes import Running
from tests.fixtures.waiting import until

DETECT_SECONDS = 4.0
LESS_SECONDS = 40.0
LIMIT, GENEROUS = "pubsub 64kb 32kb 1", "pubsub 32mb 8mb 60"
"""A subscriber's output buffer: small, and as Redis has it by itself."""
BURST, NEW = (50, 125), 10
"""Long texts at once in the short form and in the long one, each of which concerns several tabs of every process, and so many of strangers
besides, who are new in the pool."""
BURSTS = (3, 40)


async def overflow(stage: Stage) -> Result:
    """What Redis has for the processes is not taken from it while a burst comes: it cuts them, and they read what they missed."""
    bursts, burst = (some[not stage.size.short] for some in (BURSTS, BURST))
    async with under_load(stage) as run:
        await run.fault_time()
        assert stage.redis.ask(f'CONFIG SET client-output-buffer-limit "{LIMIT}"').startswith(b"+OK")
        before = _cut_by_redis(stage)
        for number in range(bursts):
            stage.wire.stall("down")
            known = (_long_text(stage, each, f"burst {number} {each}") for each in range(burst))
            strangers = (_stranger(stage, f"stranger {number} {each}") for each in range(NEW))
            await asyncio.gather(*known, *strangers)
            await asyncio.to_thread(_crowd, stage)
            stage.wire.let_go("down")
            await asyncio.sleep(0.5)
        assert stage.redis.ask(f'CONFIG SET client-output-buffer-limit "{GENEROUS}"').startswith(b"+OK")
        run.result.show("texts_at_once", bursts * (burst + NEW))
        run.result.show("cut_by_redis", _cut_by_redis(stage) - before)
        if _cut_by_redis(stage) == before:
            run.result.broken.append("Redis cut nobody, so nothing was shown")
        return await _clean(run)


def _crowd(stage: Stage) -> None:
    """More than the kernel's buffers take, of what means nothing to anybody, on a channel that every process hears."""
    for _ in range(60):
        stage.redis.ask(f"PUBLISH {names.feed(stage.crew.account)} {'x' * 16_000}")


def _cut_by_redis(stage: Stage) -> int:
    """Redis 7.0 counts them nowhere, but says each in its log."""
    return (stage.redis.folder / "redis.log").read_text().count("overcoming of output buffer limits")


async def half_open(stage: Stage) -> Result:
    """Redis hears the processes, and they hear nothing from it."""
    for_seconds = 3.0 if stage.size.short else 15.0
    async with under_load(stage) as run:
        await run.fault_time()
        stage.wire.stall("down")
        began = time.monotonic()
        try:
            await until(lambda: _redis_is(stage, "away"), within=10)
            run.result.most("detect_s", time.monotonic() - began, DETECT_SECONDS)
            await asyncio.sleep(began + for_seconds - time.monotonic())
        finally:
            stage.wire.let_go("down")
        await until(lambda: _redis_is(stage, "ok"), within=10)
        return await _clean(run)


async def _redis_is(stage: Stage, word: str) -> bool:
    said = [(await stage.centre.api("", web).get("/readyz")).json()["redis"] for web in range(len(stage.centre.webs))]
    return set(said) == {word}


async def stands_still(stage: Stage) -> Result:
    """A process gets no time for a while, by SIGSTOP: that is to its loop what a call that blocks is, and needs no door for tests. It drops
    no tab for that, goes on, and says in its log how long it was held up."""
    for_seconds = 3.0 if stage.size.short else 25.0
    web = stage.centre.webs[0]
    async with under_load(stage) as run:
        await run.fault_time()
        earlier = len(web.log())
        web.freeze()
        try:
            await asyncio.sleep(for_seconds)
        finally:
            web.thaw()
        await until(lambda: _alarms(web, earlier), within=5)
        result = await _clean(run)
    result.show("alarm_s", max(_alarms(web, earlier)))
    if max(_alarms(web, earlier)) < for_seconds - 1:
        result.broken.append(f"it stood still for {for_seconds:g} s, and said {_alarms(web, earlier)}")
    assert result.verdict is not None
    result.exactly("taken_for_silent", sum(book.codes.count(Close.NO_PONG) for book in run.books), 0)
    result.exactly("sent_away", result.verdict.connections - result.verdict.tabs, 0)
    return result


def _alarms(web: Running, earlier: int) -> list[float]:
    """Seconds, of those lines of its log that are later than so many."""
    return [line["seconds"] for line in web.log()[earlier:] if line["event"] == "loop.blocked"]


async def _clean(run: LoadRun) -> Result:
    result = await run.end()
    result.clean()
    return result


async def _long_text(stage: Stage, phone: int, id: str) -> None:
    """One of the phones that write anyway, to whom it always writes."""
    lines = list(stage.crew.lines)
    phone %= stage.size.conversations
    await _say(stage, id, f"+1303{5_000_000 + phone}", lines[phone % len(lines)])


async def _stranger(stage: Stage, id: str) -> None:
    await _say(stage, id, f"+1304{5_000_000 + next(stage.runs)}", next(line for line, name in stage.crew.lines.items() if name is None))


async def _say(stage: Stage, id: str, phone: str, line: str) -> None:
    said = {"type": "message.received", "id": id, "from": phone, "to": line}
    answer = await stage.centre.gateway({**said, "body": "Is anybody there? " * 100})
    assert answer.status_code == 200, answer.text


ROWS = [
    Row("7", "output buffer of Redis overflows", overflow, seconds=LESS_SECONDS),
    Row("8", "half-open to Redis", half_open, seconds=LESS_SECONDS),
    Row("17", "a process stands still", stands_still, seconds=LESS_SECONDS),
]
