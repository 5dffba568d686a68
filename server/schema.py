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
from server.store.sqlite_loss import find_loss, look_through, settle_loss
from server.store.starting import one_at_a_time

log = get_logger(__name__)


@contextlib.asynccontextmanager
async def migrated_database(url: str, *, patience_seconds: float = 0.0) -> AsyncIterator[tuple[Database, list[str]]]:
    """The database, and the names of the migrations that had to be applied. Raises Unavailable.

    Where commits are gone that somebody was told of, the data goes on as after a restored backup, and the log says so. Whoever is cancelled
    before the database is there leaves it as it was.
    """
    db = await open_with_patience(url, patience_seconds)
    try:
        try:
            async with one_at_a_time(db, lambda: log.info("schema.waiting", says="another process brings the data up to date")):
                applied = await _bring_up(db)
        except asyncio.CancelledError:
            if isinstance(db, SqliteDatabase):
                await db.interrupt()
            raise
        yield db, applied
    finally:
        await db.close()


async def _bring_up(db: Database) -> list[str]:
    loss = await find_loss(db)
    if loss:
        log.error("database.commits_lost", commits=loss.commits, says="`partyline doctor` says what is kept and what to do")
        began = asyncio.get_running_loop().time()
        await look_through(db)
        log.info("database.sound", seconds=round(asyncio.get_running_loop().time() - began, 1))
    await _keep_before(db)
    applied = await migrate(db)
    if loss:
        await settle_loss(db, loss)
    return applied


async def _keep_before(db: Database) -> None:
    """A file with data is copied before its schema changes. PostgreSQL undoes a migration that fails, and has backups of its own."""
    number = await first_pending(db)
    if number is not None and isinstance(db, SqliteDatabase):
        kept = await asyncio.to_thread(keep_before, Path(db.path), number)
        log.info("schema.kept_before", migration=number, file=str(kept))
