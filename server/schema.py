"""Opens the database with its schema brought up to date."""

import contextlib
from collections.abc import AsyncIterator

from server.store.database import Database
from server.store.engines import open_with_patience
from server.store.migrate import migrate


@contextlib.asynccontextmanager
async def migrated_database(url: str, *, patience_seconds: float = 0.0) -> AsyncIterator[tuple[Database, list[str]]]:
    """The database, and the names of the migrations that had to be applied. Raises Unavailable."""
    db = await open_with_patience(url, patience_seconds)
    try:
        yield db, await migrate(db)
    finally:
        await db.close()
