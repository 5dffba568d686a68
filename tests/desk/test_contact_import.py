"""Contacts from a CSV file: the dry run foresees it, restarts and second processes do not double it, others are let in."""

import asyncio
import random
from typing import Any

import msgspec
import pytest

from server.chores import IMPORTERS
from server.desk import contact_lists, importing
from server.desk.contact_import import check_import, start_import
from server.desk.contact_lines import Duplicates
from server.desk.contact_views import ReadContactShape
from server.desk.contacts import NewContact, PhoneBody, add_contact
from server.desk.desk import Desk
from server.desk.importing import CheckedImport, ImportShape, import_next, progress
from server.desk.live_filters import NewLiveFilter, add_live_filter
from server.domain.errors import Invalid, NotFound
from server.domain.live_filter import Condition
from server.domain.user import User
from server.domain.wanted import Wanted
from server.store import contact_imports
from tests.desk.test_live_filters import assert_every_filter_is_as_looked_at_anew
from tests.fixtures.office import MARIA, WEI, Office

HEAD = "Name,Mobile,Landline,Tags,Ready,Plan\n"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 3)


async def no_rest(_: float) -> None:
    await asyncio.sleep(0)


async def checked(office: Office, text: str, duplicates: Duplicates = "update") -> CheckedImport:
    found = await check_import(office.desk, office.mia, text.encode(), None, duplicates)
    assert isinstance(found, CheckedImport)
    return found


async def started(office: Office, text: str, duplicates: Duplicates = "update") -> str:
    begun = await start_import(office.desk, office.mia, text.encode(), None, duplicates)
    assert isinstance(begun, ImportShape)
    assert begun.state == "running"
    return begun.id


async def imported(office: Office, text: str, duplicates: Duplicates = "update") -> ImportShape:
    id = await started(office, text, duplicates)
    assert await import_next(office.desk, "me", no_rest, IMPORTERS)
    return await progress(office.desk, office.mia, id)


async def everybody(office: Office) -> list[ReadContactShape]:
    return (await contact_lists.contact_list(office.desk, office.mia, Wanted(), limit=200)).items


def numbers(found: CheckedImport | ImportShape) -> tuple[int, int, int, int]:
    return (found.new, found.updated, found.skipped, found.rejected)


async def test_new_contacts_come_in_with_their_events(office: Office) -> None:
    await add_live_filter(office.desk, office.mia, NewLiveFilter("Ready", [Condition("ready", "is", True)]))
    since = len(office.events)
    done = await imported(office, HEAD + f"Maria Silva,{MARIA},+1 202 555 0199,vip; spring,yes,gold\n,{WEI},,,,\n")
    assert (done.state, done.rows, done.done, numbers(done)) == ("done", 2, 2, (2, 0, 0, 0))
    nameless, maria = await everybody(office)
    assert (nameless.name, nameless.ready, nameless.phones[0].number) == (WEI, False, WEI)
    assert (maria.name, maria.tags, maria.ready, maria.fields) == ("Maria Silva", ["vip", "spring"], True, {"Plan": "gold"})
    assert [(phone.number, phone.kind) for phone in maria.phones] == [(MARIA, "mobile"), ("+12025550199", "landline")]
    assert office.types(since) == ["contact.created", "contact.created", "live_filter.entered"]
    assert {event["actor"]["name"] for event in office.events[since:]} == {"Mia"}


async def test_a_number_that_a_contact_has_changes_that_contact_and_takes_nothing_away(office: Office) -> None:
    new = NewContact(name="Maria", phones=[PhoneBody(MARIA, "other"), PhoneBody(WEI)], tags=["old"], fields={"Plan": "x", "City": "Bonn"})
    await add_contact(office.desk, office.ana, new)
    since = len(office.events)
    done = await imported(office, HEAD + f"Maria Silva,{MARIA},+12025550199,vip,yes,gold\n,{WEI},,,,\n")
    assert numbers(done) == (0, 2, 0, 0)
    [maria] = await everybody(office)
    assert [(phone.number, phone.kind) for phone in maria.phones] == [(MARIA, "other"), (WEI, "mobile"), ("+12025550199", "landline")]
    assert (maria.name, maria.tags, maria.fields) == ("Maria Silva", ["old", "vip"], {"Plan": "gold", "City": "Bonn"})
    assert office.types(since) == ["contact.ready_changed", "contact.updated"], "and what changes nothing is told to nobody"
    assert {event["data"]["reason"] for event in office.events[since:]} == {"import"}


async def test_duplicates_can_be_skipped(office: Office) -> None:
    await add_contact(office.desk, office.ana, NewContact(name="Maria", phones=[PhoneBody(MARIA)]))
    done = await imported(office, HEAD + f"Another,{MARIA},,,,\nWei,{WEI},,,,\nWei again,{WEI},,,,\n", "skip")
    assert numbers(done) == (1, 0, 2, 0)
    assert [one.name for one in await everybody(office)] == ["Maria", "Wei"]


async def test_a_line_whose_numbers_belong_to_two_contacts_is_rejected(office: Office) -> None:
    for number in (MARIA, WEI):
        await add_contact(office.desk, office.ana, NewContact(name=number, phones=[PhoneBody(number)]))
    done = await imported(office, HEAD + f"Both,{MARIA},{WEI},,,\nMobile only,5,,,,\n")
    assert numbers(done) == (0, 0, 0, 2)
    assert [(fault.line, fault.column, fault.says[:28]) for fault in done.errors] == [
        (2, None, "These numbers belong to diff"),
        (3, "Mobile", "That is not a phone number. "),
    ]


def random_file(seed: int) -> str:
    """Lines whose numbers meet each other and those that are there, some of them wrong."""
    chance = random.Random(seed)
    lines = []
    for number in range(40):
        mobile = f"+1202555018{chance.randrange(10)}" if chance.random() < 0.9 else "none"
        landline = f"+1202555019{chance.randrange(10)}" if chance.random() < 0.3 else ""
        ready = chance.choice(["yes", "no", "", "", "perhaps"])
        lines.append(f"Contact {number},{mobile},{landline},{chance.choice(['', 'vip', 'a;b'])},{ready},{chance.choice(['', 'gold'])}")
    return HEAD + "\n".join(lines) + "\n"


@pytest.mark.parametrize("duplicates", ["update", "skip"])
@pytest.mark.parametrize("seed", range(3))
async def test_the_dry_run_says_what_the_import_then_does_and_changes_nothing(office: Office, seed: int, duplicates: Duplicates) -> None:
    for number in range(0, 10, 3):
        await add_contact(office.desk, office.mia, NewContact(name="There", phones=[PhoneBody(f"+1202555018{number}")]))
    await add_live_filter(office.desk, office.mia, NewLiveFilter("Vip", [Condition("tag", "has", "vip")]))
    since, text = len(office.events), random_file(seed)
    foreseen = await checked(office, text, duplicates)
    assert len(office.events) == since
    assert len(await everybody(office)) == 4
    done = await imported(office, text, duplicates)
    assert (numbers(foreseen), foreseen.errors) == (numbers(done), done.errors)
    assert sum(numbers(done)) == done.rows == foreseen.rows == 40
    assert len(await everybody(office)) == 4 + done.new
    assert min(numbers(done)[:2]) > 0 or duplicates == "skip"
    await assert_every_filter_is_as_looked_at_anew(office)


async def test_a_restart_goes_on_where_the_lost_process_was_and_doubles_nothing(office: Office, second_desk: Desk) -> None:
    text = HEAD + "".join(f"Contact {n},+1202555017{n},,,,\n" for n in range(10))
    id = await started(office, text)
    parts = 0

    async def lost(_: float) -> None:
        nonlocal parts
        parts += 1
        if parts == 2:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await import_next(office.desk, "lost", lost, IMPORTERS)
    assert (await progress(office.desk, office.mia, id)).done == 6
    assert not await import_next(second_desk, "next", no_rest, IMPORTERS), "it may be at it still"
    office.later(seconds=11)
    second_desk.db.shift_us = office.desk.db.shift_us
    assert await import_next(second_desk, "next", no_rest, IMPORTERS)
    done = await progress(office.desk, office.mia, id)
    assert (done.state, numbers(done), len(await everybody(office))) == ("done", (10, 0, 0, 0), 10)
    row = await office.one("select content from contact_imports where id = :id", id=id)
    assert row == {"content": None}, "a file that is in is not kept"


async def test_who_was_overtaken_writes_nothing_more(office: Office, second_desk: Desk) -> None:
    text = HEAD + "".join(f"Contact {n},+1202555017{n},,,,\n" for n in range(10))
    id = await started(office, text)

    async def overtaken(_: float) -> None:
        office.later(seconds=11)
        second_desk.db.shift_us = office.desk.db.shift_us
        await import_next(second_desk, "next", no_rest, IMPORTERS)

    assert await import_next(office.desk, "slow", overtaken, IMPORTERS)
    done = await progress(office.desk, office.mia, id)
    assert (done.state, done.done, numbers(done), len(await everybody(office))) == ("done", 10, (10, 0, 0, 0), 10)


async def test_a_failed_import_keeps_what_is_in_and_says_so(office: Office) -> None:
    id = await started(office, HEAD + "".join(f"Contact {n},+1202555017{n},,,,\n" for n in range(10)))

    async def breaks(_: float) -> None:
        raise RuntimeError("a fault of ours")

    assert await import_next(office.desk, "me", breaks, IMPORTERS)
    failed = await progress(office.desk, office.mia, id)
    assert (failed.state, failed.done, failed.new) == ("failed", 3, 3)
    office.later(minutes=1)
    assert not await import_next(office.desk, "me", no_rest, IMPORTERS)


async def test_others_are_let_in_between_the_lines(office: Office) -> None:
    await started(office, HEAD + "".join(f"Contact {n},+1202555017{n},,,,\n" for n in range(9)))
    seen: list[int] = []

    async def rest(_: float) -> None:
        await office.text("Hi")
        seen.append(office.types().count("contact.created"))

    assert await import_next(office.desk, "me", rest, IMPORTERS)
    assert seen == [4, 7, 10], "three lines at a time, and the contact who texts"


async def test_a_file_that_is_no_csv_or_has_no_numbers_is_not_begun(office: Office) -> None:
    for content in (b"\xff\xfe", b"", b"Name,Email\nAna,a@example.com\n"):
        with pytest.raises(Invalid):
            await start_import(office.desk, office.mia, content, None, "update")
    seen = await checked(office, "Name,Email\nAna,a@example.com\n")
    assert (seen.rejected, [column.means for column in seen.columns]) == (1, ["name", "email"])
    assert [(fault.line, fault.says) for fault in seen.errors] == [(1, "No column holds phone numbers. Say which one does.")]
    assert await office.all("select id from contact_imports where state = 'running'") == []


async def test_two_dry_runs_of_one_person_at_once_both_answer(office: Office) -> None:
    text = HEAD + "".join(f"A,x{n},,,,\n" for n in range(30))
    seen = await asyncio.gather(checked(office, text), checked(office, text), checked(office, text))
    assert [(one.rejected, len(one.errors)) for one in seen] == [(30, 30)] * 3
    kept = {row["contact_import"] for row in await office.all("select contact_import from contact_import_rejects")}
    assert kept <= {row["id"] for row in await office.all("select id from contact_imports")} <= {one.id for one in seen}


async def test_what_is_forgotten_goes_some_rows_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_imports, "FORGOTTEN_AT_ONCE", 4)
    await checked(office, HEAD + "".join(f"A,x{n},,,,\n" for n in range(10)))
    since = office.desk.writer.written
    last = await checked(office, HEAD + "A,y,,,,\n")
    assert office.desk.writer.written - since == 3 + 3, "three times it forgets; it begins, rejects and answers"
    assert [row["contact_import"] for row in await office.all("select contact_import from contact_import_rejects")] == [last.id]
    assert [row["id"] for row in await office.all("select id from contact_imports")] == [last.id]


async def test_only_the_last_dry_run_of_a_person_is_kept(office: Office) -> None:
    first = await checked(office, HEAD + "A,x,,,,\n")
    second = await checked(office, HEAD + "A,y,,,,\n")
    assert [row["id"] for row in await office.all("select id from contact_imports")] == [second.id]
    assert {row["contact_import"] for row in await office.all("select contact_import from contact_import_rejects")} == {second.id}
    with pytest.raises(NotFound):
        await progress(office.desk, office.mia, first.id)


@pytest.fixture
async def stranger(office: Office) -> User:
    """A manager of another account that has Maria's number too."""
    other = "x" * 26

    async def add(work: Any) -> User:
        await work.tx.run(
            """insert into accounts (id, name, public_minutes, opt_out_text, position, created_at)
               values (:id, 'Other', 20, 'STOP', 0, 0)""",
            id=other,
        )
        await work.tx.run(
            """insert into users (id, account, email, name, role, password, created_at)
               values (:id, :id, 'o@example.com', 'Olga', 'manager', '', 0)""",
            id=other,
        )
        return User(other, other, "Olga", office.mia.role)

    return await office.desk.change(add)


async def test_a_file_touches_no_other_account(office: Office, stranger: User) -> None:
    theirs = await add_contact(office.desk, stranger, NewContact(name="Theirs", phones=[PhoneBody(MARIA)]))
    assert isinstance(theirs, ReadContactShape)
    done = await imported(office, "id,account,Name,Mobile\n" + f"{theirs.id},{stranger.account},Ours,{MARIA}\n")
    assert numbers(done) == (1, 0, 0, 0)
    assert msgspec.structs.replace(await contact_lists.contact(office.desk, stranger, theirs.id)) == theirs
    [ours] = await everybody(office)
    assert (ours.name, ours.fields) == ("Ours", {"account": stranger.account})
    with pytest.raises(NotFound):
        await progress(office.desk, stranger, done.id)
