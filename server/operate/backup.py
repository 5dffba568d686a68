"""`partyline backup`: everything of one moment in one file, while all goes on."""

import contextlib
import hashlib
import tempfile
import time
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.desk.shapes import instant
from server.operate import postgres_dump, sqlite_file
from server.operate.archive import DATABASES, FORMAT, Manifest, OperatorError, Packing, media_of, packing
from server.settings import Settings
from server.store import sqlite_copy
from server.store.database import Database, Transaction
from server.store.engines import open_database
from server.store.vault import derive_key

TABLES = ("accounts", "users", "contacts", "conversations", "messages", "events", "media")
LAST = "last_backup"


async def make_backup(settings: Settings, path: Path) -> Manifest:
    """Writes a new file at `path`. Raises `OperatorError` and `Unavailable`; then there is none."""
    with packing(path) as pack, tempfile.TemporaryDirectory(prefix=".partyline-", dir=path.parent) as folder:
        database = Path(folder) / "database"
        if is_sqlite(settings):
            source = sqlite_file.path_of(settings.database_url)
            if source.exists():
                await sqlite_file.keep_log(source)
            sqlite_copy.copy(source, database)
            async with opened(f"sqlite:///{database}") as db:
                await must_be_sound(db)
                state = await db.read(_state)
        else:
            async with opened(settings.database_url) as db:
                state = await db.read(lambda tx: _dumped(tx, settings.database_url, database))
        migration, epoch, rows = state
        if not pack.add(DATABASES["sqlite" if is_sqlite(settings) else "postgresql"], database):
            raise OperatorError(f"{database} is gone.")
        kept = folder_of(settings)
        _add_media(pack, kept)
        manifest = Manifest(
            format=FORMAT,
            made_at=instant(time.time_ns() // 1_000),
            partyline=version("partyline"),
            engine="sqlite" if is_sqlite(settings) else "postgresql",
            migration=migration,
            epoch=epoch,
            rows=rows,
            key=key_mark(settings),
            media=kept is not None,
            files=pack.files,
            bucket=bucket_of(settings),
        )
        pack.finish(manifest)
    with contextlib.suppress(OSError):
        (settings.var / LAST).write_text(manifest.made_at)
    return manifest


def is_sqlite(settings: Settings) -> bool:
    return settings.database_url.startswith("sqlite:///")


def folder_of(settings: Settings) -> Path | None:
    """Where the attachments are kept; None for a bucket, which has its own copies."""
    parts = urlsplit(settings.media_url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def bucket_of(settings: Settings) -> str:
    """`s3://bucket/prefix`, and nothing of how it is reached; empty for a folder."""
    return "" if folder_of(settings) else settings.media_url.partition("?")[0]


def key_mark(settings: Settings) -> str:
    """Tells whether two SECRET_KEYs are the same, and nothing else about them."""
    return hashlib.sha256(derive_key(settings.secret_key.get_secret_value(), "backup")).hexdigest()[:16]


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    db = await open_database(url)
    try:
        yield db
    finally:
        await db.close()


async def must_be_sound(db: Database) -> None:
    """Raises `OperatorError` for a SQLite file whose pages do not fit together."""
    rows = await db.read(lambda tx: tx.all("pragma integrity_check(3)"))
    found = [str(row["integrity_check"]) for row in rows]
    if found != ["ok"]:
        raise OperatorError(f"The database is damaged: {'; '.join(found)[:300]}")


async def count_rows(tx: Transaction) -> dict[str, int]:
    rows = {}
    for table in TABLES:
        row = await tx.one(f"select count(*) as rows from {table}")
        rows[table] = 0 if row is None else int(row["rows"])
    return rows


async def _state(tx: Transaction) -> tuple[int, str, dict[str, int]]:
    """The newest migration, the epoch, and the rows."""
    newest = await tx.one("select max(number) as number from migrations")
    epoch = await tx.one("select value from epoch")
    if newest is None or epoch is None:
        raise OperatorError("The database has no tables yet: there is nothing to keep.")
    return int(newest["number"]), str(epoch["value"]), await count_rows(tx)


async def _dumped(tx: Transaction, url: str, target: Path) -> tuple[int, str, dict[str, int]]:
    """What `pg_dump` writes and what is counted is the same moment."""
    state = await _state(tx)
    snapshot = await tx.one("select pg_export_snapshot() as name")
    assert snapshot is not None
    await postgres_dump.dump(url, str(snapshot["name"]), target)
    return state


def _add_media(pack: Packing, folder: Path | None) -> None:
    """After the database: what that names was kept before, and what is kept since does no harm."""
    for name, path in media_of(folder) if folder else ():
        pack.add(name, path)
