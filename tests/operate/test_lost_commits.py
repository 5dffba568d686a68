"""Damage in the middle of SQLite's log takes acknowledged commits away: that is seen at the next start, told, and made up for."""

import asyncio
import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.desk.desk import Desk
from server.desk.dispatch import lease
from server.desk.send import Draft, send
from server.operate.backup import make_backup
from server.operate.look_database import look_database
from server.operate.restore import restore_backup
from server.schema import migrated_database
from server.settings import Settings
from server.store.commit_mark import ENDING, Mark, ahead
from server.store.database import Database, Transaction, Unavailable
from server.store.sqlite import SqliteDatabase
from server.store.sqlite_loss import find_loss, losses
from tests.faults.storm_of_kills import flip, frames, spoil, tear
from tests.fixtures.office import Office
from tests.fixtures.processes import Partyline

TEXTS = 12


@pytest.fixture
def engine() -> str:
    """PostgreSQL checks its log by itself, and does not start where it is damaged."""
    return "sqlite"


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    folder = tmp_path / "crashed"
    folder.mkdir()
    return folder / "partyline.db"


def path_of(db: Database) -> Path:
    assert isinstance(db, SqliteDatabase)
    return Path(db.path)


def image(database: Path, to: Path) -> None:
    """What a process that is killed now leaves."""
    for ending in ("", "-wal", ENDING):
        shutil.copyfile(f"{database}{ending}", f"{to}{ending}")


def in_the_middle_after_the_power_failed(database: Path) -> None:
    """The mark did not get to the disk."""
    spoil(database)
    Path(f"{database}{ENDING}").write_text("0000000001\n")


def in_the_last_commit(database: Path) -> None:
    flip(database, frames(database)[-2] + 100)


def in_its_head(database: Path) -> None:
    flip(database, 17)


def all_of_it(database: Path) -> None:
    Path(f"{database}-wal").unlink()


def wipe(database: Path, at: int, count: int) -> None:
    with database.open("r+b") as file:
        file.seek(at)
        file.write(bytes(count))


async def epoch(tx: Transaction) -> str:
    row = await tx.one("select value from epoch")
    assert row is not None
    return str(row["value"])


async def bodies(tx: Transaction) -> list[str]:
    return [str(row["body"]) for row in await tx.all("select body from messages order by created_at, id")]


@pytest.mark.parametrize("damage", [spoil, in_the_middle_after_the_power_failed, in_the_last_commit, in_its_head, all_of_it])
async def test_commits_that_damage_took_are_told_and_tabs_begin_anew_once(
    office: Office, db: Database, settings: Settings, crashed: Path, damage: Callable[[Path], None]
) -> None:
    for number in range(TEXTS):
        await office.text(f"text {number}")
    before = await db.read(epoch)
    image(path_of(db), crashed)
    damage(crashed)
    of_crashed = settings.model_copy(update={"database_url": f"sqlite:///{crashed}"})
    async with migrated_database(of_crashed.database_url) as (opened, _):
        left = await opened.read(bodies)
        anew = await opened.read(epoch)
    assert left == [f"text {number}" for number in range(len(left))]
    assert len(left) < TEXTS
    assert anew != before
    [(note, loss)] = losses(crashed)
    assert loss.settled
    assert loss.commits >= TEXTS - len(left)
    assert Path(f"{note}-wal").exists() is (damage is not all_of_it)
    told = [finding for finding in (await look_database(of_crashed)).findings if finding.check == "log"]
    assert [finding.state for finding in told] == ["warning"]
    assert str(note) in told[0].do
    async with migrated_database(of_crashed.database_url) as (opened, _):
        assert await opened.read(epoch) == anew, "it is made up for once"
    assert len(losses(crashed)) == 1


async def test_what_a_kill_or_a_failing_power_leaves_is_no_loss(office: Office, db: Database, crashed: Path) -> None:
    before = await db.read(epoch)
    for number in range(TEXTS):
        await office.text(f"text {number}")
        image(path_of(db), crashed)
        if number % 3 == 0:
            tear(crashed)
        if number % 3 == 1:
            Path(f"{crashed}{ENDING}").unlink()
        async with migrated_database(f"sqlite:///{crashed}") as (opened, _):
            assert len(await opened.read(bodies)) == number + 1
            assert await opened.read(epoch) == before
    assert losses(crashed) == []


async def test_a_text_that_was_queued_in_a_log_that_was_damaged_later_is_not_sent_twice(
    office: Office, db: Database, settings: Settings, crashed: Path
) -> None:
    """Whether it has left since is in the commits that are gone."""
    await office.text("Hi")
    ours = await send(office.desk, office.ana, await office.conversation(), Draft("Hello", "c1", 10_000))
    assert [each.message for each in await lease(office.desk)] == [ours.id]  # type: ignore[union-attr]
    image(path_of(db), crashed)
    in_the_last_commit(crashed)
    async with migrated_database(f"sqlite:///{crashed}") as (opened, _):
        desk = Desk(opened, office.desk.writer, office.desk.carriers, settings)
        rows = await opened.read(lambda tx: tx.all("select state, next_at, lease_until from messages where direction = 'outbound'"))
        assert [(row["state"], row["next_at"], row["lease_until"]) for row in rows] == [("sending", None, 1)]
        assert await lease(desk) == []


async def test_doctor_says_what_to_do_before_anything_goes_on_and_keeps_it_so(
    office: Office, db: Database, settings: Settings, crashed: Path
) -> None:
    """It is the first to open the file, and whoever closes it last takes the log in."""
    for number in range(TEXTS):
        await office.text(f"text {number}")
    before = await db.read(epoch)
    image(path_of(db), crashed)
    in_the_middle_after_the_power_failed(crashed)
    url = f"sqlite:///{crashed}"
    for _ in range(2):
        told = (await look_database(settings.model_copy(update={"database_url": url}))).findings
        assert [(finding.check, finding.state) for finding in told] == [("log", "failed")]
    async with migrated_database(url) as (opened, _):
        assert await opened.read(epoch) != before


async def test_a_file_whose_pages_do_not_fit_together_any_more_is_not_gone_on_with(office: Office, db: Database, crashed: Path) -> None:
    for number in range(TEXTS):
        await office.text(f"text {number}")
    image(path_of(db), crashed)
    in_the_last_commit(crashed)
    wipe(crashed, crashed.stat().st_size // 2, 64 * 1024)
    with pytest.raises(Unavailable):
        async with migrated_database(f"sqlite:///{crashed}"):
            pass


async def test_a_file_is_looked_through_however_large_it_is(office: Office, db: Database, crashed: Path) -> None:
    await office.text("Hi")
    image(path_of(db), crashed)
    with contextlib.closing(sqlite3.connect(crashed, isolation_level=None)) as connection:
        connection.execute("pragma journal_mode=delete")
        connection.execute("pragma user_version=1")
        [root] = connection.execute("select rootpage from sqlite_schema where name = 'conversations_by_activity'").fetchone()
        connection.execute("pragma synchronous=off")
        connection.execute("create table ballast as select zeroblob(:bytes) as zeros", {"bytes": 260 * 1024**2})
    wipe(crashed, (root - 1) * 4096, 4096)
    try:
        with pytest.raises(Unavailable, match="damaged, not only its log"):
            async with migrated_database(f"sqlite:///{crashed}"):
                pass
    finally:
        crashed.unlink()


async def test_processes_that_start_together_over_a_damaged_log_make_up_for_it_once(office: Office, db: Database, crashed: Path) -> None:
    """A second new epoch would send every tab away again, and put in doubt what the first process has queued since."""
    for number in range(TEXTS):
        await office.text(f"text {number}")
    image(path_of(db), crashed)
    spoil(crashed)

    async def start() -> str:
        async with migrated_database(f"sqlite:///{crashed}") as (opened, _):
            return await opened.read(epoch)

    seen = await asyncio.gather(*(start() for _ in range(4)))
    assert len(set(seen)) == 1
    assert seen[0] != await db.read(epoch)
    assert len(losses(crashed)) == 1


async def test_a_backup_put_in_the_place_of_a_damaged_file_has_lost_nothing_and_the_log_is_kept(
    office: Office, db: Database, settings: Settings, tmp_path: Path
) -> None:
    """Also where nobody has started since the damage: `restore` is the first to open the file then."""
    backup, database = tmp_path / "backup.tar", tmp_path / "here" / "partyline.db"
    database.parent.mkdir()
    await make_backup(settings.model_copy(update={"database_url": f"sqlite:///{path_of(db)}"}), backup)
    for number in range(TEXTS):
        await office.text(f"text {number}")
    image(path_of(db), database)
    spoil(database)
    here = settings.model_copy(update={"database_url": f"sqlite:///{database}"})
    kept = (await restore_backup(here, backup, force=True)).kept
    assert kept is not None
    assert [path.name for path in database.parent.glob("*.lost-*-wal")] == [
        path.name for path in database.parent.glob(f"{kept.name}.lost-*-wal")
    ]
    assert len(losses(kept)) == 1
    async with migrated_database(here.database_url) as (opened, _):
        before = await opened.read(epoch)
    assert losses(database) == []
    async with migrated_database(here.database_url) as (opened, _):
        assert (await opened.read(epoch), await opened.read(bodies)) == (before, [])


async def test_a_log_that_is_left_without_its_file_is_no_part_of_what_is_put_back(
    office: Office, db: Database, settings: Settings, tmp_path: Path
) -> None:
    backup, database = tmp_path / "backup.tar", tmp_path / "here" / "partyline.db"
    database.parent.mkdir()
    await make_backup(settings.model_copy(update={"database_url": f"sqlite:///{path_of(db)}"}), backup)
    await office.text("Afterwards")
    image(path_of(db), database)
    database.unlink()
    here = settings.model_copy(update={"database_url": f"sqlite:///{database}"})
    await restore_backup(here, backup, force=False)
    async with migrated_database(here.database_url) as (opened, _):
        assert await opened.read(bodies) == []


async def test_a_backup_made_before_anything_starts_keeps_the_damaged_log(
    office: Office, db: Database, settings: Settings, crashed: Path
) -> None:
    """It opens the file and closes it again, and whoever does that last takes the log in."""
    for number in range(TEXTS):
        await office.text(f"text {number}")
    image(path_of(db), crashed)
    in_the_middle_after_the_power_failed(crashed)
    await make_backup(settings.model_copy(update={"database_url": f"sqlite:///{crashed}"}), crashed.with_name("backup.tar"))
    [(note, loss)] = losses(crashed)
    assert Path(f"{note}-wal").exists()
    assert not loss.settled


async def test_a_backup_put_in_the_place_of_newer_data_is_no_loss(db: Database, settings: Settings, tmp_path: Path) -> None:
    here = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'here' / 'partyline.db'}"})
    await make_backup(settings.model_copy(update={"database_url": f"sqlite:///{path_of(db)}"}), tmp_path / "backup.tar")
    await restore_backup(here, tmp_path / "backup.tar", force=False)
    async with migrated_database(here.database_url) as (opened, _):
        for _ in range(3):
            await opened.write(lambda tx: tx.run("update accounts set name = 'Other'"))
    await restore_backup(here, tmp_path / "backup.tar", force=True)
    async with migrated_database(here.database_url):
        pass
    assert losses(tmp_path / "here" / "partyline.db") == []


def test_an_older_file_in_the_place_of_a_newer_is_told_by_the_process_that_starts(partyline: Partyline, tmp_path: Path) -> None:
    made = ("init", "--account", "Acme", "--email", "ada@example.com", "--password", "correct horse battery")
    assert partyline.call("migrate").returncode == 0
    database = partyline.var / "partyline.db"
    shutil.copyfile(database, tmp_path / "older.db")
    assert partyline.call(*made).returncode == 0
    shutil.copyfile(tmp_path / "older.db", database)
    running = partyline.start("timer")
    assert running.event("database.commits_lost")["level"] == "error"
    answer = partyline.call("doctor", "--json")
    assert [each["state"] for each in json.loads(answer.stdout) if each["check"] == "log"] == ["warning"]


def test_the_mark_never_goes_back_and_begins_anew_after_its_largest_number(tmp_path: Path) -> None:
    mark, other = Mark(tmp_path / "x.db"), Mark(tmp_path / "x.db")
    assert mark.read() is None
    for number, shown in ((7, 7), (5, 7), (8, 8)):
        mark.put(number)
        assert other.read() == shown
    other.put(6)
    assert mark.read() == 8
    assert (ahead(8, 6), ahead(6, 8), ahead(0, 2**31 - 1), ahead(2**31 - 1, 0)) == (2, 0, 1, 0)
    mark.close()
    other.close()


async def test_looking_for_a_loss_lets_go_of_no_lock_of_the_connections_that_are_open(db: Database) -> None:
    """Without them the next process takes itself for the first, and cuts off the index of the log that this one works with."""
    await db.read(epoch)
    assert await find_loss(db) is None
    alone = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)"
    asked = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", alone, f"{path_of(db)}-shm"], capture_output=True, text=True, check=False
    )
    assert "BlockingIOError" in asked.stderr
