"""The batch writer: a shared transaction in which nobody is answered early and nobody is spoilt by another."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from server.carriers.carrier import InboundText
from server.desk import inbox
from server.desk.desk import Desk
from server.desk.receive import receive_texts
from server.desk.work import Work
from server.desk.writer import BATCH, Group, Writer
from server.domain.errors import Refused
from server.domain.events import EventType
from server.domain.user import SYSTEM
from server.store.database import Database, Transaction, Unavailable
from tests.fixtures.office import SUPPORT, Office


async def as_it_is(_: Transaction, result: object) -> object:
    return result


async def nothing(_work: Work, _items: Sequence[object]) -> list[str]:
    return []


async def notes(office: Office) -> list[str]:
    return [row["says"] for row in await office.all("select says from consent order by says")]


async def note(work: Work, office: Office, says: str) -> str:
    """A change that writes at once and stages an event."""
    await work.tx.run(
        "insert into consent (id, account, number, kind, source, says, at) values (:id, :account, '+1', 'x', 'x', :id, 0)",
        id=says,
        account=office.account,
    )
    work.tell(office.account, EventType.SETTINGS_CHANGED, SYSTEM, data={"settings": says})
    return says


async def test_everything_that_waits_shares_a_transaction(office: Office) -> None:
    writer, many = office.desk.writer, BATCH + 1
    made = await asyncio.gather(*(writer.do(partial(note, office=office, says=f"n{n:03}"), as_it_is) for n in range(many)))
    assert made == [f"n{n:03}" for n in range(many)]
    assert writer.batches == 2
    assert [event["position"] for event in office.events] == list(range(1, many + 1))


@pytest.mark.parametrize("wrong", [Refused("no"), KeyError("a bug")])
async def test_an_item_that_fails_spoils_only_itself_and_leaves_nothing_behind(office: Office, wrong: Exception) -> None:
    async def fails(work: Work) -> str:
        await note(work, office, "lost")
        raise wrong

    writer = office.desk.writer
    results = await asyncio.gather(
        writer.do(lambda work: note(work, office, "a"), as_it_is),
        writer.do(fails, as_it_is),
        writer.do(lambda work: note(work, office, "b"), as_it_is),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [str, type(wrong), str]
    assert await notes(office) == ["a", "b"]
    assert [event["data"]["settings"] for event in office.events] == ["a", "b"]


async def test_an_item_whose_answer_fails_is_not_written(office: Office) -> None:
    async def unreadable(_tx: Transaction, _result: str) -> str:
        raise Refused("no")

    with pytest.raises(Refused):
        await office.desk.writer.do(lambda work: note(work, office, "lost"), unreadable)
    assert await notes(office) == []
    assert office.events == []


async def test_a_group_is_handled_together_and_each_gets_its_own_result(office: Office) -> None:
    sizes = []

    async def doubled(_work: Work, items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        return [2 * item for item in items]

    group = Group(doubled, nothing)
    assert await asyncio.gather(*(office.desk.writer.join(group, n) for n in range(10))) == [2 * n for n in range(10)]
    assert sizes == [10]


async def test_a_bad_item_of_a_group_spoils_only_itself(office: Office) -> None:
    async def picky(work: Work, items: Sequence[str]) -> list[str]:
        if "bad" in items:
            raise ValueError(items)
        return [await note(work, office, item) for item in items]

    group = Group(picky, nothing)
    results = await asyncio.gather(*(office.desk.writer.join(group, item) for item in ("a", "bad", "b")), return_exceptions=True)
    assert [type(result) for result in results] == [str, ValueError, str]
    assert await notes(office) == ["a", "b"]


async def test_a_caller_who_left_before_the_batch_changes_nothing(office: Office) -> None:
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(office.desk.writer.do(lambda work: note(work, office, "gone"), as_it_is))
        stays = tasks.create_task(office.desk.writer.do(lambda work: note(work, office, "stays"), as_it_is))
        asyncio.get_running_loop().call_soon(gone.cancel)
        await stays
    assert "stays" in await notes(office)
    assert len(office.events) == len(await notes(office)), "what is written is published, and nothing else"


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_when_the_disk_is_full_everybody_is_told_at_once_and_the_writer_goes_on(office: Office) -> None:
    async def room(pages: int) -> None:
        await office.desk.db.write(lambda tx: tx.one(f"pragma max_page_count = {pages}"))

    writer = office.desk.writer
    await room(1)  # SQLite takes the pages that there are
    full = await asyncio.gather(
        *(writer.do(partial(note, office=office, says=f"{n}" * 100_000), as_it_is) for n in range(5)), return_exceptions=True
    )
    assert [type(result) for result in full] == [Unavailable] * 5
    assert writer.batches == 1, "nobody is tried again alone"
    await room(1_000_000)
    assert await writer.do(lambda work: note(work, office, "later"), as_it_is) == "later"
    assert await notes(office) == ["later"]


async def test_what_waits_when_the_process_stops_is_written(office: Office, db: Database) -> None:
    writer = Writer(db, office.published)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(writer.do(partial(note, office=office, says=f"n{n:03}"), as_it_is)) for n in range(100)]
        await asyncio.sleep(0)
        writer.stop()
        tasks.create_task(writer.run())
    assert [task.result() for task in waiting] == await notes(office)


async def test_a_contact_that_another_process_makes_at_the_same_time_is_found(office: Office, second_desk: Desk) -> None:
    phones = [f"+1202557{n:04}" for n in range(30)]
    texts = [
        receive_texts(desk, office.connection, [InboundText(f"{phone}-{number}", phone, SUPPORT, "Hi")], 1_700_000_000_000_000)
        for phone in phones
        for number, desk in enumerate((office.desk, second_desk))
    ]
    await asyncio.gather(*texts)
    for table, expected in (("contacts", 30), ("conversations", 30), ("messages", 60)):
        row = await office.one(f"select count(*) as n from {table}")
        assert row == {"n": expected}
    listed = await inbox.conversation_list(office.desk, office.ana, "all", "", None, 200)
    assert len(listed.items) == 30


class Held:
    """A change that is let go on when `go` is set; `there`: it has what it locks."""

    def __init__(self, office: Office, says: str) -> None:
        self.office, self.says = office, says
        self.there, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, work: Work) -> str:
        self.there.set()
        await self.go.wait()
        return await note(work, self.office, self.says)


async def conversation_of(office: Office) -> str:
    text = InboundText("first", "+12025550143", SUPPORT, "Hi")
    await receive_texts(office.desk, office.connection, [text], 1_700_000_000_000_000)
    row = await office.one("select id from conversations")
    assert row is not None
    return str(row["id"])


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_batch_does_not_wait_for_one_that_waits(office: Office) -> None:
    """What comes later is done meanwhile, but for as many as are under way at once."""
    writer, most = office.desk.writer, office.desk.db.abreast
    held = [Held(office, f"held {n}") for n in range(most)]
    async with asyncio.TaskGroup() as tasks:
        for each in held[1:]:
            tasks.create_task(writer.do(each, as_it_is))
            await each.there.wait()
        assert await writer.do(partial(note, office=office, says="meanwhile"), as_it_is) == "meanwhile"
        tasks.create_task(writer.do(held[0], as_it_is))
        await held[0].there.wait()
        last = tasks.create_task(writer.do(partial(note, office=office, says="last"), as_it_is))
        await asyncio.sleep(0.1)
        assert not last.done()
        held[0].go.set()
        await last
        assert await notes(office) == ["held 0", "last", "meanwhile"]
        for each in held:
            each.go.set()


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_what_comes_later_in_a_conversation_is_done_later(office: Office) -> None:
    writer, conversation = office.desk.writer, await conversation_of(office)
    first, second = Held(office, "first"), Held(office, "second")
    second.go.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.do(first, as_it_is, locks=[conversation]))
        tasks.create_task(writer.do(partial(note, office=office, says="another"), as_it_is, locks=[]))
        await first.there.wait()
        tasks.create_task(writer.do(second, as_it_is, locks=[conversation]))
        await asyncio.sleep(0.1)
        assert not second.there.is_set()
        first.go.set()
    assert [event["data"]["settings"] for event in office.events if "settings" in event["data"]][-1] == "second"


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_batch_takes_its_locks_before_the_next_one_begins(office: Office) -> None:
    """So that the first of two in one conversation is the first, however long finding its locks takes."""
    writer, conversation = office.desk.writer, await conversation_of(office)
    looking, found = asyncio.Event(), asyncio.Event()

    async def locks(_work: Work) -> list[str]:
        looking.set()
        await found.wait()
        return [conversation]

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.do(partial(note, office=office, says="first"), as_it_is, locks=locks))
        await looking.wait()
        second = tasks.create_task(writer.do(partial(note, office=office, says="second"), as_it_is, locks=[conversation]))
        await asyncio.sleep(0.1)
        assert not second.done()
        found.set()
    assert [event["data"]["settings"] for event in office.events if "settings" in event["data"]] == ["first", "second"]


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_two_with_one_key_are_never_under_way_at_once(office: Office) -> None:
    writer, first, second = office.desk.writer, Held(office, "first"), Held(office, "second")
    second.go.set()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.do(first, as_it_is, key="k"))
        await first.there.wait()
        tasks.create_task(writer.do(second, as_it_is, key="k"))
        await asyncio.sleep(0.1)
        assert not second.there.is_set()
        first.go.set()
    assert await notes(office) == ["first", "second"]


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_what_shares_with_nobody_is_under_way_alone(office: Office) -> None:
    writer = office.desk.writer
    before, alone, after = (Held(office, says) for says in ("a", "b", "c"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.do(before, as_it_is))
        await before.there.wait()
        tasks.create_task(writer.do(alone, as_it_is, alone=True))
        await asyncio.sleep(0.1)
        assert not alone.there.is_set()
        before.go.set()
        await alone.there.wait()
        tasks.create_task(writer.do(after, as_it_is))
        await asyncio.sleep(0.1)
        assert not after.there.is_set()
        alone.go.set()
        after.go.set()
    assert await notes(office) == ["a", "b", "c"]
