"""A contact centre of a row's own, beside the stage: for what needs an account that nobody else writes to, or breaks a whole database."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from server.store.engines import open_database
from server.store.migrate import migrate
from tests.faults.conftest import open_with_ana
from tests.faults.stage import Stage
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.centre import Centre
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.processes import Partyline
from tests.fixtures.redis_server import RedisServer

_numbers = itertools.count(1)


@asynccontextmanager
async def centre_apart(stage: Stage, place: Path | None = None) -> AsyncIterator[Centre]:
    """Not open yet, on the stage's engine, with a Redis and a carrier of its own. All its processes end with it. `place`: where SQLite's
    file shall be."""
    async with AsyncExitStack() as stack:
        folder = stage.folder / f"apart-{next(_numbers)}"
        folder.mkdir()
        redis = RedisServer()
        stack.callback(redis.remove)
        await asyncio.to_thread(redis.start)
        carrier = CarrierApi()
        await carrier.start()
        stack.push_async_callback(carrier.stop)
        url = await stack.enter_async_context(database_apart(stage, folder.name, place))
        partyline = Partyline(folder, REDIS_URL=redis.url)
        stack.callback(_end, partyline)
        centre = Centre(partyline, carrier, url)
        stack.push_async_callback(centre.close)
        yield centre


@asynccontextmanager
async def anas_centre(stage: Stage, *, webs: int, timers: int = 0, senders: int = 0, place: Path | None = None) -> AsyncIterator[Centre]:
    """Open, with Ana, who has a number of her own, and Ben."""
    async with centre_apart(stage, place) as centre:
        await open_with_ana(centre, webs=webs, timers=timers, senders=senders)
        yield centre


@asynccontextmanager
async def database_apart(stage: Stage, name: str, place: Path | None = None) -> AsyncIterator[str]:
    """A migrated one's URL."""
    async with AsyncExitStack() as stack:
        url = f"sqlite:///{(place or stage.folder) / f'{name}.db'}"
        if stage.engine == "postgresql":
            cluster = PostgresCluster()
            stack.callback(cluster.stop)
            await asyncio.to_thread(cluster.start)
            url = cluster.url(cluster.create())
        db = await open_database(url)
        try:
            await migrate(db)
        finally:
            await db.close()
        yield url


def _end(partyline: Partyline) -> None:
    for running in partyline.running:
        running.kill()
