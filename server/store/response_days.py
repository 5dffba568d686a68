"""What the report of response times counts in a day (UTC), kept once the day is over, for all DIDs together and for each.

Triggers note each change (`response_changes`) of what happened more than an hour ago. A day with a note is counted anew by whoever reads
it, and by the timer, which keeps that; so the figures are exact at every moment. No transaction lasts an hour, so no change goes unnoticed.
"""

import time
from collections.abc import Collection, Mapping

from server.store.conversation_figures import DAY_US
from server.store.database import Transaction, batch

OVER_US = 2 * 3_600_000_000
"""So long ago a day has ended that is kept: twice as long as changes go without a note."""
EVERY = "every"
"""Stands for all DIDs together."""

Time = tuple[int, int]

_LAST = "(select r.day from response_days r where r.account = a.id order by r.day desc limit 1)"


async def kept(tx: Transaction, account: str, did: str | None, since: int, until: int) -> tuple[list[str], list[Time]]:
    """Of [`since`, `until`), µs, the days that are kept, as they are; and the rest, to be counted. A day without a row that is before one
    that is kept, and has no note, holds nothing."""
    row = await tx.one("select day from response_days where account = :account order by day desc limit 1", account=account)
    first = -(-since // DAY_US)
    behind = min(until // DAY_US, _today(tx), row["day"] + 1 if row else 0)
    if behind <= first:
        return [], [(since, until)]
    asked = {"account": account, "first": first, "behind": behind}
    notes = await tx.all("select distinct day from response_changes where account = :account and day >= :first and day < :behind", **asked)
    changed = {row["day"] for row in notes}
    rows = await tx.all(
        """select day, counted from response_days
           where account = :account and day >= :first and day < :behind and did = :did""",
        did=did or EVERY,
        **asked,
    )
    rests = [(since, first * DAY_US), *((day * DAY_US, (day + 1) * DAY_US) for day in sorted(changed)), (behind * DAY_US, until)]
    return [row["counted"] for row in rows if row["day"] not in changed], _joined(rests)


async def to_count(tx: Transaction, most: int) -> list[tuple[str, int]]:
    """(account, day) of days that are over and not kept, each account's first, and of kept ones that changed; at most so many of each."""
    new = await tx.all(
        f"""select account, day from (select a.id as account,
                (select d.day from conversation_days d where d.account = a.id and d.day > coalesce({_LAST}, -1) and d.day < :today
                 order by d.day limit 1) as day from accounts a) found
            where day is not null limit :most""",
        today=_today(tx),
        most=most,
    )
    changed = await tx.all(
        """select distinct n.account, n.day from response_changes n
           where exists (select 1 from response_days r where r.account = n.account and r.day >= n.day) limit :most""",
        most=most,
    )
    return [*dict.fromkeys((row["account"], row["day"]) for row in (*new, *changed))]


_EARLY = "from accounts a cross join response_days r where r.account = a.id and r.day >= :today"


async def any_early(tx: Transaction) -> bool:
    """Whether days are kept that are not over: a clock was ahead."""
    return await tx.one(f"select 1 as early {_EARLY} limit 1", today=_today(tx)) is not None


async def forget_early(tx: Transaction) -> None:
    await tx.run(f"delete from response_days where (account, day, did) in (select r.account, r.day, r.did {_EARLY})", today=_today(tx))


async def noted(tx: Transaction, account: str, day: int) -> tuple[int, list[int]]:
    """Which keeping of the day stands, 0 where none does, and the numbers of its notes."""
    row = await tx.one(
        "select version from response_days where account = :account and day = :day and did = :every", account=account, day=day, every=EVERY
    )
    notes = await tx.all("select number from response_changes where account = :account and day = :day", account=account, day=day)
    return row["version"] if row else 0, [row["number"] for row in notes]


async def keep(tx: Transaction, account: str, day: int, version: int, numbers: Collection[int], counted: Mapping[str, str]) -> None:
    """Keeps what was counted, by DID or EVERY, in a snapshot in which `noted` found `version` and `numbers`; nothing, where somebody else
    has kept the day since."""
    the_day = {"account": account, "day": day}
    first = await tx.run(
        """insert into response_days (account, day, did, version, counted) values (:account, :day, :every, 1, :counted)
           on conflict (account, day, did) do update set version = response_days.version + 1, counted = excluded.counted
           where response_days.version = :version""",
        every=EVERY,
        counted=counted[EVERY],
        version=version,
        **the_day,
    )
    if first == 0:
        return
    await tx.run("delete from response_days where account = :account and day = :day and did <> :every", every=EVERY, **the_day)
    await tx.run(
        """insert into response_days (account, day, did, version, counted)
           select cast(:account as text), cast(:day as bigint), value ->> 'did', 1, value ->> 'counted' from json_each(:dids) where true""",
        dids=batch({"did": did, "counted": each} for did, each in counted.items() if did != EVERY),
        **the_day,
    )
    await tx.run(
        """delete from response_changes where account = :account and day = :day
           and number in (select cast(value ->> 'number' as bigint) from json_each(:numbers))""",
        numbers=batch({"number": number} for number in numbers),
        **the_day,
    )


def _today(tx: Transaction) -> int:
    """The first day that is not over. A test that moves the database's clock ahead does not move that of the triggers."""
    return (min(tx.now, time.time_ns() // 1_000) - OVER_US) // DAY_US


def _joined(times: list[Time]) -> list[Time]:
    """In order, without the empty ones; those that touch are one."""
    found: list[Time] = []
    for since, until in times:
        if since >= until:
            continue
        if found and found[-1][1] == since:
            found[-1] = (found[-1][0], until)
        else:
            found.append((since, until))
    return found
