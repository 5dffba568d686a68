"""Contacts are changed by several people at once, and a number stays with the contact whose conversation it holds."""

import asyncio
from typing import Any

import pytest

from server.desk import contact_lists, contacts
from server.desk.contacts import ContactChanges, NewContact, PhoneBody, add_contact, change_contact, opt_out_by_hand
from server.desk.desk import Desk
from server.desk.send import Draft, start
from server.desk.shapes import ContactShape
from server.desk.work import Work
from server.domain.errors import HasConversation, NotFound
from server.store import contacts as stored
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, WEI, Office

on_postgres = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
SHORT_CODE = "72345"


async def maria(office: Office, *, ready: bool = False) -> ContactShape:
    made = await add_contact(office.desk, office.mia, NewContact(name="Maria", phones=[PhoneBody(MARIA), PhoneBody(WEI)], ready=ready))
    assert isinstance(made, ContactShape)
    return made


async def changed(desk: Desk, office: Office, id: str, **changes: Any) -> ContactShape:
    made = await change_contact(desk, office.mia, id, ContactChanges(**changes))
    assert isinstance(made, ContactShape)
    return made


async def numbers(office: Office) -> set[tuple[str, str]]:
    return {(row["contact"], row["number"]) for row in await office.all("select contact, number from contact_phones")}


@on_postgres
async def test_what_two_processes_change_of_one_contact_is_all_kept(office: Office, second_desk: Desk) -> None:
    id = (await maria(office)).id

    async def rename(work: Work) -> None:
        assert id in await stored.hold(work.tx, office.account, [id])
        await work.tx.run("update contacts set name = 'Maria S.' where id = :id", id=id)

    await meanwhile(second_desk, rename, lambda: changed(office.desk, office, id, tags=["vip"]))
    shown = await contact_lists.contact(office.desk, office.mia, id)
    assert (shown.name, shown.tags) == ("Maria S.", ["vip"])


async def test_a_number_with_a_conversation_stays_and_one_without_may_go(office: Office) -> None:
    id = (await maria(office)).id
    await office.text("Hi")
    before = len(office.events)
    for phones in ([PhoneBody("+12025550177")], [PhoneBody(WEI)]):
        with pytest.raises(HasConversation, match=f"{MARIA[1:]}"):
            await changed(office.desk, office, id, name="Another", phones=phones)
    assert len(office.events) == before
    assert (await changed(office.desk, office, id, phones=[PhoneBody(MARIA, "other")])).phones[0].kind == "other"
    assert await numbers(office) == {(id, MARIA)}


async def test_a_number_cannot_go_in_the_batch_that_opens_its_conversation(office: Office) -> None:
    id = (await maria(office)).id
    _, outcome = await asyncio.gather(
        start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA),
        changed(office.desk, office, id, phones=[PhoneBody(WEI)]),
        return_exceptions=True,
    )
    assert isinstance(outcome, HasConversation)


@on_postgres
async def test_a_number_cannot_go_while_another_process_opens_its_conversation(office: Office, second_desk: Desk) -> None:
    id = (await maria(office)).id

    async def opens(work: Work) -> None:
        await stored.of_phones(work.tx, [(office.account, MARIA)])
        await work.tx.run(
            """insert into conversations (id, account, contact, phone, seq, claimed_seq, settled_seq, active_at)
               values ('c', :account, :contact, :phone, 0, 0, 0, 0)""",
            account=office.account,
            contact=id,
            phone=MARIA,
        )

    outcome = await meanwhile(second_desk, opens, lambda: changed(office.desk, office, id, phones=[PhoneBody(WEI)]))
    assert isinstance(outcome, HasConversation)


@on_postgres
async def test_a_text_from_a_number_that_another_process_takes_away_makes_a_contact_of_its_own(office: Office, second_desk: Desk) -> None:
    id = (await maria(office)).id

    async def drops(work: Work) -> None:
        await contacts._keep_what_is_conversed_with(work, await _known(work, id), stored.Contact(id, office.account, "Maria"))
        await work.tx.run("delete from contact_phones where contact = :id", id=id)

    await meanwhile(second_desk, drops, lambda: office.text("Hi"))
    row = await office.one("select c.contact, p.contact as owner from conversations c join contact_phones p on p.number = c.phone")
    assert row is not None
    assert row["contact"] == row["owner"] != id


async def _known(work: Work, id: str) -> stored.Contact:
    return (await stored.get(work.tx, [id]))[id]


async def test_a_short_code_that_texted_us_can_stay_beside_a_new_number(office: Office) -> None:
    await office.text("Your code is 1234", sender=SHORT_CODE)
    row = await office.one("select id from contacts")
    assert row is not None
    shown = await changed(office.desk, office, row["id"], phones=[PhoneBody(SHORT_CODE, "other"), PhoneBody(MARIA)])
    assert [(phone.number, phone.kind) for phone in shown.phones] == [(SHORT_CODE, "other"), (MARIA, "mobile")]


async def test_ready_goes_off_once_and_touches_nothing_else(office: Office) -> None:
    id = (await maria(office, ready=True)).id

    async def off(work: Work) -> stored.Contact | None:
        return await stored.no_longer_ready(work.tx, id, work.now)

    first, second = await office.desk.change(off), await office.desk.change(off)
    assert first is not None
    assert second is None
    assert (first.ready_at, first.name, [phone.number for phone in first.phones]) == (None, "Maria", [MARIA, WEI])


async def test_an_opt_out_by_hand_opens_no_conversation_and_holds(office: Office) -> None:
    id = (await maria(office)).id
    shown = await opt_out_by_hand(office.desk, office.ana, id, MARIA, "asked by mail")
    assert isinstance(shown, ContactShape)
    assert [phone.opted_out for phone in shown.phones] == [True, False]
    assert await office.all("select id from conversations") == []
    assert office.types()[-1] == "contact.opted_out"
    with pytest.raises(NotFound):
        await opt_out_by_hand(office.desk, office.ana, id, "+12025550199", "")
