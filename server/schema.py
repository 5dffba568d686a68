"""Opens the database with its schema brought up to date."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from server.log import get_logger
from server.store.database import Database
from server.store.engines import open_with_patience
from server.store.migrate import first_pending, migrate
from server.store.sqlite import SqliteDatabase
from server.store.sqlite_copy import keep_before

log = get_logger(__name__)


@contextlib.asynccontextmanager
async def migrated_database(url: str, *, patience_seconds: float = 0.0) -> AsyncIterator[tuple[Database, list[str]]]:
    """The database, and the names of the migrations that had to be applied. Raises Unavailable."""
    db = await open_with_patience(url, patience_seconds)
    try:
        await _keep_before(db)
        yield db, await migrate(db)
    finally:
        await db.close()


async def _keep_before(db: Database) -> None:
    """A file with data is copied before its schema changes. PostgreSQL undoes a migration that fails, and has backups of its own."""
    number = await first_pending(db)
    if number is not None and isinstance(db, SqliteDatabase):
        kept = await asyncio.to_thread(keep_before, Path(db.path), number)
        log.info("schema.kept_before", migration=number, file=str(kept))
