"""The way out as PRODUCT rules 9, 22, 23, 26 and 27 say: handed over once, forward only, a failed answer gives the wait back."""

import asyncio

import pytest

from server.carriers.carrier import BadSignature, Receipt, SendResult
from server.desk import inbox, settle
from server.desk.desk import Desk
from server.desk.dispatch import Leased, give_up_leases, lease, next_look, record, withheld
from server.desk.receipts import apply_parked, apply_receipts, forget_stray
from server.desk.send import Draft, send
from server.domain.message import MessageState
from server.domain.user import User
from server.store.database import Transaction
from server.store.queues import queues
from tests.fixtures.office import SALES, WEI, Office

ACCEPTED = SendResult("accepted", "carrier-1")
REJECTED = SendResult("rejected", code="30005", says="The number does not exist.", permanent=True)


async def answered(office: Office, client_id: str = "c1", *, by: User | None = None) -> str:
    """The contact texted Ben's number and somebody's answer is queued; its id."""
    await office.text("Hi", to=SALES)
    return await another(office, client_id, by=by)


async def another(office: Office, client_id: str, *, by: User | None = None) -> str:
    id = await office.conversation()
    message = await send(office.desk, by or office.ben, id, Draft(f"Answer {client_id}", client_id, 10_000))
    return str(message.id)  # type: ignore[union-attr]


async def the_one(office: Office, desk: Desk | None = None) -> Leased:
    leased = await lease(desk or office.desk)
    assert len(leased) == 1
    return leased[0]


async def state(office: Office, id: str) -> str:
    row = await office.one("select state from messages where id = :id", id=id)
    assert row is not None
    return str(row["state"])


async def waits(office: Office) -> int | None:
    row = await office.one("select waiting_since from conversations")
    assert row is not None
    since: int | None = row["waiting_since"]
    return since


async def test_a_text_is_leased_once_sent_and_delivered(office: Office) -> None:
    id = await answered(office)
    leased = await the_one(office)
    assert leased.text.to == "+12025550143"
    assert leased.text.sender == SALES
    assert "/hooks/sandbox/" in (leased.text.status_url or "")
    assert await lease(office.desk) == []
    await record(office.desk, leased, ACCEPTED)
    assert await state(office, id) == "sent"
    await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState.DELIVERED)])
    await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState.SENT)])
    assert await state(office, id) == "delivered", "a state never moves back"
    assert office.types()[-3:] == ["message.sending", "message.sent", "message.delivered"]
    assert await next_look(office.desk) is None


async def test_two_senders_never_lease_the_same_text(office: Office, second_desk: Desk) -> None:
    for number in range(30):
        await office.text("Hi", sender=f"+12025551{number:03}")
        await send(office.desk, office.ben, await office.conversation(f"+12025551{number:03}"), Draft("Hello", f"c{number}", 100))
    batches = await asyncio.gather(*(lease(desk) for _ in range(4) for desk in (office.desk, second_desk)))
    leased = [one.message for batch in batches for one in batch]
    assert len(leased) == len(set(leased)) == 30


async def test_the_texts_of_one_conversation_leave_in_order_and_one_at_a_time(office: Office) -> None:
    first = await answered(office, "c1")
    second = await another(office, "c2")
    leased = await the_one(office)
    assert leased.message == first
    assert await lease(office.desk) == []
    await record(office.desk, leased, ACCEPTED)
    assert (await the_one(office)).message == second


async def test_a_lost_answer_is_unconfirmed_and_never_sent_again_until_a_receipt_clears_it_up(office: Office) -> None:
    id = await answered(office)
    await record(office.desk, await the_one(office), SendResult("unconfirmed", says="The carrier did not answer."))
    assert await state(office, id) == "unconfirmed"
    assert await waits(office) is None, "it counts as an answer until it fails"
    office.later(minutes=60)
    assert await lease(office.desk) == []
    token = (await office.one("select token from messages where id = :id", id=id) or {})["token"]
    await apply_receipts(office.desk, office.connection, [Receipt(None, token, MessageState.DELIVERED)])
    assert await state(office, id) == "delivered"


async def test_a_sender_that_died_leaves_it_unconfirmed_and_its_late_result_still_counts(office: Office) -> None:
    id = await answered(office)
    leased = await the_one(office)
    assert await give_up_leases(office.desk) == 0
    office.later(seconds=61)
    assert await give_up_leases(office.desk) == 1
    assert await state(office, id) == "unconfirmed"
    await record(office.desk, leased, ACCEPTED)
    assert await state(office, id) == "sent"


async def test_a_sender_that_was_stopped_for_too_long_does_not_send_what_is_no_longer_its_own(office: Office) -> None:
    first = await answered(office)
    late = await the_one(office)
    assert not await withheld(office.desk, late)
    office.later(seconds=61)
    assert await withheld(office.desk, late), "the lease is over, though nobody has said so yet"
    await give_up_leases(office.desk)
    await send(office.desk, office.ben, await office.conversation(), Draft("Answer c1", "c2", 10_000, again=first))
    again = await the_one(office)
    assert (await withheld(office.desk, late), await withheld(office.desk, again)) == (True, False)


async def test_what_surely_did_not_reach_the_carrier_is_tried_again_later_and_an_old_result_overwrites_nothing(office: Office) -> None:
    id = await answered(office)
    first = await the_one(office)
    await record(office.desk, first, SendResult("retry", code="429", retry_after=5))
    assert await lease(office.desk) == []
    office.later(seconds=6)
    second = await the_one(office)
    assert second.attempt == 2
    await record(office.desk, first, REJECTED)
    assert await state(office, id) == "sending", "the first attempt is over"
    await record(office.desk, second, ACCEPTED)
    assert await state(office, id) == "sent"
    assert office.types().count("message.sending") == 1


async def test_what_waits_behind_a_text_that_is_tried_again_is_due_no_earlier_and_leaves_at_once_behind_it(office: Office) -> None:
    """Else it would fill the front of its number's queue. What quiet hours hold keeps its time, and so do others' texts."""
    first = await answered(office, "c1")
    second, held, elsewhere = [await another(office, client_id) for client_id in ("c2", "c3", "c4")]
    await office.text("Hi", sender=WEI, to=SALES)
    await send(office.desk, office.ben, await office.conversation(WEI), Draft("Hello", "c5", 10_000))

    async def apart(tx: Transaction) -> None:
        await tx.run("update messages set asked_at = next_at where id = :id", id=held)
        await tx.run("update messages set did = :did where id = :id", did=office.support, id=elsewhere)

    async def times() -> dict[str, int]:
        return {row["id"]: row["next_at"] for row in await office.all("select id, next_at from messages where next_at is not null")}

    await office.desk.db.write(apart)
    before = await times()
    [leased] = await lease(office.desk, 1)
    assert leased.message == first
    await record(office.desk, leased, SendResult("retry", says="Too busy. It is tried again by itself."))
    after = await times()
    assert after[first] > before[first]
    assert after == before | {first: after[first], second: after[first]}
    office.later(seconds=2.1)
    _, again = await lease(office.desk)
    assert again.message == first, "behind the other contact's, which has waited longer"
    await record(office.desk, again, ACCEPTED)
    assert (await the_one(office)).message == second


async def test_a_text_that_is_turned_away_too_often_fails(office: Office) -> None:
    id = await answered(office)
    for _ in range(8):
        await record(office.desk, await the_one(office), SendResult("retry", says="Too busy. It is tried again by itself."))
        office.later(minutes=2)
    assert await state(office, id) == "failed"
    says = (await office.one("select error_says from messages where id = :id", id=id) or {})["error_says"]
    assert says == "The carrier did not take it after several tries. Send it again later, or ask your manager."


async def test_a_receipt_that_comes_before_our_own_send_returns_is_kept_and_applied(office: Office) -> None:
    id = await answered(office)
    leased = await the_one(office)
    await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState.DELIVERED)])
    assert await state(office, id) == "sending"
    await record(office.desk, leased, ACCEPTED)
    assert office.woken[-1] == "sender"
    assert await apply_parked(office.desk) == 1
    assert await state(office, id) == "delivered"
    assert await apply_parked(office.desk) == 0


async def test_a_receipt_for_a_message_that_is_not_ours_is_waited_for_ten_minutes_and_forgotten_after_a_week(office: Office) -> None:
    async def waiting() -> int:
        return next(queue.waiting for queue in await office.desk.read(queues) if queue.name == "receipts")

    await apply_receipts(office.desk, office.connection, [Receipt("another system's", None, MessageState.DELIVERED)])
    assert (await waiting(), await forget_stray(office.desk)) == (1, 0)
    office.later(minutes=11)
    assert (await waiting(), await forget_stray(office.desk)) == (0, 0)
    office.later(minutes=7 * 24 * 60)
    assert [await forget_stray(office.desk) for _ in range(2)] == [1, 0]
    assert await office.all("select id from receipts") == []


async def test_a_failed_answer_restores_the_wait_with_its_original_time_and_alerts(office: Office) -> None:
    await office.text("Hi", to=SALES)
    since = await waits(office)
    office.later(minutes=4)
    await another(office, "c1")
    assert await waits(office) is None
    await record(office.desk, await the_one(office), REJECTED)
    assert await waits(office) == since
    assert office.types()[-2:] == ["message.failed", "conversation.waiting"]
    assert office.events[-1]["alert"] == [office.ben.id]
    shown = await inbox.conversation(office.desk, office.ben, await office.conversation())
    assert shown.public_since is None
    assert shown.last_message is not None
    assert shown.last_message.error is not None
    assert shown.last_message.error.says == "The number does not exist."


async def test_a_restored_wait_that_is_overdue_is_public_at_once(office: Office) -> None:
    await answered(office)
    leased = await the_one(office)
    await record(office.desk, leased, ACCEPTED)
    office.later(minutes=25)
    await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState.UNDELIVERED, "30003")])
    assert office.types()[-2:] == ["conversation.waiting", "conversation.public"]


async def test_a_failed_answer_does_not_restore_the_wait_while_another_answer_stands(office: Office) -> None:
    await answered(office, "c1")
    await another(office, "c2", by=office.ana)
    first = await the_one(office)
    await record(office.desk, first, REJECTED)
    assert await waits(office) is None
    await record(office.desk, await the_one(office), REJECTED)
    assert await waits(office) is not None, "now no answer stands"


async def test_a_wait_that_was_ended_by_hand_does_not_come_back(office: Office) -> None:
    await answered(office)
    await office.text("Thanks", to=SALES)
    await settle.no_reply_needed(office.desk, office.ben, await office.conversation())
    await record(office.desk, await the_one(office), REJECTED)
    assert await waits(office) is None


async def test_a_failed_answer_moves_a_newer_wait_back_to_the_older_ones_time(office: Office) -> None:
    await office.text("Hi", to=SALES)
    since = await waits(office)
    await another(office, "c1")
    office.later(minutes=3)
    await office.text("Still there?", to=SALES)
    assert await waits(office) != since
    await record(office.desk, await the_one(office), REJECTED)
    assert await waits(office) == since, "there was no human answer before the second text"


async def test_the_carriers_word_that_the_person_unsubscribed_is_an_opt_out(office: Office) -> None:
    await answered(office)
    await record(office.desk, await the_one(office), SendResult("rejected", code="21610", says="Unsubscribed.", opted_out=True))
    shown = await inbox.conversation(office.desk, office.ben, await office.conversation())
    assert shown.opted_out
    assert (await office.one("select source from consent") or {})["source"] == "carrier"


async def test_an_opt_out_after_the_lease_query_still_stops_the_text(office: Office) -> None:
    id = await answered(office)
    await record(office.desk, await the_one(office), SendResult("retry", retry_after=1))
    await office.text("STOP", to=SALES)
    office.later(seconds=5)
    leased = [*await lease(office.desk), *await lease(office.desk)]
    assert [one.text.body for one in leased] == ["Acme: You are unsubscribed and will get no more messages. Reply START to resubscribe."], (
        "nothing leaves but the confirmation"
    )
    assert await state(office, id) == "cancelled"
    assert await waits(office) is None, "nobody could answer it"


async def test_a_confirmation_that_is_too_late_is_dropped(office: Office) -> None:
    await office.text("STOP")
    office.later(minutes=6)
    assert await lease(office.desk) == []
    assert (await office.one("select state from messages where purpose = 'opted_out' and direction = 'outbound'") or {})[
        "state"
    ] == "cancelled"


async def test_another_accounts_message_is_never_touched_by_a_receipt(office: Office) -> None:
    id = await answered(office)
    leased = await the_one(office)
    await record(office.desk, leased, ACCEPTED)
    from dataclasses import replace

    stranger = replace(office.connection, account="another")
    await apply_receipts(office.desk, stranger, [Receipt("carrier-1", leased.text.token, MessageState.DELIVERED)])
    assert await state(office, id) == "sent"


async def test_a_receipt_with_a_token_that_we_never_gave_is_refused(office: Office) -> None:
    id = await answered(office)
    await record(office.desk, await the_one(office), ACCEPTED)
    with pytest.raises(BadSignature):
        await apply_receipts(office.desk, office.connection, [Receipt("carrier-1", "forged", MessageState.DELIVERED)])
    assert await state(office, id) == "sent"


@pytest.mark.parametrize("order", [("sent", "delivered"), ("delivered", "sent"), ("delivered", "delivered")])
async def test_receipts_in_any_order_end_the_same(office: Office, order: tuple[str, ...]) -> None:
    id = await answered(office)
    await record(office.desk, await the_one(office), ACCEPTED)
    await asyncio.gather(
        *(apply_receipts(office.desk, office.connection, [Receipt("carrier-1", None, MessageState(word))]) for word in order * 3)
    )
    assert await state(office, id) == "delivered"
    assert office.types().count("message.delivered") == 1


async def test_a_text_to_one_conversation_does_not_wait_for_another(office: Office) -> None:
    await answered(office, "c1")
    await office.text("Hi", sender=WEI, to=SALES)
    await send(office.desk, office.ben, await office.conversation(WEI), Draft("Hello", "c2", 100))
    assert len(await lease(office.desk)) == 2
