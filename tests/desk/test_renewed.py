"""What a later event shows is no older than what an earlier one told, whoever waited for whom: two processes on one PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace as with_changes

from server.desk.contact_changes import change_contacts
from server.desk.desk import Desk
from server.desk.quiet_hours import hold, look_again
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.desk.settings_shape import QuietHoursShape
from server.desk.shapes import MessageShape, instant
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.user import SYSTEM
from server.store import accounts, contacts
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, MINUTE_US, SALES, WEI, Office

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture
async def busy(office: Office) -> Office:
    """Its process has seen the account before, and so knows what has not changed since."""
    for body in ("Hi", "Hello?"):
        await office.text(body, to=SALES)
    return office


async def test_a_text_behind_a_change_of_the_minutes_shows_the_new_deadline(busy: Office, second_desk: Desk) -> None:
    async def five(work: Work) -> None:
        account = await accounts.lock(work.tx, busy.account)
        await accounts.save_settings(work.tx, replace(account, public_minutes=5))
        work.tell(busy.account, EventType.SETTINGS_CHANGED, SYSTEM, data={})

    await meanwhile(second_desk, five, lambda: busy.text("Anybody?", to=SALES))
    told = busy.events[-1]
    shown = told["data"]["conversation"]
    assert told["type"] == "message.received"
    left = datetime.fromisoformat(shown["public_at"]) - datetime.fromisoformat(shown["clock_start"])
    assert left == timedelta(minutes=5)


async def test_an_event_behind_a_change_of_its_contact_shows_the_contact_as_it_is(busy: Office, second_desk: Desk) -> None:
    async def renamed(work: Work) -> None:
        [id] = (await contacts.of_phones(work.tx, [(busy.account, MARIA)])).values()
        [contact] = (await contacts.hold(work.tx, busy.account, [id])).values()
        await change_contacts(work, SYSTEM, [(contact, with_changes(contact, name="Maria Garcia"))], "by_hand")
        await accounts.lock(work.tx, busy.account)

    since = len(busy.events)
    await meanwhile(second_desk, renamed, lambda: busy.text("STOP", to=SALES))
    told = {event["type"]: event["data"] for event in busy.events[since:]}
    assert told["contact.opted_out"]["contact"]["name"] == "Maria Garcia"
    assert told["contact.opted_out"]["contact"]["opted_out"] is True
    assert told["message.received"]["conversation"]["contact"]["name"] == "Maria Garcia"


async def test_a_text_that_is_held_for_the_first_time_while_its_hours_change_is_looked_at_again(busy: Office, second_desk: Desk) -> None:
    async def now(work: Work) -> int:
        return work.now

    at = await busy.desk.change(now)
    start, end = (instant(at + minutes * MINUTE_US)[11:16] for minutes in (-60, 120))
    await change_settings(busy.desk, busy.mia, Changes(quiet_hours=QuietHoursShape(start, end, 0)))
    while await look_again(busy.desk):
        pass
    late = Draft("Later", "later", 10_000, send_at=at + 180 * MINUTE_US)
    text = await send(busy.desk, busy.ben, await busy.conversation(), late)
    assert isinstance(text, MessageShape)

    async def held(work: Work) -> None:
        message = await work.message(text.id)
        assert message is not None
        assert (await work.account(busy.account)).quiet_hours is not None, "by these it is held"
        hold(work, message, work.now + 300 * MINUTE_US)

    await meanwhile(busy.desk, held, lambda: change_settings(second_desk, busy.mia, Changes(quiet_hours=None)))
    row = await busy.one("select asked_at from messages where id = :id", id=text.id)
    assert row is not None
    assert row["asked_at"] is not None
    assert await look_again(busy.desk), "it goes by hours that are no more"


async def test_only_a_change_of_what_others_show_makes_them_read_it_again(busy: Office) -> None:
    """A new number, which many texts come from, changes nothing that another text shows."""

    async def renewed() -> int:
        row = await busy.one("select renewed from accounts where id = :id", id=busy.account)
        assert row is not None
        return int(row["renewed"])

    before, told = await renewed(), len(busy.events)
    await busy.text("Hi", sender=WEI, to=SALES)
    assert "contact.created" in [event["type"] for event in busy.events[told:]]
    assert await renewed() == before
    await busy.text("STOP", sender=WEI, to=SALES)
    assert await renewed() == before + 1
