"""What was there before the index of words and before the counts is found and counted after, and what comes later too."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from server.domain.wanted import Wanted
from server.store import contact_search, conversation_counts, message_search, words
from server.store import migrate as migrations
from server.store.conversation_counts import Counted
from server.store.database import Database, Transaction
from server.store.engines import open_database

OLD = {
    "accounts": ("id, name, public_minutes, opt_out_text, position, created_at", "('a', 'Acme', 20, 'STOP', 0, 0)"),
    "contacts": (
        "id, account, name, tags, fields, created_at, updated_at",
        """('maria', 'a', 'Maria Östberg', '[]', '{"email":"post@flowers.example"}', 0, 0), ('wei', 'a', 'Wei', '[]', '{}', 0, 0)""",
    ),
    "contact_phones": (
        "account, number, contact, kind, place",
        "('a', '+12025550143', 'maria', 'mobile', 0), ('a', '+442071838750', 'wei', 'mobile', 0)",
    ),
    "conversations": (
        "id, account, contact, phone, seq, closed_at, claimed_seq, settled_seq, active_at",
        "('open', 'a', 'maria', '+12025550143', 1, null, 0, 0, 2), ('shut', 'a', 'wei', '+442071838750', 1, 5, 0, 0, 1)",
    ),
    "messages": (
        "conversation, seq, id, account, kind, direction, body, media, state, encoding, segments, created_at, attempt",
        """('open', 1, 'm1', 'a', 'message', 'inbound', 'Where is my ORDER?', '[]', 'received', 'gsm7', 1, 1, 0),
            ('shut', 1, 'm2', 'a', 'message', 'inbound', 'Café at noon', '[]', 'received', 'gsm7', 1, 2, 0)""",
    ),
}


@pytest.fixture(params=[22, 26], ids=["before the search", "before its letters"])
async def upgraded(empty_database_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database of before this migration, with data that nobody waits for, brought up to now."""
    async with contextlib.AsyncExitStack() as stack:
        db = await open_database(empty_database_url)
        stack.push_async_callback(db.close)
        known = migrations.known
        with monkeypatch.context() as context:
            context.setattr(migrations, "known", lambda engine: [m for m in known(engine) if m.number < request.param])
            await migrations.migrate(db)

        async def fill(tx: Transaction) -> None:
            for table, (columns, rows) in OLD.items():
                await tx.run(f"insert into {table} ({columns}) values {rows}")
            if request.param > 22:
                await tx.run("delete from contacts_to_index")

        await db.write(fill)
        await migrations.migrate(db)
        yield db


def contacts(query: str) -> Callable[[Transaction], Awaitable[list[str]]]:
    async def read(tx: Transaction) -> list[str]:
        found = await contact_search.contact_page(tx, "a", Wanted(q=query), sort="name", after=None, limit=10)
        return [id for _, id in found]

    return read


def texts(query: str) -> Callable[[Transaction], Awaitable[list[str]]]:
    async def read(tx: Transaction) -> list[str]:
        return [id for _, id in (await message_search.page(tx, "a", query, None, 10)).keys]

    return read


@pytest.mark.parametrize("indexed", [False, True], ids=["at once", "when the timer has looked"])
async def test_what_was_written_before_the_upgrade_is_found(upgraded: Database, indexed: bool) -> None:
    if indexed:
        assert await upgraded.write(words.index_contacts) == 2
        assert await upgraded.write(words.index_texts) == 2
        assert not await upgraded.read(words.any_to_index)
    for query, id in (("östb", "maria"), ("flowers.ex", "maria"), ("555-0143", "maria"), ("18387", "wei"), ("Ö", "maria"), ("EI", "wei")):
        assert await upgraded.read(contacts(query)) == [id], query
    assert await upgraded.read(texts("my order")) == ["m1"]
    assert await upgraded.read(texts("CAFÉ")) == ["m2"]
    assert await upgraded.read(contacts("nobody")) + await upgraded.read(contacts("sö")) + await upgraded.read(texts("nothing")) == []


async def test_conversations_of_before_the_upgrade_are_counted_and_what_becomes_of_them(upgraded: Database) -> None:
    async def counted() -> Counted:
        return await upgraded.read(lambda tx: conversation_counts.counted(tx, "a"))

    async def run(sql: str) -> Counted:
        await upgraded.write(lambda tx: tx.run(sql))
        return await counted()

    assert await counted() == Counted(there=2, closed=1, pool=0, unanswered=0)
    assert await run("update conversations set closed_at = 7") == Counted(2, 2, 0, 0)
    assert await run("update conversations set closed_at = 8, seq = 2 where id = 'open'") == Counted(2, 2, 0, 0), "closed it was"
    assert await run("update conversations set closed_at = null where id = 'open'") == Counted(2, 1, 0, 0)
    assert await run("update conversations set waiting_since = 8, public_since = 9 where id = 'open'") == Counted(2, 1, 1, 1)
    assert await run("update conversations set waiting_since = 9, public_since = null where id = 'open'") == Counted(2, 1, 0, 1)
    columns = OLD["conversations"][0]
    assert await run(f"insert into conversations ({columns}) values ('third', 'a', 'wei', '+1', 1, 5, 0, 0, 3)") == Counted(3, 2, 0, 1)
    assert await run("delete from conversations where id = 'third'") == Counted(2, 1, 0, 1)
    await upgraded.write(lambda tx: conversation_counts.fold(tx, "a"))
    assert await counted() == Counted(2, 1, 0, 1)
    rows = await upgraded.read(lambda tx: tx.all("select there, closed, pool, unanswered from conversation_counts"))
    assert [[row[name] for name in ("there", "closed", "pool", "unanswered")] for row in rows] == [[2, 1, 0, 1]]
