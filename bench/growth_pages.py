"""The pages whose time is measured, each through its use case, asked as a browser asks."""

import os
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from string import ascii_lowercase
from zoneinfo import ZoneInfo

from bench.growth_ground import opened
from bench.years import ACCOUNT, FIRST_NAMES, WORDS
from server.desk import contact_lists, conversation_report, directory, feed, inbox, message_search, sweep, tallies
from server.desk.desk import Desk
from server.desk.response_times import LONGEST_DAYS, count_days, response_times_report
from server.desk.stream import Stream
from server.desk.writer import Writer
from server.domain.report import Answered, Asked
from server.domain.user import Role, User
from server.domain.wanted import Sort, Wanted
from server.settings import Settings
from server.store import feed as events
from server.store import words
from server.store.database import Database, Transaction
from server.store.lists import View

LIMIT = 50
DAY_US = 86_400_000_000
SECONDS, MOST, FEWEST = 4.0, 200, 10
"""Each page is asked for so long, or so many times."""
AT_ONCE = 2_000
"""Contacts that a migration has let wait for their index."""

Page = Callable[[random.Random], Awaitable[object]]


async def measure(folder: Path, engine: str, size: int, only: str = "") -> dict[str, tuple[float, float, float]]:
    """p50 and p99 of each page of which the name matches `only`, and the processor time of one, ours and the database's, ms. On a crowded
    machine only that says much."""
    async with opened(folder, engine, size) as db:
        while await db.write(partial(words.index_contacts, most=AT_ONCE)):
            pass
        while await count_days(desk_over(db)):
            pass
        found = {}
        for name, page in (await pages(db)).items():
            if not re.search(only, name):
                continue
            chance, took = random.Random(3), list[float]()
            await page(chance)
            spent = await _spent(db)
            until = time.perf_counter() + SECONDS
            while len(took) < MOST and (len(took) < FEWEST or time.perf_counter() < until):
                began = time.perf_counter()
                await page(chance)
                took.append((time.perf_counter() - began) * 1_000)
            spent = (await _spent(db) - spent) / len(took)
            took.sort()
            found[name] = (took[len(took) // 2], took[int(len(took) * 0.99)], spent)
            print(engine, size, name, "{:.1f} / {:.1f}, {:.1f} of processor".format(*found[name]), flush=True)
        return found


async def _spent(db: Database) -> float:
    """Processor time so far, ms: of this process, and of the one that PostgreSQL has for the only connection in use."""
    mine = time.process_time() * 1_000
    if db.engine == "sqlite":
        return mine
    row = await db.read(lambda tx: tx.one("select pg_backend_pid() as pid"))
    assert row is not None
    fields = Path(f"/proc/{row['pid']}/stat").read_text().rpartition(")")[2].split()
    return mine + (int(fields[11]) + int(fields[12])) * 1_000 / os.sysconf("SC_CLK_TCK")


def desk_over(db: Database) -> Desk:
    return Desk(db, Writer(db, lambda _events, _roles: None), {}, Settings())


async def users_of(db: Database) -> list[User]:
    async def read(tx: Transaction) -> list[User]:
        rows = await tx.all("select id, name, role from users where account = :account order by id", account=ACCOUNT)
        return [User(row["id"], ACCOUNT, row["name"], Role(row["role"])) for row in rows]

    return await db.read(read)


async def pages(db: Database) -> dict[str, Page]:
    desk, users = desk_over(db), await users_of(db)
    manager = users[0]

    async def read(tx: Transaction) -> tuple[list[str], list[str], list[str], int, int]:
        newest = "select id, phone, active_at from conversations where account = :account order by active_at desc limit 500"
        talks = await tx.all(newest, account=ACCOUNT)
        head = await tx.one("select position from accounts where id = :account", account=ACCOUNT)
        assert head is not None
        dids = await tx.all("select id from dids where account = :account order by id", account=ACCOUNT)
        ids, phones = [row["id"] for row in talks], [row["phone"] for row in talks]
        return ids, phones, [row["id"] for row in dids], int(head["position"]), talks[0]["active_at"]

    talks, phones, dids, head, newest = await db.read(read)

    def listed(view: View, query: Callable[[random.Random], str] = lambda _: "") -> Page:
        return lambda chance: inbox.conversation_list(desk, chance.choice(users), view, query(chance), None, LIMIT)

    async def deep(chance: random.Random) -> object:
        page = await inbox.conversation_list(desk, manager, "all", "", (2**62, "z"), LIMIT)
        edge = page.next
        if edge is not None:
            edge = (edge[0] - chance.randrange(edge[0] - 1_735_000_000_000_000), edge[1])
        return await inbox.conversation_list(desk, manager, "all", "", edge, LIMIT)

    async def due(_: random.Random) -> object:
        await sweep.next_due(desk)
        return await db.read(lambda tx: sweep.overdue(tx, sweep.AT_ONCE))

    async def feed_page(chance: random.Random) -> object:
        before = chance.randrange(1, head + 1)

        async def read(tx: Transaction) -> object:
            return await events.positions(tx, ACCOUNT, types=None, edge=before, forward=False, mentions=(), limit=LIMIT + 1)

        return await db.read(read)

    elsewhere = searches(desk, manager, phones) | reports(desk, manager, dids, newest) | response_times(desk, users, dids, newest)
    stream = Stream(db)
    return elsewhere | {
        "inbox: mine": listed("mine"),
        "inbox: subscribed": listed("subscribed"),
        "inbox: all": listed("all"),
        "inbox: all, far down": deep,
        "pool": listed("pool"),
        "unanswered": listed("unanswered"),
        "inbox: a first name": listed("all", lambda chance: chance.choice(FIRST_NAMES)),
        "inbox: part of a number": listed("all", lambda chance: chance.choice(phones)[-5:]),
        "counts": lambda chance: tallies.tally(desk, chance.choice(users)),
        "a thread's page": lambda chance: inbox.message_list(desk, manager, chance.choice(talks)),
        "tags": lambda _: contact_lists.tag_list(desk, manager),
        "timer: what is due": due,
        "feed, anywhere": feed_page,
        "feed: figures": lambda _: feed.feed_figures(desk, manager),
        "resume": lambda chance: stream.unasked(chance.choice(users), head),
        "resume of who takes part in most": lambda _: stream.unasked(manager, head),
        "people": lambda _: directory.list_users(desk, manager, "", LIMIT),
    }


def searches(desk: Desk, manager: User, phones: list[str]) -> dict[str, Page]:
    def contacts(query: Callable[[random.Random], str], sort: Sort = "name") -> Page:
        return lambda chance: contact_lists.contact_list(desk, manager, Wanted(q=query(chance)), sort=sort, limit=LIMIT)

    def texts(query: Callable[[random.Random], str]) -> Page:
        return lambda chance: message_search.message_search_page(desk, manager, query(chance), None, LIMIT)

    return {
        "contacts: first page": contacts(lambda _: ""),
        "contacts: a first name's 3 letters": contacts(lambda chance: chance.choice(FIRST_NAMES)[:3]),
        "contacts: a number": contacts(lambda chance: chance.choice(phones)),
        "contacts: 2 letters": contacts(lambda chance: chance.choice(FIRST_NAMES)[:2]),
        "contacts: 2 letters of nobody": contacts(lambda chance: f"q{chance.choice('bcdfghjk')}"),
        "contacts: 2 letters, newest first": contacts(lambda chance: chance.choice(FIRST_NAMES)[:2], "recent"),
        "contacts: 2 digits for letters": contacts(lambda chance: chance.choice(phones)[-2:]),
        "contacts: 1 of the letters": contacts(lambda chance: chance.choice(ascii_lowercase)),
        "contacts: nobody": contacts(lambda chance: f"qx{chance.randrange(100, 999)}"),
        "texts: a common word": texts(lambda chance: chance.choice([word for word in WORDS if len(word) > 2])),
        "texts: a rare word": texts(lambda chance: "".join(chance.choices(["ba", "ko", "mi", "ve", "lo", "te"], k=4))),
        "texts: two rare words": texts(lambda chance: " ".join("".join(chance.choices(["ba", "ko", "mi", "ve"], k=3)) for _ in "ab")),
        "texts: nothing holds it": texts(lambda chance: f"qxz{chance.randrange(100, 999)}"),
    }


def reports(desk: Desk, manager: User, dids: list[str], newest: int) -> dict[str, Page]:
    """Those of some days end within the last four weeks; `newest` µs."""

    def report(sort: str, days: int | None = None, *, by_did: bool = False, answered: Answered = "any") -> Page:
        wanted = conversation_report.Sort(sort)

        async def page(chance: random.Random) -> object:
            asked = Asked(ACCOUNT, did=chance.choice(dids) if by_did else None, answered=answered)
            if days is not None:
                until = newest - chance.randrange(28) * DAY_US
                asked = replace(asked, since=until - days * DAY_US, until=until)
            return await conversation_report.conversation_report(desk, manager, asked, wanted, None, LIMIT)

        return page

    return {
        "report, newest first": report("last_message"),
        "report, by name": report("contact"),
        "report, by texts": report("in"),
        "report of what is answered, by name": report("contact", answered="answered"),
        "report of a number": report("last_message", by_did=True),
        "report of a day": report("last_message", 1),
        "report of two weeks": report("last_message", 14),
        "report of two weeks, by texts": report("in", 14),
        "report of two weeks of a number": report("last_message", 14, by_did=True),
        "report of two months": report("last_message", 60),
    }


def response_times(desk: Desk, users: list[User], dids: list[str], newest: int) -> dict[str, Page]:
    """Of whole days of a zone that is off UTC, each until one of the last four weeks, that of the longest time until the newest."""
    zone = ZoneInfo("America/New_York")

    def times(days: int, *, by_did: bool = False, by_user: bool = False) -> Page:
        async def page(chance: random.Random) -> object:
            until = newest - newest % DAY_US + 5 * 3_600_000_000 + (0 if days == LONGEST_DAYS else 1 - chance.randrange(28)) * DAY_US
            asked = Asked(
                ACCOUNT,
                until - days * DAY_US,
                until,
                did=chance.choice(dids) if by_did else None,
                participant=chance.choice(users).id if by_user else None,
            )
            return await response_times_report(desk, users[0], asked, zone.key, zone)

        return page

    return {
        "response times of a day": times(1),
        "response times of two weeks": times(14),
        "response times of two weeks of a number": times(14, by_did=True),
        "response times of two weeks of a user": times(14, by_user=True),
        "response times of two months": times(60),
        "response times of the longest time": times(LONGEST_DAYS),
        "response times of the longest time of a number": times(LONGEST_DAYS, by_did=True),
        "response times of the longest time of a user": times(LONGEST_DAYS, by_user=True),
    }
