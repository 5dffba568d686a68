"""What was there before figures were kept is counted by the upgrade."""

import pytest

from server.store import migrate as migrations
from server.store.database import Row, Transaction
from server.store.engines import open_database

DAY = 86_400_000_000
OLD = {
    "accounts": ("id, name, public_minutes, opt_out_text, position, created_at", "('a', 'Acme', 20, 'STOP', 0, 0)"),
    "users": ("id, account, email, name, role, password, created_at", "('u', 'a', 'u@example.com', 'Ana', 'agent', '', 0)"),
    "carriers": ("id, account, kind, name, credentials, options, created_at", "('k', 'a', 'sandbox', 'Sandbox', '', '{}', 0)"),
    "dids": ("id, account, number, carrier, capabilities, label, created_at", "('d', 'a', '+12025550100', 'k', '[]', 'Support', 0)"),
    "contacts": ("id, account, name, tags, fields, created_at, updated_at", "('m', 'a', 'Émile', '[]', '{}', 0, 0)"),
    "conversations": (
        "id, account, contact, phone, seq, claimed_seq, settled_seq, active_at",
        "('c', 'a', 'm', '+12025550143', 9, 0, 0, 2), ('nothing', 'a', 'm', '+12025550144', 0, 0, 0, 1)",
    ),
    "messages": (
        "conversation, seq, id, account, kind, direction, body, media, did, state, encoding, segments, created_at, send_at, attempt",
        f"""('c', 1, 'm1', 'a', 'message', 'inbound', 'Hi', '[]', 'd', 'received', 'gsm7', 1, {DAY - 1}, null, 0),
            ('c', 2, 'm2', 'a', 'message', 'outbound', 'Hi', '[]', 'd', 'failed', 'gsm7', 1, {DAY - 1}, {DAY}, 0),
            ('c', 3, 'm3', 'a', 'message', 'outbound', 'Hi', '[]', null, 'queued', 'gsm7', 1, {DAY}, null, 0),
            ('c', 4, 'm4', 'a', 'message', 'outbound', 'No', '[]', 'd', 'scheduled', 'gsm7', 1, {DAY}, {DAY + 5}, 0),
            ('c', 5, 'm5', 'a', 'message', 'outbound', 'No', '[]', 'd', 'cancelled', 'gsm7', 1, {DAY}, null, 0),
            ('c', 6, 'm6', 'a', 'note', 'outbound', 'No', '[]', null, 'sent', 'gsm7', 1, {DAY}, null, 0)""",
    ),
    "waits": (
        "conversation, since, account, did, public_at, ended_at, how",
        f"""('c', 1, 'a', 'd', 5, {DAY + 1}, 'answered'), ('c', 2, 'a', 'd', null, 12, 'answered'),
            ('c', 3, 'a', 'd', {DAY + 3}, {DAY + 4}, 'closed'), ('c', {2 * DAY}, 'a', 'd', null, null, null)""",
    ),
}


def values(row: Row) -> tuple[object, ...]:
    return tuple(row)  # type: ignore[arg-type]


async def test_what_was_there_before_the_upgrade_is_counted(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await open_database(empty_database_url)
    try:
        known = migrations.known
        with monkeypatch.context() as context:
            context.setattr(migrations, "known", lambda engine: [m for m in known(engine) if m.number < 27])
            await migrations.migrate(db)

        async def fill(tx: Transaction) -> None:
            for table, (columns, rows) in OLD.items():
                await tx.run(f"insert into {table} ({columns}) values {rows}")

        await db.write(fill)
        await migrations.migrate(db)

        async def read(tx: Transaction) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
            figures = "texts_in, texts_out, answered, went_public"
            totals = await tx.all(f"select conversation, name, {figures}, first_reply from conversation_totals order by conversation")
            days = await tx.all(f"select day, conversation, did, {figures} from conversation_days order by day, conversation, did")
            return [values(row) for row in totals], [values(row) for row in days]

        totals, days = await db.read(read)
        assert totals == [("c", "émile", 1, 2, 2, 2, 10), ("nothing", "émile", 0, 0, 0, 0, None)]
        assert days == [(0, "c", "d", 1, 0, 1, 1), (1, "c", "", 0, 1, 0, 0), (1, "c", "d", 0, 1, 1, 1)]
    finally:
        await db.close()
