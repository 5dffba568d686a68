"""`partyline doctor`: looks at everything that an operator can put right, and says for each thing what to do."""

import os
from pathlib import Path

from pydantic import ValidationError

from server.operate.archive import OperatorError
from server.operate.finding import Finding
from server.operate.look_database import look_database
from server.operate.look_machine import look_backup, look_machine
from server.operate.look_media import look_media
from server.operate.look_outside import look_outside
from server.operate.look_redis import look_redis
from server.settings import PREFIX, Settings


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
    """In the order in which things depend on each other. For an account's own eyes no other's carriers are looked at."""
    found = look_machine(settings)
    database = await look_database(settings, account)
    found += database.findings
    found.append(await look_media(settings))
    if database.reached:
        found.append(look_backup(settings, database.oldest, database.now))
    found += await look_redis(settings)
    if database.epoch:
        found += await look_outside(settings, database)
    return found


def _name(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)
