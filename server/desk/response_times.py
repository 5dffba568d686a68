"""Reports > response times: how much came and went, and how long people waited, by day, hour, agent and DID."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Any

import msgspec

from server.desk.desk import Desk
from server.desk.ours import must_be_ours
from server.desk.shapes import DidShape, UserShape, did_shape, instant, user_shape
from server.domain.errors import Invalid
from server.domain.report import Asked
from server.domain.response_times import Facts, Figures, Happened, Times, counted, times
from server.domain.user import User
from server.store import accounts, response_days, response_times
from server.store.accounts import Did
from server.store.conversation_figures import DAY_US
from server.store.database import Transaction

DAYS = 14
"""Shown where nobody asks for a time."""
LONGEST_DAYS = 366
DAYS_AT_ONCE = 5


class FiguresShape(msgspec.Struct, frozen=True):
    """`in` and `out` are texts. `answered` waits were ended by a person's text, at which moment each counts; medians and 90th
    percentiles of how long they had lasted are by nearest rank. `before_public_share` (0 to 1) of them had not gone public by then.
    `went_public` waits went public, each the first time; `failed` texts did not arrive; `opt_outs` are numbers that had not been before."""

    texts_in: int = msgspec.field(name="in")
    texts_out: int = msgspec.field(name="out")
    answered: int
    first_reply_median_seconds: int | None
    first_reply_p90_seconds: int | None
    before_public_share: float | None
    went_public: int
    failed: int
    opt_outs: int


class DayShape(FiguresShape, frozen=True):
    day: str


class HourShape(msgspec.Struct, frozen=True):
    """`at` is when the hour began."""

    at: str
    texts_in: int = msgspec.field(name="in")
    texts_out: int = msgspec.field(name="out")
    answered: int
    median_seconds: int | None


class AgentShape(msgspec.Struct, frozen=True):
    """`user` null: texts that nobody wrote."""

    user: UserShape | None
    texts_out: int = msgspec.field(name="out")
    answered: int
    claims: int
    median_seconds: int | None
    p90_seconds: int | None


class DidTimesShape(msgspec.Struct, frozen=True):
    did: DidShape | None
    texts_in: int = msgspec.field(name="in")
    texts_out: int = msgspec.field(name="out")
    answered: int
    median_seconds: int | None
    p90_seconds: int | None


class ResponseTimes(msgspec.Struct, frozen=True):
    """Of [`from`, `to`) in the days of `time_zone`. `heat` counts inbound texts: seven weekdays, Monday first, of 24 hours.

    The sums of `days`, of `hours`, of `agents` and of `dids` are the totals of `figures`, and so are those of the report of SMS
    conversations with the same time, DID and user.
    """

    since: str = msgspec.field(name="from")
    until: str = msgspec.field(name="to")
    time_zone: str
    figures: FiguresShape
    days: list[DayShape]
    hours: list[HourShape]
    heat: list[list[int]]
    agents: list[AgentShape]
    dids: list[DidTimesShape]


async def response_times_report(desk: Desk, by: User, asked: Asked, zone_name: str, zone: tzinfo) -> ResponseTimes:
    """Without a time the last DAYS days of the zone, today included. Raises `Invalid` over LONGEST_DAYS, and `NotFound`."""

    async def read(tx: Transaction) -> tuple[Facts, int, int]:
        await must_be_ours(tx, by, did=asked.did, user=asked.participant)
        since, until = _span(asked, tx.now, zone)
        return await response_times.facts(tx, asked, since, until), since, until

    facts, since, until = await desk.read(read)
    # A year is a second of arithmetic: not on the loop, where everybody's events wait.
    found = await asyncio.to_thread(times, facts, since, until, zone)

    async def names(tx: Transaction) -> tuple[Mapping[str, User], Mapping[str, Did]]:
        return await accounts.users(tx, {id for id in found.agents if id}), await accounts.dids_by_id(tx, {id for id in found.dids if id})

    users, dids = await desk.read(names)
    return await asyncio.to_thread(_shape, found, since, until, zone_name, users, dids)


async def count_days(desk: Desk) -> int:
    """Keeps what counts in some days that are over, or were changed since. Returns how many there were."""
    days = await desk.read(partial(response_days.to_count, most=DAYS_AT_ONCE))
    if await desk.read(response_days.any_early):
        await desk.db.write(response_days.forget_early)
    for account, day in days:

        async def read(tx: Transaction, account: str = account, day: int = day) -> tuple[int, list[int], Happened]:
            asked = Asked(account, day * DAY_US, (day + 1) * DAY_US)
            return *await response_days.noted(tx, account, day), await response_times.happened(tx, asked)

        version, numbers, happened = await desk.read(read)
        figures = await asyncio.to_thread(_kept, happened)
        keep = partial(response_days.keep, account=account, day=day, version=version, numbers=numbers, counted=figures)
        await desk.db.write(keep)
    return len(days)


def _kept(happened: Happened) -> Mapping[str, str]:
    parts = {response_days.EVERY: happened} | {did: happened.over(did) for did in happened.dids}
    return {did: msgspec.json.encode(counted(part)).decode() for did, part in parts.items()}


def _shape(found: Times, since: int, until: int, zone_name: str, users: Mapping[str, User], dids: Mapping[str, Did]) -> ResponseTimes:
    agents = [_agent(users.get(id or ""), each) for id, each in found.agents.items()]
    lines = [(dids.get(id or ""), each) for id, each in found.dids.items()]
    return ResponseTimes(
        since=instant(since),
        until=instant(until),
        time_zone=zone_name,
        figures=FiguresShape(**_figures(found.all)),
        days=[DayShape(day=day.isoformat(), **_figures(each)) for day, each in found.days.items()],
        hours=[
            HourShape(instant(at), each.texts_in, each.texts_out, each.answered, each.percentile(50)) for at, each in found.hours.items()
        ],
        heat=[list(day) for day in found.heat],
        agents=sorted(agents, key=lambda row: (row.user is None, row.user.name if row.user else "", row.user.id if row.user else "")),
        dids=sorted(
            (DidTimesShape(did_shape(did) if did else None, each.texts_in, each.texts_out, *_times(each)) for did, each in lines),
            key=lambda row: (row.did is None, row.did.label if row.did else "", row.did.number if row.did else ""),
        ),
    )


def _span(asked: Asked, now: int, zone: tzinfo) -> tuple[int, int]:
    today = datetime.fromtimestamp(now / 1_000_000, zone).date()
    until = asked.until if asked.until is not None else _midnight(today + timedelta(days=1), zone)
    last = datetime.fromtimestamp((until - 1) / 1_000_000, zone).date()
    since = asked.since if asked.since is not None else _midnight(last - timedelta(days=DAYS - 1), zone)
    if until <= since:
        raise Invalid("The time ends before it begins: the last day is before the first.", field="to")
    if until - since > (LONGEST_DAYS + 1) * DAY_US:
        raise Invalid(f"A report covers at most {LONGEST_DAYS} days.", field="from")
    return since, until


def _midnight(day: date, zone: tzinfo) -> int:
    return round(datetime.combine(day, time(), zone).timestamp()) * 1_000_000


def _figures(figures: Figures) -> Mapping[str, Any]:
    return {
        "texts_in": figures.texts_in,
        "texts_out": figures.texts_out,
        "answered": figures.answered,
        "first_reply_median_seconds": figures.percentile(50),
        "first_reply_p90_seconds": figures.percentile(90),
        "before_public_share": figures.before_public_share,
        "went_public": figures.went_public,
        "failed": figures.failed,
        "opt_outs": figures.opt_outs,
    }


def _times(figures: Figures) -> tuple[int, int | None, int | None]:
    return figures.answered, figures.percentile(50), figures.percentile(90)


def _agent(user: User | None, figures: Figures) -> AgentShape:
    answered, median, p90 = _times(figures)
    return AgentShape(user_shape(user) if user else None, figures.texts_out, answered, figures.claims, median, p90)
