"""Response times of days that are over are kept, and are what counting finds, whatever happened and whenever it is noticed."""

import asyncio
import itertools
import random
import time
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from server.desk.response_times import count_days
from server.domain.report import Asked
from server.domain.response_times import Facts, times
from server.store import participation_counts, response_days, response_times
from server.store.conversation_figures import DAY_US
from server.store.database import Transaction
from tests.desk.test_kept_figures import happened, lived
from tests.fixtures.office import Office

HOUR_US = 3_600_000_000
ZONE = ZoneInfo("Asia/Kathmandu")
KEPT = 20
"""Fewer kept days than are read by any comparison of a whole history."""


async def run(tx: Transaction, *, sql: str, given: dict[str, Any]) -> None:
    await tx.run(sql, **{name: value for name, value in given.items() if f":{name}" in sql})


async def change(office: Office, sql: str, **given: Any) -> None:
    await office.desk.db.write(partial(run, sql=sql, given={"sales": office.sales, "ana": office.ana.id, **given}))


async def counted(office: Office) -> None:
    """Lets the timer do all that it finds to do."""
    while await count_days(office.desk):
        pass


async def facts(office: Office, asked: Asked, since: int, until: int) -> tuple[Facts, Facts]:
    """As the report reads them, and with nothing kept."""

    async def read(tx: Transaction) -> tuple[Facts, Facts]:
        found = await response_times.facts(tx, asked, since, until)
        one_by_one = await response_times.happened(tx, replace(asked, since=since, until=until))
        return found, replace(found, happened=[one_by_one], kept=[])

    return await office.desk.db.read(read)


async def must_agree(office: Office, first: int, last: int) -> int:
    """Over stretches that begin and end within days and with them; returns how many days were read as they are kept."""
    chance, read = random.Random(2), 0
    some = [
        first // DAY_US * DAY_US,
        last // DAY_US * DAY_US,
        last // DAY_US * DAY_US + DAY_US,
        *(chance.randrange(first, last) for _ in "ab"),
    ]
    for since, until in itertools.combinations(sorted(some), 2):
        for did in (None, office.support, office.sales):
            found, one_by_one = await facts(office, Asked(office.account, did=did), since, until)
            assert times(found, since, until, ZONE) == times(one_by_one, since, until, ZONE), (since, until, did)
            read += len(found.kept)
    return read


async def test_whatever_happened_what_is_kept_is_what_counting_finds(office: Office) -> None:
    await lived(office, seed=4)
    all_of_it = [at for at, *_ in await happened(office)]
    first, last = min(all_of_it), max(all_of_it)
    assert await must_agree(office, first, last) == 0, "nothing is kept yet"
    await counted(office)
    assert await must_agree(office, first, last) > KEPT
    for sql in (
        "update messages set did = :sales where seq % 2 = 0",
        "update messages set user_id = :ana, client_id = null where seq % 4 = 0 and direction = 'outbound'",
        "update messages set state = 'failed' where seq % 6 = 0 and direction = 'outbound' and kind = 'message'",
        "update messages set state = 'cancelled' where seq % 5 = 0 and kind = 'message'",
        "update messages set state = 'received', send_at = created_at + 86400000000 where seq % 10 = 0 and kind = 'message'",
        "update messages set send_at = created_at - 40000000000 where seq % 3 = 1",
        "delete from messages where seq % 7 = 0",
        "update waits set did = :sales where since % 3 = 1",
        "update waits set ended_by = :ana where since % 5 = 0 and how is not null",
        "update waits set how = 'closed' where ended_at % 3 = 0",
        "update waits set ended_at = ended_at - 86400000000, how = 'answered' where how is not null and since % 2 = 0",
        "update waits set public_at = since, did = null where since % 3 = 0",
        "update waits set public_at = null where since % 4 = 0",
        "delete from waits where since % 5 = 0",
        """insert into waits (conversation, since, account, did, public_at, ended_at, how)
            select id, 5, account, did, :first, :last, 'answered' from conversations""",
        """insert into messages (conversation, seq, id, account, kind, direction, body, media, did, state, encoding, segments,
                created_at, attempt)
            select id, 100000, id, account, 'message', 'inbound', 'Late', '[]', did, 'received', 'GSM-7', 1,
                :first, 0 from conversations""",
    ):
        await change(office, sql, first=first, last=last)
        await must_agree(office, first, last)
        await counted(office)
        assert await must_agree(office, first, last) > KEPT, sql
        assert await office.all("select * from response_changes") == [], sql


async def test_a_day_that_nothing_more_happened_in_is_empty_and_not_forgotten(office: Office) -> None:
    await lived(office, seed=6)
    first, last = min(at for at, *_ in await happened(office)), max(at for at, *_ in await happened(office))
    await counted(office)
    await change(office, "delete from waits")
    await change(office, "update messages set state = 'cancelled' where kind = 'message'")
    await counted(office)
    assert await must_agree(office, first, last) > 0
    await change(office, "update messages set state = 'received' where kind = 'message'")
    await must_agree(office, first, last)


async def test_what_changes_while_the_timer_counts_is_found(office: Office) -> None:
    await lived(office, seed=7)
    all_of_it = [at for at, *_ in await happened(office)]
    first, last = min(all_of_it), max(all_of_it)
    day = Counter(at // DAY_US for at in all_of_it).most_common(1)[0][0]
    since, until = day * DAY_US, (day + 1) * DAY_US

    async def read(tx: Transaction) -> Any:
        return await response_days.noted(tx, office.account, day), await response_times.happened(tx, Asked(office.account, since, until))

    await counted(office)
    for somebody_else in (False, True):
        (version, numbers), before = await office.desk.db.read(read)
        assert version
        assert before.texts
        await change(office, f"delete from messages where seq % 3 = {int(somebody_else)}")
        if somebody_else:
            await counted(office)
        stale = {response_days.EVERY: "[[],[],[]]"}
        keep = partial(response_days.keep, account=office.account, day=day, version=version, numbers=numbers, counted=stale)
        await office.desk.db.write(keep)
        await must_agree(office, first, last)
        await counted(office)
        assert await must_agree(office, first, last) > KEPT


async def test_a_day_is_kept_once_it_is_over_for_an_hour_and_more(office: Office) -> None:
    now = time.time_ns() // 1_000
    await office.text("Hi")
    ended = (now - 2 * HOUR_US) // DAY_US * DAY_US
    await change(office, "update messages set send_at = :at", at=ended)
    await counted(office)
    assert await office.all("select day from response_days") == [], "this day goes on, or is over for less than two hours"
    await change(office, "update messages set send_at = :at", at=ended - 1)
    office.later(minutes=10 * 24 * 60)
    await counted(office)
    assert {row["day"] for row in await office.all("select day from response_days")} == {ended // DAY_US - 1}


async def test_days_that_were_kept_by_a_clock_that_was_ahead_are_counted_when_they_are_over(office: Office) -> None:
    await office.text("Hi")
    today = time.time_ns() // 1_000 // DAY_US
    for day in (today, today + 400):
        await office.desk.db.write(
            partial(response_days.keep, account=office.account, day=day, version=0, numbers=[], counted={response_days.EVERY: "[[],[],[]]"})
        )
    since, until = (today - 1) * DAY_US, (today + 1) * DAY_US
    found, one_by_one = await facts(office, Asked(office.account), since, until)
    assert times(found, since, until, ZONE) == times(one_by_one, since, until, ZONE)
    assert found.happened[0].texts
    await counted(office)
    assert await office.all("select * from response_days") == []


async def test_two_timers_at_once_keep_each_day_once(office: Office) -> None:
    await lived(office, seed=8)
    all_of_it = [at for at, *_ in await happened(office)]
    await asyncio.gather(counted(office), counted(office), counted(office))
    assert await must_agree(office, min(all_of_it), max(all_of_it)) > KEPT
    days = await office.all("select account, day, did, count(*) as n from response_days group by account, day, did")
    assert {row["n"] for row in days} == {1}


async def test_texts_of_this_hour_leave_no_note(office: Office) -> None:
    await office.text("Hi")
    await change(office, "update messages set state = 'failed' where kind = 'message'")
    await change(office, "update waits set how = 'answered', ended_at = since + 1, public_at = since")
    await change(office, "delete from messages where kind = 'message'")
    assert await office.all("select * from response_changes") == []
    await office.text("Again")
    await change(office, "update messages set send_at = created_at - 3700000000 where kind = 'message'")
    assert len(await office.all("select * from response_changes")) == 2, "the day that it left, and the one that it came to"


async def test_weeks_and_owners_are_known_after_any_history(office: Office) -> None:
    await lived(office, seed=9)
    await change(office, "update conversations set active_at = active_at - 604800000000 where seq % 2 = 0")
    kept = await office.all(
        """select p.active_week, c.active_at / 604800000000 as week from participants p join conversations c on c.id = p.conversation"""
    )
    assert len({row["week"] for row in kept}) > 1
    assert [row for row in kept if row["active_week"] != row["week"]] == []
    users = [office.mia.id, office.ana.id, office.ben.id, office.dana.id]
    found = await office.desk.db.read(lambda tx: participation_counts.owned(tx, users))
    rows = await office.all("select owner, count(*) as n from conversations where owner is not null and closed_at is null group by owner")
    assert found == {row["owner"]: row["n"] for row in rows}
    assert found
