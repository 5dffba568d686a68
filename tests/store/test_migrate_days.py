"""What was there before days were kept is kept after the upgrade as it is counted; and who takes part knows since when nothing happened."""

import pytest

from server.desk.desk import Desk
from server.desk.response_times import count_days
from server.desk.writer import Writer
from server.domain.report import Asked
from server.domain.response_times import times
from server.settings import Settings
from server.store import migrate as migrations
from server.store import response_times
from server.store.database import Transaction
from server.store.engines import open_database
from tests.desk.test_kept_days import ZONE
from tests.store.test_migrate_figures import DAY, OLD

WEEK = 7 * DAY
BEFORE = OLD | {
    "participants": ("conversation, user_id, part, read_seq", "('c', 'u', 'owner', 0), ('nothing', 'u', 'subscriber', 0)"),
}


async def test_what_was_there_before_the_upgrade_is_kept_and_put_in_order(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    db = await open_database(empty_database_url)
    try:
        known = migrations.known
        with monkeypatch.context() as context:
            context.setattr(migrations, "known", lambda engine: [m for m in known(engine) if m.number < 28])
            await migrations.migrate(db)

        async def fill(tx: Transaction) -> None:
            for table, (columns, rows) in BEFORE.items():
                await tx.run(f"insert into {table} ({columns}) values {rows}")
            await tx.run(f"update conversations set active_at = {5 * WEEK - 1} where id = 'c'")

        await db.write(fill)
        await migrations.migrate(db)
        weeks = await db.read(lambda tx: tx.all("select conversation, active_week from participants order by conversation"))
        assert [(row["conversation"], row["active_week"]) for row in weeks] == [("c", 4), ("nothing", 0)]
        asked = Asked("a")
        before = await db.read(lambda tx: response_times.facts(tx, asked, 0, 2 * DAY))
        desk = Desk(db, Writer(db, lambda _events, _roles: None), {}, Settings())
        while await count_days(desk):
            pass
        after = await db.read(lambda tx: response_times.facts(tx, asked, 0, 2 * DAY))
        assert (before.kept, after.happened, len(after.kept)) == ([], [], 2)
        assert times(after, 0, 2 * DAY, ZONE) == times(before, 0, 2 * DAY, ZONE)
        assert times(after, 0, 2 * DAY, ZONE).all.answered == 2
    finally:
        await db.close()
