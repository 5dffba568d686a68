"""Opens the database that a URL names."""

import asyncio

from server.log import get_logger
from server.store.database import Database, Unavailable
from server.store.postgres import PostgresDatabase
from server.store.sqlite import SqliteDatabase

log = get_logger(__name__)


async def open_database(url: str) -> Database:
    """`sqlite:///path` (three slashes relative, four absolute) or `postgresql://…`. Raises `Unavailable`."""
    if url.startswith("sqlite:///"):
        return await SqliteDatabase.open(url.removeprefix("sqlite:///"))
    return await PostgresDatabase.open(url)


async def open_with_patience(url: str, seconds: float) -> Database:
    """As `open_database`, trying again for a while: a database may start after us. The log says so at once, with what is wrong."""
    deadline = asyncio.get_running_loop().time() + seconds
    told = False
    while True:
        try:
            return await open_database(url)
        except Unavailable as error:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            if not told:
                log.warning("database.waiting", seconds=seconds, says=str(error))
                told = True
            await asyncio.sleep(0.5)
