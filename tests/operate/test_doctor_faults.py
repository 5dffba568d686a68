"""One thing is really wrong, and its line of `partyline doctor`, and no other, is not ok (more is in tests/operate/test_doctor.py)."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from server.operate.doctor import examine
from server.operate.finding import Finding
from server.operate.look_database import WAL_BYTES, look_database
from server.operate.look_machine import FILES
from server.operate.sqlite_file import path_of
from server.settings import PREFIX, Settings
from tests.fixtures.office import Office
from tests.fixtures.processes import ROOT, START_SECONDS, Partyline, Running
from tests.fixtures.queued import queue_one
from tests.fixtures.waiting import wait_until
from tests.fixtures.wrong_clock import wrong_clock

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
NO_DATABASE = {"database": "failed"}
OUTSIDE = {"host": "0.0.0.0"}
SECURE = {"base_url": "https://sms.example.com"}


def wrong(found: list[Finding]) -> dict[str, str]:
    """Of each check that is not well. Each of them says what to do."""
    assert [each.check for each in found if each.state != "ok" and not each.do] == []
    return {each.check: each.state for each in found if each.state != "ok"}


def said(output: str) -> dict[str, str]:
    """Of each check, as a program reads it."""
    return {each["check"]: each["state"] for each in json.loads(output)}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, {}),
        (OUTSIDE, {"settings": "warning"}),
        (OUTSIDE | SECURE, {"settings": "warning"}),
        (OUTSIDE | SECURE | {"trusted_proxies": ("10.0.0.7",)}, {}),
        ({"media_url": f"file://{__file__}"}, {"attachments": "failed"}),
        ({"media_url": "file:///proc/partyline"}, {"disk": "failed", "attachments": "failed"}),
    ],
)
async def test_a_wrong_setting_and_a_place_that_takes_nothing_are_told(
    settings: Settings, changed: dict[str, object], expected: dict[str, str]
) -> None:
    """A file is no folder, and the kernel's own file system has no room."""
    assert wrong(await examine(settings.model_copy(update=changed))) == NO_DATABASE | expected


async def test_a_setting_that_there_is_none_of_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}PROT", "8000")
    found = await examine(settings)
    assert wrong(found) == NO_DATABASE | {"settings": "warning"}
    assert any(f"{PREFIX}PROT" in each.says for each in found)


def test_too_few_open_files_and_missing_time_zones_are_told(partyline: Partyline, tmp_path: Path) -> None:
    """In a shell that allows a file less than it should, and an installation without tzdata on a machine without it."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.startswith("tzdata"):
            (packages / each.name).symlink_to(each)
    partyline.var.mkdir(mode=0o700)
    environment = os.environ | {PREFIX + name: value for name, value in partyline.settings.items()}
    environment |= {"PYTHONPATH": str(packages), "PYTHONTZPATH": ""}
    words = ["sh", "-c", f'ulimit -n {FILES - 1} && exec "$0" -S -m server doctor --json', sys.executable]
    answer = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    told = said(answer.stdout)
    assert (told["open files"], told["time zones"]) == ("warning", "failed"), answer.stderr


@ON_SQLITE
@pytest.mark.parametrize("sql", ["update users set role = 'agent'", "update users set disabled_at = 1 where role = 'manager'"])
async def test_an_account_that_nobody_manages_is_told(office: Office, database_url: str, sql: str) -> None:
    settings = office.desk.settings.model_copy(update={"database_url": database_url})
    assert wrong((await look_database(settings)).findings) == {}
    await office.desk.db.write(lambda tx: tx.run(sql))
    assert wrong((await look_database(settings)).findings) == {"people": "warning"}


@ON_SQLITE
@pytest.mark.parametrize(("queue", "most"), [("outbox", 60), ("scheduled", 60), ("webhooks", 600), ("attachments", 600)])
@pytest.mark.parametrize(("more", "state"), [(-30, None), (1, "failed")])
async def test_a_queue_whose_first_has_waited_for_too_long_is_told(
    office: Office, database_url: str, queue: str, most: int, more: int, state: str | None
) -> None:
    await queue_one(office, queue, seconds=most + more)
    found = (await look_database(office.desk.settings.model_copy(update={"database_url": database_url}))).findings
    assert wrong(found) == ({} if state is None else {f"queue {queue}": state})


@ON_SQLITE
async def test_a_log_that_grew_too_long_is_told(office: Office, database_url: str) -> None:
    """What SQLite does not find valid in it takes up no room."""
    settings = office.desk.settings.model_copy(update={"database_url": database_url})
    await office.text("Hi")
    log = Path(f"{path_of(database_url)}-wal")
    for size, expected in ((WAL_BYTES, {}), (WAL_BYTES + 1, {"WAL": "warning"})):
        os.truncate(log, size)
        assert wrong((await look_database(settings)).findings) == expected


@ON_POSTGRESQL
async def test_a_server_that_does_not_wait_for_its_disk_is_told(office: Office, database_url: str) -> None:
    """The one of the tests."""
    [told] = (await look_database(office.desk.settings.model_copy(update={"database_url": database_url}))).findings[:1]
    assert (told.check, told.state) == ("database", "warning")
    assert told.says.endswith("fsync, synchronous_commit, full_page_writes is off")


@ON_POSTGRESQL
def test_a_clock_that_is_apart_from_the_database_s_is_told(partyline: Partyline, database_url: str) -> None:
    partyline.var.mkdir(mode=0o700)
    partyline.settings["DATABASE_URL"] = database_url
    told = []
    for seconds in (0, -10, 40):
        with wrong_clock(partyline, seconds):
            told.append(clock_of(partyline.begin("doctor", "--json")))
    assert told == ["ok", "warning", "failed"]


def clock_of(look: Running) -> str:
    wait_until(lambda: look.ended is not None, within=START_SECONDS)
    return said(look.output())["clock"]
