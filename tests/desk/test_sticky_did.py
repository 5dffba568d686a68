"""From which of our numbers a text leaves (PRODUCT rule 1), also when numbers change hands, carriers or what they can."""

import pytest

from server.carriers.carrier import Connection, Credentials, InboundText, SendResult
from server.desk.dids import DidChange, NewDid, OwnedDidShape, add_did, change_did, remove_did
from server.desk.dispatch import lease, record
from server.desk.receive import receive_texts
from server.desk.send import Draft, send, start
from server.desk.settings import Changes, change_settings
from server.domain.errors import InUse, NoNumber, NotFound
from server.domain.user import User
from server.ids import new_id
from server.store import lines
from tests.fixtures.office import MARIA, MINUTE_US, SALES, SUPPORT, Office

FRONT = "+12025550130"


async def left_from(office: Office, *, by: User | None = None, did: str | None = None) -> str:
    """The number that one more text to Maria leaves from, whoever writes it."""
    rows = await office.all("select count(*) as n from messages")
    await start(office.desk, by or office.ana, Draft("Hello", f"c{rows[0]['n']}", 10_000, did=did), to=MARIA)
    [leased] = await lease(office.desk)
    await record(office.desk, leased, SendResult("accepted"))
    return leased.text.sender


async def front(office: Office) -> str:
    made = await add_did(office.desk, office.mia, NewDid(FRONT, office.connection.id, ["sms"]))
    assert isinstance(made, OwnedDidShape)
    return made.id


async def test_a_reply_leaves_from_the_number_that_the_contact_texted_last(office: Office) -> None:
    await office.text("Hi", to=SUPPORT)
    assert await left_from(office) == SUPPORT
    await office.text("Hi again", to=SALES)
    assert await left_from(office) == SALES, "whoever answers, and whosever caller ID it is"
    assert await left_from(office, did=office.support) == SUPPORT
    assert await left_from(office) == SALES, "that one picked another once does not move the conversation"


async def test_a_text_that_reached_us_late_does_not_take_the_conversation_back_to_an_older_number(office: Office) -> None:
    await office.text("Hi", to=SALES)
    rows = await office.all("select texted_at from conversations")
    late = InboundText("late", MARIA, SUPPORT, "Hello?", sent_at=rows[0]["texted_at"] - 10 * MINUTE_US)
    await receive_texts(office.desk, office.connection, [late], 1)
    assert await left_from(office) == SALES


async def test_where_the_contact_never_texted_it_is_the_number_used_last_with_them(office: Office) -> None:
    assert await left_from(office, by=office.ben) == SALES
    assert await left_from(office, by=office.ana) == SALES
    assert await left_from(office, did=office.support) == SUPPORT
    assert await left_from(office, by=office.ben) == SUPPORT


async def test_a_first_text_leaves_from_ones_own_number_else_from_the_default_one(office: Office) -> None:
    id = await front(office)
    await change_settings(office.desk, office.mia, Changes(default_did=id))
    assert await left_from(office, by=office.ana) == FRONT
    assert (await office.one("select did from conversations") or {})["did"] == id


async def test_a_number_that_texts_went_through_cannot_be_removed_from_under_its_conversations(office: Office) -> None:
    id = await front(office)
    assert await left_from(office, did=id) == FRONT
    with pytest.raises(InUse):
        await remove_did(office.desk, office.mia, id)
    assert await left_from(office) == FRONT


async def test_a_removed_number_is_asked_for_in_vain(office: Office) -> None:
    id = await front(office)
    await change_settings(office.desk, office.mia, Changes(default_did=id))
    await remove_did(office.desk, office.mia, id)
    with pytest.raises(NotFound):
        await left_from(office, did=id)
    assert await left_from(office) == SUPPORT, "nor is it the default any more"


async def test_a_number_that_may_send_no_texts_any_more_gives_way_to_the_usual_one(office: Office) -> None:
    await office.text("Hi", to=SALES)
    await change_did(office.desk, office.mia, office.sales, DidChange(capabilities=["mms"]))
    assert await left_from(office, by=office.ben) == SUPPORT
    await change_did(office.desk, office.mia, office.sales, DidChange(capabilities=["sms"]))
    assert await left_from(office, by=office.ben) == SALES, "the contact's last text still says which"
    for did in (office.sales, office.support):
        await change_did(office.desk, office.mia, did, DidChange(capabilities=["mms"]))
    with pytest.raises(NoNumber):
        await left_from(office)


async def test_a_number_that_becomes_a_colleagues_stays_the_conversations(office: Office) -> None:
    await office.text("Hi", to=SUPPORT)
    await change_did(office.desk, office.mia, office.support, DidChange(user=office.dana.id))
    assert await left_from(office, by=office.ana) == SUPPORT


async def test_a_number_that_moves_to_another_carrier_stays_and_leaves_there_what_was_queued_before_too(office: Office) -> None:
    other = Connection(new_id(1), office.account, "sandbox", "Other", Credentials({}))
    await office.desk.db.write(lambda tx: lines.add(tx, lines.Line(other.id, office.account, "sandbox", "Other", "", {}, tx.now)))
    await office.text("Hi", to=SUPPORT)
    await send(office.desk, office.ana, await office.conversation(), Draft("Before", "c1", 10_000))
    await change_did(office.desk, office.mia, office.support, DidChange(carrier=other.id))
    [leased] = await lease(office.desk)
    assert (leased.text.sender, leased.carrier) == (SUPPORT, other.id)
    await record(office.desk, leased, SendResult("accepted"))
    await receive_texts(office.desk, other, [InboundText("ref", MARIA, SUPPORT, "Thanks")], 1)
    assert await left_from(office) == SUPPORT
