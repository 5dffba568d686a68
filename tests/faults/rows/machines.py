"""Rows of many machines: three web processes behind nginx, two timers and two senders, on one Redis, Sentinels, or a Cluster."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from channels import names
from server.live.pace import Pace
from tests.faults.load_run import LoadRun, under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.fixtures.nginx import Nginx, nginx_before
from tests.fixtures.processes import Running
from tests.fixtures.redis_many import RedisCluster, SentinelSet, Server, redis_cluster, sentinel_set
from tests.fixtures.waiting import until

TIMERS, SENDERS = 2, 2
DOWN_AFTER_MS = 3_000
LATEST_FAILOVER = 15.0
LATEST_SHARD = 10.0
LATEST_STOP = 5.0
LATEST_CURRENT = 10.0
PROXIED = {"TRUSTED_PROXIES": "127.0.0.1"}
SETTLE_SECONDS = 6.0
"""Senders still send what was accepted last."""


@asynccontextmanager
async def machines(stage: Stage, redis_url: str = "") -> AsyncIterator[Nginx]:
    """As many timers and senders, all processes on this Redis, and nginx before the web processes. As it was before at the end."""
    centre, size = stage.centre, stage.size
    stage.size = replace(size, settle=max(size.settle, SETTLE_SECONDS))
    settings = PROXIED | ({"REDIS_URL": redis_url} if redis_url else {})
    await asyncio.to_thread(centre.start, timers=TIMERS - len(centre.timers), senders=SENDERS - len(centre.senders))
    try:
        await stage.restart(**settings)
        with nginx_before([web.port for web in centre.webs]) as nginx:
            stage.fronts = [nginx.port]
            yield nginx
    finally:
        stage.fronts, stage.size = [], size
        for kept, count in ((centre.timers, size.timers), (centre.senders, size.senders)):
            while len(kept) > count:
                kept.pop().kill()
        await stage.restart()


async def one_redis(stage: Stage) -> Result:
    """It is killed and comes back empty."""
    async with machines(stage), under_load(stage) as run:
        await run.fault_time()
        stage.redis.kill()
        await asyncio.sleep(1)
        await asyncio.to_thread(stage.redis.start)
        result = await run.end()
    return _judged(result, run)


async def failover(stage: Stage) -> Result:
    """The master hangs until the Sentinels have another, which is killed when the first one is its replica."""
    with sentinel_set(DOWN_AFTER_MS) as sentinels:
        async with machines(stage, sentinels.url), under_load(stage) as run:
            await run.fault_time()
            hung = sentinels.master
            began = time.time()
            hung.freeze()
            try:
                taken = await _all_listen_at_the_master(stage, sentinels, hung)
            finally:
                hung.thaw()
            await until(lambda: _is_replica(hung), within=30)
            killed, again = sentinels.master, time.time()
            killed.kill()
            taken_again = await _all_listen_at_the_master(stage, sentinels, killed)
            await asyncio.to_thread(killed.start)
            result = await run.end()
    result.most("hung_failover_s", taken - began, LATEST_FAILOVER)
    result.most("killed_failover_s", taken_again - again, LATEST_FAILOVER)
    return _judged(result, run)


async def slot_moves(stage: Stage) -> Result:
    """The account's slot goes round the three masters, then the one that has it dies and comes back."""
    channel = names.account(stage.crew.account)
    with redis_cluster() as cluster:
        async with machines(stage, cluster.url), under_load(stage) as run:
            await run.fault_time()
            took = []
            for _ in range(4):
                began = time.time()
                after = await asyncio.to_thread(cluster.move, channel)
                await _all_listen(stage, cluster, after, channel)
                took.append(time.time() - began)
            dead, began = cluster.keeper(channel), time.time()
            dead.kill()
            await asyncio.sleep(2)
            await asyncio.to_thread(dead.start)
            await _all_listen(stage, cluster, dead, channel)
            back = time.time() - began
            result = await run.end()
    result.show("moves", len(took))
    result.most("followed_s", max(took), LATEST_SHARD)
    result.most("shard_back_s", back, LATEST_SHARD)
    return _judged(result, run)


async def rolling(stage: Stage) -> Result:
    """Each process in turn is told to end, and another takes its place, as docs/operate/many-machines.md says it is done. No call and no
    webhook is refused, and nobody comes back in a herd."""
    centre, stops, behind, result = stage.centre, list[float](), list[float](), Result()
    async with machines(stage) as nginx:
        async with under_load(stage) as run:
            await run.fault_time()
            began = time.time()
            for number, web in enumerate(centre.webs):
                stops.append(await _stopped(web, result))
                over = time.time()
                current = await run.current(over, LATEST_CURRENT)
                behind.append(2 * LATEST_CURRENT if current is None else current)
                await centre.restart_web(number, **PROXIED)
            for role, kept in (("sender", centre.senders), ("timer", centre.timers)):
                for number, running in enumerate(kept):
                    stops.append(await _stopped(running, result))
                    kept[number] = await asyncio.to_thread(centre.partyline.start, role, **PROXIED)
            ended = time.time()
            await run.end()
        came = Counter(int(at) for at in nginx.began("/ws", 101) if began <= at <= ended)
        hooks = nginx.answered("/hooks/")
    run.result.broken += result.broken
    result = run.result
    result.show("stopped", len(stops))
    result.most("longest_stop_s", max(stops), LATEST_STOP)
    result.most("current_again_s", max(behind), LATEST_CURRENT)
    repeats = Counter(run.repeats(began))
    result.exactly("calls_repeated", repeats.total(), 0)
    result.broken += [f"{count} calls repeated: {why}" for why, count in repeats.items()]
    result.exactly("webhooks_answered", set(hooks), {200})
    result.show("came_back", sum(came.values()))
    result.most("came_in_a_second", max(came.values(), default=0), Pace().admitted_per_second)
    if not came:
        result.broken.append("no tab had to come back")
    return _judged(result, run)


async def _stopped(running: Running, result: Result) -> float:
    """How long it took to end, as it should."""
    began = time.time()
    status = await asyncio.to_thread(running.stop, within=2 * LATEST_STOP)
    if status != 0:
        result.broken.append(f"a process ended with {status}")
    return time.time() - began


def _judged(result: Result, run: LoadRun) -> Result:
    result.clean()
    stage = run.stage
    verdict = result.verdict
    assert verdict is not None
    result.show("processes", len(stage.centre.partyline.running))
    return result


async def _all_listen_at_the_master(stage: Stage, sentinels: SentinelSet, other_than: Server) -> float:
    """The instant at which every process has subscribed at a new master."""
    everybody = len(stage.centre.webs) + TIMERS + SENDERS

    def there() -> bool:
        master = sentinels.master
        if master is other_than or not master.answers():
            return False
        found = master.ask("PUBSUB", "NUMSUB", names.WAKE_TIMER)
        return isinstance(found, list) and found[1] == everybody

    await until(lambda: asyncio.to_thread(there), within=3 * LATEST_FAILOVER)
    return time.time()


async def _all_listen(stage: Stage, cluster: RedisCluster, server: Server, channel: str) -> None:
    """Every web process, whose tabs are all of this account."""
    webs = len(stage.centre.webs)
    await until(lambda: asyncio.to_thread(lambda: cluster.listeners(server, channel) == webs), within=3 * LATEST_SHARD)


def _is_replica(server: Server) -> bool:
    role = server.ask("ROLE")
    return isinstance(role, list) and role[0] == "slave"


ENGINES = ("postgresql",)
ROWS = [
    Row("machines", "many machines, one Redis killed", one_redis, short=False, engines=ENGINES),
    Row("11", "many machines, Sentinel failover", failover, short=False, engines=ENGINES),
    Row("12", "many machines, Cluster slot moves", slot_moves, short=False, engines=ENGINES),
    Row("16", "many machines, rolling restart", rolling, short=False, engines=ENGINES),
]
