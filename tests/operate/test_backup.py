"""A backup is of one moment, made while all goes on; put back it is the same again, of a new epoch, and no text leaves twice."""

import asyncio
import contextlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from server.desk.desk import Desk
from server.desk.dispatch import give_up_leases, lease
from server.desk.send import Draft, send
from server.desk.writer import Writer
from server.ids import new_id
from server.operate.archive import Manifest, OperatorError
from server.operate.backup import count_rows, make_backup
from server.operate.restore import Restored, restore_backup
from server.settings import Settings
from server.store.database import Database, Transaction, Unavailable
from server.store.engines import open_database
from server.store.files import open_files
from server.store.media import Upload, announce, make_ready
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.office import Office
from tests.fixtures.processes import ROOT, Partyline
from tests.fixtures.waiting import until
from tests.fixtures.wrong_clock import wrong_clock

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


async def storm(office: Office, stop: asyncio.Event) -> None:
    number = 20
    while not stop.is_set():
        await office.text(f"text {number}", sender=f"+1202556{number % 40:04}")
        number += 1


async def backed_up(office: Office, place: Place, path: Path) -> Manifest:
    """While texts come in; made without the test's loop, as another process makes it."""
    for number in range(20):
        await office.text(f"text {number}", sender=f"+1202556{number % 40:04}")
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(storm(office, stop))
        manifest = await asyncio.to_thread(lambda: asyncio.run(make_backup(place.settings, path)))
        stop.set()
    return manifest


async def test_a_backup_made_in_a_storm_comes_back_with_the_rows_of_its_manifest(
    office: Office, here: Place, elsewhere: Place, tmp_path: Path, engine: str
) -> None:
    name = "backup.tar.gz" if engine == "sqlite" else "backup.tar"
    await open_files(here.settings.media_url).write(PICTURE, b"picture", b"small")
    manifest = await backed_up(office, here, tmp_path / name)
    done = await restore_backup(elsewhere.settings, tmp_path / name, force=False)
    assert done == Restored(manifest, [], 2, None, key_fits=True)
    assert await elsewhere.rows() == manifest.rows
    assert 20 <= manifest.rows["messages"] < (await here.rows())["messages"]
    async with elsewhere.opened() as db:
        bodies = {str(row["body"]) for row in await db.read(lambda tx: tx.all("select body from messages"))}
    assert bodies == {f"text {number}" for number in range(manifest.rows["messages"])}
    assert await elsewhere.epoch() not in ("", manifest.epoch)
    stored = await open_files(elsewhere.settings.media_url).read(PICTURE)
    assert stored is not None
    assert b"".join([chunk async for chunk in stored.chunks]) == b"picture"
    if engine == "sqlite":
        with contextlib.closing(sqlite3.connect(elsewhere.settings.var / "partyline.db")) as database:
            assert database.execute("pragma integrity_check").fetchall() == [("ok",)]


async def test_what_was_to_leave_is_shown_as_unconfirmed_and_is_not_sent_again(
    office: Office, here: Place, elsewhere: Place, tmp_path: Path
) -> None:
    await office.text("Hi")
    ours = await send(office.desk, office.ana, await office.conversation(), Draft("On its way", "c1", 10_000))
    await make_backup(here.settings, tmp_path / "backup.tar")
    await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=False)
    async with elsewhere.opened() as db, asyncio.TaskGroup() as tasks:
        desk = Desk(db, Writer(db, office.published), office.desk.carriers, elsewhere.settings)
        tasks.create_task(desk.writer.run())
        assert await lease(desk) == []
        assert await give_up_leases(desk) == 1
        states = await db.read(lambda tx: tx.all("select id, state from messages where direction = 'outbound'"))
        assert [(row["id"], row["state"]) for row in states] == [(ours.id, "unconfirmed")]  # type: ignore[union-attr]
        assert await lease(desk) == []
        desk.writer.stop()
    assert [each.message for each in await lease(office.desk)] == [ours.id]  # type: ignore[union-attr]


@pytest.mark.parametrize("ahead", [-3600, 3600])
@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_whether_a_text_was_to_leave_is_told_by_the_clock_of_the_database_and_not_by_the_operator_s(
    office: Office, here: Place, elsewhere: Place, partyline: Partyline, ahead: int, tmp_path: Path
) -> None:
    """One was due half an hour ago, one will be in half an hour."""
    await office.text("Hi")
    conversation = await office.conversation()
    for words, minutes in (("due", -30), ("later", 30)):
        ours = await send(office.desk, office.ana, conversation, Draft(words, words, 10_000))
        at = time.time_ns() // 1_000 + minutes * 60_000_000
        sql = "update messages set state = 'scheduled', next_at = null, send_at = :at where id = :id"
        await office.desk.db.write(partial(ran, sql, at=at, id=ours.id))  # type: ignore[union-attr]
    await make_backup(here.settings, tmp_path / "backup.tar")
    with wrong_clock(partyline, ahead):
        running = partyline.begin("restore", str(tmp_path / "backup.tar"), DATABASE_URL=elsewhere.settings.database_url)
    await until(lambda: running.ended is not None)
    assert running.ended == 0, running.log()
    async with elsewhere.opened() as db:
        rows = await db.read(lambda tx: tx.all("select state from messages where direction = 'outbound' order by send_at"))
    assert [row["state"] for row in rows] == ["sending", "scheduled"]


async def ran(sql: str, tx: Transaction, **parameters: object) -> int:
    return await tx.run(sql, **parameters)


async def test_data_is_replaced_only_when_that_is_said(office: Office, here: Place, elsewhere: Place, tmp_path: Path) -> None:
    await office.text("Before")
    manifest = await make_backup(here.settings, tmp_path / "backup.tar")
    await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=False)
    async with elsewhere.opened() as db:
        await db.write(lambda tx: tx.run("delete from messages"))
    before = await elsewhere.epoch()
    with pytest.raises(OperatorError, match="--force"):
        await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=False)
    assert (await elsewhere.rows())["messages"] == 0
    assert await elsewhere.epoch() == before
    done = await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=True)
    assert await elsewhere.rows() == manifest.rows
    assert done.kept is None or done.kept.exists()


async def test_nothing_is_put_back_while_somebody_has_the_database_open(office: Office, here: Place, tmp_path: Path) -> None:
    await make_backup(here.settings, tmp_path / "backup.tar")
    await office.text("After")
    with pytest.raises(OperatorError, match="in use"):
        await restore_backup(here.settings, tmp_path / "backup.tar", force=True)
    assert (await here.rows())["messages"] == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def tell(path: Path) -> None:
    path.write_text("Once upon a time")


def change(**other: object) -> Callable[[Path], None]:
    """The same with another manifest."""

    def rewritten(path: Path) -> None:
        with tarfile.open(path) as tar:
            members = [(each, file.read()) for each in tar if (file := tar.extractfile(each))]
        with tarfile.open(path, "w") as tar:
            for each, data in members:
                changed = json.dumps(json.loads(data) | other).encode() if each.name == "manifest.json" else data
                each.size = len(changed)
                tar.addfile(each, io.BytesIO(changed))

    return rewritten


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (cut, "no backup"),
        (flip, "damaged"),
        (tell, "no backup"),
        (change(rows={}), "damaged"),
        (change(migration=9_999), "newer"),
        (change(format=2), "newer"),
        (change(engine="postgresql"), "damaged|names sqlite"),
    ],
    ids=["cut", "flip", "tell", "rows", "migration", "format", "engine"],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_damaged_backup_or_another_version_s_is_refused_and_nothing_is_touched(
    here: Place, elsewhere: Place, tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    await make_backup(here.settings, tmp_path / "backup.tar")
    spoil(tmp_path / "backup.tar")
    with pytest.raises(OperatorError, match=says):
        await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=False)
    assert list(elsewhere.settings.var.iterdir()) == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_damaged_database_is_not_kept_as_a_backup_and_one_can_be_put_in_its_place(
    here: Place, elsewhere: Place, tmp_path: Path
) -> None:
    await make_backup(here.settings, tmp_path / "backup.tar")
    database = elsewhere.settings.var / "partyline.db"
    database.write_bytes(b"not a database" * 1000)
    with pytest.raises(OperatorError, match="there already"):
        await make_backup(elsewhere.settings, tmp_path / "backup.tar")
    with pytest.raises((OperatorError, Unavailable)):
        await make_backup(elsewhere.settings, tmp_path / "second.tar")
    assert sorted(path.name for path in tmp_path.glob("*.tar*")) == ["backup.tar"]
    with pytest.raises(OperatorError, match="--force"):
        await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=False)
    done = await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=True)
    assert done.kept is not None
    assert done.kept.read_bytes().startswith(b"not a database")
    assert await elsewhere.epoch()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_another_secret_key_is_told_since_it_opens_nothing_that_is_sealed(here: Place, elsewhere: Place, tmp_path: Path) -> None:
    await make_backup(here.settings, tmp_path / "backup.tar")
    other = elsewhere.settings.model_copy(update={"secret_key": SecretStr("another key of thirty-two letters or more")})
    assert not (await restore_backup(other, tmp_path / "backup.tar", force=False)).key_fits


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_attachments_in_a_bucket_stay_there_and_those_that_are_gone_are_named(
    office: Office, here: Place, elsewhere: Place, tmp_path: Path, bucket_url: str
) -> None:
    pictures = sorted(new_id(number) for number in range(3))
    there = here.settings.model_copy(update={"media_url": bucket_url})
    for picture in pictures:
        await open_files(bucket_url).write(picture, b"picture", b"small")
        await office.desk.db.write(partial(announced, office, picture))
    manifest = await make_backup(there, tmp_path / "backup.tar")
    assert (manifest.media, manifest.bucket) == (False, bucket_url.partition("?")[0])
    assert [name for name in manifest.files if name.startswith("media/")] == []
    assert "endpoint" not in str(manifest)
    await open_files(bucket_url).remove(pictures[1])
    another = elsewhere.settings.model_copy(update={"media_url": bucket_url})
    assert (await restore_backup(another, tmp_path / "backup.tar", force=False)).missing == (pictures[1],)
    assert (await restore_backup(elsewhere.settings, tmp_path / "backup.tar", force=True)).missing == tuple(pictures)
    dead = another.model_copy(update={"media_url": bucket_url.rpartition("endpoint=")[0] + "endpoint=http://127.0.0.1:9"})
    files = sorted(elsewhere.settings.var.iterdir())
    with pytest.raises(OperatorError, match="MEDIA_URL"):
        await restore_backup(dead, tmp_path / "backup.tar", force=True)
    assert sorted(elsewhere.settings.var.iterdir()) == files


async def announced(office: Office, id: str, tx: Transaction) -> None:
    await announce(tx, Upload(id, office.account, office.ana.id, "image/png", 7, "a.png", 1, 1))
    await make_ready(tx, id)


def test_the_commands_replace_nothing_unasked_and_nothing_under_a_running_process(partyline: Partyline, tmp_path: Path) -> None:
    made = ("init", "--account", "Acme", "--email", "ada@example.com", "--password", "correct horse battery")
    assert partyline.call(*made).returncode == 0
    running = partyline.start("serve")
    file = str(tmp_path / "backup.tgz")
    answer = partyline.call("backup", file)
    assert (answer.returncode, answer.stdout) == (0, f"{file}: 1 accounts, 0 contacts, 0 conversations, 0 messages, 0 attachments\n")
    refused = partyline.call("restore", file, "--force")
    assert (refused.returncode, "in use" in refused.stderr) == (2, True)
    running.stop()
    done = partyline.call("restore", file, "--force")
    assert done.returncode == 0, done.stderr
    assert "What was there before is" in done.stdout
    assert Path(file).stat().st_mode & 0o77 == 0


def without_room(partyline: Partyline, blocks: int, *words: str) -> subprocess.CompletedProcess[str]:
    """A command none of whose files may grow beyond so many blocks of 512 bytes: as where the disk is full."""
    environment = {"PARTYLINE_VAR": str(partyline.var), "PATH": os.environ["PATH"]}
    limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", sys.executable, "-m", "server", *words]
    return subprocess.run(limited, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_disk_without_room_leaves_no_half_of_a_backup_and_what_was_there_where_one_is_put_back(
    partyline: Partyline, tmp_path: Path
) -> None:
    assert partyline.call("migrate").returncode == 0
    file, database = tmp_path / "backup.tar", partyline.var / "partyline.db"
    answer = without_room(partyline, 100, "backup", str(file))
    assert (answer.returncode, "Traceback" in answer.stderr) == (2, False), answer.stderr
    assert list(tmp_path.glob("backup*")) + list(tmp_path.glob(".partyline*")) == []
    assert partyline.call("backup", str(file)).returncode == 0
    before, files = database.read_bytes(), sorted(partyline.var.iterdir())
    answer = without_room(partyline, 100, "restore", str(file), "--force")
    assert (answer.returncode, "Traceback" in answer.stderr) == (2, False), answer.stderr
    assert (database.read_bytes(), sorted(partyline.var.iterdir())) == (before, files)
