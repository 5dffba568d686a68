"""A list of opt-outs: foreseen, taken over once, told by line what is wrong, and out again as it came in."""

import asyncio

import pytest

from server.chores import IMPORTERS
from server.desk import contacts, importing, inbox
from server.desk.consent import opt_out
from server.desk.desk import Desk
from server.desk.importing import CheckedImport, ImportShape, import_next, progress
from server.desk.opt_out_export import opted_out
from server.desk.opt_out_import import check_list, start_list
from server.desk.send import Draft, send, start
from server.desk.work import Work
from server.domain.errors import Invalid, OptedOut
from server.domain.user import SYSTEM
from tests.desk.test_consent import leaves, ledger
from tests.desk.test_consent_review import scheduled, state
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, SALES, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load

NOBODYS = "+12025550199"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 2)


async def no_rest(_: float) -> None:
    await asyncio.sleep(0)


async def checked(office: Office, text: str) -> CheckedImport:
    found = await check_list(office.desk, office.mia, text.encode())
    assert isinstance(found, CheckedImport)
    return found


async def imported(office: Office, text: str, desk: Desk | None = None) -> ImportShape:
    begun = await start_list(office.desk, office.mia, text.encode())
    assert isinstance(begun, ImportShape)
    assert await import_next(desk or office.desk, "me", no_rest, IMPORTERS)
    return await progress(office.desk, office.mia, begun.id)


def numbers(found: CheckedImport | ImportShape) -> tuple[int, int, int]:
    assert found.updated == 0
    return found.new, found.skipped, found.rejected


async def rows(office: Office) -> list[list[str]]:
    return [row async for row in opted_out(office.desk, office.mia)]


async def test_every_number_of_the_list_is_opted_out_whoever_has_it_and_its_texts_are_cancelled(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    text = await scheduled(office, id)
    await send(office.desk, office.ben, id, Draft("Hello", "c1", 10_000))
    since = len(office.events)
    listed = f"Phone,Reason,Date\n(202) 555-0143,Wrote to us,2024-05-03\n{NOBODYS},,\n"
    assert numbers(await checked(office, listed)) == (2, 0, 0)
    assert not (await inbox.conversation(office.desk, office.ana, id)).opted_out, "a dry run opts nobody out"
    assert numbers(await imported(office, listed)) == (2, 0, 0)
    assert (await inbox.conversation(office.desk, office.ana, id)).opted_out
    assert await state(office, text) == "cancelled"
    assert await leaves(office) == [], "neither what was queued nor a confirmation"
    (line,) = await ledger(office)
    assert (line.kind, line.source, line.says, line.asked_at, line.by and line.by.name) == (
        "opted_out",
        "import",
        "Wrote to us",
        "2024-05-03T00:00:00.000000Z",
        "Mia",
    )
    assert office.types(since).count("contact.opted_out") == 1
    with pytest.raises(OptedOut):
        await start(office.desk, office.ben, Draft("Hello", "c2"), to=NOBODYS)
    await assert_page_equals_fresh_load(office, office.mia)


async def test_the_same_list_twice_changes_nothing_and_one_number_twice_counts_once(office: Office) -> None:
    listed = f"{MARIA},2024-01-01,404\n{MARIA},,\n{WEI},,says 2025550199\n"
    assert numbers(await checked(office, listed)) == numbers(await imported(office, listed)) == (2, 1, 0)
    assert numbers(await checked(office, listed)) == numbers(await imported(office, listed)) == (0, 3, 0)
    assert len(await office.all("select id from consent")) == 2


async def test_who_came_back_after_the_date_of_the_line_stays(office: Office) -> None:
    await office.text("STOP", to=SALES)
    await office.text("START", to=SALES)
    old, dateless = f"number,date\n{MARIA},2020-01-31\n", f"number,date\n{MARIA},\n"
    assert numbers(await checked(office, old)) == numbers(await imported(office, old)) == (0, 1, 0)
    assert numbers(await checked(office, dateless)) == numbers(await imported(office, dateless)) == (1, 0, 0)


async def test_a_number_under_review_is_decided_by_the_list(office: Office) -> None:
    await office.text("wrong number", to=SALES)
    await imported(office, MARIA)
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert (shown.opted_out, shown.consent_review) == (True, None)
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (f"number\n{MARIA}\nnonsense\n", 3, "nonsense"),
        (f"{MARIA}\n\n2.02556E+09\n", 3, "shortened"),
        (f"{MARIA}; {WEI}\n+1 202 555 0143\n", 1, "more than one number"),
        (f"number\n{MARIA},{WEI}\n", 2, "one number on each line"),
        (f"number,date\n{MARIA},03/05/2024\n", 2, "03/05/2024"),
        (f"number,date\n{MARIA},2999-01-01\n", 2, "future"),
        (f"number,date\n{MARIA},0001-01-01T00:00:00+01:00\n", 2, "0001-01-01"),
        (f"number,note\n,Hello\n{MARIA},\n", 2, "no phone number"),
    ],
)
async def test_what_is_wrong_is_said_at_its_line_and_the_others_are_taken(office: Office, text: str, line: int, says: str) -> None:
    foreseen, done = await checked(office, text), await imported(office, text)
    assert [(fault.line, says in fault.says) for fault in foreseen.errors] == [(line, True)]
    assert foreseen.errors == done.errors
    assert numbers(foreseen) == numbers(done)
    assert done.state == "done"


async def test_a_file_without_numbers_is_refused(office: Office) -> None:
    listed = "name,date\nMaria,2024-01-01\n"
    assert (await checked(office, listed)).errors[0].says == "No column holds phone numbers. Say which one does."
    with pytest.raises(Invalid):
        await start_list(office.desk, office.mia, listed.encode())


async def test_what_was_exported_comes_in_as_it_was_and_a_cell_that_a_spreadsheet_would_run_too(office: Office) -> None:
    await office.text("STOP", sender="12345")
    await office.text("Hi", to=SALES)
    contact = (await inbox.conversation(office.desk, office.ana, await office.conversation())).contact.id
    await contacts.opt_out_by_hand(office.desk, office.ana, contact, MARIA, "=cmd|' /C calc'!A0")
    out = await rows(office)
    assert [(row[0], row[2], row[3]) for row in out] == [(MARIA, "person", "=cmd|' /C calc'!A0"), ("12345", "text", "STOP")]
    lines = ["Number,Opted out at,Source,Reason", *(f"'{number},{at},{how},{says}" for number, at, how, says in out)]
    assert numbers(await checked(office, "\n".join(lines).replace("'12345", "12345"))) == (0, 2, 0)


async def test_two_processes_and_stops_meanwhile_opt_each_number_out_once(office: Office, second_desk: Desk) -> None:
    phones = [f"+120255507{number:02}" for number in range(20)]
    for phone in phones[:10]:
        await office.text("Hi", sender=phone, to=SALES)
    begun = [await start_list(office.desk, office.mia, "\n".join(some).encode()) for some in (phones, phones[::-1])]
    stops = (office.text("STOP", sender=phone, to=SALES) for phone in phones[:10])

    async def work(desk: Desk, name: str) -> None:
        while await import_next(desk, name, no_rest, IMPORTERS):
            pass

    await asyncio.gather(work(office.desk, "a"), work(second_desk, "b"), *stops)
    done = [await progress(office.desk, office.mia, one.id) for one in begun if isinstance(one, ImportShape)]
    assert [one.state for one in done] == ["done", "done"]
    rows = await office.all("select number, count(*) as n from consent where source = 'import' group by number")
    assert {row["n"] for row in rows} == {1}
    assert sum(one.new for one in done) == len(rows)
    assert office.types().count("contact.opted_out") == 10
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_a_number_without_a_conversation_that_another_process_opts_out_is_skipped(office: Office, second_desk: Desk) -> None:
    number = (office.mia.account, NOBODYS)

    async def opted_out_elsewhere(work: Work) -> None:
        assert await opt_out(work, number, None, SYSTEM, source="carrier")

    done = await meanwhile(second_desk, opted_out_elsewhere, lambda: imported(office, f"{NOBODYS}\n"))
    assert isinstance(done, ImportShape)
    assert numbers(done) == (0, 1, 0)
    assert [row["source"] for row in await office.all("select source from consent")] == ["carrier"]
