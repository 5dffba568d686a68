"""Two at the same instant, in one batch or in two processes; and the corners where rules meet."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from msgspec.structs import replace

from server.carriers.carrier import InboundText, Receipt, SendResult
from server.desk import attend, claim, contacts, inbox, settings, settle
from server.desk.desk import Desk, Once
from server.desk.dispatch import Leased, lease, next_look, record
from server.desk.outcome import News, apply
from server.desk.passwords import Passwords
from server.desk.receipts import apply_parked, apply_receipts
from server.desk.receive import receive_texts
from server.desk.send import Draft, _send, send, start
from server.desk.staffing import UserChange, change_user
from server.desk.sweep import sweep
from server.desk.work import Work
from server.domain.conversation import Arrival, receive, release, snooze, wake
from server.domain.errors import ClientIdConflict, HasConversation
from server.domain.events import EventType
from server.domain.message import MessageState
from server.domain.thread import Conversation, Thread
from server.domain.user import Role, User
from server.store import messages
from server.store.database import Transaction
from tests.fixtures.office import MARIA, SALES, SUPPORT, WEI, Office
from tests.fixtures.waiting import until

ACCEPTED = SendResult("accepted", "carrier-1")
on_postgres = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


async def handed_over(office: Office) -> Leased:
    """The contact texted Ben's number, Ben answered, and a sender holds the answer."""
    await office.text("Hi", to=SALES)
    await send(office.desk, office.ben, await office.conversation(), Draft("Answer", "c1", 10_000))
    (leased,) = await lease(office.desk)
    return leased


async def state(office: Office, id: str) -> str:
    row = await office.one("select state from messages where id = :id", id=id)
    assert row is not None
    return str(row["state"])


async def owner(office: Office, id: str) -> str | None:
    row = await office.one("select owner from conversations where id = :id", id=id)
    assert row is not None
    found: str | None = row["owner"]
    return found


async def meanwhile(
    office: Office, second: Desk, id: str, change: Callable[[Work], Awaitable[object]], other: Callable[[], Coroutine[Any, Any, object]]
) -> None:
    """Another process holds the conversation and makes `change`; `other` begins, and waits for a lock or is over, before it commits."""

    async def blocked(tx: Transaction) -> bool:
        row = await tx.one("select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        return row is not None and row["n"] > 0

    async with asyncio.TaskGroup() as tasks:

        async def held(work: Work) -> None:
            await work.load([id])
            await change(work)
            task = tasks.create_task(other())
            await until(lambda: stopped(task))

        async def stopped(task: asyncio.Task[object]) -> bool:
            return task.done() or await office.desk.read(blocked)

        await second.change(held)


async def test_a_receipt_and_our_own_record_in_one_batch_never_move_a_state_back(office: Office) -> None:
    leased = await handed_over(office)
    await asyncio.gather(
        apply_receipts(office.desk, office.connection, [Receipt(None, leased.text.token, MessageState.DELIVERED)]),
        record(office.desk, leased, ACCEPTED),
    )
    assert await state(office, leased.message) == "delivered"


async def test_a_receipt_by_reference_in_the_batch_of_our_own_record_is_applied(office: Office) -> None:
    leased = await handed_over(office)
    await asyncio.gather(
        record(office.desk, leased, ACCEPTED),
        apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState.DELIVERED)]),
    )
    assert await state(office, leased.message) == "delivered"


@on_postgres
async def test_a_receipt_that_waited_for_another_process_sees_what_that_one_wrote(office: Office, second_desk: Desk) -> None:
    leased = await handed_over(office)

    async def delivered(work: Work) -> None:
        message = await messages.by_id(work.tx, leased.message)
        assert message is not None
        message = replace(message, carrier_ref="carrier-1")
        work.rewrite(message)
        await apply(work, message, News(MessageState.DELIVERED))

    late = Receipt(None, leased.text.token, MessageState.SENT)
    await meanwhile(
        office, second_desk, await office.conversation(), delivered, lambda: apply_receipts(office.desk, office.connection, [late])
    )
    row = await office.one("select state, carrier_ref from messages where id = :id", id=leased.message)
    assert row == {"state": "delivered", "carrier_ref": "carrier-1"}


@on_postgres
async def test_a_receipt_that_comes_while_another_process_records_is_applied(office: Office, second_desk: Desk) -> None:
    leased = await handed_over(office)

    async def recorded(work: Work) -> None:
        message = await messages.by_id(work.tx, leased.message)
        assert message is not None
        await messages.update(work.tx, [replace(message, carrier_ref="carrier-1", state=MessageState.SENT, lease_until=None)])

    late = Receipt("carrier-1", None, MessageState.DELIVERED)
    await meanwhile(
        office, second_desk, await office.conversation(), recorded, lambda: apply_receipts(office.desk, office.connection, [late])
    )
    await apply_parked(office.desk)
    assert await state(office, leased.message) == "delivered"


async def test_a_text_behind_one_that_is_on_its_way_gives_the_sender_nothing_to_do(office: Office) -> None:
    await handed_over(office)
    await send(office.desk, office.ben, await office.conversation(), Draft("And", "c2", 10_000))
    assert await lease(office.desk) == []
    due = await next_look(office.desk)
    assert due is not None
    assert due > 0


async def test_help_twice_in_one_batch_is_answered_once(office: Office) -> None:
    texts = [InboundText(f"h{n}", MARIA, SUPPORT, "HELP") for n in range(2)]
    await receive_texts(office.desk, office.connection, texts, 1_700_000_000_000_000)
    assert len(await office.all("select id from messages where direction = 'outbound'")) == 1


async def test_disabling_the_old_owner_takes_nothing_from_whoever_claimed_in_the_same_batch(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await claim.release(office.desk, office.mia, id)
    await asyncio.gather(
        claim.claim(office.desk, office.ana, id),
        change_user(office.desk, Passwords(), office.mia, office.ben.id, UserChange(disabled=True, conversations="public")),
    )
    assert await owner(office, id) == office.ana.id


async def test_a_user_disabled_in_the_batch_of_a_transfer_owns_nothing(office: Office) -> None:
    await office.text("Hi")
    id = await office.conversation()
    await claim.claim(office.desk, office.ana, id)
    await asyncio.gather(
        claim.transfer(office.desk, office.ana, id, office.ben.id),
        change_user(office.desk, Passwords(), office.mia, office.ben.id, UserChange(disabled=True, conversations="public")),
    )
    assert await owner(office, id) is None


@on_postgres
async def test_disabling_the_old_owner_takes_nothing_from_a_claim_in_another_process(office: Office, second_desk: Desk) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await claim.release(office.desk, office.mia, id)
    await meanwhile(
        office,
        second_desk,
        id,
        lambda work: claim._claim(work, office.ana, id),
        lambda: change_user(office.desk, Passwords(), office.mia, office.ben.id, UserChange(disabled=True, conversations="public")),
    )
    assert await owner(office, id) == office.ana.id


async def test_reading_a_conversation_changes_nobodys_list(office: Office) -> None:
    await office.text("Hi", to=SALES)
    office.later(minutes=1)
    await office.text("Hi", sender=WEI, to=SALES)
    before = [c.id for c in (await inbox.conversation_list(office.desk, office.mia, "all", "", None, 50)).items]
    office.later(minutes=1)
    await attend.read(office.desk, office.ben, await office.conversation(MARIA), 100)
    after = [c.id for c in (await inbox.conversation_list(office.desk, office.mia, "all", "", None, 50)).items]
    assert after == before


async def test_zero_minutes_make_a_wait_that_runs_unclaimed_public_at_once(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await settings.change_settings(office.desk, office.mia, settings.Changes(sms_public_minutes=0))
    office.later(minutes=1)
    await sweep(office.desk)
    row = await office.one("select public_since from conversations")
    assert row is not None
    assert row["public_since"] is not None


@pytest.mark.parametrize("minutes", [0, None])
def test_a_keyword_that_wakes_an_ownerless_wait_puts_it_back_into_the_pool(minutes: int | None) -> None:
    c = Conversation("c", "a", "k", "+1")
    thread = receive(Thread(c, {}), Arrival(1, minutes, keyword=False)).thread
    assert thread.conversation.public
    thread = snooze(replace(thread, conversation=replace(thread.conversation, seq=3)), 100).thread
    thread = receive(thread, Arrival(50, minutes, keyword=True)).thread
    assert thread.conversation.waiting_since is not None
    assert thread.conversation.public


def test_what_was_released_while_it_snoozed_goes_public_once() -> None:
    mia = User("m", "a", "Mia", Role.MANAGER)
    thread = receive(Thread(Conversation("c", "a", "k", "+1"), {}), Arrival(1, 20, keyword=False)).thread
    thread = release(snooze(replace(thread, conversation=replace(thread.conversation, seq=3)), 100).thread, mia, 50).thread
    assert [h.type for h in wake(thread, 100).happened].count(EventType.CONVERSATION_PUBLIC) == 0
    assert thread.conversation.snoozed_until is None


@on_postgres
async def test_a_contact_renamed_while_it_is_texted_keeps_its_new_name(office: Office, second_desk: Desk) -> None:
    made = await contacts.add_contact(
        office.desk, office.mia, contacts.NewContact(name="Old", phones=[contacts.PhoneBody(MARIA)], ready=True)
    )
    await office.text("Hi", to=SALES)
    id = await office.conversation()

    async def sends(work: Work) -> None:
        await work.load([id])
        await contacts.change_contact(second_desk, office.mia, made.id, contacts.ContactChanges(name="New"))  # type: ignore[union-attr]
        await _send(office.desk, work, office.ben, work.know(office.ben), work.staged.threads[id], Draft("Hello", "c1", 100))

    await office.desk.change(sends)
    row = await office.one("select name from contacts")
    assert row == {"name": "New"}


async def test_a_client_id_that_belongs_to_a_text_to_another_number_is_refused(office: Office) -> None:
    await start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA)
    with pytest.raises(ClientIdConflict):
        await start(office.desk, office.ben, Draft("Hello", "c1"), to=WEI)


async def test_opting_out_a_number_without_a_conversation_makes_none(office: Office) -> None:
    made = await contacts.add_contact(office.desk, office.mia, contacts.NewContact(name="Old", phones=[contacts.PhoneBody(MARIA)]))
    await contacts.opt_out_by_hand(office.desk, office.mia, made.id, MARIA, "asked by phone")  # type: ignore[union-attr]
    listed = (await inbox.conversation_list(office.desk, office.mia, "all", "", None, 50)).items
    told = {event["conversation"] for event in office.events if event["conversation"]}
    assert {c.id for c in listed} == told


async def test_a_delivery_after_a_failure_ends_the_wait_again(office: Office) -> None:
    leased = await handed_over(office)
    await record(office.desk, leased, ACCEPTED)
    for word in (MessageState.FAILED, MessageState.DELIVERED):
        await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, word, "30008", "?")])
    assert await state(office, leased.message) == "delivered"
    row = await office.one("select waiting_since from conversations")
    assert row == {"waiting_since": None}


@pytest.mark.alone
@on_postgres
async def test_two_processes_that_lock_in_other_orders_do_not_deadlock(office: Office, second_desk: Desk) -> None:
    ids = []
    for number in range(12):
        await office.text("Hi", sender=f"+12025551{number:03}", to=SALES)
        ids.append(await office.conversation(f"+12025551{number:03}"))
    for _ in range(3):
        # PostgreSQL looks for a deadlock after a second: whoever takes that long was in one.
        async with asyncio.timeout(0.9):
            await asyncio.gather(
                *(attend.follow(office.desk, office.ana, id, None) for id in ids),
                *(attend.follow(second_desk, office.ana, id, None) for id in reversed(ids)),
            )


@on_postgres
async def test_a_change_of_settings_keeps_what_another_process_changed_meanwhile(office: Office, second_desk: Desk) -> None:
    async def looks(work: Work) -> None:
        await work.account(office.account)
        await settings.change_settings(second_desk, office.mia, settings.Changes(opt_out_text="Text STOP to end."))

    await asyncio.gather(
        office.desk.change(looks), settings.change_settings(office.desk, office.mia, settings.Changes(sms_public_minutes=5))
    )
    row = await office.one("select opt_out_text, public_minutes from accounts")
    assert row == {"opt_out_text": "Text STOP to end.", "public_minutes": 5}


async def test_a_number_whose_conversation_exists_stays_with_its_contact(office: Office) -> None:
    await office.text("Hi", to=SALES)
    row = await office.one("select id from contacts")
    assert row is not None
    with pytest.raises(HasConversation):
        await contacts.change_contact(office.desk, office.mia, row["id"], contacts.ContactChanges(phones=[contacts.PhoneBody(WEI)]))
    assert await office.one("select contact from contact_phones where number = :number", number=MARIA) == {"contact": row["id"]}


async def test_a_key_of_the_day_before_yesterday_is_free_again(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await settle.close(office.desk, office.ben, id, Once(office.ben.id, "k", "one"))
    office.later(minutes=60 * 49)
    await settle.reopen(office.desk, office.ben, id, Once(office.ben.id, "k", "two"))
