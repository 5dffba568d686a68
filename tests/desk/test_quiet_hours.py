"""In quiet hours nothing of a person's leaves: refused when it is written, held when it is about to go, let go when they end or change."""

from typing import Any

import pytest

from server.carriers.carrier import InboundText, SendResult
from server.desk import audit
from server.desk.consent import opt_out
from server.desk.contacts import ContactChanges, change_contact
from server.desk.dispatch import lease, next_look, record
from server.desk.quiet_hours import look_again, place, quiet_now
from server.desk.receive import receive_texts
from server.desk.scheduled import leave_due, next_leaving, send_now
from server.desk.send import Draft, send, start
from server.desk.settings import Changes, change_settings
from server.desk.settings_shape import QuietHoursShape
from server.desk.shapes import MessageShape, instant
from server.domain.errors import Forbidden, InQuietHours, NotFound
from server.domain.user import SYSTEM, User
from tests.fixtures.office import MARIA, MINUTE_US, SALES, Office
from tests.fixtures.page import assert_page_equals_fresh_load

ACCEPTED = SendResult("accepted", "carrier-1")
RETRY = SendResult("retry", says="Too busy.", retry_after=60)


async def now(office: Office) -> int:
    async def read(tx: object) -> int:
        at: int = tx.now  # type: ignore[attr-defined]
        return at

    return await office.desk.read(read)


def clock(at: int) -> str:
    return instant(at)[11:16]


async def quiet(office: Office, begins: float, ends: float, exempt: int = 0) -> int:
    """The account has quiet hours from `begins` to `ends` minutes from now, by the clock of UTC; the instant (µs) at which they end."""
    at = await now(office)
    start, end = (at + round(minutes * MINUTE_US) for minutes in (begins, ends))
    await change_settings(office.desk, office.mia, Changes(quiet_hours=QuietHoursShape(clock(start), clock(end), exempt, False)))
    return end // MINUTE_US * MINUTE_US


async def loud(office: Office) -> None:
    await change_settings(office.desk, office.mia, Changes(quiet_hours=None))


async def maria(office: Office, zone: str = "UTC") -> str:
    """Her conversation with Ben, and where she is."""
    await office.text("Hi", to=SALES)
    await move(office, zone)
    return await office.conversation()


async def move(office: Office, zone: str) -> None:
    row = await office.one("select contact from conversations where phone = :phone", phone=MARIA)
    assert row is not None
    await change_contact(office.desk, office.mia, row["contact"], ContactChanges(timezone=zone))


async def write(office: Office, id: str, body: str = "Good news", *, by: User | None = None, **more: Any) -> MessageShape:
    made = await send(office.desk, by or office.ben, id, Draft(body, more.pop("client_id", body), 10_000, **more))
    assert isinstance(made, MessageShape)
    return made


async def stored(office: Office, id: str) -> dict[str, Any]:
    row = await office.one("select * from messages where id = :id", id=id)
    assert row is not None
    return row


async def test_without_quiet_hours_texts_leave_at_any_hour(office: Office) -> None:
    id = await maria(office)
    assert (await write(office, id)).state == "queued"
    assert len(await lease(office.desk)) == 1
    assert (await quiet_now(office.desk, office.ana, id)).until is None


async def test_a_text_in_quiet_hours_is_refused_with_when_it_may_leave(office: Office) -> None:
    id = await maria(office)
    opens = await quiet(office, -60, 60)
    with pytest.raises(InQuietHours) as refused:
        await write(office, id)
    assert refused.value.extra == {"opens_at": instant(opens), "timezone": "UTC"}
    assert f"{clock(opens)} their time" in refused.value.says
    assert "message.queued" not in office.types()
    scheduled = await write(office, id, send_at=opens)
    assert (scheduled.state, scheduled.send_at, scheduled.held_until) == ("scheduled", instant(opens), None), "as the composer offers"
    office.later(minutes=61)
    await leave_due(office.desk)
    assert [leased.message for leased in await lease(office.desk)] == [scheduled.id]


async def test_a_first_text_to_a_number_is_refused_by_where_its_digits_say_it_is(office: Office) -> None:
    """Of a short code nothing is known, so the account's own zone counts."""
    await quiet(office, -60, 60)
    await change_settings(office.desk, office.mia, Changes(timezone="America/Anchorage"))
    assert (await start(office.desk, office.ben, Draft("Hello", "c1"), to="72345")) is not None
    await change_settings(office.desk, office.mia, Changes(timezone="UTC"))
    with pytest.raises(InQuietHours):
        await start(office.desk, office.ben, Draft("Hello", "c2"), to="72346")
    rows = await office.all("select phone from conversations")
    assert [row["phone"] for row in rows] == ["72345"], "nothing was opened"


async def test_a_reply_within_its_hours_is_exempt(office: Office) -> None:
    id = await maria(office)
    await quiet(office, -60, 22 * 60, exempt=2)
    assert (await write(office, id)).state == "queued"
    assert len(await lease(office.desk)) == 1
    office.later(minutes=121)
    with pytest.raises(InQuietHours):
        await write(office, id, "Too late")


async def test_a_text_that_reached_us_late_is_replied_to_within_its_hours_from_when_it_was_sent(office: Office) -> None:
    await quiet(office, -60, 22 * 60, exempt=2)
    sent = [
        InboundText(body, MARIA, SALES, body, sent_at=await now(office) - hours * 60 * MINUTE_US) for body, hours in (("a", 3), ("b", 1))
    ]
    await receive_texts(office.desk, office.connection, sent[:1], 1)
    await move(office, "UTC")
    id = await office.conversation()
    with pytest.raises(InQuietHours):
        await write(office, id)
    await receive_texts(office.desk, office.connection, sent[1:], 1)
    assert (await write(office, id)).state == "queued"


async def test_a_manager_may_send_anyway_and_nobody_else_and_it_is_in_the_trail(office: Office) -> None:
    id = await maria(office)
    opens = await quiet(office, -60, 60)
    with pytest.raises(Forbidden):
        await write(office, id, override_quiet_hours=True)
    text = await write(office, id, by=office.mia, override_quiet_hours=True)
    assert [leased.message for leased in await lease(office.desk)] == [text.id]
    trail = await audit.audit_trail(office.desk, office.mia, user=None, what="quiet_hours.overridden", before=None, limit=10)
    [entry] = trail.items
    assert (entry.user and entry.user.name, entry.target.id) == ("Mia", id)
    assert entry.after == {"message": text.id, "opens_at": instant(opens), "timezone": "UTC"}


async def test_a_text_that_was_queued_before_and_would_leave_in_them_waits_for_their_end(office: Office) -> None:
    id = await maria(office)
    text = await write(office, id, by=office.ana)
    opens = await quiet(office, -60, 60)
    assert await lease(office.desk) == []
    held = await stored(office, text.id)
    assert (held["state"], held["next_at"]) == ("queued", opens)
    [accepted, event] = [event for event in office.events if event["type"] == "message.queued"]
    assert accepted["alert"] == [office.ben.id]
    assert (event["data"]["reason"], event["data"]["message"]["held_until"], event["alert"]) == ("quiet_hours", instant(opens), [])
    due = await next_look(office.desk)
    assert due is not None
    assert 58 * MINUTE_US < due <= 60 * MINUTE_US
    await assert_page_equals_fresh_load(office, office.mia)
    office.later(minutes=60)
    assert [leased.message for leased in await lease(office.desk)] == [text.id]
    assert office.events[-1]["data"]["message"]["held_until"] is None


async def test_a_second_try_waits_too(office: Office) -> None:
    id = await maria(office)
    text = await write(office, id)
    [leased] = await lease(office.desk)
    await record(office.desk, leased, RETRY)
    opens = await quiet(office, -60, 60)
    office.later(minutes=2)
    assert await lease(office.desk) == []
    assert ((await stored(office, text.id))["next_at"], office.types()[-1]) == (opens, "message.sending")


async def test_what_is_held_lets_others_pass_and_keeps_its_own_order(office: Office) -> None:
    """The confirmation of HELP and what a manager sends anyway do not wait behind it."""
    id = await maria(office)
    held = [await write(office, id, body) for body in ("First", "Second")]
    opens = await quiet(office, -60, 60)
    assert await lease(office.desk) == []
    assert await lease(office.desk) == [], "the second one is held too, or waits behind the first"
    await office.text("HELP", to=SALES)
    [answer] = await lease(office.desk)
    assert "Reply STOP" in answer.text.body
    await record(office.desk, answer, ACCEPTED)
    urgent = await write(office, id, "Urgent", by=office.mia, override_quiet_hours=True)
    [leased] = await lease(office.desk)
    assert leased.message == urgent.id
    await record(office.desk, leased, ACCEPTED)
    office.later(minutes=(opens - await now(office)) / MINUTE_US + 0.1)
    later = await write(office, id, "Third")
    gone = []
    while leases := await lease(office.desk):
        assert len(leases) == 1
        gone.append(leases[0].message)
        await record(office.desk, leases[0], ACCEPTED)
    assert gone == [held[0].id, held[1].id, later.id]


async def test_the_confirmation_of_stop_leaves_in_quiet_hours_and_what_was_held_is_cancelled(office: Office) -> None:
    id = await maria(office)
    text = await write(office, id)
    await quiet(office, -60, 60)
    assert await lease(office.desk) == []
    await office.text("STOP", to=SALES)
    assert (await stored(office, text.id))["state"] == "cancelled"
    [leased] = await lease(office.desk)
    assert "unsubscribed" in leased.text.body


async def test_a_scheduled_text_whose_time_is_quiet_is_moved_when_it_is_accepted(office: Office) -> None:
    id = await maria(office)
    opens = await quiet(office, 30, 90)
    at = await now(office) + 45 * MINUTE_US
    text = await write(office, id, send_at=at)
    assert (text.state, text.send_at, text.held_until) == ("scheduled", instant(opens), instant(opens))
    [event] = [event for event in office.events if event["type"] == "message.scheduled"]
    assert event["data"]["message"]["held_until"] == instant(opens)
    office.later(minutes=91)
    assert await leave_due(office.desk) == 1
    [leased] = await lease(office.desk)
    assert leased.message == text.id
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_managers_scheduled_text_leaves_when_it_was_asked_to(office: Office) -> None:
    id = await maria(office)
    await quiet(office, 30, 90)
    at = await now(office) + 45 * MINUTE_US
    text = await write(office, id, by=office.mia, send_at=at, override_quiet_hours=True)
    assert (text.send_at, text.held_until) == (instant(at), None)
    office.later(minutes=46)
    assert await leave_due(office.desk) == 1
    assert [leased.message for leased in await lease(office.desk)] == [text.id]


async def test_a_scheduled_text_whose_time_became_quiet_is_moved_when_it_comes(office: Office) -> None:
    id = await maria(office)
    text = await write(office, id, by=office.ana, send_at=await now(office) + 45 * MINUTE_US)
    opens = await quiet(office, 30, 90)
    office.later(minutes=46)
    before = len(office.events)
    assert await leave_due(office.desk) == 1
    assert office.types(before) == ["message.scheduled"]
    event = office.events[-1]
    assert (event["data"]["reason"], event["data"]["message"]["send_at"], event["alert"]) == ("quiet_hours", instant(opens), [])
    assert await leave_due(office.desk) == 0
    due = await next_leaving(office.desk)
    assert due is not None
    assert 40 * MINUTE_US < due <= 44 * MINUTE_US
    await assert_page_equals_fresh_load(office, office.mia)
    office.later(minutes=45)
    await leave_due(office.desk)
    assert [leased.message for leased in await lease(office.desk)] == [text.id]


async def test_a_scheduled_text_is_not_sent_now_in_quiet_hours_but_by_a_manager(office: Office) -> None:
    id = await maria(office)
    await quiet(office, -60, 60)
    text = await write(office, id, send_at=await now(office) + 120 * MINUTE_US)
    with pytest.raises(InQuietHours):
        await send_now(office.desk, office.ben, text.id)
    with pytest.raises(Forbidden):
        await send_now(office.desk, office.ben, text.id, override_quiet_hours=True)
    await send_now(office.desk, office.mia, text.id, override_quiet_hours=True)
    assert [leased.message for leased in await lease(office.desk)] == [text.id]
    trail = await audit.audit_trail(office.desk, office.mia, user=None, what="quiet_hours.overridden", before=None, limit=10)
    assert len(trail.items) == 1


async def test_turning_quiet_hours_off_lets_go_what_they_held_and_gives_plans_back_their_time(office: Office) -> None:
    id = await maria(office)
    queued = await write(office, id)
    opens = await quiet(office, -60, 90)
    assert await lease(office.desk) == []
    soon, at = await now(office) + 10 * MINUTE_US, await now(office) + 45 * MINUTE_US
    planned = await write(office, id, "Planned", send_at=at)
    missed = await write(office, id, "Missed", send_at=soon)
    assert planned.send_at == missed.send_at == instant(opens)
    office.later(minutes=20)
    await loud(office)
    assert "timer" in office.woken
    assert await look_again(office.desk)
    assert not await look_again(office.desk), "once for each change"
    assert await leave_due(office.desk) == 1
    assert [leased.message for leased in await lease(office.desk)] == [queued.id]
    rows = {text.id: await stored(office, text.id) for text in (planned, missed)}
    assert (rows[planned.id]["state"], rows[planned.id]["send_at"]) == ("scheduled", at)
    assert rows[missed.id]["state"] == "queued"
    await assert_page_equals_fresh_load(office, office.mia)


async def test_other_hours_and_another_zone_of_the_contact_hold_anew(office: Office) -> None:
    id = await maria(office)
    text = await write(office, id)
    opens = await quiet(office, -60, 60)
    await lease(office.desk)
    longer = await quiet(office, -60, 120)
    await look_again(office.desk)
    assert ((await stored(office, text.id))["next_at"], longer - opens) == (longer, 60 * MINUTE_US)
    before = len(office.events)
    await change_settings(office.desk, office.mia, Changes(timezone="Asia/Tokyo"))
    await look_again(office.desk)
    assert office.types(before) == ["settings.changed"], "her own zone counts, so nothing changed for her text"
    await move(office, "Etc/GMT-12")
    assert await look_again(office.desk)
    assert [leased.message for leased in await lease(office.desk)] == [text.id], "it is noon twelve hours on"


async def test_whether_it_is_quiet_can_be_asked_and_until_when_the_answer_holds(office: Office) -> None:
    id = await maria(office)
    opens = await quiet(office, -60, 60)
    shown = await quiet_now(office.desk, office.ana, id)
    assert (shown.opens_at, shown.until, shown.timezone, shown.zones) == (instant(opens), instant(opens), "UTC", ["UTC"])
    office.later(minutes=61)
    shown = await quiet_now(office.desk, office.ana, id)
    assert (shown.opens_at, shown.until) == (None, instant(opens + 22 * 60 * MINUTE_US))
    await quiet(office, -60, 60, exempt=2)
    row = await office.one("select texted_at from conversations where id = :id", id=id)
    assert row is not None
    shown = await quiet_now(office.desk, office.ana, id)
    assert (shown.opens_at, shown.until) == (None, instant(row["texted_at"] + 120 * MINUTE_US)), "as long as it is a reply"
    with pytest.raises(NotFound):
        await quiet_now(office.desk, office.ana, "0" * 26)


async def test_an_opt_out_by_a_person_cancels_what_is_held(office: Office) -> None:
    id = await maria(office)
    text = await write(office, id)
    await quiet(office, -60, 60)
    await lease(office.desk)
    row = await office.one("select contact from conversations where id = :id", id=id)
    assert row is not None
    await office.desk.change(lambda work: opt_out(work, (office.account, MARIA), row["contact"], SYSTEM, source="user"), locks=[id])
    assert (await stored(office, text.id))["state"] == "cancelled"


def test_a_place_is_called_as_people_call_it() -> None:
    assert [place(zone) for zone in ("America/New_York", "America/Argentina/Buenos_Aires", "UTC")] == ["New York", "Buenos Aires", "UTC"]
