"""The gate cannot be walked round (PRODUCT rule 22): whatever people, timers and two processes do in whatever order, over a carrier that
keeps every request, an opted-out number gets nothing but the one confirmation, and a number under review nothing that nobody typed.

`tests/house/test_ways_out.py` knows every place that lets a text leave, and fails when there is one that no step here takes.
"""

import asyncio
import base64
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from server.carriers.carrier import Answered, InboundText, Receipt
from server.carriers.exchange import open_client
from server.carriers.generic import Generic
from server.chores import IMPORTERS
from server.clock import SystemClock
from server.desk import quiet_hours, scheduled
from server.desk.bulk import Bulk, BulkDone, bulk
from server.desk.bulk_undo import undo
from server.desk.consent_review import decide
from server.desk.contacts import opt_out_by_hand
from server.desk.desk import Desk
from server.desk.dids import NewDid, add_did
from server.desk.dispatch import Leased, give_up_leases, lease
from server.desk.hear import Connections
from server.desk.importing import import_next
from server.desk.lines import NewCarrier, add_carrier
from server.desk.opt_out_import import start_list
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.desk.send import Draft, send, start
from server.desk.settings import Changes, change_settings
from server.desk.settings_shape import QuietHoursShape
from server.desk.writer import Writer
from server.domain.errors import Refused
from server.domain.message import MessageState
from server.sender import hand_over
from server.settings import Settings
from server.store.engines import open_database
from tests.fixtures.carrier_api import Answering, CarrierApi, answers, hangs_up
from tests.fixtures.office import Office, build_office

SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
OURS = ("+13035550001", "+13035550002")
CONFIRMATION = "Acme: You are unsubscribed"
AUTOMATIC = "Acme: "
ALWAYS_QUIET = QuietHoursShape("00:01", "00:00", 0, False)
STARTED_US = 1_700_000_000_000_000
OUT = {"STOP", "please stop"}
BACK = {"START", "unstop"}
DOUBTS = {"Do not text me again", "wrong number"}
OTHERS = {"Hello", "HELP", "yes"}
ANSWERS: dict[str, Answering] = {
    "accepted": answers(200, b'{"id": "r"}'),
    "busy": answers(429, b"{}", retry_after="1"),
    "opted out": answers(400, b'{"error": {"code": "opted_out", "says": "Unsubscribed."}}'),
    "silent": hangs_up,
}
TEXT = st.tuples(st.just("text"), st.sampled_from(sorted(OUT | BACK | DOUBTS | OTHERS)), st.sampled_from([0, 1]), st.booleans())
WRITE = st.tuples(st.just("write"), st.sampled_from(["send", "start", "schedule"]))
TAKE = st.tuples(st.just("take"), st.sampled_from([0, 1]))
HAND = st.tuples(st.just("hand"), st.sampled_from(["accepted", "accepted", "busy", "opted out", "silent"]))
RARE = st.one_of(
    st.tuples(st.just("decide_about"), st.sampled_from(["send now", "cancel"])),
    st.tuples(st.just("by_hand")),
    st.tuples(st.just("by_list")),
    st.tuples(st.just("review"), st.booleans()),
    st.tuples(st.just("receipt"), st.booleans()),
    st.tuples(st.just("pass_time"), st.sampled_from([1, 2, 7])),
    st.tuples(st.just("quiet"), st.booleans()),
    st.tuples(st.just("in_bulk")),
)
STEPS = st.sampled_from([TEXT, TEXT, WRITE, WRITE, TAKE, TAKE, HAND, RARE, RARE]).flatmap(lambda kind: kind)


class Gate:
    """One phone at a time, and of each that was what it should be: `out`, or under `review`."""

    def __init__(self, office: Office, second: Desk, api: CarrierApi, connection: str, http: httpx2.AsyncClient) -> None:
        self.office, self.api, self.http = office, api, http
        self.desks = (office.desk, second)
        self.connections = [Connections(desk, SystemClock()) for desk in self.desks]
        self.connection = replace(office.connection, id=connection, kind="generic")
        self.numbers = count()
        self.phone = ""
        self.stand: dict[str, tuple[bool, bool]] = {}
        self.confirmations: Counter[str] = Counter()
        self.queued_before_doubt: set[str] = set()
        self.sent_now: set[str] = set()
        self.cancelled: set[str] = set()

    async def example(self, steps: list[tuple[Any, ...]]) -> None:
        self.phone = f"+1404555{next(self.numbers):04}"
        self.stands(out=False, review=False)
        self.in_hand: list[tuple[Leased, int]] = []
        self.tokens: list[str] = []
        async with asyncio.TaskGroup() as tasks:
            for desk in self.desks:
                tasks.create_task(desk.writer.run())
            await self.text("Hello", 0, False)
            self.conversation = await self.office.conversation(self.phone)
            for name, *arguments in steps:
                with suppress(Refused):
                    await getattr(self, name)(*arguments)
                await self.agrees(name)
            await self.let_everything_go()
            for desk in self.desks:
                desk.writer.stop()

    async def agrees(self, step: str) -> None:
        rows = await self.office.all("select number from opt_outs where number = :number", number=self.phone)
        reviews = await self.office.all("select number from consent_reviews where number = :number", number=self.phone)
        assert (bool(rows), bool(reviews)) == self.stand[self.phone], step
        if self.out:
            waits = "state in ('scheduled', 'queued') and lease_until is null and coalesce(purpose, '') <> 'opted_out'"
            left = await self.office.all(f"select body from messages where conversation = :id and {waits}", id=self.conversation)
            assert left == [], f"what had not left is cancelled: {step}"

    async def let_everything_go(self) -> None:
        """Whatever still waits gets every chance to leave."""
        await self.quiet(False)
        for _ in range(4):
            await self.pass_time(10)
            for process in (0, 1):
                await self.take(process)
                await self.hand("accepted")
        await self.agrees("at the end")

    def stands(self, *, out: bool, review: bool, phone: str | None = None) -> None:
        self.stand[phone or self.phone] = (out, review)

    @property
    def out(self) -> bool:
        return self.stand[self.phone][0]

    async def text(self, body: str, to: int, answered: bool) -> None:
        said: Answered | None = {"STOP": "stop", "START": "start", "HELP": "help"}.get(body) if answered else None  # type: ignore[assignment]
        text = InboundText(f"i{next(self.numbers)}", self.phone, OURS[to], body, carrier_answered=said)
        if body in DOUBTS and not self.out:
            left = "select body_asked from messages where left_seq is not null and state <> 'scheduled'"
            self.queued_before_doubt |= {row["body_asked"] for row in await self.office.all(left)}
        await receive_texts(self.desks[to], self.connection, [text], STARTED_US)
        if body in OUT:
            self.confirmations[self.phone] += not self.out and said is None
            self.stands(out=True, review=False)
        elif body in BACK or (body == "yes" and self.out):
            self.stands(out=False, review=False)
        elif body in DOUBTS and not self.out:
            self.stands(out=False, review=True)

    async def write(self, how: str) -> None:
        desk, number = self.office.desk, next(self.numbers)
        now = await desk.read(_now)
        draft = Draft(f"{'later' if how == 'schedule' else 'typed'} {number}", f"c{number}", 10_000)
        if how == "schedule":
            await send(desk, self.office.ben, self.conversation, replace(draft, send_at=now + 60_000_000))
        elif how == "start":
            await start(self.desks[1], self.office.ana, draft, to=self.phone)
        else:
            await send(desk, self.office.mia, self.conversation, draft)

    async def decide_about(self, what: str) -> None:
        rows = await self.office.all("select id, body_asked from messages where state = 'scheduled' order by send_at")
        for row in rows[:1]:
            if what == "cancel":
                await scheduled.cancel(self.desks[1], self.office.mia, row["id"])
            else:
                await scheduled.send_now(self.desks[1], self.office.mia, row["id"])
                self.sent_now.add(row["body_asked"])

    async def by_hand(self) -> None:
        rows = await self.office.all("select contact from conversations where id = :id", id=self.conversation)
        await opt_out_by_hand(self.desks[1], self.office.ana, rows[0]["contact"], self.phone, "Asked on the phone")
        self.stands(out=True, review=False)

    async def by_list(self) -> None:
        await start_list(self.office.desk, self.office.mia, self.phone.encode())
        assert await import_next(self.desks[1], f"h{next(self.numbers)}", _no_rest, IMPORTERS)
        self.stands(out=True, review=False)

    async def review(self, opted_out: bool) -> None:
        await decide(self.desks[1], self.office.ana, self.conversation, opted_out)
        self.stands(out=opted_out, review=False)

    async def take(self, process: int) -> None:
        await self.see_what_is_cancelled()
        self.in_hand += [(one, process) for one in await lease(self.desks[process])]

    async def hand(self, how: str) -> None:
        """What a sender has in its hands goes to the carrier, which keeps every request before it answers."""
        self.api.answer = ANSWERS[how]
        while self.in_hand:
            one, process = self.in_hand.pop(0)
            before = len(self.api.seen)
            await self.see_what_is_cancelled()
            await hand_over(self.desks[process], self.connections[process], one, self.http)
            self.tokens += [one.text.token] if one.text.to == self.phone else []
            for seen in self.api.seen[before:]:
                self.look_at(msgspec.json.decode(seen.body))
                self.confirmations[one.text.to] -= one.text.body.startswith(CONFIRMATION) and how != "busy"
                if how == "opted out":
                    self.stands(out=True, review=False, phone=one.text.to)

    async def see_what_is_cancelled(self) -> None:
        self.cancelled |= {row["id"] for row in await self.office.all("select id from messages where state = 'cancelled'")}

    def look_at(self, text: dict[str, Any]) -> None:
        body = text["body"]
        out, under_review = self.stand[text["to"]]
        assert text["id"] not in self.cancelled, f"it was taken back: {body}"
        if out:
            assert body.startswith(CONFIRMATION), f"the number is opted out: {body}"
        if under_review:
            asked = {each for each in self.queued_before_doubt | self.sent_now if body.startswith(f"{each} ") or body == each}
            assert body.startswith("typed ") or asked, f"somebody has to decide first: {body}"
        if body.startswith(CONFIRMATION):
            assert self.confirmations[text["to"]] > 0, "one confirmation is enough"

    async def receipt(self, opted_out: bool) -> None:
        """The carrier's later word about the last text of ours."""
        for token in self.tokens[-1:]:
            state = MessageState.FAILED if opted_out else MessageState.DELIVERED
            await apply_receipts(self.desks[1], self.connection, [Receipt(None, token, state, "x", "x", opted_out, opted_out)])
            if opted_out:
                self.stands(out=True, review=False)

    async def pass_time(self, minutes: int) -> None:
        self.office.later(minutes=minutes)
        self.desks[1].db.shift_us = self.office.desk.db.shift_us
        if minutes > 1:
            await give_up_leases(self.desks[1])
        await scheduled.leave_due(self.desks[0])
        await scheduled.leave_due(self.desks[1])

    async def quiet(self, on: bool) -> None:
        await change_settings(self.office.desk, self.office.mia, Changes(quiet_hours=ALWAYS_QUIET if on else None))
        await quiet_hours.look_again(self.desks[1])

    async def in_bulk(self) -> None:
        """No change of many contacts sends a text, and none lets one go."""
        rows = await self.office.all("select contact from conversations where id = :id", id=self.conversation)
        change: dict[str, Any] = {"ids": [rows[0]["contact"]], "do": {"ready": True}}
        done = await bulk(self.office.desk, self.office.mia, msgspec.convert(change, Bulk))
        if isinstance(done, BulkDone) and done.undo is not None:
            await undo(self.office.desk, self.office.mia, done.undo)


async def _now(tx: Any) -> int:
    return int(tx.now)


async def _no_rest(_: float) -> None:
    await asyncio.sleep(0)


async def _open(database_url: str, settings: Settings) -> Gate:
    office = await build_office(await open_database(database_url), settings)
    api = CarrierApi()
    await api.start()
    listed = Generic(lambda: 1_700_000_000_000_000, [urlsplit(api.url).netloc])
    office.desk = replace(office.desk, carriers={**office.desk.carriers, "generic": listed})
    second_db = await open_database(database_url)
    second = Desk(second_db, Writer(second_db, office.published), office.desk.carriers, office.desk.settings)
    made: list[str] = []

    async def furnish() -> None:
        line: Any = await add_carrier(
            office.desk, office.mia, NewCarrier("generic", "Gateway", {"secret": SECRET, "send_url": f"{api.url}/send"})
        )
        made.append(line.id)
        for number in OURS:
            await add_did(office.desk, office.mia, NewDid(number, line.id, ["sms"]))

    await _while_it_writes(office, furnish)
    return Gate(office, second, api, made[0], open_client())


async def _while_it_writes(office: Office, act: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(office.desk.writer.run())
        await act()
        office.desk.writer.stop()


async def _close(gate: Gate) -> None:
    await gate.http.aclose()
    await gate.api.stop()
    for desk in gate.desks:
        await desk.db.close()


@pytest.mark.timeout(600)
def test_nothing_leaves_to_a_number_that_may_not_be_texted_whatever_happens(database_url: str, settings: Settings) -> None:
    with asyncio.Runner() as runner:
        gate = runner.run(_open(database_url, settings))

        @examples(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @example([("quiet", True), ("write", "schedule"), ("decide_about", "cancel"), ("quiet", False), ("take", 0), ("hand", "accepted")])
        @given(st.lists(STEPS, min_size=8, max_size=24))
        def holds(steps: list[tuple[Any, ...]]) -> None:
            runner.run(gate.example(steps))

        try:
            holds()
            assert len(gate.api.seen) > 30, "texts do leave"
        finally:
            runner.run(_close(gate))
