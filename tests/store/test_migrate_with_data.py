"""From the first schema to the newest with a row in every table: nothing is lost, whoever else migrates, and texts go on. Tables that came
later have rows too before they are altered or moved."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
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
from server.store import held, repeated
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


BEFORE_ORDER = 17
LATER = {
    "preferences": "'ana', '{}', 'away', null",
    "drafts": "'ana', 'tal', 'Half a', :at",
    "saved_replies": "'sav', 'acc', 'ana', 'hi', 'Hello', :at, :at",
    "live_filters": "'fil', 'acc', 'Ready', '[]', 1, :at, :at, :at",
    "live_filter_members": "'fil', 'con'",
    "bulk_changes": "'blk', 'acc', 'ana', 'tag', :at, null, :at",
    "bulk_change_items": "'blk', 'con', '{}'",
    "contact_imports": "'imp', 'acc', 'ana', 'done', null, '{}', 2, 2, 1, 0, 0, 1, null, null, :at, 'contacts'",
    "contact_import_rejects": "'imp', 1, 2, '[]', '[]'",
    "waits": "'tal', 7, 'acc', 'did', null, :at, 'ana', 'answered'",
    "claims": "'tal', 1, 'acc', 'ana', 'did', :at",
    "audit": "'aud', 'acc', :at, 'ana', 'did.changed', 'did', 'did', 'Support', '{}', '{}'",
    "seen": "'ana', :at",
    "consent_reviews": "'acc', :phone, :at, 'mes'",
    "webhooks": """'web', 'acc', 'https://one.example', 'CRM', '["message.sent"]', 'new', 'old', :at, 1, :at, 'gone', 3, :at, :at, 'me',
        :at, :at""",
    "webhook_deliveries": "'web', 'evt', 1, 'message.sent', '{}', 'waiting', 2, :at, :at, :at, 'v1,x', 503, 'timeout', 'no', 12, :at",
    "readings_back": "'car', :at, 'me', :at, :at, :at, 5, 1, 'refused'",
    "long_texts": "'lng', 'car', :phone, :ours, 'ref', 2, 'did', :at",
    "long_text_parts": "'lng', 1, 'part', 'Hel'",
    "nonces": "'car', 'once', 'digest', :at",
}
"""A row of each table that came between the first schema and webhooks' order, migration 17."""
TEXTS = f"""insert into messages (conversation, seq, id, account, kind, direction, body, media, did, user_id, state, error_code, encoding,
        segments, send_at, created_at, attempt, token, handed_at, asked_at, any_hour_at, look_at, left_seq, mentions)
    values ('tal', 2, 'held', 'acc', 'message', 'outbound', 'At eight', '[]', 'did', 'ana', 'scheduled', null, 'gsm7',
        1, {AT + 5}, {AT}, 0, null, null, {AT + 1}, {AT + 2}, {AT + 3}, null, '["ana"]'),
    ('tal', 3, 'held too', 'acc', 'message', 'outbound', 'At nine', '[]', 'did', 'ana', 'scheduled', null, 'gsm7',
        1, {AT + 6}, {AT}, 0, null, null, {AT + 1}, null, {AT + 3}, null, '[]'),
    ('tal', 4, 'again', 'acc', 'message', 'outbound', 'Perhaps', '[]', 'did', 'ana', 'unconfirmed', 'sent_again', 'gsm7',
        1, null, {AT + 8}, 1, 'one', {AT + 9}, null, null, null, 4, '[]'),
    ('tal', 5, 'once', 'acc', 'message', 'outbound', 'Or not', '[]', 'did', 'ana', 'unconfirmed', 'not_found', 'gsm7',
        1, null, {AT + 9}, 1, 'two', {AT + 9}, null, null, null, 5, '[]')"""
"""Two that quiet hours hold and that are to be looked at; two of which nobody knows whether they were sent, in one's place another went."""


async def migrate_below(number: int, db: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    known = migrations.known
    with monkeypatch.context() as context:
        context.setattr(migrations, "known", lambda engine: [m for m in known(engine) if m.number < number])
        await migrations.migrate(db)
        return re.findall(r"create table (\w+)", "".join(m.sql for m in migrations.known(db.engine)))


async def fill(tx: Transaction, statements: Iterable[str]) -> None:
    given = {"at": AT, "phone": PHONE, "ours": OURS}
    for sql in statements:
        await tx.run(sql, **{name: given[name] for name in re.findall(r":(\w+)", sql)})


def inserted(rows: Mapping[str, str]) -> list[str]:
    return [f"insert into {table} values ({values})" for table, values in rows.items()]


async def first_schema(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = await migrate_below(2, db, monkeypatch)
    assert set(tables) - {"epoch"} == set(FIRST)
    await db.write(lambda tx: fill(tx, inserted(FIRST)))


async def schema_before_order(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = await migrate_below(BEFORE_ORDER, db, monkeypatch)
    assert set(tables) - {"epoch"} == {*FIRST, *LATER}
    await db.write(lambda tx: fill(tx, [*inserted(LATER), TEXTS]))


async def contents(db: Database) -> dict[str, list[dict[str, object]]]:
    """All rows of each table of before webhooks' order, those of the two that have several in their order."""
    order = {"messages": "order by seq", "waits": "order by since"}

    async def read(tx: Transaction) -> dict[str, list[dict[str, object]]]:
        rows = {table: await tx.all(f"select * from {table} {order.get(table, '')}") for table in (*FIRST, *LATER)}
        return {table: [dict(row) for row in found] for table, found in rows.items()}  # type: ignore[call-overload]

    return await db.read(read)


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


async def test_what_migrations_alter_and_move_is_all_there_and_what_they_make_of_it_is_right(
    two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    db, later = two
    await first_schema(db, monkeypatch)
    await schema_before_order(db, monkeypatch)
    before = await contents(db)
    assert {table: len(rows) for table, rows in before.items()} == dict.fromkeys(before, 1) | {"messages": 5, "waits": 2}
    await migrations.migrate(later)
    after = await contents(later)
    for row in before["messages"]:
        del row["look_at"]
    for table, rows in before.items():
        kept = rows[0].keys()
        assert [{column: row[column] for column in kept} for row in after[table]] == rows, table
    assert "look_at" not in after["messages"][0]
    assert [row["ordered_by"] for row in after["webhooks"]] == ["account"]
    assert [row["also_to"] for row in after["messages"]] == ["[]"] * 5

    async def look(tx: Transaction) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        looks = await tx.all("select conversation, at, done_to from held_looks")
        repeats = await tx.all("select message, at from repeated")
        return [(row["conversation"], row["at"], row["done_to"]) for row in looks], [(row["message"], row["at"]) for row in repeats]

    assert await later.read(look) == ([("tal", AT + 3, 0)], [("again", AT + 8)])
    assert await later.write(lambda tx: held.take_to_look_at(tx, 10)) == [("tal", 2), ("tal", 3)]
    assert [await later.write(lambda tx, id=id: repeated.repeat(tx, id)) for id in ("again", "once")] == [False, True]  # type: ignore[misc]


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
