"""What could not be read is kept for a while, and once a day however often it is repeated."""

from itertools import count

import pytest

from server.desk import hear
from server.desk.hear import prune_malformed
from server.store import lines
from tests.fixtures.office import Office

HOUR = 60
DAY = 24 * HOUR
ids = count()


async def keep(office: Office, raw: bytes) -> None:
    await office.desk.db.write(lambda tx: lines.keep_malformed(tx, f"id {next(ids)}", office.connection.id, raw))


async def kept(office: Office) -> list[str]:
    return [row["raw"] for row in await office.all("select raw from malformed order by received_at")]


async def test_a_repeat_is_kept_once_a_day(office: Office) -> None:
    await keep(office, b"a")
    office.later(minutes=DAY - 1)
    await keep(office, b"a")
    await keep(office, b"b")
    assert await kept(office) == ["a", "b"]
    office.later(minutes=1)
    await keep(office, b"a")
    await keep(office, b"b")
    assert await kept(office) == ["a", "b", "a"]


async def test_it_is_forgotten_after_thirty_days(office: Office) -> None:
    assert await prune_malformed(office.desk) == 0
    await keep(office, b"a")
    office.later(minutes=HOUR)
    await keep(office, b"b")
    office.later(minutes=30 * DAY - HOUR - 1)
    assert await prune_malformed(office.desk) == 0
    office.later(minutes=1)
    assert await prune_malformed(office.desk) == 1
    assert await kept(office) == ["b"]


async def test_much_is_forgotten_a_little_at_a_time_the_oldest_first(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hear, "AT_ONCE", 2)
    for raw in (b"a", b"b", b"c"):
        await keep(office, raw)
        office.later(seconds=1)
    office.later(minutes=30 * DAY)
    assert await prune_malformed(office.desk) == 2
    assert await kept(office) == ["c"]
    assert await prune_malformed(office.desk) == 1
