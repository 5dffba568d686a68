"""Sending as PRODUCT rules 1, 4, 5, 9, 14, 17, 19, 20, 22 and 24 say."""

import asyncio

import pytest

from server.desk import claim, inbox
from server.desk.desk import Desk, Once
from server.desk.send import Draft, send, start
from server.desk.shapes import MessageShape
from server.domain.errors import (
    AlreadyClaimed,
    ClientIdConflict,
    IdempotencyConflict,
    Invalid,
    NotFound,
    NotRepliable,
    OptedOut,
    TooLong,
    UnseenMessage,
)
from server.domain.phone import NotAPhoneNumber
from tests.fixtures.office import MARIA, SALES, SUPPORT, Office

LINE = "Reply STOP to unsubscribe."


async def sent(office: Office, body: str, client_id: str, *, seen: int = 1_000, by: str = "ana") -> MessageShape:
    user = getattr(office, by)
    answer = await send(office.desk, user, await office.conversation(), Draft(body, client_id, seen))
    assert isinstance(answer, MessageShape)
    return answer


async def test_the_sender_of_the_first_text_becomes_owner_and_it_carries_the_opt_out_line(office: Office) -> None:
    started = await start(office.desk, office.ana, Draft("Hello Maria", "c1"), to="(202) 555-0143")
    assert not isinstance(started, bytes)
    shown = await inbox.conversation(office.desk, office.ben, await office.conversation(MARIA))
    assert shown.owner is not None
    assert shown.owner.id == office.ana.id
    page = await inbox.message_list(office.desk, office.ana, shown.id)
    assert page.items[0].body == f"Hello Maria {LINE}"
    assert page.items[0].state == "queued"
    assert page.items[0].segments == 1
    again = await sent(office, "And another thing", "c2")
    assert again.body == "And another thing", "only the first text carries the line"
    assert "sender" in office.woken


async def test_an_answer_clears_the_wait_and_claims_a_public_conversation(office: Office) -> None:
    await office.text("Hi")
    message = await sent(office, "Hello", "c1")
    shown = await inbox.conversation(office.desk, office.ana, message.conversation)
    assert shown.waiting_since is None
    assert shown.public_since is None
    assert shown.owner is not None
    assert shown.owner.id == office.ana.id
    assert office.types(4) == ["conversation.claimed", "message.queued", "conversation.answered"]


async def test_the_owners_own_answer_to_a_public_conversation_is_no_claim(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await claim.release(office.desk, office.ben, id)
    await sent(office, "Hello", "c1", by="ben")
    shown = await inbox.conversation(office.desk, office.ben, id)
    assert shown.claimed_at is None
    assert shown.owner is not None
    assert shown.owner.id == office.ben.id


async def test_another_user_who_sends_becomes_a_subscriber_and_the_owner_is_alerted(office: Office) -> None:
    await office.text("Hi", to=SALES)
    message = await sent(office, "I can help too", "c1", by="ana")
    shown = await inbox.conversation(office.desk, office.ana, message.conversation)
    assert [user.id for user in shown.subscribers] == [office.ana.id]
    queued = next(event for event in office.events if event["type"] == "message.queued")
    assert queued["alert"] == [office.ben.id], "not the sender itself"


async def test_a_teammates_newer_message_holds_the_send_and_send_anyway_repeats_with_its_number(office: Office) -> None:
    await office.text("Hi", to=SALES)
    seen = (await inbox.conversation(office.desk, office.ana, await office.conversation())).seq
    first = await sent(office, "Ben here", "c1", by="ben", seen=seen)
    with pytest.raises(UnseenMessage) as held:
        await sent(office, "Ana here", "c2", by="ana", seen=seen)
    shown = held.value.extra["message"]
    assert isinstance(shown, MessageShape)
    assert shown.id == first.id
    assert (await sent(office, "Ana here", "c2", by="ana", seen=first.seq)).state == "queued"


async def test_two_teammates_who_send_at_the_same_instant_do_not_both_send(office: Office) -> None:
    await office.text("Hi", to=SALES)
    seen = (await inbox.conversation(office.desk, office.ana, await office.conversation())).seq
    results = await asyncio.gather(
        sent(office, "Ben here", "c1", by="ben", seen=seen),
        sent(office, "Ana here", "c2", by="ana", seen=seen),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["MessageShape", "UnseenMessage"]


async def test_an_inbound_that_was_not_seen_does_not_hold_a_send(office: Office) -> None:
    await office.text("Hi", to=SALES)
    seen = (await inbox.conversation(office.desk, office.ben, await office.conversation())).seq
    await office.text("Are you there?", to=SALES)
    assert (await sent(office, "Yes", "c1", by="ben", seen=seen)).state == "queued"


async def test_anothers_claim_that_the_author_did_not_see_refuses_the_send(office: Office) -> None:
    await office.text("Hi")
    id = await office.conversation()
    seen = (await inbox.conversation(office.desk, office.ana, id)).seq
    await claim.claim(office.desk, office.dana, id)
    with pytest.raises(AlreadyClaimed) as lost:
        await sent(office, "Hello", "c1", seen=seen)
    assert lost.value.extra["owner"] == {"id": office.dana.id, "name": "Dana"}


async def test_the_same_client_id_twice_is_one_text_even_at_the_same_instant(office: Office) -> None:
    await office.text("Hi")
    first, second = await asyncio.gather(sent(office, "Hello", "c1"), sent(office, "Hello", "c1"))
    third = await sent(office, "Hello", "c1", seen=0)
    assert first.id == second.id == third.id
    with pytest.raises(ClientIdConflict):
        await sent(office, "Something else", "c1")
    assert len(await office.all("select id from messages where direction = 'outbound'")) == 1


async def test_two_processes_with_the_same_client_id_make_one_text(office: Office, second_desk: Desk) -> None:
    await office.text("Hi")
    id = await office.conversation()
    drafts = [send(desk, office.ana, id, Draft("Hello", f"c{n}", 1_000)) for n in range(10) for desk in (office.desk, second_desk)]
    made = [m.id for m in await asyncio.gather(*drafts) if isinstance(m, MessageShape)]
    assert len(made) == 20
    assert len(set(made)) == 10


async def test_an_opted_out_number_is_never_texted(office: Office) -> None:
    await office.text("STOP")
    with pytest.raises(OptedOut):
        await sent(office, "Hello", "c1")
    with pytest.raises(OptedOut):
        await start(office.desk, office.ana, Draft("Hello", "c2"), to=MARIA)


async def test_a_stop_cancels_what_has_not_left(office: Office) -> None:
    await office.text("Hi")
    message = await sent(office, "Hello", "c1")
    await office.text("STOP")
    row = await office.one("select state, next_at from messages where id = :id", id=message.id)
    assert row == {"state": "cancelled", "next_at": None}
    assert "message.cancelled" in office.types()


async def test_a_text_turns_ready_off_in_the_same_transaction(office: Office) -> None:
    await office.text("Hi")
    await office.desk.db.write(lambda tx: tx.run("update contacts set ready_at = 1"))
    before = len(office.events)
    await sent(office, "Hello", "c1")
    changed = next(event for event in office.events[before:] if event["type"] == "contact.ready_changed")
    assert changed["data"]["contact"]["ready"] is False
    assert changed["data"]["reason"] == "text_sent"
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert shown.contact.ready is False


async def test_a_reply_leaves_from_the_number_that_the_contact_last_texted(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await office.text("Hi again", to=SUPPORT)
    message = await sent(office, "Hello", "c1")
    assert message.did is not None
    assert message.did.id == office.support
    answer = await send(office.desk, office.ana, message.conversation, Draft("From Ben's number", "c2", 1_000, did=office.sales))
    assert isinstance(answer, MessageShape)
    assert answer.did is not None
    assert answer.did.id == office.sales
    third = await sent(office, "And again", "c3")
    assert third.did is not None
    assert third.did.id == office.support


async def test_bens_first_text_to_somebody_leaves_from_bens_own_number(office: Office) -> None:
    await start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA)
    row = await office.one("select did from messages")
    assert row == {"did": office.sales}


async def test_what_cannot_be_sent_says_why_and_changes_nothing(office: Office) -> None:
    await office.text("Your code", sender="ACME")
    id = await office.conversation("ACME")
    with pytest.raises(NotRepliable):
        await send(office.desk, office.ana, id, Draft("Hello", "c1", 100))
    await office.text("Hi")
    before = len(office.events)
    with pytest.raises(TooLong):
        await sent(office, "long " * 500, "c2")
    with pytest.raises(Invalid):
        await sent(office, "  \n ", "c3")
    with pytest.raises(NotAPhoneNumber):
        await start(office.desk, office.ana, Draft("Hello", "c6"), to="12")
    with pytest.raises(NotFound):
        await send(office.desk, office.ana, "0" * 26, Draft("Hello", "c4", 0))
    with pytest.raises(NotFound):
        await send(office.desk, office.ana, await office.conversation(), Draft("Hello", "c5", 100, did="1 OR 1=1"))
    assert len(office.events) == before


async def test_a_refused_send_in_a_batch_spoils_only_itself(office: Office) -> None:
    await office.text("Hi")
    results = await asyncio.gather(sent(office, "Hello", "c1"), sent(office, "", "c2"), sent(office, "Bye", "c3"), return_exceptions=True)
    assert [type(result) for result in results] == [MessageShape, Invalid, MessageShape]
    seqs = [event["seq"] for event in office.events if event["conversation"]]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_a_repeated_idempotency_key_answers_as_before_and_another_request_is_refused(office: Office) -> None:
    await office.text("Hi")
    id = await office.conversation()
    once = Once(office.ana.id, "key-1", "a")
    first, second = await asyncio.gather(claim.claim(office.desk, office.ana, id, once), claim.claim(office.desk, office.ana, id, once))
    third = await claim.claim(office.desk, office.ana, id, once)
    assert second == third
    assert office.types().count("conversation.claimed") == 1
    assert b'"waiting_since"' in bytes(third) if isinstance(third, bytes) else first is not None
    with pytest.raises(IdempotencyConflict):
        await claim.claim(office.desk, office.ana, id, Once(office.ana.id, "key-1", "b"))
