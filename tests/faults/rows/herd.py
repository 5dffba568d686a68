"""A proxy dies under all tabs at once, or the process that has them all, and all of them come back at once (FAULTS 32 and 13)."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from tests.faults.load_run import under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.wire import SlowWire, slow_wire

TABS, EACH = 2_000, 10
"""And so many of one person: a process lets in twenty."""
ALL_CURRENT_SECONDS = 20.0
ALL_CURRENT_ELSEWHERE_SECONDS = 10.0


async def herd(stage: Stage) -> Result:
    size = stage.size
    stage.size = size if size.short else replace(size, tabs=TABS, acts=10.0, seconds=40.0, fault_at=10.0)
    try:
        await _hire(stage, stage.size.tabs // EACH)
        async with _proxies(stage) as proxies, under_load(stage) as run:
            await run.fault_time()
            for proxy in proxies:
                proxy.cut()
            cut_at = time.time()
            current = await run.current(cut_at)
            result = await run.end()
    finally:
        stage.size = size
    result.clean()
    result.most("all_current_s", ALL_CURRENT_SECONDS + 1 if current is None else current, ALL_CURRENT_SECONDS)
    assert result.verdict is not None
    again = result.verdict.connections - result.verdict.tabs
    result.show("came_back", again)
    if again < result.verdict.tabs:
        result.broken.append(f"only {again} of {result.verdict.tabs} tabs had to come back")
    return result


async def all_on_one(stage: Stage) -> Result:
    """All tabs are on one process, which is killed; their proxies lead them to the two others."""
    size = stage.size
    stage.size = replace(size, tabs=TABS, acts=10.0, seconds=40.0, fault_at=10.0)
    try:
        await _hire(stage, stage.size.tabs // EACH)
        async with _proxies(stage) as proxies:
            first, *others = stage.centre.webs
            for proxy in proxies:
                proxy.upstream = ("127.0.0.1", first.port)
            async with under_load(stage) as run:
                await run.fault_time()
                killed_at = time.time()
                first.kill()
                for number, proxy in enumerate(proxies):
                    proxy.upstream = ("127.0.0.1", others[number % len(others)].port)
                current = await run.current(killed_at)
                result = await run.end()
        await stage.centre.restart_web(0)
    finally:
        stage.size = size
    result.clean()
    bound = ALL_CURRENT_ELSEWHERE_SECONDS
    result.most("all_current_s", bound + 1 if current is None else current, bound)
    return result


async def _hire(stage: Stage, people: int) -> None:
    for number in range(len(stage.crew.people), people):
        name = f"herd{number}"
        stage.crew.people[name] = await stage.centre.add_agent(name)


@asynccontextmanager
async def _proxies(stage: Stage) -> AsyncIterator[list[SlowWire]]:
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(slow_wire(("127.0.0.1", web.port))) for web in stage.centre.webs]
        stage.fronts = [wire.port for wire in wires]
        try:
            yield wires
        finally:
            stage.fronts = []


ROWS = [Row("32", "herd", herd, short=False), Row("13", "web process killed under all tabs", all_on_one, short=False)]
