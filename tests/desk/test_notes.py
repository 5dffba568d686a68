"""Internal notes: who is alerted, who takes part by a mention, and what a note never does (PRODUCT rules 5, 6, 9, 17, 19)."""

import asyncio

import pytest

from server.desk import attend, inbox
from server.desk.desk import Desk
from server.desk.dispatch import lease
from server.desk.notes import LONGEST_NOTE, MOST_MENTIONS, write_note
from server.desk.send import Draft, send
from server.desk.shapes import MessageShape
from server.domain.errors import ClientIdConflict, Invalid, NotFound, UnseenMessage
from server.domain.user import User
from tests.fixtures.office import SALES, Office
from tests.fixtures.page import assert_page_equals_fresh_load


async def noted(office: Office, by: User, body: str = "She is a regular.", *mentions: User, client_id: str | None = None) -> MessageShape:
    made = await write_note(office.desk, by, await office.conversation(), body, [user.id for user in mentions], client_id)
    assert isinstance(made, MessageShape)
    return made


async def test_a_note_stands_among_the_messages_and_alerts_the_participants_but_its_author(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await attend.follow(office.desk, office.ana, await office.conversation(), None)
    note = await noted(office, office.ana)
    assert (note.kind, note.body, note.state, note.mentions, note.did) == ("note", "She is a regular.", "received", [], None)
    event = office.events[-1]
    assert (event["type"], event["alert"], event["data"]["message"]["id"]) == ("note.added", [office.ben.id], note.id)
    page = await inbox.message_list(office.desk, office.ben, note.conversation)
    assert page.items[-1] == note
    assert (await inbox.conversation(office.desk, office.ben, note.conversation)).unread == 2
    assert (await inbox.conversation(office.desk, office.ana, note.conversation)).unread == 0
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_note_answers_nothing_never_leaves_and_works_where_the_contact_opted_out(office: Office) -> None:
    await office.text("Hi", to=SALES)
    before = await inbox.conversation(office.desk, office.ben, await office.conversation())
    await noted(office, office.ben)
    after = await inbox.conversation(office.desk, office.ben, before.id)
    assert after.waiting_since == before.waiting_since is not None
    assert after.last_message == before.last_message, "the last text, not the note"
    assert after.active_at > before.active_at
    assert await lease(office.desk) == []
    await office.text("STOP", to=SALES)
    assert (await noted(office, office.ben, "She opted out.")).kind == "note"


async def test_who_is_mentioned_and_takes_no_part_becomes_a_subscriber_and_is_alerted(office: Office) -> None:
    await office.text("Hi", to=SALES)
    note = await noted(office, office.ben, "Can you help, @Ana and @Dana?", office.ana, office.dana, office.ana)
    assert [user.name for user in note.mentions] == ["Ana", "Dana"]
    joined = [event for event in office.events if event["type"] == "subscriber.added"]
    assert [(event["data"]["reason"], event["data"]["user"]["name"]) for event in joined] == [("mentioned", "Ana"), ("mentioned", "Dana")]
    assert office.events[-1]["alert"] == sorted([office.ana.id, office.dana.id])
    for person in (office.ana, office.dana):
        shown = await inbox.conversation(office.desk, person, note.conversation)
        assert (shown.role, shown.unread) == ("subscriber", 1)
    await noted(office, office.ben, "Again, @Ana", office.ana, office.ben)
    assert office.types().count("subscriber.added") == 2, "once in, one stays in; and nobody mentions himself"
    await assert_page_equals_fresh_load(office, office.mia)


async def test_a_mention_reaches_who_muted_the_conversation_and_another_note_does_not(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    await attend.follow(office.desk, office.ana, id, True)
    await noted(office, office.ben, "Nothing for Ana.")
    assert office.events[-1]["alert"] == []
    assert (await inbox.conversation(office.desk, office.ana, id)).unread == 0
    await noted(office, office.ben, "This one is, @Ana.", office.ana)
    assert office.events[-1]["alert"] == [office.ana.id]
    assert (await inbox.conversation(office.desk, office.ana, id)).unread == 1


async def test_nobody_can_mention_a_stranger_or_who_was_disabled(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    before = len(office.events)
    await office.desk.db.write(lambda tx: tx.run("update users set disabled_at = 1 where id = :id", id=office.dana.id))
    for stranger in (office.dana.id, "0" * 26):
        with pytest.raises(NotFound):
            await write_note(office.desk, office.ben, id, "Hello", [office.ana.id, stranger])
    with pytest.raises(Invalid):
        await write_note(office.desk, office.ben, id, "Hello", [str(n) for n in range(MOST_MENTIONS + 1)])
    assert len(office.events) == before
    assert (await inbox.conversation(office.desk, office.ben, id)).subscribers == []


async def test_a_note_has_words_and_not_too_many(office: Office) -> None:
    await office.text("Hi", to=SALES)
    for body in ("", " \n\x00", "x" * (LONGEST_NOTE + 1)):
        with pytest.raises(Invalid):
            await noted(office, office.ben, body)
    assert (await noted(office, office.ben, " x\x00" * 10)).body == "x x x x x x x x x x"
    with pytest.raises(NotFound):
        await write_note(office.desk, office.ben, "0" * 26, "Hello")


async def test_the_same_client_id_twice_is_one_note_and_with_other_words_a_conflict(office: Office) -> None:
    await office.text("Hi", to=SALES)
    first, second = await asyncio.gather(noted(office, office.ben, client_id="n1"), noted(office, office.ben, client_id="n1"))
    third = await noted(office, office.ben, client_id="n1")
    assert first.id == second.id == third.id
    with pytest.raises(ClientIdConflict):
        await noted(office, office.ben, "Other words", client_id="n1")
    with pytest.raises(ClientIdConflict):
        await send(office.desk, office.ben, first.conversation, Draft("She is a regular.", "n1", 1_000))
    assert office.types().count("note.added") == 1


async def test_a_note_that_the_author_of_a_text_has_not_seen_holds_the_text(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    seen = (await inbox.conversation(office.desk, office.ben, id)).seq
    note = await noted(office, office.ana, "Do not promise anything, @Ben.", office.ben)
    with pytest.raises(UnseenMessage) as held:
        await send(office.desk, office.ben, id, Draft("I promise", "c1", seen))
    assert held.value.extra["message"] == note
    assert isinstance(await send(office.desk, office.ben, id, Draft("I promise", "c1", note.seq)), MessageShape)


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_note_and_a_text_at_the_same_instant_are_never_unseen_by_each_other(
    office: Office, second_desk: Desk, processes: int
) -> None:
    """Whichever is first, the text that was written without it is held: in one batch, and in two processes."""
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    other = second_desk if processes == 2 else office.desk
    for turn in range(12):
        seen = (await inbox.conversation(office.desk, office.ben, id)).seq
        text = send(office.desk, office.ben, id, Draft(f"Text {turn}", f"c{turn}", seen))
        note = write_note(other, office.ana, id, f"Note {turn}")
        both = (text, note) if turn % 2 else (note, text)
        results = await asyncio.gather(*both, return_exceptions=True)
        sent, made = results if turn % 2 else results[::-1]
        assert isinstance(made, MessageShape), "nothing holds a note"
        if isinstance(sent, MessageShape):
            assert sent.seq < made.seq, "the text was there first"
        else:
            assert isinstance(sent, UnseenMessage)
            assert sent.extra["message"] == made
    await assert_page_equals_fresh_load(office, office.mia)
