"""Scheduled texts as PRODUCT rules 4, 5, 9, 14, 17, 20, 22 and 24 say: accepted now, an answer when they leave."""

from dataclasses import replace

import pytest

from server.carriers.carrier import SendResult
from server.desk import claim, inbox, settle
from server.desk.dispatch import lease, record
from server.desk.drafts import my_draft, save_draft
from server.desk.scheduled import ScheduledShape, cancel, leave_due, next_leaving, scheduled_list, send_now
from server.desk.send import LONGEST_AHEAD_US, Draft, send, start
from server.desk.shapes import MessageShape, OwnConversationShape
from server.domain.errors import Forbidden, Invalid, NotFound, NotScheduled, OptedOut, UnseenMessage
from server.domain.user import User
from tests.fixtures.office import MARIA, MINUTE_US, SALES, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load

LINE = "Reply STOP to unsubscribe."
ACCEPTED = SendResult("accepted", "carrier-1")
REJECTED = SendResult("rejected", code="30005", says="The number does not exist.", permanent=True)


async def now(office: Office) -> int:
    async def read(tx: object) -> int:
        at: int = tx.now  # type: ignore[attr-defined]
        return at

    return await office.desk.read(read)


async def later(
    office: Office, minutes: float = 30, *, by: User | None = None, body: str = "Your table is ready", client_id: str = "s1"
) -> MessageShape:
    """A text of somebody's, Ben's if nobody is named, that is to leave so many minutes from now."""
    at = await now(office) + round(minutes * MINUTE_US)
    made = await send(office.desk, by or office.ben, await office.conversation(), Draft(body, client_id, 10_000, send_at=at))
    assert isinstance(made, MessageShape)
    return made


async def shown(office: Office, by: User | None = None) -> OwnConversationShape:
    return await inbox.conversation(office.desk, by or office.ben, await office.conversation())


async def stored(office: Office, id: str) -> MessageShape:
    page = await inbox.message_list(office.desk, office.mia, await office.conversation(), limit=200)
    return next(message for message in page.items if message.id == id)


async def test_a_scheduled_text_is_accepted_now_and_answers_when_it_leaves(office: Office) -> None:
    await office.text("Hi", to=SALES)
    waiting = (await shown(office)).waiting_since
    text = await later(office)
    assert (text.state, text.user and text.user.name) == ("scheduled", "Ben")
    assert text.send_at is not None
    assert office.types()[-1] == "message.scheduled"
    assert "timer" in office.woken
    assert (await shown(office)).waiting_since == waiting is not None, "nothing was answered yet"
    assert await lease(office.desk) == []
    office.later(minutes=29.9)
    assert await leave_due(office.desk) == 0
    office.later(minutes=0.2)
    assert await leave_due(office.desk) == 1
    assert office.types()[-2:] == ["message.queued", "conversation.answered"]
    assert (await shown(office)).waiting_since is None
    [leased] = await lease(office.desk)
    assert leased.message == text.id
    await record(office.desk, leased, ACCEPTED)
    assert (await stored(office, text.id)).state == "sent"
    assert await leave_due(office.desk) == 0
    await assert_page_equals_fresh_load(office, office.mia)


async def test_the_next_look_is_when_the_earliest_leaves(office: Office) -> None:
    await office.text("Hi", to=SALES)
    assert await next_leaving(office.desk) is None
    await later(office, 30)
    await later(office, 10, client_id="s2")
    due = await next_leaving(office.desk)
    assert due is not None
    assert 9.9 * MINUTE_US < due <= 10 * MINUTE_US


async def test_ready_goes_off_and_the_draft_ends_when_it_is_accepted(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await office.desk.db.write(lambda tx: tx.run("update contacts set ready_at = 1"))
    id = await office.conversation()
    await save_draft(office.desk, office.ben, id, "Your table")
    await later(office)
    assert office.types()[-1] == "contact.ready_changed"
    assert (await shown(office)).contact.ready is False
    assert (await my_draft(office.desk, office.ben, id)).body == ""


async def test_a_scheduled_text_claims_a_public_conversation_when_it_leaves_and_not_before(office: Office) -> None:
    await office.text("Hi")
    await later(office, by=office.ana)
    before = await shown(office, office.ana)
    assert (before.owner, before.role) == (None, "subscriber")
    assert before.public_since is not None
    office.later(minutes=31)
    await leave_due(office.desk)
    after = await shown(office, office.ana)
    assert (after.owner and after.owner.id, after.public_since) == (office.ana.id, None)
    assert office.types()[-3:] == ["conversation.claimed", "message.queued", "conversation.answered"]


async def test_a_closed_conversation_opens_again_when_it_leaves(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await later(office)
    await settle.close(office.desk, office.ben, await office.conversation())
    office.later(minutes=31)
    await leave_due(office.desk)
    assert (await shown(office)).closed_at is None


async def test_the_first_text_to_a_phone_may_be_a_scheduled_one(office: Office) -> None:
    at = await now(office) + 5 * MINUTE_US
    started = await start(office.desk, office.ana, Draft("Hello", "c1", send_at=at), to=WEI)
    row = await inbox.conversation(office.desk, office.ana, await office.conversation(WEI))
    assert (row.owner and row.owner.id, row.last_message and row.last_message.state) == (office.ana.id, "scheduled")
    assert not isinstance(started, bytes)
    assert office.types()[-2:] == ["conversation.opened", "message.scheduled"]
    await assert_page_equals_fresh_load(office, office.mia)


async def test_the_opt_out_line_goes_with_whichever_text_leaves_first(office: Office) -> None:
    await office.text("Hi", to=SALES)
    scheduled = await later(office)
    assert scheduled.body == f"Your table is ready {LINE}", "as things stand"
    first = await send(office.desk, office.ben, scheduled.conversation, Draft("Hello", "c1", 10_000))
    assert isinstance(first, MessageShape)
    assert first.body == f"Hello {LINE}"
    office.later(minutes=31)
    await leave_due(office.desk)
    gone = await stored(office, scheduled.id)
    assert (gone.body, gone.segments) == ("Your table is ready", 1)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_cancelled_scheduled_text_does_not_make_the_next_one_carry_the_line_again(office: Office) -> None:
    await office.text("Hi", to=SALES)
    scheduled = await later(office)
    await send(office.desk, office.ben, scheduled.conversation, Draft("Hello", "c1", 10_000))
    await cancel(office.desk, office.ben, scheduled.id)
    second = await send(office.desk, office.ben, scheduled.conversation, Draft("Again", "c2", 10_000))
    assert isinstance(second, MessageShape)
    assert second.body == "Again"


async def test_a_scheduled_text_alerts_once_when_it_is_accepted(office: Office) -> None:
    await office.text("Hi", to=SALES)
    text = await later(office, by=office.ana)
    assert [event["alert"] for event in office.events if event["type"] == "message.scheduled"] == [[office.ben.id]]
    assert (await shown(office)).unread == 2
    office.later(minutes=31)
    await leave_due(office.desk)
    [queued] = [event for event in office.events if event["type"] == "message.queued"]
    assert queued["alert"] == []
    assert queued["data"]["message"]["seq"] == text.seq < queued["seq"]
    assert (await shown(office)).unread == 2


async def test_an_opt_out_cancels_it_at_once_and_tells_its_author(office: Office) -> None:
    await office.text("Hi", to=SALES)
    text = await later(office)
    await office.text("STOP", to=SALES)
    gone = await stored(office, text.id)
    assert (gone.state, gone.error and gone.error.code) == ("cancelled", "opted_out")
    [event] = [event for event in office.events if event["type"] == "message.cancelled"]
    assert event["alert"] == [office.ben.id]
    await office.text("START", to=SALES)
    office.later(minutes=31)
    assert await leave_due(office.desk) == 0, "it does not come back"
    await office.text("STOP", to=SALES)
    with pytest.raises(OptedOut):
        await later(office, client_id="s2")


async def test_a_text_to_a_number_that_is_opted_out_when_it_is_due_is_cancelled_then(office: Office) -> None:
    """Behind the product's back, since an opt-out cancels what waits: the second look is on its own."""
    await office.text("Hi", to=SALES)
    text = await later(office)
    await office.desk.db.write(
        lambda tx: tx.run(
            "insert into opt_outs (account, number, at, source) values (:account, :number, 1, 'user')", account=office.account, number=MARIA
        )
    )
    with pytest.raises(OptedOut):
        await send_now(office.desk, office.ben, text.id)
    office.later(minutes=31)
    assert await leave_due(office.desk) == 1
    assert (await stored(office, text.id)).state == "cancelled"
    assert await lease(office.desk) == []


async def test_the_text_of_somebody_who_was_disabled_meanwhile_is_cancelled(office: Office) -> None:
    await office.text("Hi", to=SALES)
    text = await later(office, by=office.ana)
    await send(office.desk, office.ben, text.conversation, Draft("Hello", "c1", 10_000))
    await office.text("And?", to=SALES)
    await office.desk.db.write(lambda tx: tx.run("update users set disabled_at = 1 where id = :id", id=office.ana.id))
    with pytest.raises(Forbidden):
        await send_now(office.desk, office.mia, text.id)
    office.later(minutes=31)
    assert await leave_due(office.desk) == 1
    gone = await stored(office, text.id)
    assert (gone.state, gone.error and gone.error.code) == ("cancelled", "user_disabled")
    assert (await shown(office)).waiting_since is not None
    second = await send(office.desk, office.ben, text.conversation, Draft("Again", "c2", 10_000))
    assert isinstance(second, MessageShape)
    assert second.body == "Again", "the line went with the first"
    await assert_page_equals_fresh_load(office, office.mia)


async def test_its_author_the_owner_and_a_manager_take_it_back_and_nobody_else(office: Office) -> None:
    await office.text("Hi", to=SALES)
    for number, person in enumerate((office.ana, office.ben, office.mia)):
        text = await later(office, by=office.ana, client_id=f"s{number}")
        for act in (cancel, send_now):
            with pytest.raises(Forbidden):
                await act(office.desk, office.dana, text.id)
        gone = await cancel(office.desk, person, text.id)
        assert isinstance(gone, MessageShape)
        assert (gone.state, gone.error) == ("cancelled", None)
        assert office.events[-1]["data"]["reason"] == "taken_back"
        assert office.events[-1]["alert"] == ([] if person is office.ana else [office.ana.id])
        for act in (cancel, send_now):
            with pytest.raises(NotScheduled):
                await act(office.desk, office.ana, text.id)
    with pytest.raises(NotFound):
        await cancel(office.desk, office.ana, "0" * 26)
    office.later(minutes=31)
    assert await leave_due(office.desk) == 0


async def test_sending_it_now_answers_as_its_author(office: Office) -> None:
    await office.text("Hi")
    text = await later(office, by=office.ana)
    sent = await send_now(office.desk, office.mia, text.id)
    assert isinstance(sent, MessageShape)
    assert (sent.state, sent.id) == ("queued", text.id)
    row = await shown(office, office.ana)
    assert (row.owner and row.owner.id, row.waiting_since) == (office.ana.id, None)
    assert office.events[-1]["actor"]["id"] == office.mia.id
    assert [leased.message for leased in await lease(office.desk)] == [text.id]
    with pytest.raises(NotScheduled):
        await send_now(office.desk, office.ana, text.id)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_teammates_scheduled_text_holds_a_send_when_it_was_scheduled_and_again_when_it_left(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    seen = (await shown(office)).seq
    text = await later(office, by=office.ana)
    with pytest.raises(UnseenMessage):
        await send(office.desk, office.ben, id, Draft("Hello", "c1", seen))
    seen = (await shown(office)).seq
    office.later(minutes=31)
    await leave_due(office.desk)
    with pytest.raises(UnseenMessage) as held:
        await send(office.desk, office.ben, id, Draft("Hello", "c1", seen))
    message, number = held.value.extra["message"], held.value.extra["seq"]
    assert isinstance(message, MessageShape)
    assert message.id == text.id
    assert isinstance(number, int)
    assert isinstance(await send(office.desk, office.ben, id, Draft("Hello", "c1", number)), MessageShape), "the number that sends anyway"


async def test_what_it_answered_does_not_wait_again_when_a_later_answer_fails(office: Office) -> None:
    """It stands from when it left, not from when it was written: the text that came between is answered by it."""
    await office.text("First", to=SALES)
    text = await later(office)
    await office.text("Second", to=SALES)
    office.later(minutes=31)
    await leave_due(office.desk)
    [leased] = await lease(office.desk)
    await record(office.desk, leased, ACCEPTED)
    await send(office.desk, office.ben, text.conversation, Draft("And more", "c1", 10_000))
    [leased] = await lease(office.desk)
    await record(office.desk, leased, REJECTED)
    assert (await shown(office)).waiting_since is None
    assert "conversation.waiting" not in office.types()


async def test_a_scheduled_text_that_fails_gives_the_wait_back_with_its_time(office: Office) -> None:
    await office.text("First", to=SALES)
    since = (await shown(office)).waiting_since
    await later(office)
    office.later(minutes=31)
    await leave_due(office.desk)
    [leased] = await lease(office.desk)
    await record(office.desk, leased, REJECTED)
    assert (await shown(office)).waiting_since == since
    assert "conversation.waiting" in office.types()


async def test_texts_of_one_conversation_are_in_no_two_hands_at_once(office: Office) -> None:
    """A scheduled text has a low number and may become due while a later one is being handed over."""
    await office.text("Hi", to=SALES)
    scheduled = await later(office)
    await send(office.desk, office.ben, scheduled.conversation, Draft("At once", "c1", 10_000))
    [first] = await lease(office.desk)
    office.later(minutes=31)
    await leave_due(office.desk)
    assert await lease(office.desk) == []
    await record(office.desk, first, ACCEPTED)
    assert [leased.message for leased in await lease(office.desk)] == [scheduled.id]


async def test_a_text_is_scheduled_ahead_and_at_most_a_year(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id, at = await office.conversation(), await now(office)
    for wrong in (0, at - 1, at + LONGEST_AHEAD_US + MINUTE_US):
        with pytest.raises(Invalid):
            await send(office.desk, office.ben, id, Draft("Hello", "c1", 10_000, send_at=wrong))
    assert "message.scheduled" not in office.types()


async def test_ones_own_are_listed_by_when_they_leave_and_a_managers_list_may_hold_all(office: Office) -> None:
    await office.text("Hi", to=SALES)
    for minutes, person in ((30, office.ben), (10, office.ana), (20, office.ben), (40, office.ben)):
        await later(office, minutes, by=person, body=f"in {minutes}", client_id=f"s{minutes}")
    await cancel(office.desk, office.ben, (await scheduled_list(office.desk, office.ben, None, 10)).items[-1].id)

    async def bodies(by: User, *, everybodys: bool = False) -> list[str]:
        found: list[ScheduledShape] = []
        after = None
        while True:
            page = await scheduled_list(office.desk, by, after, 1, everybodys=everybodys)
            found += page.items
            if page.next is None:
                assert all(item.contact.phone == MARIA for item in found)
                return [item.body.partition(" Reply")[0] for item in found]
            after = page.next

    assert await bodies(office.ben) == ["in 20", "in 30"]
    assert await bodies(office.mia) == []
    assert await bodies(office.mia, everybodys=True) == ["in 10", "in 20", "in 30"]
    with pytest.raises(Forbidden):
        await bodies(office.ana, everybodys=True)


async def test_another_accounts_scheduled_texts_are_not_there(office: Office) -> None:
    await office.text("Hi", to=SALES)
    text = await later(office)
    stranger = replace(office.mia, account="0" * 26)
    assert (await scheduled_list(office.desk, stranger, None, 10, everybodys=True)).items == []
    for act in (cancel, send_now):
        with pytest.raises(NotFound):
            await act(office.desk, stranger, text.id)
    assert (await claim.release(office.desk, office.ben, text.conversation)) is not None
