"""A proxy dies under all tabs at once, or the process that has them all, and all of them come back at once (FAULTS 32 and 13)."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from tests.faults.load_run import under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.wire import SlowWire, slow_wire

TABS, EACH, SOME = 2_000, 10, 6
"""And so many of one person, who takes part in some conversations: a process lets in twenty."""
ALL_CURRENT_SECONDS = 20.0
ALL_CURRENT_ELSEWHERE_SECONDS = 10.0


READS_PER_TAB = 2.0
"""Transactions of the database for a tab that comes back, with those of who writes meanwhile."""


async def herd(stage: Stage) -> Result:
    """What a tab costs the database is known on PostgreSQL, which counts transactions."""
    size = stage.size
    stage.size = size if size.short else replace(size, tabs=TABS, acts=10.0, seconds=40.0, fault_at=10.0)
    try:
        await _hire(stage, stage.size.tabs)
        async with _proxies(stage) as proxies, under_load(stage) as run:
            await run.fault_time()
            before = await _transactions(stage)
            await run.cutting()
            for proxy in proxies:
                proxy.cut()
            cut_at = time.time()
            current = await run.current(cut_at)
            current_at = time.time()
            after = await _transactions(stage)
            result = await run.end()
            connected = [at for proxy in proxies for at in proxy.came if cut_at <= at <= current_at]
            seconds = run.http_seconds(cut_at, current_at)
    finally:
        stage.size = size
    result.clean()
    result.show("connects_peak_per_s", max(Counter(int(at - cut_at) for at in connected).values(), default=0))
    result.show("http_p99_meanwhile_s", seconds[int(len(seconds) * 0.99)] if seconds else None)
    result.most("all_current_s", ALL_CURRENT_SECONDS + 1 if current is None else current, ALL_CURRENT_SECONDS)
    assert result.verdict is not None
    again = result.verdict.connections - result.verdict.tabs
    result.show("came_back", again)
    if stage.engine == "postgresql":
        reads = (after - before) / result.verdict.tabs
        if size.short:
            result.show("reads_per_tab", reads)  # most of these few watch something besides, which is read, too
        else:
            result.most("reads_per_tab", reads, READS_PER_TAB)
    if again < result.verdict.tabs:
        result.broken.append(f"only {again} of {result.verdict.tabs} tabs had to come back")
    return result


async def all_on_one(stage: Stage) -> Result:
    """All tabs are on one process, which is killed; their proxies lead them to the two others."""
    size = stage.size
    stage.size = replace(size, tabs=TABS, acts=10.0, seconds=40.0, fault_at=10.0)
    try:
        await _hire(stage, stage.size.tabs)
        async with _proxies(stage) as proxies:
            first, *others = stage.centre.webs
            for proxy in proxies:
                proxy.upstream = ("127.0.0.1", first.port)
            async with under_load(stage) as run:
                await run.fault_time()
                await run.cutting()
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
    assert result.verdict is not None
    again = result.verdict.connections - result.verdict.tabs
    result.show("came_back", again)
    if again < result.verdict.tabs:
        result.broken.append(f"only {again} of {result.verdict.tabs} tabs had to come back")
    bound = ALL_CURRENT_ELSEWHERE_SECONDS
    result.most("all_current_s", bound + 1 if current is None else current, bound)
    return result


async def _transactions(stage: Stage) -> int:
    """Of the database so far; none where nobody counts. A connection tells its own within a second."""
    if stage.engine != "postgresql":
        return 0
    await asyncio.sleep(1.1)
    sql = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
    return int(await stage.database_says(sql))


async def _hire(stage: Stage, tabs: int) -> None:
    """Agents, of whom each takes part in a few conversations, and managers: so many that nobody has more than a few of these tabs. The
    first conversations are those of the phones that go on writing; other rows leave thousands of strangers' behind."""
    sql = "select id from conversations where account = :account order by id limit :phones"
    ids = [row["id"] for row in await stage.centre.rows(sql, account=stage.crew.account, phones=stage.size.conversations)]
    people = stage.crew.people
    for number in range(sum(person.role == "manager" for person in people.values()), tabs // 10 // EACH):
        people[f"chief{number}"] = await stage.centre.add_agent(f"chief{number}", "manager")
    for number in range(len(people), tabs // EACH):
        name = f"herd{number}"
        people[name] = await stage.centre.add_agent(name)
        for id in (ids[(number * SOME + turn) % len(ids)] for turn in range(SOME)):
            answer = await stage.centre.call(name, "PUT", f"conversations/{id}/subscription")
            assert answer.status_code == 200, answer.text


@asynccontextmanager
async def _proxies(stage: Stage) -> AsyncIterator[list[SlowWire]]:
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(slow_wire(("127.0.0.1", web.port))) for web in stage.centre.webs]
        stage.fronts = [wire.port for wire in wires]
        try:
            yield wires
        finally:
            stage.fronts = []


ROWS = [
    Row("32", "herd", herd, short=False, engines=("sqlite", "postgresql")),
    Row("13", "web process killed under all tabs", all_on_one, short=False),
]
