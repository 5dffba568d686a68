"""A backup is of one moment, made while all goes on; put back it is the same again, of a new epoch, and no text leaves twice."""

import asyncio
import contextlib
import json
import sqlite3
import tarfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from server.desk.dispatch import give_up_leases, lease
from server.operate.archive import Manifest, OperatorError
from server.operate.backup import count_rows, make_backup
from server.operate.restore import Restored, restore_backup
from server.settings import Settings
from server.store.database import Database, Transaction
from server.store.engines import open_database
from server.store.files import open_files
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.happenings import reply
from tests.fixtures.office import Office
from tests.fixtures.processes import Partyline

PICTURE = "01hf7yat000000000000000000"


@dataclass
class Place:
    """Where an installation keeps its things."""

    settings: Settings

    async def rows(self) -> dict[str, int]:
        async with self.opened() as db:
            return await db.read(count_rows)

    async def epoch(self) -> str:
        async with self.opened() as db:
            return str((await db.read(_epoch))["value"])

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        db = await open_database(self.settings.database_url)
        try:
            yield db
        finally:
            await db.close()


async def _epoch(tx: Transaction) -> dict[str, str]:
    row = await tx.one("select value from epoch")
    assert row is not None
    return {"value": row["value"]}


@pytest.fixture
def here(settings: Settings, database_url: str) -> Place:
    return Place(settings.model_copy(update={"database_url": database_url}))


@pytest.fixture
def elsewhere(here: Place, engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Another machine, where nothing is yet, with the same SECRET_KEY."""
    var = tmp_path / "elsewhere"
    var.mkdir()
    update = {"var": var, "media_url": f"file://{var / 'media'}"}
    if engine == "sqlite":
        yield Place(here.settings.model_copy(update=update | {"database_url": f"sqlite:///{var / 'partyline.db'}"}))
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = cluster.create()
    yield Place(here.settings.model_copy(update=update | {"database_url": cluster.url(name)}))
    cluster.drop(name)


async def storm(office: Office, texts: list[str], stop: asyncio.Event) -> None:
    while not stop.is_set():
        texts.append(f"text {len(texts)}")
        await office.text(texts[-1], sender=f"+1202556{len(texts) % 40:04}")


async def backed_up(office: Office, place: Place, path: Path) -> Manifest:
    """While texts come in."""
    stop, texts = asyncio.Event(), list[str]()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(storm(office, texts, stop))
        while len(texts) < 50:
            await asyncio.sleep(0)
        # Its copy is made without the loop: as another process makes it.
        manifest = await asyncio.to_thread(lambda: asyncio.run(make_backup(place.settings, path)))
        stop.set()
    return manifest


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
async def test_a_backup_made_in_a_storm_comes_back_with_the_rows_of_its_manifest(
    office: Office, here: Place, elsewhere: Place, tmp_path: Path, name: str
) -> None:
    await open_files(here.settings.media_url).write(PICTURE, b"picture", b"small")
    manifest = await backed_up(office, here, tmp_path / name)
    assert manifest.rows["messages"] >= 50
    done = await restore_backup(elsewhere.settings, tmp_path / name, force=False)
    assert done == Restored(manifest, [], 2, None, key_fits=True)
    assert await elsewhere.rows() == manifest.rows
    assert await elsewhere.epoch() not in ("", manifest.epoch)
    stored = await open_files(elsewhere.settings.media_url).read(PICTURE)
    assert stored is not None
    assert b"".join([chunk async for chunk in stored.chunks]) == b"picture"
    if here.settings.database_url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(elsewhere.settings.var / "partyline.db")) as database:
            assert database.execute("pragma integrity_check").fetchall() == [("ok",)]


async def test_what_was_to_leave_is_shown_as_unconfirmed_and_is_not_sent_again(
    office: Office, here: Place, elsewhere: Place, tmp_path: Path
) -> None:
    await office.text("Hi")
    await reply(office, office.ana, "On its way")
    await make_backup(here.settings, tmp_path / "backup.tar")
    await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=False)
    async with elsewhere.opened() as db:
        desk = replace(office.desk, db=db) if False else office.desk
        assert desk
        rows = await db.read(lambda tx: tx.all("select state, next_at, lease_until from messages where direction = 'outbound'"))
        assert [(row["state"], row["next_at"], row["lease_until"]) for row in rows] == [("sending", None, 1)]
    assert give_up_leases
    assert lease
