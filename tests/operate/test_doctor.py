"""`partyline doctor` finds what an operator can put right, and says what to do; where all is well every line is ok."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.operate import doctor, look_outside
from server.operate import look_redis as redis_looks
from server.operate.backup import LAST
from server.operate.doctor import examine
from server.operate.finding import Finding
from server.operate.look_database import look_database
from server.operate.look_machine import look_backup, look_machine
from server.operate.look_redis import look_redis
from server.settings import Settings
from server.store.database import Database
from server.store.vault import Vault
from tests.fixtures.office import Office
from tests.fixtures.processes import Partyline
from tests.fixtures.redis_server import RedisServer

MANAGER = ("init", "--account", "Acme", "--email", "ada@example.com", "--password", "correct horse battery")
DAY_US = 86_400_000_000


def states(found: list[Finding], *but: str) -> dict[str, str]:
    """Of each check that is not well, and of those named."""
    return {each.check: each.state for each in found if each.state != "ok" or each.check in but}


def the(found: list[Finding], check: str) -> Finding:
    return next(each for each in found if each.check == check)


def test_a_running_installation_is_well_in_every_line_down_to_a_websocket(partyline: Partyline, own_redis: RedisServer) -> None:
    partyline.settings["REDIS_URL"] = own_redis.url
    assert partyline.call(*MANAGER).returncode == 0
    running = partyline.start("serve")
    answer = partyline.call("doctor", "--json", PORT=str(running.port))
    found = json.loads(answer.stdout)
    assert [each for each in found if each["state"] != "ok"] == []
    assert {"database", "schema", "redis", "public address", "websocket", "backup"} <= {each["check"] for each in found}
    assert answer.returncode == 0
    own_redis.kill()
    answer = partyline.call("doctor", PORT=str(running.port))
    assert answer.returncode == 2
    lost = [line for line in answer.stdout.splitlines() if not line.startswith("ok")]
    assert len(lost) == 2
    assert lost[0].startswith("failed   redis ")
    assert "Start it" in lost[1]


def test_nothing_is_made_where_nothing_is_set_up(partyline: Partyline) -> None:
    answer = partyline.call("doctor")
    assert (answer.returncode, "partyline init" in answer.stderr) == (2, True)
    assert not partyline.var.exists()


async def test_what_is_wrong_with_the_data_is_told(office: Office, db: Database, database_url: str) -> None:
    settings = office.desk.settings.model_copy(update={"database_url": database_url})

    async def after(sql: str, **parameters: object) -> dict[str, str]:
        await db.write(lambda tx: tx.run(sql, **parameters))
        return states((await look_database(settings)).findings)

    fine = states((await look_database(settings)).findings)
    assert fine.keys() <= {"database"}  # PostgreSQL of the tests does not wait for the disk, and that is told
    ago = time.time_ns() // 1_000 - 3600 * 1_000_000
    await office.text("Hi")
    assert (await after("update conversations set clock_start = :ago, waiting_since = :ago, public_since = null", ago=ago))[
        "timer"
    ] == "failed"
    sql = "update messages set next_at = :ago, direction = 'outbound', state = 'queued'"
    assert (await after(sql, ago=ago))["queue outbox"] == "failed"
    sealed = Vault("another key of thirty-two letters or more").seal(b"{}", office.connection.id)
    assert (await after("update carriers set credentials = :sealed", sealed=sealed))["carriers"] == "failed"
    assert (await after("delete from migrations where number = 1"))["schema"] == "warning"
    assert (await after("insert into migrations (number, name, checksum, at) values (9999, 'x', 'x', 0)"))["schema"] == "failed"
    assert (await after("drop table migrations"))["schema"] == "failed"


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_database_that_takes_no_writes_is_told_and_everything_else_is_looked_at(
    partyline: Partyline, office: Office, db: Database, database_url: str
) -> None:
    """What is the matter is asked for just then."""
    running = partyline.start("serve")
    read_only = "begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end"
    await db.write(lambda tx: tx.run(f"do $$ {read_only} $$"))
    settings = office.desk.settings.model_copy(update={"database_url": database_url, "base_url": running.address})
    found = await examine(settings)
    assert the(found, "database").says.endswith("it can only be read")
    assert the(found, "websocket").says.startswith("not tried, since nothing can be written")
    assert {each.check for each in found} >= {"schema", "attachments", "redis", "public address"}


async def test_a_database_that_is_not_there_is_told_and_not_made(settings: Settings) -> None:
    found = await examine(settings.model_copy(update={"redis_url": ""}))
    assert states(found) == {"database": "failed"}
    assert not (settings.var / "partyline.db").exists()


@pytest.mark.alone
async def test_what_is_away_is_waited_for_side_by_side_and_told_in_the_usual_order(
    settings: Settings, database_url: str, own_redis: RedisServer
) -> None:
    """A Redis that stands still, and a public address where nobody says anything."""
    own_redis.freeze()
    async with silent() as port:
        away = {"database_url": database_url, "redis_url": own_redis.url, "base_url": f"http://127.0.0.1:{port}"}
        began = time.monotonic()
        found = await examine(settings.model_copy(update=away))
    assert time.monotonic() - began < redis_looks.PATIENCE_SECONDS + look_outside.PATIENCE_SECONDS - 1
    order = [each.check for each in found if each.check in ("versions", "database", "attachments", "backup", "redis", "public address")]
    assert order == ["versions", "database", "attachments", "backup", "redis", "public address"]
    assert states(found).items() >= {"redis": "failed", "public address": "failed"}.items()


async def test_a_database_that_says_nothing_is_told_and_everything_else_is_looked_at(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "DATABASE_SECONDS", 0.5)
    async with silent() as port:
        found = await examine(settings.model_copy(update={"database_url": f"postgresql://partyline@127.0.0.1:{port}/partyline"}))
    assert states(found) == {"database": "failed"}
    assert the(found, "database").says == "no answer within 0.5 s"
    assert {each.check for each in found} >= {"versions", "attachments", "redis"}


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """The port of something that takes connections and says nothing."""
    ended = asyncio.Event()

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        ended.set()
        server.close()
        await server.wait_closed()


async def test_secrets_that_others_may_read_and_a_missing_backup_are_told(settings: Settings) -> None:
    os.chmod(settings.var / "secret_key", 0o644)
    told = the(look_machine(settings), "secrets")
    assert (told.state, "secret_key" in told.do) == ("failed", True)
    assert look_backup(settings, 0, DAY_US // 2).state == "ok"
    assert look_backup(settings, 0, 2 * DAY_US).state == "warning"
    (settings.var / LAST).write_text("2026-11-01T00:00:00Z")
    made = 1_793_491_200_000_000
    assert look_backup(settings, 0, made + 6 * DAY_US).state == "ok"
    assert look_backup(settings, 0, made + 8 * DAY_US).state == "warning"


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("PARTYLINE_SECRET_KEY=thirty-two letters or more, and these", "failed"),
        ("export partyline_secret_key='thirty-two letters or more, and these'", "failed"),
        ("PARTYLINE_DATABASE_URL=postgresql://partyline:hunter2@db.example.com/partyline", "failed"),
        ("PARTYLINE_DATABASE_URL=postgresql://partyline@/partyline?host=/run/postgresql&password=hunter2", "failed"),
        ("PARTYLINE_REDIS_URL=rediss://:hunter2@redis.example.com/0", "failed"),
        ("PARTYLINE_REDIS_URL=rediss+sentinel://one:26379,two:26379/main?sentinel_password=hunter2", "failed"),
        ("PARTYLINE_SECRET_KEY=", "ok"),
        ("PARTYLINE_DATABASE_URL=postgresql://partyline@db.example.com:5432/partyline?host=/run/postgresql", "ok"),
        ("PARTYLINE_REDIS_URL=redis+cluster://one:6379,two:6379", "ok"),
    ],
)
async def test_a_file_of_settings_that_others_may_read_is_told_where_it_has_a_secret_or_a_password(
    settings: Settings, line: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = tmp_path / ".env"
    environment.write_text(f"PARTYLINE_PORT=8000\n{line}\n")
    environment.chmod(0o640)
    told = the(look_machine(settings), "secrets")
    assert (told.state, str(environment) in told.do, "hunter2" in str(told)) == (state, state == "failed", False)
    environment.chmod(0o600)
    assert the(look_machine(settings), "secrets").state == "ok"


async def test_a_small_output_buffer_of_redis_is_told(settings: Settings, own_redis: RedisServer) -> None:
    own = settings.model_copy(update={"redis_url": own_redis.url})
    assert states(await look_redis(own)) == {}
    own_redis.ask('CONFIG SET client-output-buffer-limit "pubsub 64kb 32kb 1"')
    assert states(await look_redis(own)) == {"redis": "warning"}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_public_address_that_leads_to_another_installation_is_told(partyline: Partyline, office: Office, database_url: str) -> None:
    """It answers, and knows nobody of ours."""
    running = partyline.start("serve")
    settings = office.desk.settings.model_copy(update={"database_url": database_url, "base_url": running.address})
    found = await examine(settings)
    assert states(found, "public address", "websocket") | {"database": ""} == {
        "database": "",
        "public address": "ok",
        "websocket": "failed",
        "webhooks": "failed",
    }
    assert await office.all("select id from sessions") == []
