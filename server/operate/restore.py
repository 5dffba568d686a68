"""`partyline restore`: a backup is put in the place of what is there, and every tab begins anew."""

import asyncio
import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.operate import postgres_dump, sqlite_file
from server.operate.archive import Manifest, OperatorError, unpack, unpack_media
from server.operate.backup import count_rows, folder_of, is_sqlite, key_mark, must_be_sound, opened
from server.settings import Settings
from server.store.commit_mark import ENDING
from server.store.database import Transaction, Unavailable
from server.store.files import open_files
from server.store.gone_back import statements
from server.store.media import all_ready
from server.store.migrate import hold, known, migrate

LEAVING_LOOKS, LEAVING_SECONDS = 20, 0.1
"""PostgreSQL shows a connection for a moment after it was closed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`kept` is where the database is that was there; `key_fits`: what is sealed in it can be read with this SECRET_KEY. `missing` are the
    attachments that texts have and that are not where attachments are kept."""

    manifest: Manifest
    migrations: list[str]
    attachments: int
    kept: Path | None
    key_fits: bool
    missing: tuple[str, ...] = ()


async def restore_backup(settings: Settings, path: Path, *, force: bool) -> Restored:
    """Raises `OperatorError` and `Unavailable`; then what was there is as it was, but that attachments may have been added."""
    target = sqlite_file.path_of(settings.database_url) if is_sqlite(settings) else settings.var / "database"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _room(target.parent) as folder:
        staged = folder / "database"
        manifest = unpack(path, staged)
        _must_fit(settings, manifest)
        media = folder_of(settings)
        if media is None and any(name.startswith("media/") for name in manifest.files):
            raise OperatorError(
                "The backup has attachments, and PARTYLINE_MEDIA_URL names a bucket. Restore with a folder as MEDIA_URL, and copy that "
                "folder to the bucket: the names are the same."
            )
        await _attachments(settings)  # a bucket that does not answer is told before anything is done
        if is_sqlite(settings):
            applied = await _prepared(staged, manifest)
            if target.exists():
                await sqlite_file.keep_log(target)
            _refuse_data(_has_rows(target), force, target)
            with contextlib.ExitStack() as ends:
                if target.exists():
                    ends.enter_context(sqlite_file.alone(target))
                attachments = unpack_media(path, media) if media and manifest.media else 0
                kept = target.with_name(f"{target.name}.replaced-{int(time.time())}") if target.exists() else None
                sqlite_file.exchange(target, staged, kept or target.with_name(f"{target.name}.replaced"))
        else:
            kept = None
            attachments = await _load(settings, path, manifest, staged, media, force=force)
            async with opened(settings.database_url) as db:
                applied = await migrate(db)
    async with opened(settings.database_url) as db:
        wanted = await db.read(all_ready)
    there = await _attachments(settings)
    missing = tuple(id for id in wanted if id not in there)
    return Restored(manifest, applied, attachments, kept, key_mark(settings) == manifest.key, missing)


async def _attachments(settings: Settings) -> set[str]:
    try:
        return await open_files(settings.media_url).ids()
    except Unavailable as error:
        raise OperatorError(f"{error} Look at PARTYLINE_MEDIA_URL.") from error


def _must_fit(settings: Settings, manifest: Manifest) -> None:
    engine = "sqlite" if is_sqlite(settings) else "postgresql"
    if manifest.engine != engine:
        raise OperatorError(f"The backup is of {manifest.engine}, and PARTYLINE_DATABASE_URL names {engine}.")
    newest = max(migration.number for migration in known(engine))
    if manifest.migration > newest:
        raise OperatorError(f"The backup is of a newer Partyline, {manifest.partyline}: install that one. This one is older than its data.")


def _refuse_data(there: bool, force: bool, where: object) -> None:
    if there and not force:
        raise OperatorError(f"{where} has data. With --force the backup takes its place.")


async def _prepared(staged: Path, manifest: Manifest) -> list[str]:
    """The file looked through, of a new epoch, and brought up to date, before anything that is there is touched; the migrations applied."""

    async def anew(tx: Transaction) -> None:
        for statement in statements(tx.now):
            await tx.run(statement)

    try:
        async with opened(f"sqlite:///{staged}") as db:
            await must_be_sound(db)
            if await db.read(count_rows) != manifest.rows:
                raise OperatorError("The backup is damaged: it has other rows than its manifest says.")
            await db.write(anew)
            applied = await migrate(db)
    except Unavailable as error:
        raise OperatorError(f"The backup cannot be put back, and nothing was changed: {error}") from error
    finally:
        for ending in ("-turns", "-turns-next", ENDING):
            Path(f"{staged}{ending}").unlink(missing_ok=True)
    staged.chmod(0o600)
    with staged.open("rb") as file:
        await asyncio.to_thread(os.fsync, file.fileno())
    return applied


async def _others(tx: Transaction) -> int:
    """Who else is connected, once those who are just leaving are gone."""
    for _ in range(LEAVING_LOOKS):
        await tx.one("select pg_stat_clear_snapshot()")
        row = await tx.one(
            """select count(*) as others from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
               and pid <> pg_backend_pid()"""
        )
        others = int(row["others"]) if row else 0
        if not others:
            break
        await asyncio.sleep(LEAVING_SECONDS)
    return others


async def _load(settings: Settings, path: Path, manifest: Manifest, staged: Path, media: Path | None, *, force: bool) -> int:
    """One transaction takes away what is there, loads the dump, and makes its epoch a new one. How many attachments were added.

    Meanwhile the lock under which processes migrate is held: none of them gets further than that.
    """
    before, after = staged.with_name("before.sql"), staged.with_name("after.sql")
    before.write_text(postgres_dump.EMPTY)

    async def there(tx: Transaction) -> bool:
        table = await tx.one("select to_regclass('public.accounts')::text as name")
        return table is not None and table["name"] is not None and await tx.one("select 1 as one from accounts limit 1") is not None

    async def exchange(tx: Transaction) -> int:
        await hold(tx, "postgresql")
        if others := await _others(tx):
            raise OperatorError(f"The database is in use: it has {others} other connections. Stop every process of Partyline first.")
        after.write_text(";\n".join(statements(db.now(), "public.")) + ";\n")  # nobody sends any more
        put = unpack_media(path, media) if media and manifest.media else 0
        await postgres_dump.load(settings.database_url, [before, staged, after])
        return put

    async with opened(settings.database_url) as db:
        _refuse_data(await db.read(there), force, "The database")
        return await db.write(exchange)


def _has_rows(database: Path) -> bool:
    """Whether there is an account in it, or what nobody can read any more."""
    if not database.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            if connection.execute("select 1 from sqlite_schema where name = 'accounts'").fetchone() is None:
                return False
            return connection.execute("select 1 from accounts limit 1").fetchone() is not None
    except sqlite3.DatabaseError:
        return True


@contextlib.contextmanager
def _room(parent: Path) -> Iterator[Path]:
    """A folder beside the database, on its disk, so that a file goes from one to the other in one step."""
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise OperatorError(f"The backup cannot be put back: {error.strerror or error}.") from error
