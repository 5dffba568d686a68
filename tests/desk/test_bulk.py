"""One thing done to many contacts: counted before, told one by one, let others in, and undone."""

import asyncio
from typing import Any

import pytest
from msgspec import Raw

from server.desk import attend, bulk_doing, contact_lists
from server.desk.bulk import Bulk, BulkDone, bulk
from server.desk.bulk_doing import Doing
from server.desk.bulk_undo import Undone, undo
from server.desk.contact_changes import remove_contacts
from server.desk.contact_views import ReadContactShape
from server.desk.contacts import ContactChanges, NewContact, PhoneBody, add_contact, change_contact, opt_out_by_hand, remove_contact
from server.desk.desk import Desk
from server.desk.introduce import thread_with
from server.desk.live_filters import NewLiveFilter, add_live_filter
from server.desk.send import Draft, _mobile_of, start
from server.desk.work import Work
from server.domain.errors import HasConversation, Invalid, NotFound, TooLate
from server.domain.live_filter import Condition
from server.domain.wanted import Wanted
from server.store import bulk_changes
from server.store import contacts as stored
from tests.desk.test_live_filters import assert_every_filter_is_as_looked_at_anew
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load

on_postgres = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_doing, "AT_ONCE", 2)


async def contact(office: Office, number: str = MARIA, **more: Any) -> str:
    made = await add_contact(office.desk, office.mia, NewContact(name=f"Contact {number[-4:]}", phones=[PhoneBody(number)], **more))
    assert isinstance(made, ReadContactShape)
    return made.id


async def five(office: Office, **more: Any) -> list[str]:
    return [await contact(office, f"+1202555017{number}", **more) for number in range(5)]


async def shown(office: Office, ids: list[str]) -> list[ReadContactShape]:
    return [await contact_lists.contact(office.desk, office.mia, id) for id in ids]


async def did(office: Office, do: Doing, ids: list[str] | None = None, *, query: Wanted | None = None, dry_run: bool = False) -> BulkDone:
    done = await bulk(office.desk, office.mia, Bulk(do=do, ids=ids, query=query, dry_run=dry_run))
    assert isinstance(done, BulkDone)
    return done


async def undone(office: Office, done: BulkDone) -> int:
    assert done.undo is not None
    answer = await undo(office.desk, office.mia, done.undo)
    assert isinstance(answer, Undone)
    return answer.count


async def test_a_dry_run_counts_what_the_change_then_does_and_changes_nothing(office: Office) -> None:
    ids = await five(office)
    await change_contact(office.desk, office.mia, ids[0], ContactChanges(ready=True))
    since = len(office.events)
    dry = await did(office, Doing(ready=True), ids, dry_run=True)
    assert (dry, len(office.events)) == (BulkDone(4, 1, None), since)
    done = await did(office, Doing(ready=True), query=Wanted())
    assert (done.count, done.skipped) == (4, 1)
    assert office.types(since) == ["contact.ready_changed"] * 4
    assert {event["data"]["reason"] for event in office.events[since:]} == {"bulk"}
    assert all(one.ready for one in await shown(office, ids))


async def test_ready_comes_back_but_not_where_somebody_changed_it_since(office: Office) -> None:
    ids = await five(office, ready=True)
    await add_live_filter(office.desk, office.mia, NewLiveFilter("Ready", [Condition("ready", "is", True)]))
    done = await did(office, Doing(ready=False), ids)
    await change_contact(office.desk, office.ana, ids[0], ContactChanges(ready=True))
    since = len(office.events)
    assert await undone(office, done) == 4
    assert office.types(since).count("contact.ready_changed") == 4
    assert office.types(since).count("live_filter.entered") == 4
    assert all(one.ready for one in await shown(office, ids))
    await assert_every_filter_is_as_looked_at_anew(office)


async def test_tags_are_added_and_taken_and_come_back_in_their_places(office: Office) -> None:
    ids = [await contact(office, tags=["a", "b", "c"]), await contact(office, WEI, tags=["c"])]
    added = await did(office, Doing(add_tag=" vip ", remove_tag="b"), ids)
    assert [one.tags for one in await shown(office, ids)] == [["a", "c", "vip"], ["c", "vip"]]
    await change_contact(office.desk, office.ana, ids[1], ContactChanges(tags=["c", "vip", "new"]))
    assert await undone(office, added) == 2
    assert [one.tags for one in await shown(office, ids)] == [["a", "b", "c"], ["c", "new"]]
    assert (await did(office, Doing(remove_tag="zzz"), ids)) == BulkDone(0, 2, None)


async def test_an_owner_gets_all_conversations_and_the_old_one_has_them_back(office: Office) -> None:
    ids = [await contact(office), await contact(office, WEI)]
    await office.text("Hi")
    await start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA)
    done = await did(office, Doing(owner=office.dana.id), ids)
    assert (done.count, done.skipped) == (1, 1), "a contact without a conversation has no owner"
    assert office.types()[-1] == "conversation.transferred"
    row = await office.one("select owner from conversations")
    assert row == {"owner": office.dana.id}
    await assert_page_equals_fresh_load(office, office.mia)
    assert await undone(office, done) == 1
    assert await office.one("select owner from conversations") == {"owner": office.ben.id}
    with pytest.raises(NotFound):
        await did(office, Doing(owner="0" * 26), ids)


async def parts(office: Office) -> dict[str, str]:
    return {row["user_id"]: row["part"] for row in await office.all("select user_id, part from participants")}


async def test_whoever_owned_it_until_the_undo_takes_part_as_before(office: Office) -> None:
    id = await contact(office)
    await start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA)
    follows = await attend.follow(office.desk, office.ana, await office.conversation(), None)
    assert not isinstance(follows, Raw)
    for owner in (office.dana, office.ana):
        done = await did(office, Doing(owner=owner.id), [id])
        assert (await parts(office))[owner.id] == "owner"
        await undone(office, done)
        assert await parts(office) == {office.ben.id: "owner", office.ana.id: "subscriber"}
        await assert_page_equals_fresh_load(office, office.mia)
    await did(office, Doing(owner=None), [id])
    done = await did(office, Doing(owner=office.ana.id), [id])
    await undone(office, done)
    assert await parts(office) == {office.ana.id: "subscriber"}


async def test_nobodys_waiting_conversation_is_public(office: Office) -> None:
    id = await contact(office)
    await start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA)
    await office.text("Thanks, when?")
    done = await did(office, Doing(owner=None), [id])
    assert (office.types()[-1], office.events[-1]["data"]["reason"]) == ("conversation.public", "bulk")
    assert await undone(office, done) == 1
    row = await office.one("select owner, public_since from conversations")
    assert row == {"owner": office.ben.id, "public_since": None}


async def test_contacts_are_deleted_but_for_those_with_a_conversation_and_come_back_whole(office: Office) -> None:
    ids = await five(office, tags=["vip"], fields={"plan": "gold"}, ready=True)
    await office.text("Hi", sender="+12025550170")
    before = await shown(office, ids)
    dry = await did(office, Doing(delete=True), ids, dry_run=True)
    done = await did(office, Doing(delete=True), ids)
    assert (done.count, done.skipped) == (dry.count, dry.skipped) == (4, 1)
    with pytest.raises(NotFound):
        await contact_lists.contact(office.desk, office.mia, ids[1])
    await contact(office, "+12025550171")
    since = len(office.events)
    assert await undone(office, done) == 3, "the number of one of them is another's by now"
    assert office.types(since) == ["contact.created"] * 3
    back = await shown(office, ids[2:])
    assert [as_it_was(one) for one in back] == [as_it_was(one) for one in before[2:]]


def as_it_was(one: ReadContactShape) -> tuple[object, ...]:
    return (one.id, one.name, one.phones, one.ready, one.tags, one.fields, one.created_at)


async def test_what_is_older_than_a_minute_or_was_undone_stays(office: Office) -> None:
    ids = await five(office)
    done = await did(office, Doing(ready=True), ids)
    assert await undone(office, done) == 5
    with pytest.raises(TooLate):
        await undone(office, done)
    later = await did(office, Doing(ready=True), ids)
    office.later(seconds=61)
    with pytest.raises(TooLate):
        await undone(office, later)
    with pytest.raises(NotFound):
        await undo(office.desk, office.mia, "0" * 26)
    office.later(minutes=61)
    await did(office, Doing(ready=False), ids)
    assert await office.all("select id from bulk_changes where undone_at is not null") == [], "what can no longer be undone is forgotten"


async def test_others_are_let_in_between_the_parts(office: Office) -> None:
    ids = await five(office)
    doing, text = await asyncio.gather(did(office, Doing(ready=True), ids), office.text("Hi", sender=WEI))
    assert (doing.count, text) == (5, None)
    kinds = office.types(5)
    assert kinds.index("message.received") < len(kinds) - 1, "the text did not wait for the last contact"


@pytest.mark.parametrize(
    "do",
    [Doing(), Doing(delete=False), Doing(delete=True, ready=True), Doing(add_tag=" "), Doing(remove_tag="x" * 201)],
)
async def test_what_is_no_single_thing_is_refused(office: Office, do: Doing) -> None:
    with pytest.raises(Invalid):
        await did(office, do, [await contact(office)])


async def test_ids_or_a_query_but_not_both_and_none_of_another_account(office: Office) -> None:
    id = await contact(office)
    for ids, query in ((None, None), ([id], Wanted())):
        with pytest.raises(Invalid):
            await did(office, Doing(ready=True), ids, query=query)
    since = len(office.events)
    for ids, query in (([id, "0" * 26], None), (None, Wanted(live_filter="0" * 26))):
        with pytest.raises(NotFound):
            await did(office, Doing(ready=True), ids, query=query)
    assert len(office.events) == since


async def test_a_contact_is_deleted_by_itself_unless_a_conversation_is_held_with_it(office: Office) -> None:
    id, other = await contact(office), await contact(office, WEI)
    await opt_out_by_hand(office.desk, office.mia, id, MARIA, "")
    await remove_contact(office.desk, office.mia, id)
    assert (office.types()[-1], office.events[-1]["data"]["contact"]["id"]) == ("contact.deleted", id)
    assert (await shown(office, [await contact(office)]))[0].opted_out, "what a number consented to stays"
    await office.text("Hi", sender=WEI)
    with pytest.raises(HasConversation):
        await remove_contact(office.desk, office.mia, other)
    with pytest.raises(NotFound):
        await remove_contact(office.desk, office.mia, id)


async def test_a_contact_cannot_be_deleted_in_the_batch_that_opens_its_conversation(office: Office) -> None:
    id = await contact(office)
    _, outcome = await asyncio.gather(
        start(office.desk, office.ben, Draft("Hello", "c1"), to=MARIA), remove_contact(office.desk, office.mia, id), return_exceptions=True
    )
    assert isinstance(outcome, HasConversation)


@on_postgres
async def test_a_contact_cannot_be_deleted_while_another_process_opens_its_conversation(office: Office, second_desk: Desk) -> None:
    id = await contact(office)

    async def opens(work: Any) -> None:
        await stored.of_phones(work.tx, [(office.account, MARIA)])
        await work.tx.run(
            """insert into conversations (id, account, contact, phone, seq, claimed_seq, settled_seq, active_at)
               values ('c', :account, :contact, :phone, 0, 0, 0, 0)""",
            account=office.account,
            contact=id,
            phone=MARIA,
        )

    assert isinstance(await meanwhile(second_desk, opens, lambda: remove_contact(office.desk, office.mia, id)), HasConversation)


async def test_a_text_in_the_batch_that_deletes_its_contact_is_refused(office: Office) -> None:
    id = await contact(office)
    _, outcome = await asyncio.gather(
        remove_contact(office.desk, office.mia, id),
        start(office.desk, office.ben, Draft("Hello", "c1"), contact=id),
        return_exceptions=True,
    )
    assert isinstance(outcome, NotFound)
    assert await office.all("select id from contacts") == []


async def test_what_cannot_be_undone_any_more_is_forgotten_some_contacts_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_changes, "FORGOTTEN_AT_ONCE", 2)
    ids = await five(office)
    await did(office, Doing(add_tag="old"), ids)
    office.later(minutes=61)
    since = office.desk.writer.written
    last = await did(office, Doing(add_tag="new"), ids[:1])
    assert office.desk.writer.written - since == 3 + 3, "three times it forgets; it begins, changes one contact and ends"
    assert await office.all("select bulk_change, contact from bulk_change_items") == [{"bulk_change": last.undo, "contact": ids[0]}]
    assert await office.all("select id from bulk_changes") == [{"id": last.undo}]


@on_postgres
async def test_a_text_to_a_contact_that_another_process_deletes_meanwhile_is_refused(office: Office, second_desk: Desk) -> None:
    id = await contact(office)

    async def removes(work: Work) -> None:
        held = await stored.hold(work.tx, office.account, [id])
        assert await remove_contacts(work, work.know(office.mia), list(held.values())) == {id}

    text = await meanwhile(second_desk, removes, lambda: start(office.desk, office.ben, Draft("Hello", "c1"), contact=id))
    assert isinstance(text, NotFound)
    assert await office.all("select id from conversations") == []


@on_postgres
async def test_a_contact_that_another_process_texts_meanwhile_is_not_deleted(office: Office, second_desk: Desk) -> None:
    ids = [await contact(office), await contact(office, WEI)]

    async def texts(work: Work) -> None:
        await _mobile_of(work, office.ben, ids[0])
        await thread_with(work, office.account, MARIA, work.know(office.ben))

    done = await meanwhile(second_desk, texts, lambda: did(office, Doing(delete=True), ids))
    assert isinstance(done, BulkDone)
    assert (done.count, done.skipped) == (1, 1)
    assert await office.one("select contact from conversations") == {"contact": ids[0]}
