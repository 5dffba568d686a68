"""Claiming as PRODUCT rules 13-16 say: one winner, and every loser is told who won."""

import asyncio

import pytest

from server.desk import attend, claim, inbox, settle
from server.desk.desk import Desk
from server.desk.dispatch import lease
from server.desk.send import Draft, send
from server.desk.shapes import OwnConversationShape
from server.domain.errors import AlreadyClaimed, Forbidden, Invalid, NotFound, NothingWaits, NotPublic
from server.domain.user import User
from tests.fixtures.office import MARIA, SALES, WEI, Office


async def test_the_winner_owns_it_and_its_clock_starts_anew(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await claim.release(office.desk, office.ben, id)
    office.later(minutes=7)
    shown = await claim.claim(office.desk, office.ana, id)
    assert isinstance(shown, OwnConversationShape)
    assert shown.owner is not None
    assert shown.owner.id == office.ana.id
    assert shown.public_since is None
    assert shown.clock_start == shown.claimed_at
    assert shown.waiting_since != shown.clock_start
    assert [user.id for user in shown.subscribers] == [office.ben.id], "the old owner becomes a subscriber"
    assert shown.role == "owner"


async def test_every_loser_is_told_who_won_and_the_winner_too(office: Office) -> None:
    await office.text("Hi")
    id = await office.conversation()
    await claim.claim(office.desk, office.ana, id)
    for user in (office.ben, office.ana):
        with pytest.raises(AlreadyClaimed) as lost:
            await claim.claim(office.desk, user, id)
        assert lost.value.extra["owner"] == {"id": office.ana.id, "name": "Ana"}
        assert str(lost.value.extra["at"]).endswith("Z")


async def test_what_was_never_public_or_was_answered_by_its_owner_is_not_public(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    with pytest.raises(NotPublic):
        await claim.claim(office.desk, office.ana, id)
    await claim.release(office.desk, office.ben, id)
    await send(office.desk, office.ben, id, Draft("Hello", "c1", 100))
    with pytest.raises(NotPublic):
        await claim.claim(office.desk, office.ana, id)
    with pytest.raises(NotFound):
        await claim.claim(office.desk, office.ana, "1 OR 1=1")


async def test_of_200_claims_over_two_processes_on_each_of_50_conversations_exactly_one_wins(office: Office, second_desk: Desk) -> None:
    phones = [f"+1202555{n:04}" for n in range(50)]
    await asyncio.gather(*(office.text("Hi", sender=phone) for phone in phones))
    users = [office.ana, office.ben, office.dana, office.mia]

    async def attempt(desk: Desk, user: User, id: str) -> str | None:
        try:
            shown = await claim.claim(desk, user, id)
        except AlreadyClaimed as lost:
            owner = lost.extra["owner"]
            assert isinstance(owner, dict)
            return f"lost to {owner['id']}"
        assert isinstance(shown, OwnConversationShape)
        assert shown.owner is not None
        return shown.owner.id

    for phone in phones:
        id = await office.conversation(phone)
        desks = (office.desk, second_desk)
        results = await asyncio.gather(*(attempt(desks[n % 2], users[n % 4], id) for n in range(200)))
        winners = [result for result in results if not str(result).startswith("lost")]
        assert len(winners) == 1
        assert set(results) == {winners[0], f"lost to {winners[0]}"}
    rows = await office.all("select conversation, count(*) as n from events where type = 'conversation.claimed' group by conversation")
    assert [row["n"] for row in rows] == [1] * 50


async def test_take_next_gives_each_the_longest_waiting_and_then_none(office: Office) -> None:
    for number, phone in enumerate((MARIA, WEI)):
        await office.text(f"Hi {number}", sender=phone)
    taken = await asyncio.gather(*(claim.take_next(office.desk, user) for user in (office.ana, office.ben, office.dana)))
    phones = [shown.contact.phone for shown in taken if isinstance(shown, OwnConversationShape)]
    assert phones == [MARIA, WEI]
    assert taken[2] is None


async def test_release_needs_the_owner_or_a_manager_and_something_that_waits(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    with pytest.raises(Forbidden):
        await claim.release(office.desk, office.ana, id)
    await claim.release(office.desk, office.mia, id)
    assert office.types()[-1] == "conversation.released"
    await send(office.desk, office.ben, id, Draft("Hello", "c1", 100))
    with pytest.raises(NothingWaits):
        await claim.release(office.desk, office.ben, id)


async def test_a_transfer_names_a_new_owner_and_starts_the_clock_anew(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    office.later(minutes=5)
    shown = await claim.transfer(office.desk, office.ben, id, office.dana.id)
    assert isinstance(shown, OwnConversationShape)
    assert shown.owner is not None
    assert shown.owner.id == office.dana.id
    assert [user.id for user in shown.subscribers] == [office.ben.id]
    assert shown.clock_start != shown.waiting_since
    event = office.events[-1]
    assert event["type"] == "conversation.transferred"
    assert event["alert"] == [office.dana.id]


async def test_a_note_that_goes_with_a_transfer_is_kept_and_never_sent(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await claim.transfer(office.desk, office.ben, id, office.dana.id, "She asked for a manager.")
    note = (await inbox.message_list(office.desk, office.dana, id)).items[-1]
    assert (note.kind, note.body, note.user and note.user.name) == ("note", "She asked for a manager.", "Ben")
    assert office.types()[-2:] == ["conversation.transferred", "note.added"]
    assert office.events[-1]["alert"] == [office.dana.id]
    assert await lease(office.desk) == []
    shown = await inbox.conversation(office.desk, office.dana, id)
    assert shown.unread == 1
    assert shown.waiting_since is not None, "a note is no answer"
    assert shown.last_message is not None
    assert shown.last_message.body == "Hi"
    with pytest.raises(Invalid):
        await claim.transfer(office.desk, office.dana, id, office.ben.id, "  ")


async def test_no_reply_needed_and_close_end_the_wait_and_an_inbound_reopens(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await settle.no_reply_needed(office.desk, office.ben, id)
    closed = await settle.close(office.desk, office.ben, id)
    assert isinstance(closed, OwnConversationShape)
    assert closed.closed_at is not None
    await office.text("One more thing", to=SALES)
    shown = await inbox.conversation(office.desk, office.ben, id)
    assert shown.closed_at is None
    assert shown.waiting_since is not None
    assert office.types()[-2:] == ["message.received", "conversation.reopened"]


async def test_snoozing_stops_the_clock_and_an_inbound_wakes_it(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    row = await office.one("select waiting_since from conversations")
    assert row is not None
    await settle.snooze(office.desk, office.ben, id, row["waiting_since"] * 2)
    assert (await inbox.conversation(office.desk, office.ben, id)).public_at is None
    await office.text("Hello?", to=SALES)
    shown = await inbox.conversation(office.desk, office.ben, id)
    assert shown.snoozed_until is None
    assert shown.public_at is not None
    assert "conversation.woken" in office.types()


async def test_a_removed_subscriber_gets_the_removal_and_is_alerted_no_more(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await attend.follow(office.desk, office.ana, id, None)
    await attend.remove_subscriber(office.desk, office.mia, id, office.ana.id)
    removed = office.envelopes[-1]
    assert office.types()[-1] == "subscriber.removed"
    assert office.ana.id in removed.audience
    await office.text("Anybody?", to=SALES)
    assert office.ana.id not in office.envelopes[-1].audience
    assert office.events[-1]["alert"] == [office.ben.id]


async def test_a_muted_subscriber_is_not_alerted_and_reading_is_personal(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await attend.follow(office.desk, office.ana, id, None)
    await attend.follow(office.desk, office.dana, id, True)
    await office.text("Hello?", to=SALES)
    assert office.events[-1]["alert"] == sorted([office.ana.id, office.ben.id])
    assert (await inbox.conversation(office.desk, office.dana, id)).unread == 0
    assert (await inbox.conversation(office.desk, office.ana, id)).unread == 1
    seq = (await inbox.conversation(office.desk, office.ana, id)).seq
    await attend.read(office.desk, office.ana, id, seq)
    assert (await inbox.conversation(office.desk, office.ana, id)).unread == 0
    assert (await inbox.conversation(office.desk, office.ben, id)).unread == 2
    read = office.envelopes[-1]
    assert (read.reach, read.audience, read.seq) == ("person", (office.ana.id,), None)
    assert office.events[-1]["data"] == {"conversation": id, "read_seq": seq}
