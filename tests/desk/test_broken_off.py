"""What takes several transactions and is broken off between them goes on when the request comes again with its key."""

import asyncio
from typing import Any, TypeVar

import msgspec
import pytest

from server.chores import IMPORTERS
from server.desk import bulk_doing, importing, live_filters
from server.desk.bulk import Bulk, BulkDone, bulk
from server.desk.bulk_doing import Doing
from server.desk.bulk_undo import Undone, undo
from server.desk.contacts import ContactChanges, change_contact
from server.desk.desk import Desk, Once
from server.desk.importing import import_next, progress
from server.desk.live_filters import LiveFilterChanges, LiveFilterShape, NewLiveFilter, add_live_filter, change_live_filter, fill_abandoned
from server.domain.errors import AlreadyExists, IdempotencyConflict, NotFound, TooLate
from server.domain.live_filter import Condition
from server.domain.wanted import Wanted
from server.store.database import Unavailable
from tests.desk.test_bulk import as_it_was, contact, did, five, shown, undone
from tests.desk.test_contact_import import HEAD, no_rest, started
from tests.desk.test_live_filters import assert_every_filter_is_as_looked_at_anew
from tests.fixtures.broken_off import BrokenOff
from tests.fixtures.office import Office

T = TypeVar("T")

lost_before_or_after_its_commit = pytest.mark.parametrize("committed", [False, True])
DELETE = Doing(delete=True)
READY = NewLiveFilter("Ready", [Condition("ready", "is", True)])


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_doing, "AT_ONCE", 2)
    monkeypatch.setattr(live_filters, "AT_ONCE", 2)
    monkeypatch.setattr(importing, "AT_ONCE", 3)


def once(office: Office, key: str = "k", request: str = "one") -> Once:
    return Once(office.mia.id, key, request)


def plain(answer: T | msgspec.Raw, shape: type[T]) -> T:
    return msgspec.json.decode(answer, type=shape) if isinstance(answer, msgspec.Raw) else answer


async def in_order(office: Office, **more: Any) -> list[str]:
    """Five contacts, in the order in which their parts come."""
    return sorted(await five(office, **more))


async def there(office: Office) -> list[str]:
    return [row["id"] for row in await office.all("select id from contacts order by id")]


@lost_before_or_after_its_commit
@pytest.mark.parametrize("at", range(1, 7))
async def test_contacts_whose_deletion_was_broken_off_anywhere_are_deleted_by_its_repeat_and_come_back_by_one_undo(
    office: Office, broken_off: BrokenOff, at: int, committed: bool
) -> None:
    ids = await in_order(office, tags=["vip"])
    before = await shown(office, ids)
    await office.text("Hi", sender=before[0].phones[0].number)
    broken_off.at(at, committed=committed)
    with pytest.raises(Unavailable):
        await bulk(broken_off.desk, office.mia, Bulk(do=DELETE, ids=ids), once(office))
    answer = await bulk(broken_off.desk, office.mia, Bulk(do=DELETE, ids=ids), once(office))
    done = plain(answer, BulkDone)
    assert (done.count, done.skipped, await there(office)) == (4, 1, ids[:1])
    again = await bulk(broken_off.desk, office.mia, Bulk(do=DELETE, ids=ids), once(office))
    assert isinstance(again, msgspec.Raw)
    assert msgspec.json.decode(again, type=BulkDone) == done
    assert await undone(office, done) == 4
    assert [as_it_was(one) for one in await shown(office, ids)] == [as_it_was(one) for one in before]


@lost_before_or_after_its_commit
@pytest.mark.parametrize("at", range(1, 6))
async def test_an_undo_that_was_broken_off_anywhere_goes_on_with_its_repeat_however_late(
    office: Office, broken_off: BrokenOff, at: int, committed: bool
) -> None:
    ids = await in_order(office)
    done = await did(office, DELETE, ids)
    assert done.undo is not None
    office.later(seconds=50)
    broken_off.at(at, committed=committed)
    with pytest.raises(Unavailable):
        await undo(broken_off.desk, office.mia, done.undo, once(office))
    if at > 1 or committed:
        office.later(minutes=2)
    answer = await undo(broken_off.desk, office.mia, done.undo, once(office))
    assert plain(answer, Undone) == Undone(5)
    assert await there(office) == ids
    with pytest.raises(TooLate):
        await undo(office.desk, office.mia, done.undo)


async def test_an_undo_without_a_key_goes_on_within_its_minute_and_changes_nothing_a_second_time(
    office: Office, broken_off: BrokenOff
) -> None:
    ids = await in_order(office, ready=True)
    done = await did(office, Doing(ready=False), ids)
    assert done.undo is not None
    broken_off.at(3, committed=False)
    with pytest.raises(Unavailable):
        await undo(broken_off.desk, office.mia, done.undo)
    assert [one.ready for one in await shown(office, ids)] == [True, True, False, False, False]
    await change_contact(office.desk, office.ana, ids[0], ContactChanges(ready=False))
    assert await undone(office, done) == 5
    assert [one.ready for one in await shown(office, ids)] == [False, True, True, True, True], "what somebody changed since stays"


async def test_a_repeat_goes_on_with_those_that_still_match_and_undo_knows_how_all_of_them_were(
    office: Office, broken_off: BrokenOff
) -> None:
    ids = await in_order(office)
    asked = Bulk(do=Doing(ready=True), query=Wanted(ready=False))
    broken_off.at(5, committed=False)
    with pytest.raises(Unavailable):
        await bulk(broken_off.desk, office.mia, asked, once(office))
    assert [one.ready for one in await shown(office, ids)] == [True] * 4 + [False]
    with pytest.raises(IdempotencyConflict):
        await bulk(office.desk, office.mia, asked, once(office, request="another"))
    done = await bulk(office.desk, office.mia, asked, once(office))
    assert isinstance(done, BulkDone)
    assert (done.count, done.skipped) == (5, 0)
    assert await undone(office, done) == 5
    assert not any(one.ready for one in await shown(office, ids))


async def test_a_repeat_that_comes_when_the_first_parts_are_forgotten_does_the_rest(office: Office, broken_off: BrokenOff) -> None:
    ids = await in_order(office)
    broken_off.at(4, committed=False)
    with pytest.raises(Unavailable):
        await bulk(broken_off.desk, office.mia, Bulk(do=DELETE, ids=ids), once(office))
    office.later(minutes=61)
    done = await bulk(office.desk, office.mia, Bulk(do=DELETE, ids=ids), once(office))
    assert isinstance(done, BulkDone)
    assert (done.count, await there(office)) == (3, [])
    assert await undone(office, done) == 3
    assert await there(office) == ids[2:]


@lost_before_or_after_its_commit
@pytest.mark.parametrize("at", range(1, 6))
async def test_a_live_filter_whose_answer_was_lost_anywhere_is_answered_to_its_repeat_and_told_once(
    office: Office, broken_off: BrokenOff, at: int, committed: bool
) -> None:
    await five(office, ready=True)
    broken_off.at(at, committed=committed)
    with pytest.raises(Unavailable):
        await add_live_filter(broken_off.desk, office.mia, READY, once(office))
    answer = await add_live_filter(broken_off.desk, office.mia, READY, once(office))
    made = plain(answer, LiveFilterShape)
    assert made.count == 5
    assert len(await office.all("select id from live_filters")) == 1
    await assert_every_filter_is_as_looked_at_anew(office)
    with pytest.raises(AlreadyExists):
        await add_live_filter(office.desk, office.mia, READY, once(office, key="another"))
    office.later(minutes=2)
    assert not await fill_abandoned(office.desk)
    stored = await office.all("select type from events where type like 'live_filter.%'")
    assert [row["type"] for row in stored] == ["live_filter.created"]


async def broken_filter(office: Office, broken_off: BrokenOff) -> str:
    await five(office, ready=True)
    broken_off.at(3, committed=False)
    with pytest.raises(Unavailable):
        await add_live_filter(broken_off.desk, office.mia, READY, once(office))
    row = await office.one("select id from live_filters")
    assert row is not None
    return str(row["id"])


async def test_a_new_filter_that_nobody_asks_for_again_is_told_by_whoever_fills_it(office: Office, broken_off: BrokenOff) -> None:
    filter = await broken_filter(office, broken_off)
    office.later(minutes=2)
    since = len(office.events)
    assert await fill_abandoned(office.desk)
    [told] = office.events[since:]
    assert (told["type"], told["actor"]["kind"]) == ("live_filter.created", "system")
    assert (told["data"]["live_filter"]["id"], told["data"]["live_filter"]["count"]) == (filter, 5)
    again = await add_live_filter(office.desk, office.mia, READY, once(office))
    assert isinstance(again, LiveFilterShape)
    assert (again.id, office.types(since)) == (filter, ["live_filter.created"])


async def test_a_new_filter_that_gets_another_rule_before_it_is_full_is_told_first(office: Office, broken_off: BrokenOff) -> None:
    filter = await broken_filter(office, broken_off)
    since = len(office.events)
    await change_live_filter(office.desk, office.mia, filter, LiveFilterChanges(conditions=[Condition("ready", "is", False)]))
    assert office.types(since) == ["live_filter.created", "live_filter.updated"]
    await live_filters.remove_live_filter(office.desk, office.mia, filter)
    with pytest.raises(NotFound):
        await add_live_filter(office.desk, office.mia, READY, once(office))


async def test_an_import_that_goes_wrong_fails_no_other_one_that_waits_for_the_database(office: Office) -> None:
    lines = "".join(f"Contact {n},+1202555017{n},,,,\n" for n in range(5))
    first = await started(office, HEAD + lines)

    async def away(_: float) -> None:
        raise Unavailable("away")

    async def breaks(_: float) -> None:
        raise RuntimeError("a fault of ours")

    with pytest.raises(Unavailable):
        await import_next(office.desk, "me", away, IMPORTERS)
    second = await started(office, HEAD + lines)
    assert await import_next(office.desk, "me", breaks, IMPORTERS)
    assert [(await progress(office.desk, office.mia, id)).state for id in (first, second)] == ["running", "failed"]
    office.later(seconds=11)
    assert await import_next(office.desk, "me", no_rest, IMPORTERS)
    done = await progress(office.desk, office.mia, first)
    assert (done.state, done.done) == ("done", 5)
    assert not await import_next(office.desk, "me", no_rest, IMPORTERS)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_repeat_that_another_process_takes_while_the_first_is_under_way_does_the_same_once(
    office: Office, second_desk: Desk
) -> None:
    ids, desks = await in_order(office), (office.desk, second_desk)
    asked = Bulk(do=DELETE, ids=ids)
    answers = [plain(each, BulkDone) for each in await asyncio.gather(*(bulk(desk, office.mia, asked, once(office)) for desk in desks))]
    assert answers[0] == answers[1]
    undo_id = answers[0].undo
    assert (answers[0].count, answers[0].skipped, await there(office)) == (5, 0, [])
    assert undo_id is not None
    since = len(office.events)
    backs = await asyncio.gather(*(undo(desk, office.mia, undo_id, once(office, "u")) for desk in desks))
    assert [plain(back, Undone) for back in backs] == [Undone(5)] * 2
    assert (await there(office), office.types(since)) == (ids, ["contact.created"] * 5)
    made = await asyncio.gather(*(add_live_filter(desk, office.mia, READY, once(office, "f")) for desk in desks))
    assert len({plain(each, LiveFilterShape).id for each in made}) == 1
    assert office.types(since)[5:] == ["live_filter.created"]


async def test_a_key_that_began_something_belongs_to_it_alone(office: Office, broken_off: BrokenOff) -> None:
    id = await contact(office)
    broken_off.at(3, committed=True)
    with pytest.raises(Unavailable):
        await bulk(broken_off.desk, office.mia, Bulk(do=Doing(add_tag="vip"), ids=[id]), once(office))
    assert broken_off.happened
    with pytest.raises(IdempotencyConflict):
        await add_live_filter(office.desk, office.mia, READY, once(office, request="another"))
    assert await office.all("select id from live_filters") == []
