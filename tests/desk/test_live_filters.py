"""Live filters: whoever changes a contact, its membership has changed in the same transaction, and the counts are right."""

import asyncio
import contextlib
import random
from collections.abc import Sequence

import pytest

from server.desk import live_filters
from server.desk.contact_views import ReadContactShape
from server.desk.contacts import ContactChanges, NewContact, PhoneBody, add_contact, change_contact, opt_out_by_hand
from server.desk.desk import Desk
from server.desk.live_filters import (
    LiveFilterChanges,
    LiveFilterShape,
    NewLiveFilter,
    add_live_filter,
    change_live_filter,
    remove_live_filter,
)
from server.desk.membership import facts_of, settle
from server.desk.send import Draft, start
from server.desk.work import Work
from server.domain.errors import AlreadyExists, Invalid, NotFound, Refused
from server.domain.events import EventType
from server.domain.live_filter import Condition, compiled
from server.store import accounts
from server.store import contacts as stored
from server.store import live_filters as store
from server.store.database import Transaction
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, WEI, Office

on_postgres = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
READY = Condition("ready", "is", True)


async def contact(office: Office, number: str = MARIA, **more: object) -> str:
    new = NewContact(name=f"Contact {number[-4:]}", phones=[PhoneBody(number)], **more)  # type: ignore[arg-type]
    made = await add_contact(office.desk, office.mia, new)
    assert isinstance(made, ReadContactShape)
    return made.id


async def made(office: Office, *conditions: Condition, name: str = "Spring", desk: Desk | None = None) -> LiveFilterShape:
    answer = await add_live_filter(desk or office.desk, office.mia, NewLiveFilter(name, list(conditions)))
    assert isinstance(answer, LiveFilterShape)
    return answer


async def inside(office: Office, filter: str) -> list[str]:
    page = await live_filters.members(office.desk, office.mia, filter, "", 200)
    assert page.count == len(page.items)
    return [item.id for item in page.items]


def moves(office: Office, since: int = 0) -> list[tuple[str, str, int]]:
    """(entered or left, contact, count) of every move that was told."""
    told = [event for event in office.events[since:] if event["type"] in ("live_filter.entered", "live_filter.left")]
    return [(event["type"].partition(".")[2], event["data"]["contact"]["id"], event["data"]["count"]) for event in told]


async def assert_every_filter_is_as_looked_at_anew(office: Office) -> None:
    async def read(tx: Transaction) -> None:
        rows = await tx.all("select id from contacts")
        facts = await facts_of(tx, await stored.get(tx, [row["id"] for row in rows]))
        for filter in await store.of_accounts(tx, [office.account]):
            rule = compiled(filter.conditions)
            members = await tx.all("select contact from live_filter_members where live_filter = :id", id=filter.id)
            assert {row["contact"] for row in members} == {id for id, fact in facts.items() if rule(fact)}, filter
            assert filter.members == len(members)

    await office.desk.read(read)


async def test_a_new_filter_holds_everybody_who_fits_and_says_how_many(office: Office) -> None:
    ready, other = await contact(office, ready=True), await contact(office, WEI)
    filter = await made(office, READY)
    assert (filter.count, await inside(office, filter.id)) == (1, [ready])
    assert office.types()[-1] == "live_filter.created"
    assert office.events[-1]["data"]["live_filter"]["count"] == 1
    everybody = await made(office, Condition("phone_kind", "has", "mobile"), name="All")
    assert await inside(office, everybody.id) == sorted([ready, other])


async def test_a_filter_looks_at_more_contacts_than_fit_into_one_transaction(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_filters, "AT_ONCE", 3)
    for number in range(10):
        await contact(office, f"+1202555017{number}", ready=number % 2 == 0)
    filter = await made(office, READY)
    assert filter.count == 5
    changed = await change_live_filter(office.desk, office.mia, filter.id, LiveFilterChanges(conditions=[Condition("ready", "is", False)]))
    assert isinstance(changed, LiveFilterShape)
    assert changed.count == 5
    await assert_every_filter_is_as_looked_at_anew(office)


async def test_a_text_turns_ready_off_and_the_contact_leaves_in_the_same_transaction(office: Office) -> None:
    id = await contact(office, ready=True)
    filter = await made(office, READY)
    since = len(office.events)
    await start(office.desk, office.ana, Draft("Hello", "c1"), contact=id)
    assert moves(office, since) == [("left", id, 0)]
    left = office.events[-1]
    assert (left["type"], left["actor"]["name"], left["data"]["live_filter"]) == (
        "live_filter.left",
        "Ana",
        {"id": filter.id, "name": "Spring"},
    )
    assert left["position"] == office.events[-2]["position"] + 1
    assert office.envelopes[-1].reach == "managers"
    assert await inside(office, filter.id) == []
    await start(office.desk, office.ana, Draft("Again", "c2"), contact=id)
    assert moves(office, since) == [("left", id, 0)], "it left once"


async def test_a_first_text_from_a_stranger_enters_a_filter(office: Office) -> None:
    filter = await made(office, Condition("ready", "is", False))
    await office.text("Hi")
    [(way, id, count)] = moves(office)
    assert (way, count, await inside(office, filter.id)) == ("entered", 1, [id])


async def test_stop_and_start_move_a_contact_out_and_in(office: Office) -> None:
    id = await contact(office)
    filter = await made(office, Condition("opted_out", "is", False))
    since = len(office.events)
    await office.text("STOP")
    await office.text("START")
    await opt_out_by_hand(office.desk, office.mia, id, MARIA, "")
    assert moves(office, since) == [("left", id, 0), ("entered", id, 1), ("left", id, 0)]
    assert await inside(office, filter.id) == []


async def test_each_of_many_contacts_of_one_transaction_is_told_with_its_own_count(office: Office) -> None:
    await made(office, Condition("phone_kind", "has", "mobile"))
    await asyncio.gather(*(contact(office, f"+1202555017{number}") for number in range(5)))
    assert [count for _, _, count in moves(office)] == [1, 2, 3, 4, 5]


async def test_what_a_refused_change_would_have_moved_stays(office: Office) -> None:
    id = await contact(office, ready=True)
    filter = await made(office, READY)
    await office.text("STOP")
    since = len(office.events)
    with pytest.raises(Refused):
        await start(office.desk, office.ana, Draft("Hello", "c1"), contact=id)
    assert (moves(office, since), await inside(office, filter.id)) == ([], [id])


async def test_a_renamed_filter_keeps_its_contacts_and_a_new_rule_looks_anew(office: Office) -> None:
    ready, other = await contact(office, ready=True), await contact(office, WEI, tags=["vip"])
    filter = await made(office, READY)
    await change_live_filter(office.desk, office.mia, filter.id, LiveFilterChanges(name="Autumn"))
    assert await inside(office, filter.id) == [ready]
    await change_live_filter(office.desk, office.mia, filter.id, LiveFilterChanges(conditions=[Condition("tag", "has", "vip")]))
    assert await inside(office, filter.id) == [other]
    assert office.types()[-2:] == ["live_filter.updated", "live_filter.updated"]
    shown = office.events[-1]["data"]["live_filter"]
    assert (shown["name"], shown["count"], shown["conditions"]) == ("Autumn", 1, [{"field": "tag", "op": "has", "value": "vip"}])


async def test_names_are_taken_once_and_a_removed_filter_is_gone(office: Office) -> None:
    await contact(office, ready=True)
    filter = await made(office, READY)
    with pytest.raises(AlreadyExists):
        await made(office, READY)
    other = await made(office, READY, name="Other")
    with pytest.raises(AlreadyExists):
        await change_live_filter(office.desk, office.mia, other.id, LiveFilterChanges(name="Spring"))
    with pytest.raises(Invalid):
        await made(office, name="None")
    await remove_live_filter(office.desk, office.mia, filter.id)
    assert office.types()[-1] == "live_filter.deleted"
    with pytest.raises(NotFound):
        await live_filters.live_filter(office.desk, office.mia, filter.id)
    assert await office.all("select * from live_filter_members where live_filter = :id", id=filter.id) == []
    await contact(office, WEI, ready=True)
    await assert_every_filter_is_as_looked_at_anew(office)


async def test_a_filter_whose_process_was_lost_is_filled_later(office: Office) -> None:
    await contact(office, ready=True)
    filter = await made(office, READY)

    async def forget(work: Work) -> None:
        await work.tx.run("delete from live_filter_members")
        await work.tx.run("update live_filters set filled_at = null, members = 0, changed_at = changed_at + 1")

    await office.desk.change(forget)
    assert not await live_filters.fill_abandoned(office.desk), "its process may be at it still"
    office.later(minutes=2)
    since = len(office.events)
    assert await live_filters.fill_abandoned(office.desk)
    assert not await live_filters.fill_abandoned(office.desk)
    assert len(await inside(office, filter.id)) == 1
    [told] = office.events[since:]
    assert (told["type"], told["actor"]["kind"]) == ("live_filter.updated", "system")
    assert (told["data"]["live_filter"]["id"], told["data"]["live_filter"]["count"]) == (filter.id, 1)


@on_postgres
async def test_no_contact_is_overlooked_that_another_process_makes_while_a_filter_is_made(office: Office, second_desk: Desk) -> None:
    async def adds(work: Work) -> None:
        one = stored.Contact("c" * 26, office.account, "Maria", ready_at=1, phones=(stored.Phone(MARIA),))
        await stored.insert(work.tx, [one])
        work.staged.contacts[one.id] = one
        work.tell(office.account, EventType.CONTACT_CREATED, work.know(office.mia), contact=one.id)
        await accounts.lock(work.tx, office.account)
        assert await settle(work) == []
        work.staged.events.clear()  # it is settled: from here on it only waits to be committed

    await meanwhile(second_desk, adds, lambda: made(office, READY))
    await assert_every_filter_is_as_looked_at_anew(office)


@on_postgres
async def test_two_processes_that_move_contacts_of_one_filter_count_right(office: Office, second_desk: Desk) -> None:
    filter = await made(office, READY)
    ids = [await contact(office, f"+1202555017{number}") for number in range(8)]

    async def toggle(desk: Desk, some: Sequence[str]) -> None:
        for ready in (True, False, True):
            await asyncio.gather(*(change_contact(desk, office.mia, id, ContactChanges(ready=ready)) for id in some))

    await asyncio.gather(toggle(office.desk, ids[:5]), toggle(second_desk, ids[3:]))
    await assert_every_filter_is_as_looked_at_anew(office)
    told = sorted(office.events, key=lambda event: int(event["position"]))
    count = 0
    for event in told:
        if event["type"] in ("live_filter.entered", "live_filter.left"):
            count += 1 if event["type"] == "live_filter.entered" else -1
            assert event["data"]["count"] == count
    assert count == len(await inside(office, filter.id))


PHONES = [f"+1202555018{number}" for number in range(8)]
RULES = [
    [READY],
    [Condition("opted_out", "is", False), Condition("tag", "has_not", "vip")],
    [Condition("tag", "has", "vip")],
    [Condition("name", "contains", "an")],
    [Condition("field:plan", "is_not", "gold"), Condition("phone_kind", "has", "landline")],
    [Condition("timezone", "is", "Europe/Berlin"), Condition("ready", "is", False)],
]


class History:
    """Random changes of contacts and filters, from a seed; what the rules refuse changes nothing."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.chance = random.Random(seed)

    async def step(self) -> None:
        changes = [self.text_in, self.text_out, self.add, self.renumber, self.describe, self.ready, self.opt_out, self.rule]
        with contextlib.suppress(Refused):
            await self.chance.choice(changes)()

    async def any_contact(self) -> str:
        rows = await self.office.all("select id from contacts order by id")
        return str(self.chance.choice(rows)["id"]) if rows else await contact(self.office)

    async def change(self, **changes: object) -> None:
        changed = ContactChanges(**changes)  # type: ignore[arg-type]
        await change_contact(self.office.desk, self.office.mia, await self.any_contact(), changed)

    async def text_in(self) -> None:
        await self.office.text(self.chance.choice(["Hi", "STOP", "START"]), sender=self.chance.choice(PHONES))

    async def text_out(self) -> None:
        draft = Draft("Hello", f"c{self.chance.random()}", 10_000)
        await start(self.office.desk, self.office.ben, draft, to=self.chance.choice(PHONES))

    async def add(self) -> None:
        await contact(self.office, self.chance.choice(PHONES), ready=self.chance.random() < 0.5)

    async def renumber(self) -> None:
        await self.change(phones=[PhoneBody(phone, self.chance.choice(["mobile", "landline"])) for phone in self.chance.sample(PHONES, 2)])

    async def describe(self) -> None:
        pick = self.chance.choice
        await self.change(tags=pick([[], ["vip"]]), name=pick(["Ana", "Wei"]), timezone=pick([None, "Europe/Berlin"]))

    async def ready(self) -> None:
        await self.change(ready=self.chance.random() < 0.5, fields=self.chance.choice([{}, {"plan": "Gold"}]))

    async def opt_out(self) -> None:
        await opt_out_by_hand(self.office.desk, self.office.mia, await self.any_contact(), self.chance.choice(PHONES), "")

    async def rule(self) -> None:
        filters = await live_filters.live_filter_list(self.office.desk, self.office.mia, "", 10)
        changes = LiveFilterChanges(conditions=self.chance.choice(RULES))
        await change_live_filter(self.office.desk, self.office.mia, self.chance.choice(filters).id, changes)


@pytest.mark.parametrize("seed", range(3))
async def test_after_any_history_every_filter_is_as_looked_at_anew(office: Office, seed: int) -> None:
    for number, rule in enumerate(RULES[:4]):
        await made(office, *rule, name=f"Filter {number}")
    history = History(office, seed)
    for _ in range(80):
        await asyncio.gather(*(history.step() for _ in range(history.chance.randrange(1, 4))))
        await assert_every_filter_is_as_looked_at_anew(office)
    assert len(moves(office)) > 15, "the history was to be a lively one"
