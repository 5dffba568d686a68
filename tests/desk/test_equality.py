"""The heart of the product: the page after the events equals the page freshly loaded, whatever happened in whatever order."""

import contextlib
import random
from typing import Literal

import pytest

from server.carriers.carrier import Receipt, SendResult
from server.desk import attend, claim, settle
from server.desk.consent_review import decide
from server.desk.contacts import ContactChanges, change_contact
from server.desk.dispatch import give_up_leases, lease, record
from server.desk.notes import write_note
from server.desk.receipts import apply_receipts
from server.desk.scheduled import cancel, leave_due, send_now
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.desk.sweep import sweep
from server.domain.errors import Refused
from server.domain.message import MessageState
from server.domain.user import User
from tests.fixtures.office import MARIA, SALES, SUPPORT, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load

Outcome = Literal["accepted", "rejected", "unconfirmed", "retry"]
PHONES = (MARIA, WEI, "+12025550145", "+12025550146")
BODIES = ("Hi", "Is there parking?", "STOP", "Do not text me again", "START", "HELP", "yes", "Thanks 🙂")


class History:
    """Random actions of everybody, from a seed; what the rules refuse changes nothing."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.random = random.Random(seed)
        self.sends = 0

    async def step(self) -> None:
        action = self.random.choice(
            [
                self.inbound,
                self.inbound,
                self.inbound,
                self.answer,
                self.answer,
                self.note,
                self.schedule,
                self.decide,
                self.review,
                self.dispatch,
                self.by_hand,
                self.part,
                self.time,
                self.manage,
            ]
        )
        with contextlib.suppress(Refused):
            await action()

    async def inbound(self) -> None:
        pick = self.random.choice
        await self.office.text(pick(BODIES), sender=pick(PHONES), to=pick((SUPPORT, SALES)))

    async def any_conversation(self) -> str:
        rows = await self.office.all("select id from conversations order by id")
        if not rows:
            await self.office.text("Hi")
            return await self.office.conversation()
        return str(self.random.choice(rows)["id"])

    def any_user(self) -> User:
        return self.random.choice([self.office.ana, self.office.ben, self.office.dana, self.office.mia])

    async def answer(self) -> None:
        self.sends += 1
        await send(self.office.desk, self.any_user(), await self.any_conversation(), Draft("Hello", f"c{self.sends}", 100_000))

    async def note(self) -> None:
        pick, id = self.random.choice, await self.any_conversation()
        await write_note(self.office.desk, self.any_user(), id, "A note", pick([[], [self.any_user().id]]))

    async def schedule(self) -> None:
        self.sends += 1
        rows = await self.office.all("select max(at) as at from events")
        at = (rows[0]["at"] or 0) + self.random.choice([1, 5, 20]) * 60_000_000
        later = Draft("Later", f"c{self.sends}", 100_000, send_at=at)
        await send(self.office.desk, self.any_user(), await self.any_conversation(), later)

    async def decide(self) -> None:
        rows = await self.office.all("select id from messages where state = 'scheduled' order by id")
        if rows:
            act = self.random.choice([cancel, send_now])
            await act(self.office.desk, self.any_user(), self.random.choice(rows)["id"])

    async def review(self) -> None:
        await decide(self.office.desk, self.any_user(), await self.any_conversation(), self.random.random() < 0.5)

    async def dispatch(self) -> None:
        desk, pick = self.office.desk, self.random.choice
        await give_up_leases(desk)
        for leased in await lease(desk):
            outcome: Outcome | None = pick(["accepted", "accepted", "rejected", "unconfirmed", "retry", None])
            if outcome is not None:
                await record(desk, leased, SendResult(outcome, f"ref-{leased.message}", code="30005", says="No such number."))
            if self.random.random() < 0.7:
                state = pick([MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.SENT])
                await apply_receipts(desk, self.office.connection, [Receipt(None, leased.text.token, state)])

    async def by_hand(self) -> None:
        desk, user, id = self.office.desk, self.any_user(), await self.any_conversation()
        match self.random.randrange(7):
            case 0:
                await claim.claim(desk, user, id)
            case 1:
                await claim.release(desk, user, id)
            case 2:
                await claim.transfer(desk, user, id, self.any_user().id)
            case 3:
                await settle.no_reply_needed(desk, user, id)
            case 4:
                await settle.close(desk, user, id)
            case 5:
                await settle.reopen(desk, user, id)
            case _:
                await settle.snooze(desk, user, id, 4_000_000_000_000_000)

    async def part(self) -> None:
        desk, user, id = self.office.desk, self.any_user(), await self.any_conversation()
        match self.random.randrange(4):
            case 0:
                await attend.follow(desk, user, id, self.random.choice([None, True, False]))
            case 1:
                await attend.unfollow(desk, user, id)
            case 2:
                await attend.read(desk, user, id, self.random.randrange(30))
            case _:
                await attend.remove_subscriber(desk, self.office.mia, id, self.any_user().id)

    async def time(self) -> None:
        self.office.later(minutes=self.random.choice([1, 7, 30]))
        await sweep(self.office.desk)
        await leave_due(self.office.desk)

    async def manage(self) -> None:
        desk = self.office.desk
        if self.random.random() < 0.3:
            await change_settings(desk, self.office.mia, Changes(sms_public_minutes=self.random.choice([0, 5, 20, None])))
            return
        rows = await self.office.all("select id from contacts order by id")
        if rows:
            changes = self.random.choice([ContactChanges(ready=True), ContactChanges(name=f"Name {self.random.random()}")])
            await change_contact(desk, self.office.mia, self.random.choice(rows)["id"], changes)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", range(4))
async def test_after_any_history_the_page_after_the_events_equals_the_page_freshly_loaded(office: Office, seed: int) -> None:
    history = History(office, seed)
    for number in range(150):
        await history.step()
        if number % 50 == 49:
            await assert_page_equals_fresh_load(office, office.mia)
    assert len({event["type"] for event in office.events}) > 15, "the history was to be a lively one"
