"""A pooler before PostgreSQL (PgBouncer) that gives each transaction another connection, without what was prepared on the one before."""

import secrets
from typing import Any

import asyncpg

from server.store.database import Unavailable

SAYS = (
    "A pooler before PostgreSQL gives each transaction another connection, without what was prepared on it. "
    "Set PgBouncer's pool_mode to session, or name PostgreSQL itself."
)


async def must_keep_statements(pool: Any, url: str) -> None:
    """Raises `Unavailable`. asyncpg gives statements the same names in every process: behind such a pooler another's might be run."""
    mark, kept = secrets.token_hex(8), False
    other = await asyncpg.connect(url)
    try:
        async with pool.acquire() as one:
            async with one.transaction():
                prepared = await one.prepare(f"select '{mark}'")
            async with other.transaction():  # is given the connection that `one` had, where that was not its own
                kept = await prepared.fetchval() == mark
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError, asyncpg.ProtocolViolationError):
        pass
    finally:
        await other.close()
    if not kept:
        raise Unavailable(SAYS)
