"""From the first schema to the newest with a row in every table: nothing is lost, whoever else migrates, and texts go on."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.carriers.carrier import Connection, Credentials, InboundText
from server.carriers.registry import carriers
from server.desk.desk import Desk
from server.desk.inbox import conversation_list
from server.desk.receive import receive_texts
from server.desk.writer import Writer
from server.domain.user import Role, User
from server.schema import migrated_database
from server.settings import Settings
from server.store import migrate as migrations
from server.store.database import Database, Transaction
from server.store.engines import open_database
from server.store.sqlite_copy import keep_before

AT = 1_700_000_000_000_000
PHONE, OURS = "+12025550143", "+12025550100"
FIRST = {
    "accounts": "'acc', 'Acme', 20, 'Reply STOP.', 'did', 1, :at",
    "users": "'ana', 'acc', 'ana@example.com', 'Ana', 'manager', 'hash', :at, null",
    "sessions": "'digest', 'ses', 'ana', :at, :at",
    "tokens": "'digest', 'tok', 'acc', 'ana', 'dialer', :at",
    "failed_logins": "'name x', 3, :at, :at",
    "carriers": "'car', 'acc', 'sandbox', 'Sandbox', '', '{}', :at",
    "dids": "'did', 'acc', :ours, 'car', 'ana', '[\"sms\"]', 'Support', :at",
    "contacts": "'con', 'acc', 'Maria', :at, null, '[]', '{}', :at, :at",
    "contact_phones": "'acc', :phone, 'con', 'mobile', 0",
    "conversations": "'tal', 'acc', 'con', :phone, 1, 'ana', 'did', 1, :at, :at, null, null, null, 0, null, null, null, 0, null, null, :at",
    "participants": "'tal', 'ana', 'owner', null, 0",
    "messages": """'tal', 1, 'mes', 'acc', 'message', 'inbound', 'Hello from before', '[]', 'did', null, null, null, 'received', null, null,
        'gsm7', 1, null, :at, null, 0, null, null, 'ref', null""",
    "inbox": "'car', 'ref', :at, 'mes', :phone, :ours, null",
    "receipts": "'rec', 'car', 'ref', 'delivered', null, null, 0, :at, :at",
    "media": "'med', 'acc', 'mes', 0, null, 'image/png', 'ready', :at",
    "malformed": "'mal', 'car', 'raw', :at",
    "events": "'acc', 1, 'tal', 1, 'message.received', :at, 'conversation', 0, '[]', '{}'",
    "consent": "'cns', 'acc', :phone, 'opted_in', 'import', null, 'ana', null, :at",
    "opt_outs": "'acc', '+12025550199', :at, 'import'",
    "idempotency": "'ana', 'key', 'print', '{}', :at",
}
"""A row of each table, in an order in which each finds what it refers to."""


async def first_schema(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    known = migrations.known
    with monkeypatch.context() as context:
        context.setattr(migrations, "known", lambda engine: [m for m in known(engine) if m.number == 1])
        await migrations.migrate(db)
    tables = set(re.findall(r"create table (\w+)", known(db.engine)[0].sql))
    assert tables - {"epoch"} == set(FIRST)

    async def fill(tx: Transaction) -> None:
        for table, values in FIRST.items():
            given = {"at": AT, "phone": PHONE, "ours": OURS}
            await tx.run(f"insert into {table} values ({values})", **{name: given[name] for name in re.findall(r":(\w+)", values)})

    await db.write(fill)


async def counted(db: Database) -> dict[str, int]:
    async def read(tx: Transaction) -> dict[str, int]:
        rows = {}
        for table in FIRST:
            row = await tx.one(f"select count(*) as rows from {table}")
            assert row is not None
            rows[table] = int(row["rows"])
        return rows

    return await db.read(read)


@pytest.fixture
async def two(empty_database_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """As two processes have it."""
    dbs = await open_database(empty_database_url), await open_database(empty_database_url)
    yield dbs
    for db in dbs:
        await db.close()


async def test_rows_of_the_first_schema_are_all_there_in_the_newest_and_texts_go_on(
    two: tuple[Database, Database], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = two[0]
    await first_schema(db, monkeypatch)
    applied = await asyncio.gather(*(migrations.migrate(each) for each in two))
    assert sorted(applied, key=len) == [[], [m.name for m in migrations.known(db.engine)[1:]]]
    assert await counted(db) == dict.fromkeys(FIRST, 1)

    async def deliver(_connection: object, _text: object) -> None:
        return None

    desk = Desk(db, Writer(db, lambda *_: None), carriers(now=lambda: AT, sandbox_key=b"key", deliver=deliver), settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.writer.run())
        text = InboundText("new", PHONE, OURS, "And from now")
        await receive_texts(desk, Connection("car", "acc", "sandbox", "Sandbox", Credentials({})), [text], AT)
        desk.writer.stop()
    messages = await db.read(lambda tx: tx.all("select seq, body from messages where conversation = 'tal' order by seq"))
    assert [row["body"] for row in messages if row["body"]] == ["Hello from before", "And from now"]
    ana = User("ana", "acc", "Ana", Role.MANAGER)
    [shown] = (await conversation_list(desk, ana, "mine", "", None, 10)).items
    assert (shown.contact.name, shown.last_message.body) == ("Maria", "And from now")  # type: ignore[union-attr]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_file_with_data_is_kept_as_it_was_before_its_schema_changes(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(empty_database_url.removeprefix("sqlite:///"))
    db = await open_database(empty_database_url)
    await first_schema(db, monkeypatch)
    await db.close()
    for number in ("0000", "0001"):
        path.with_name(f"{path.name}.before-{number}").touch()
    async with migrated_database(empty_database_url) as (_, applied):
        assert applied
    async with migrated_database(empty_database_url) as (_, applied):
        assert applied == []
    kept = path.with_name(f"{path.name}.before-0002")
    assert sorted(each.name for each in path.parent.glob("*before*")) == [f"{path.name}.before-000{number}" for number in range(3)]
    with contextlib.closing(sqlite3.connect(kept)) as before:
        assert before.execute("select body from messages").fetchall() == [("Hello from before",)]
        assert before.execute("select max(number) from migrations").fetchone() == (1,)
    assert keep_before(path, 2) is None
