"""Machines whose clocks are ten minutes off, while the database's is right: nothing is early, late or in a wrong order (FAULTS 38).

On PostgreSQL: who shares a file of SQLite shares a machine, and its clock.
"""

import asyncio
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.ids import ALPHABET, LENGTH
from server.store.database import Transaction
from tests.carriers.rig_bandwidth import BANDWIDTH, received
from tests.faults.conftest import open_with_ana
from tests.faults.test_scheduled import late, left, schedule
from tests.faults.test_timers import Met, meet_deadlines
from tests.fixtures.centre import BASE_URL, GATEWAY, Centre
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.processes import Running
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import PATIENCE_SECONDS, until
from tests.fixtures.wrong_clock import wrong_clock

OFF_SECONDS = 600
AHEAD, BEHIND = 1, 2
"""These web processes' numbers; the first one's clock is right."""
MINUTE_US = 60_000_000
FAR_US = range(5 * MINUTE_US, 15 * MINUTE_US)
"""So far from when all happened lies only what somebody took from a wrong clock: nothing here is meant to be then."""
DID = "+12025550142"
LATE_SECONDS = 180
LATEST_SECONDS = 1.0
WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
ID = re.compile(rf"\b[{ALPHABET}]{{{LENGTH}}}\b")


@pytest.fixture
def engine() -> str:
    return "postgresql"


@dataclass
class Apart:
    """`off`: by how many seconds each web process's clock was wrong, as its log says, and `told` what it tells browsers. `leaving`:
    seconds from each scheduled text's time until it left, sorted, and `handed` how often each was handed over. `answers` to webhooks
    that carry the time of their signing; `texts` of one conversation, as a page shows them; `opted_out`: who is at the end.
    `called_late`: texts of which is said that they came late. `strange`: what is kept with an instant of a wrong clock."""

    off: list[int]
    told: list[int]
    met: Met
    leaving: list[float]
    handed: Counter[str]
    answers: Counter[int]
    texts: list[str]
    opted_out: list[bool]
    called_late: Counter[str]
    signed_in: int
    strange: list[str]
    ledgers: list[Ledger] = field(default_factory=list)


async def live_apart(centre: Centre, at_once: int, texts: int) -> Apart:
    """A web process, a timer and a sender that live ten minutes ahead, and as many behind, do all the work."""
    for seconds in (OFF_SECONDS, -OFF_SECONDS):
        with wrong_clock(centre.partyline, seconds):
            await asyncio.to_thread(centre.start, webs=1, timers=1, senders=1)
    began = await _now(centre)
    async with open_tab(centre, "ana", AHEAD) as ahead, open_tab(centre, "ana", BEHIND) as behind:
        met = await meet_deadlines(centre, 0, at_once, random.Random(38))
        await _schedule(centre, texts)
        answers = await _texts_in(centre, texts)
        opted_out = [await _opted_out(centre, words) for words in (("STOP", "START"), ("START", "STOP"))]
        called_late = await _texts_with_a_time(centre)
        signed_in = await _sign_in(centre)
        await until(lambda: _all_out(centre, texts), within=2 * PATIENCE_SECONDS)
        for tab in (ahead, behind):
            await tab.until_current()
        shown = await centre.manage("GET", f"conversations/{await centre.conversation('+12025580000')}/messages?limit=200")
        return Apart(
            off=[_off(web) for web in centre.webs],
            told=[await _told(centre, web) for web in range(len(centre.webs))],
            met=met,
            leaving=await late(centre),
            handed=Counter(dict(request.form)["Body"].partition(" Reply")[0] for request in centre.handed if b"Body=" in request.body),
            answers=answers,
            texts=[item["body"] for item in sorted(shown["items"], key=lambda item: item["created_at"])],
            opted_out=opted_out,
            called_late=called_late,
            signed_in=signed_in,
            strange=await _strange(centre, began),
            ledgers=[await tab.ledger() for tab in (ahead, behind)],
        )


async def _now(centre: Centre) -> int:
    async def now(tx: Transaction) -> int:
        return tx.now

    return await (await centre.database()).read(now)


def _off(web: Running) -> int:
    """From its log, to the next half minute."""
    last, written = web.newest_line()
    return round((datetime.fromisoformat(last["timestamp"]) - written).total_seconds() / 30) * 30


async def _told(centre: Centre, web: int) -> int:
    """By how many seconds the instant of its answers, by which a browser sets its countdowns, is wrong, to the next half minute."""
    said = datetime.fromisoformat((await centre.api("", web).get("/api/v1/me")).headers["partyline-now"])
    return round((said - datetime.now(UTC)).total_seconds() / 30) * 30


async def _schedule(centre: Centre, texts: int) -> None:
    begin = datetime.now(UTC) + timedelta(seconds=PATIENCE_SECONDS)
    for number in range(texts):
        await schedule(centre, number, begin + timedelta(seconds=number / texts), (AHEAD, BEHIND)[number % 2])
    assert datetime.now(UTC) < begin, "all are scheduled before the first is due"


async def _all_out(centre: Centre, texts: int) -> bool:
    waiting = "select count(*) as n from messages where state in ('queued', 'sending')"
    return await left(centre) == texts and not (await centre.rows(waiting))[0]["n"]


async def _texts_in(centre: Centre, texts: int) -> Counter[int]:
    """Of one contact, one after the other at one process and the other, signed with the time at which they are."""
    await centre.did(GATEWAY, "generic")
    answers = Counter[int]()
    for number in range(texts):
        answers[await _text_in(centre, "+12025580000", f"In {number}", (AHEAD, BEHIND)[number % 2])] += 1
    return answers


async def _text_in(centre: Centre, sender: str, words: str, web: int) -> int:
    said = {"id": f"{sender} {words}", "type": "message.received", "from": sender, "to": GATEWAY, "body": words, "media": []}
    return (await centre.gateway(said, web=web)).status_code


async def _opted_out(centre: Centre, words: tuple[str, str]) -> bool:
    """Whether the contact is in the end who says the first of these to the one that is ahead, and the second to the one that is behind."""
    sender = "+12025580001" if words[0] == "STOP" else "+12025580002"
    for word, web in zip(words, (AHEAD, BEHIND), strict=True):
        await _text_in(centre, sender, word, web)
    shown = await centre.manage("GET", f"conversations/{await centre.conversation(sender)}")
    return bool(shown["opted_out"])


async def _texts_with_a_time(centre: Centre) -> Counter[str]:
    """Two that come at once, and two that a carrier had to repeat for three minutes."""
    new = {"kind": "bandwidth", "name": "bandwidth", "credentials": dict(BANDWIDTH.credentials)}
    centre.carriers["bandwidth"] = await centre.manage("POST", "carriers", **new)
    await centre.did(DID, "bandwidth")
    path = centre.carriers["bandwidth"]["hook_url"].removeprefix(BASE_URL)
    headers = BANDWIDTH.sign(BANDWIDTH.connection(), "", b"") | {"content-type": BANDWIDTH.content_type}
    for web in (AHEAD, BEHIND):
        for says, seconds in (("at once", 0), ("late", LATE_SECONDS)):
            at = (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
            body = received(**{"id": f"{web} {says}", "time": at, "text": says, "from": f"+1202558100{web}", "owner": DID, "to": [DID]})
            assert (await centre.api("", web).post(path, content=body, headers=headers)).status_code == 200
    return Counter(row["body"] for row in await centre.rows("select body from messages where sent_at is not null"))


async def _sign_in(centre: Centre) -> int:
    """What a page answers at one process to whom another has let in."""
    client = await centre.browser("ana", AHEAD)
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return (await centre.browser_with(cookie, BEHIND).get("/sms")).status_code


async def _strange(centre: Centre, began: int) -> list[str]:
    """Every instant of every table, as a number, in words, or in an id."""
    ended, found = await _now(centre), []
    tables = await centre.rows("select table_name as name from information_schema.tables where table_schema = 'public'")
    for table in (row["name"] for row in tables):
        for row in await centre.rows(f'select * from "{table}"'):
            for column, value in row.items():
                if any(began - at in FAR_US or at - ended in FAR_US for at in _instants(value)):
                    found.append(f"{table}.{column}: {value}"[:200])
    return found


def _instants(value: Any) -> list[int]:
    if isinstance(value, int):
        return [value]
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    instants = [round(datetime.fromisoformat(said).timestamp() * 1_000_000) for said in WRITTEN.findall(text)]
    return instants + [_milliseconds(id) * 1_000 for id in ID.findall(text)]


def _milliseconds(id: str) -> int:
    """When it was made: the first 48 bits of 130, of which two are none."""
    number = 0
    for letter in id[:10]:
        number = number << 5 | ALPHABET.index(letter)
    return number


@pytest.mark.timeout(300)
async def test_processes_ten_minutes_ahead_and_behind_release_send_order_and_believe_as_if_their_clocks_were_right(
    centre: Centre, figures: Figures
) -> None:
    centre.settings["CARRIER_BANDWIDTH_URL"] = centre.carrier_api.url
    await open_with_ana(centre, webs=1)
    found = await live_apart(centre, at_once=30, texts=20)
    figures(f"off by {found.off} s: released late by {percentiles(found.met.late)}, sent late by {percentiles(found.leaving)}")
    assert found.off == [0, OFF_SECONDS, -OFF_SECONDS], "the clocks are right"
    assert found.told == [0, 0, 0]
    assert (found.met.missed, found.met.twice, found.met.ledger) == (0, 0, Ledger())
    for lateness in (found.met.late, found.leaving):
        assert lateness[0] >= 0
        assert lateness[-1] <= LATEST_SECONDS
    assert found.handed == Counter(f"Text {number}" for number in range(20))
    assert found.answers == Counter({200: 20})
    assert found.texts == [f"In {number}" for number in range(20)]
    assert found.opted_out == [False, True]
    assert found.called_late == Counter(late=2)
    assert found.signed_in == 200
    assert found.strange == []
    assert found.ledgers == [Ledger(), Ledger()]
