"""What waits when the reports come is counted from then on, with its own beginning."""

import pytest

from server.store import migrate as migrations
from server.store.database import Database, Transaction
from server.store.engines import open_database

AT = 1_700_000_000_000_000


async def old(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of before the reports, with three conversations, two of which wait and one of those in public."""
    with monkeypatch.context() as context:
        known = migrations.known
        context.setattr(migrations, "known", lambda engine: [m for m in known(engine) if m.number < 4])
        await migrations.migrate(db)

    async def fill(tx: Transaction) -> None:
        await tx.run(
            """insert into accounts (id, name, public_minutes, opt_out_text, position, created_at) values ('a', 'Acme', 20, 'STOP', 0, 0)"""
        )
        await tx.run(
            "insert into contacts (id, account, name, tags, fields, created_at, updated_at) values ('c', 'a', 'M', '[]', '{}', 0, 0)"
        )
        for id, waiting, public in (("one", AT, None), ("two", AT + 1, AT + 2), ("three", None, None)):
            await tx.run(
                """insert into conversations (id, account, contact, phone, seq, waiting_since, clock_start, public_since, claimed_seq,
                                              settled_seq, active_at)
                   values (:id, 'a', 'c', :id, 1, :waiting, :waiting, :public, 0, 0, 0)""",
                id=id,
                waiting=waiting,
                public=public,
            )

    await db.write(fill)


async def test_running_waits_are_kept_and_nothing_else(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await open_database(empty_database_url)
    try:
        await old(db, monkeypatch)
        await migrations.migrate(db)

        async def read(tx: Transaction) -> list[tuple[object, ...]]:
            rows = await tx.all("select conversation, since, account, public_at, ended_at, how from waits order by since")
            return [tuple(row[name] for name in ("conversation", "since", "account", "public_at", "ended_at", "how")) for row in rows]

        assert await db.read(read) == [("one", AT, "a", None, None, None), ("two", AT + 1, "a", AT + 2, None, None)]
    finally:
        await db.close()
