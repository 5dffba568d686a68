"""Redis as a process of ours uses it: whether what is published comes back, and how it is set up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from channels.address import parse
from channels.bus import Bus
from channels.ways import client, way_to
from server.embedded import LEAST_VERSION, EmbeddedRedis, RedisMissing, find_redis
from server.operate.finding import Finding, failed, ok, warning
from server.settings import Settings

PATIENCE_SECONDS = 4.0
"""A process of ours takes Redis for away after three."""
LOOK_SECONDS = 0.05
ANSWER_SECONDS = 2.0
BUFFER_BYTES = 8 * 1024**2
AWAY = "Everything works without it, a little later. Start it, or look at REDIS_URL."


async def look_redis(settings: Settings) -> list[Finding]:
    if settings.embedded:
        return [await _embedded(settings)]
    back = await _comes_back(settings.redis_url)
    if not back:
        return [failed("redis", "it cannot be reached, or what is published there does not come back", AWAY)]
    return await _servers(settings.redis_url)


async def _embedded(settings: Settings) -> Finding:
    try:
        binary = find_redis()
    except RedisMissing as error:
        return failed("redis", str(error).splitlines()[0], "apt-get install redis-server")
    says = f"the embedded one, {binary.path} {'.'.join(map(str, binary.version))}"
    if binary.bundled:
        return warning("redis", f"{says}, which is old", "Install Redis 7 or newer for production.")
    redis = EmbeddedRedis(settings.var, binary)
    if not redis.socket.exists():
        return ok("redis", f"{says}; it starts with the first process")
    if not await redis.answers():
        return failed(
            "redis", f"{says}, does not answer", f"Look at {settings.var / 'redis.log'}. Everything works without it, a little later."
        )
    return ok("redis", f"{says}, runs; nobody but its owner reaches its socket, and it runs no scripts")


async def _comes_back(url: str) -> bool:
    bus = Bus(url)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(bus.run())
        try:
            return await _soon(lambda: bus.healthy)
        finally:
            running.cancel()


async def _soon(true: Callable[[], object]) -> bool:
    for _ in range(round(PATIENCE_SECONDS / LOOK_SECONDS)):
        if true():
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


async def _servers(url: str) -> list[Finding]:
    address = parse(url)
    way = way_to(address)
    found: list[Finding] = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(way.run())
        try:
            if not await _soon(way.nodes):
                return [failed("redis", "its servers do not say who keeps what", AWAY)]
            for node in sorted(way.nodes()):
                async with _asked(client(address.url, node, ANSWER_SECONDS)) as redis:
                    where = node.host if node.port == 0 else f"{node.host}:{node.port}"
                    found.append(await _server(redis, where, alone=address.form == "one"))
        except (RedisError, OSError) as error:
            found.append(warning("redis", f"what is published comes back, but it does not say how it is: {type(error).__name__}", AWAY))
        finally:
            running.cancel()
    return found


async def _server(redis: Redis, where: str, *, alone: bool) -> Finding:
    version = str((await redis.info("server"))["redis_version"])
    says = f"{version} at {where}; what is published comes back"
    if int(version.split(".")[0]) < LEAST_VERSION:
        return (warning if alone else failed)("redis", says, f"Install Redis {LEAST_VERSION} or newer.")
    with contextlib.suppress(RedisError):  # an ACL may forbid it
        limits = str((await redis.config_get("client-output-buffer-limit"))["client-output-buffer-limit"]).split()
        hard, soft = limits[limits.index("pubsub") + 1 : limits.index("pubsub") + 3]
        if any(0 < int(limit) < BUFFER_BYTES for limit in (hard, soft)):
            do = 'CONFIG SET client-output-buffer-limit "pubsub 32mb 8mb 60", and in its file: a burst cuts the line.'
            return warning("redis", f"{says}; its output buffer for pub/sub is {soft} bytes", do)
    return ok("redis", says)


@contextlib.asynccontextmanager
async def _asked(redis: Redis) -> AsyncIterator[Redis]:
    try:
        yield redis
    finally:
        with contextlib.suppress(RedisError, OSError):
            await redis.aclose()
