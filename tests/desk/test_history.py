"""What the log shows between the texts."""

from dataclasses import replace

import msgspec
import pytest

from server.desk import attend, claim, contacts, settle
from server.desk.contacts import ContactChanges
from server.desk.history import HistoryPage, conversation_history
from server.desk.notes import write_note
from server.desk.send import Draft, send
from server.domain.errors import NotFound
from tests.fixtures.office import SALES, WEI, Office


async def lively(office: Office) -> str:
    """A conversation in which much happened; its id."""
    await office.text("Hi")
    id = await office.conversation()
    await claim.claim(office.desk, office.ana, id)
    contact = (await office.one("select id from contacts") or {})["id"]
    await contacts.change_contact(office.desk, office.ana, contact, ContactChanges(ready=True))
    await send(office.desk, office.ana, id, Draft("Hello", "c1", 100))
    await attend.follow(office.desk, office.ben, id, True)
    await attend.read(office.desk, office.ben, id, 2)
    await write_note(office.desk, office.ana, id, "A regular.", [office.dana.id])
    await contacts.change_contact(office.desk, office.ana, contact, ContactChanges(name="Maria"))
    await office.text("STOP")
    await office.text("START")
    await settle.close(office.desk, office.ana, id)
    return id


def types(page: HistoryPage) -> list[str]:
    return [event.type for event in page.items]


async def test_the_lines_are_what_happened_but_no_messages_no_states_and_nothing_personal(office: Office) -> None:
    page = await conversation_history(office.desk, office.mia, await lively(office), before=None, limit=50)
    assert types(page) == [
        "conversation.opened",
        "conversation.public",
        "conversation.claimed",
        "contact.ready_changed",
        "conversation.answered",
        "contact.ready_changed",
        "subscriber.added",
        "subscriber.added",
        "contact.opted_out",
        "contact.opted_in",
        "conversation.closed",
    ]
    assert not page.more
    published = {event["position"]: event for event in office.events}
    assert [msgspec.to_builtins(event) for event in page.items] == [published[event.position] for event in page.items]


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
async def test_pages_going_back_lose_nothing_and_repeat_nothing(office: Office, limit: int) -> None:
    id = await lively(office)
    whole = await conversation_history(office.desk, office.mia, id, before=None, limit=50)
    pages, before = [], None
    while True:
        page = await conversation_history(office.desk, office.mia, id, before=before, limit=limit)
        pages.append(page.items)
        if not page.more:
            break
        before = min(event.seq for event in page.items if event.seq is not None)
    back = [event for items in reversed(pages) for event in items]
    assert [event.position for event in back] == [event.position for event in whole.items]


async def test_more_changes_of_the_contact_than_a_page_holds_are_all_there(office: Office) -> None:
    id = await lively(office)
    contact = (await office.one("select id from contacts") or {})["id"]
    for n in range(7):
        await contacts.change_contact(office.desk, office.ana, contact, ContactChanges(ready=n % 2 == 0))
    page = await conversation_history(office.desk, office.mia, id, before=None, limit=5)
    assert types(page)[-8:] == ["conversation.closed", *["contact.ready_changed"] * 7]
    assert page.more


async def test_another_contacts_changes_and_another_accounts_conversation_are_not_there(office: Office) -> None:
    id = await lively(office)
    whole = await conversation_history(office.desk, office.mia, id, before=None, limit=50)
    await office.text("STOP", sender=WEI, to=SALES)
    assert await conversation_history(office.desk, office.mia, id, before=None, limit=50) == whole
    for edge in (0, 1):
        assert await conversation_history(office.desk, office.mia, id, before=edge, limit=50) == HistoryPage([], more=False)
    stranger = replace(office.mia, account="0" * 26)
    for user, asked in ((office.mia, "0" * 26), (stranger, id)):
        with pytest.raises(NotFound):
            await conversation_history(office.desk, user, asked, before=None, limit=50)
