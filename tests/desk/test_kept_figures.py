"""What triggers keep of each conversation and day is what counting finds, whatever happened; and the report shows that."""

import itertools
import random
import time
from collections import Counter, defaultdict
from functools import partial
from typing import Any

import msgspec

from server.desk.conversation_report import SORTS, Sort, whole_report
from server.desk.send import Draft, send
from server.domain.report import Asked
from server.domain.response_times import seconds_or_none
from server.store.conversation_figures import DAY_US
from server.store.database import Transaction
from server.store.gone_back import statements
from tests.fixtures.history import History
from tests.fixtures.office import Office

NAMES = ("texts_in", "texts_out", "answered", "went_public")
Happened = tuple[int, str, str, str]
"""When, in which conversation, over which DID, and which figure it counts for."""


async def lived(office: Office, seed: int) -> None:
    """Three days, up to now or before."""
    office.later(minutes=-6 * 24 * 60)
    history = History(office, random.Random(seed))
    for _ in range(150):
        await history.step()
        office.later(minutes=history.random.choice([0, 1, 40, 80]))
    office.desk.db.shift_us = 0


async def run(tx: Transaction, *, sql: str, sales: str) -> None:
    await tx.run(sql, **({"sales": sales} if ":sales" in sql else {}))


async def happened(office: Office) -> list[Happened]:
    texts = await office.all("select * from messages where kind = 'message' and state not in ('scheduled', 'cancelled')")
    waits = await office.all("select * from waits")
    found = [(m["send_at"] or m["created_at"], m, "texts_in" if m["direction"] == "inbound" else "texts_out") for m in texts]
    found += [(w["ended_at"], w, "answered") for w in waits if w["how"] == "answered"]
    found += [(w["public_at"], w, "went_public") for w in waits if w["public_at"] is not None]
    return [(at, row["conversation"], row["did"] or "", figure) for at, row, figure in found]


def median(lengths: list[int]) -> int | None:
    return sorted(lengths)[(len(lengths) - 1) // 2] if lengths else None


async def must_be_kept(office: Office) -> None:
    """Compares what is kept with what counting finds."""
    days: defaultdict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for at, conversation, did, figure in await happened(office):
        days[at // DAY_US, conversation, did][figure] += 1
        totals[conversation][figure] += 1
    kept = {
        (row["day"], row["conversation"], row["did"]): {name: row[name] for name in NAMES}
        for row in await office.all("select * from conversation_days")
    }
    assert {key: +Counter(figures) for key, figures in kept.items()} == days
    assert all(any(figures.values()) and min(figures.values()) >= 0 for figures in kept.values()), "a row says that something counts"
    lengths = defaultdict(list)
    for row in await office.all("select conversation, ended_at - since as length from waits where how = 'answered'"):
        lengths[row["conversation"]].append(row["length"])
    talks = await office.all("select c.id, k.name from conversations c join contacts k on k.id = c.contact")
    rows = await office.all("select * from conversation_totals")
    assert {row["conversation"]: (row["name"], row["first_reply"], *(row[name] for name in NAMES)) for row in rows} == {
        talk["id"]: (talk["name"].lower(), median(lengths[talk["id"]]), *(totals[talk["id"]][name] for name in NAMES)) for talk in talks
    }


async def test_what_is_kept_is_what_counting_finds_after_any_history(office: Office) -> None:
    await lived(office, seed=4)
    await must_be_kept(office)
    for sql in (
        "update contacts set name = 'ZOË ' || name",
        "update messages set did = :sales where seq % 2 = 0",
        "update messages set state = 'cancelled' where seq % 5 = 0 and kind = 'message'",
        "update messages set state = 'received', send_at = created_at + 86400000000 where seq % 10 = 0 and kind = 'message'",
        "update messages set send_at = created_at + 90000000000 where seq % 3 = 1",
        "delete from messages where seq % 7 = 0",
        "update waits set how = 'closed' where ended_at % 3 = 0",
        "update waits set ended_at = ended_at + 5 * since % 100000000000, how = 'answered' where how is not null and since % 2 = 0",
        "update waits set public_at = since, did = null where since % 3 = 0",
        "update waits set public_at = null where since % 4 = 0",
        "delete from waits where since % 5 = 0",
        """insert into waits (conversation, since, account, did, public_at, ended_at, how)
            select id, 5, account, did, 7, 9, 'answered' from conversations""",
    ):
        await office.desk.db.write(partial(run, sql=sql, sales=office.sales))
        await must_be_kept(office)


async def test_what_was_to_leave_before_a_restore_counts_where_names_alone_say_nothing(office: Office) -> None:
    await office.text("Hi")
    later = Draft("Later", "c1", 100_000, send_at=time.time_ns() // 1_000 + 60_000_000)
    await send(office.desk, office.ana, await office.conversation(), later)
    await must_be_kept(office)
    office.later(minutes=2)

    async def gone_back(tx: Transaction) -> None:
        if tx.engine == "postgresql":
            await tx.run("set local search_path = ''")
        for statement in statements(tx.now, "public." if tx.engine == "postgresql" else ""):
            await tx.run(statement)

    await office.desk.db.write(gone_back)
    await must_be_kept(office)
    assert await office.all("select texts_in, texts_out from conversation_totals") == [{"texts_in": 1, "texts_out": 1}]


async def by_hand(office: Office, asked: Asked, all_of_it: list[Happened]) -> dict[str, tuple[object, ...]]:
    """Texts in and out, answered waits, whether it was public, and the median, s, of each conversation of the report."""

    def counts(at: int, did: str | None) -> bool:
        return (asked.since is None or at >= asked.since) and (asked.until is None or at < asked.until) and asked.did in (None, did)

    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for at, conversation, did, figure in all_of_it:
        if counts(at, did):
            found[conversation][figure] += 1
    if not asked.bounded:
        found |= {row["id"]: found[row["id"]] for row in await office.all("select id from conversations")}
    lengths = defaultdict(list)
    for row in await office.all("select conversation, did, ended_at, ended_at - since as length from waits where how = 'answered'"):
        if counts(row["ended_at"], row["did"]):
            lengths[row["conversation"]].append(row["length"])
    return {
        id: (*(figures[name] for name in NAMES[:3]), figures["went_public"] > 0, seconds_or_none(median(lengths[id])))
        for id, figures in found.items()
        if asked.public == "any" or figures["went_public"]
    }


def value(line: dict[str, Any], column: str) -> Any:
    """What the report is sorted by."""
    if column == "contact":
        return line["contact"]["name"].lower()
    return -1 if line[column] is None else line[column]


async def test_the_report_shows_of_any_time_what_counting_finds_in_the_order_of_every_column(office: Office) -> None:
    await lived(office, seed=5)
    all_of_it = await happened(office)
    first, last = min(at for at, *_ in all_of_it), max(at for at, *_ in all_of_it)
    assert last // DAY_US - first // DAY_US >= 2, "there was to be a whole day"
    chance = random.Random(1)
    times = [None, first // DAY_US * DAY_US + DAY_US, last // DAY_US * DAY_US, *(chance.randrange(first, last) for _ in range(2))]
    stretches = [(since, until) for since, until in itertools.product(times, times) if since is None or until is None or since < until]
    seen = set()
    for number, (since, until) in enumerate(stretches):
        did, public, falling = (None, office.support, None, office.sales)[number % 4], number % 5 == 4, number % 2 == 0
        asked = Asked(office.account, since, until, did=did, public="was" if public else "any")
        expected = await by_hand(office, asked, all_of_it)
        for column in SORTS if number % 7 == 0 else (("contact", "in", "last_message")[number % 3],):
            lines = [msgspec.to_builtins(line) async for line in whole_report(office.desk, office.mia, asked, Sort(column, falling))]
            names = ("in", "out", "waits", "was_public", "first_reply_seconds")
            assert {line["conversation"]: tuple(line[name] for name in names) for line in lines} == expected, asked
            if column in ("contact", "waits", "in", "out", "first_reply_seconds"):
                values = [value(line, column) for line in lines]
                assert values == sorted(values, reverse=falling), (asked, column)
        seen.add(tuple(sorted(expected.values(), key=str)))
    assert len(seen) > len(stretches) / 2, "each time was to have figures of its own"
