"""Throws the demo's data away. Only its own: what another account's database is, nobody removes by a slip."""

import contextlib
import shutil
from pathlib import Path

from server.demo.people import EMAIL
from server.settings import PREFIX, Settings, SettingsError
from server.store import people
from server.store.accounts import every_account
from server.store.database import Transaction
from server.store.engines import open_database

SQLITE = "sqlite:///"


async def reset_demo(settings: Settings) -> None:
    """Raises `SettingsError` for a database that is not the demo's, or not a file in the data folder. No process may have it open."""
    path = Path(settings.database_url.removeprefix(SQLITE)).resolve()
    if not settings.database_url.startswith(SQLITE) or settings.var.resolve() not in path.parents:
        raise SettingsError([f"{PREFIX}DATABASE_URL: only a demo in {PREFIX}VAR can be reset"])
    if not path.exists():
        return
    database = await open_database(settings.database_url)
    try:
        demo = await database.read(_is_demo)
    finally:
        await database.close()
    if not demo:
        raise SettingsError([f"{PREFIX}VAR: this database is not the demo's; nothing was removed"])
    for file in path.parent.glob(f"{path.stem}*"):
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
    shutil.rmtree(settings.var / "media", ignore_errors=True)


async def _is_demo(tx: Transaction) -> bool:
    tables = await tx.one("select count(*) as n from sqlite_master where name in ('accounts', 'users')")
    if tables is None or tables["n"] < 2:
        return True
    accounts = await every_account(tx)
    return not accounts or (len(accounts) == 1 and await people.by_email(tx, EMAIL) is not None)
