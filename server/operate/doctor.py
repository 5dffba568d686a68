"""`partyline doctor`: looks at everything that an operator can put right, and says for each thing what to do."""

import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path

from pydantic import ValidationError

from server.operate.archive import OperatorError
from server.operate.finding import Finding, failed
from server.operate.look_database import Database, look_database
from server.operate.look_machine import look_backup, look_machine
from server.operate.look_media import look_media
from server.operate.look_outside import look_outside
from server.operate.look_redis import look_redis
from server.settings import PREFIX, Settings

DATABASE_SECONDS = 20.0
MEDIA_SECONDS = 15.0
REDIS_SECONDS = 15.0
OUTSIDE_SECONDS = 20.0


def must_be_ours() -> None:
    """Raises `OperatorError` where a look would leave files behind that Partyline cannot use: nothing is set up, or another user's."""
    try:
        var = Settings().var
    except ValidationError:
        return  # told, all at once, by whoever loads them
    if not var.exists():
        raise OperatorError(f"{PREFIX}VAR: there is no folder {var}. Run `partyline init`, or run this in the folder where Partyline runs.")
    if var.stat().st_uid != os.geteuid():
        raise OperatorError(f"{PREFIX}VAR: {var} is another user's. Run this as the user that Partyline runs as ({_name(var)}).")


async def examine(settings: Settings, account: str | None = None) -> list[Finding]:
    """In the order in which things depend on each other; what does not is looked at side by side, and for no longer than it says here.
    For an account's own eyes no other's carriers are looked at."""
    machine = look_machine(settings)
    async with asyncio.TaskGroup() as looks:
        media = looks.create_task(_within(MEDIA_SECONDS, "attachments", _media(settings)))
        redis = looks.create_task(_within(REDIS_SECONDS, "redis", look_redis(settings)))
        database = await _database(settings, account)
        outside = await _within(OUTSIDE_SECONDS, "public address", look_outside(settings, database)) if database.epoch else []
    backup = [look_backup(settings, database.oldest, database.now)] if database.reached else []
    return [*machine, *database.findings, *media.result(), *backup, *redis.result(), *outside]


async def _database(settings: Settings, account: str | None) -> Database:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await look_database(settings, account)
    except TimeoutError:
        return Database([_late(DATABASE_SECONDS, "database")])


async def _media(settings: Settings) -> list[Finding]:
    return [await look_media(settings)]


async def _within(seconds: float, check: str, look: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return await look
    except TimeoutError:
        return [_late(seconds, check)]


def _late(seconds: float, check: str) -> Finding:
    return failed(check, f"no answer within {seconds:g} s", "Look at it, at the way there, and at how busy both are.")


def _name(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)
