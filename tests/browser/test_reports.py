"""The manager's reports: SMS conversations and response times."""

import asyncio
import csv
import io
import re
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI, OMAR, EMMA = "+12025550143", "+12025550144", "+12025550145", "+12025550146"
REPORT = "/reports/sms-conversations"
TIMES = "/reports/response-times"


async def busy(team: Team) -> dict[str, str]:
    """Maria was answered by Ana, Wei is public, Omar and Emma wait for Ben; their conversations."""
    maria = await team.talk("Maria Garcia", MARIA, "Is it open?")
    await team.call("ana", "POST", f"conversations/{maria}/claim")
    await team.send("ana", maria, "Until five")
    wei = await team.talk("Wei Chen", WEI, "For anybody")
    omar = await team.talk("Omar Haddad", OMAR, "For Ben", to=team.own)
    emma = await team.talk("Emma Novak", EMMA, "Ben, please", to=team.own)
    await team.call("dana", "PUT", f"conversations/{omar}/subscription")
    return {"Maria Garcia": maria, "Wei Chen": wei, "Omar Haddad": omar, "Emma Novak": emma}


def rows(window: Window) -> Locator:
    return window.page.get_by_role("table", name="SMS conversations").locator("tbody tr")


async def pick(window: Window, filter: str, choice: str) -> None:
    await window.page.get_by_role("group", name="Filters").get_by_label(filter, exact=True).select_option(choice)


async def names(window: Window) -> list[str]:
    return await rows(window).locator(".report-contact").all_inner_texts()


async def shows(window: Window, *wanted: str) -> None:
    async def same() -> bool:
        return await names(window) == list(wanted)

    await until(same)


async def words(window: Window) -> list[str]:
    return [re.sub(r"\s+", " ", said) for said in await rows(window).all_inner_texts()]


async def away(window: Window) -> None:
    await window.page.mouse.move(2, 2)


async def test_filters_combine_in_the_address_and_the_export_has_the_same_rows(team: Team, tmp_path: Path) -> None:
    """UX 86."""
    ids = await busy(team)
    mia = await team.window("mia", REPORT)
    await shows(mia, "Emma Novak", "Omar Haddad", "Wei Chen", "Maria Garcia")
    await expect(mia.page.get_by_text("4 conversations")).to_be_visible()
    await pick(mia, "Answered", "unanswered")
    await shows(mia, "Emma Novak", "Omar Haddad", "Wei Chen")
    await pick(mia, "Owner", "Ben")
    await shows(mia, "Emma Novak", "Omar Haddad")
    await pick(mia, "Takes part", "Dana")
    await shows(mia, "Omar Haddad")
    assert {"answered", "owner", "user"} <= set(re.findall(r"[?&](\w+)=", mia.page.url))
    before = await words(mia)
    await mia.page.reload()
    await shows(mia, "Omar Haddad")
    assert await words(mia) == before
    await pick(mia, "Takes part", "anybody")
    await shows(mia, "Emma Novak", "Omar Haddad")
    async with mia.page.expect_download() as caught:
        await mia.page.get_by_role("link", name="Export CSV").click()
    saved = tmp_path / "report.csv"
    await (await caught.value).save_as(saved)
    lines = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))
    assert [line["Contact"] for line in lines] == ["Emma Novak", "Omar Haddad"]
    assert [line["Conversation"] for line in lines] == [ids["Emma Novak"], ids["Omar Haddad"]]
    await mia.page.get_by_role("searchbox", name="Name or number").fill("nobody like this")
    await expect(mia.page.get_by_text("No conversation matches.")).to_be_visible()
    await mia.page.get_by_role("button", name="Clear filters").last.click()
    await shows(mia, "Emma Novak", "Omar Haddad", "Wei Chen", "Maria Garcia")


async def test_rows_change_in_place_and_their_order_waits_while_one_points_at_them(team: Team) -> None:
    ids = await busy(team)
    mia = await team.window("mia", REPORT)
    order = ["Emma Novak", "Omar Haddad", "Wei Chen", "Maria Garcia"]
    await shows(mia, *order)
    await rows(mia).first.hover()
    await team.send("ben", ids["Omar Haddad"], "On my way")
    omar = rows(mia).filter(has_text="Omar Haddad")
    await expect(omar).to_contain_text("Answered")
    await expect(omar).to_contain_text("On my way")
    await expect(mia.page.locator(".report-pill")).to_contain_text("updated")
    assert await names(mia) == order
    await away(mia)
    moved = ["Omar Haddad", "Emma Novak", "Wei Chen", "Maria Garcia"]
    await shows(mia, *moved)
    await team.text(MARIA, "One more thing")
    await shows(mia, "Maria Garcia", "Omar Haddad", "Emma Novak", "Wei Chen")
    before = await words(mia)
    await mia.page.reload()
    await shows(mia, "Maria Garcia", "Omar Haddad", "Emma Novak", "Wei Chen")
    await until(lambda: said(mia, before))


async def said(window: Window, before: list[str]) -> bool:
    return await words(window) == before


async def test_pages_go_both_ways_and_columns_sort_and_can_be_left_out(team: Team) -> None:
    for first in range(0, 54, 9):
        await asyncio.gather(*(team.text(f"+120255502{number:02}", "Hello") for number in range(first, first + 9)))
    mia = await team.window("mia", f"{REPORT}?sort=contact")
    await expect(rows(mia)).to_have_count(50)
    first_page = await names(mia)
    assert first_page == sorted(first_page)
    previous, following = (mia.page.get_by_role("button", name=name, exact=True) for name in ("Previous", "Next"))
    await expect(previous).to_be_disabled()
    await following.click()
    await expect(rows(mia)).to_have_count(4)
    await expect(following).to_be_disabled()
    rest = await names(mia)
    assert not set(rest) & set(first_page)
    await mia.page.reload()
    await expect(rows(mia)).to_have_count(4)
    await previous.click()
    await shows(mia, *first_page)
    await mia.page.get_by_role("columnheader", name="Contact").get_by_role("button").click()
    await expect(mia.page.get_by_role("columnheader", name="Contact")).to_have_attribute("aria-sort", "descending")
    await shows(mia, *sorted([*first_page, *rest], reverse=True)[:50])
    await mia.page.get_by_role("columnheader", name="Waiting").get_by_role("button").click()
    await expect(mia.page.get_by_role("columnheader", name="Waiting")).to_have_attribute("aria-sort", "descending")
    await mia.page.get_by_role("button", name="Columns").click()
    await expect(mia.page.locator("#columns")).to_be_in_viewport(ratio=1)
    await mia.page.get_by_label("Subscribers").uncheck()
    await mia.page.get_by_label("Texts in").check()
    await mia.page.keyboard.press("Escape")
    for _ in range(2):
        await expect(mia.page.get_by_role("columnheader", name="Texts in")).to_be_visible()
        await expect(mia.page.get_by_role("columnheader", name="Subscribers")).to_have_count(0)
        await mia.page.reload()


def card(window: Window, title: str) -> Locator:
    return window.page.locator(".card").filter(has_text=title)


async def column(window: Window, table: str, title: str) -> int:
    """The sum of a column."""
    place = window.page.get_by_role("table", name=table, exact=True)
    cells = await place.locator(f"tbody [data-title='{title}']").all_inner_texts()
    return sum(int(cell) for cell in cells)


async def test_the_figures_equal_the_sums_of_the_tables_and_of_the_conversations(team: Team) -> None:
    """UX 90: for everything, and for one number."""
    await busy(team)
    mia = await team.window("mia", TIMES)
    for number in ("all", "Ben"):
        await pick(mia, "Number", number)
        texts = "4 / 1" if number == "all" else "2 / 0"
        await expect(card(mia, "Texts in / out")).to_contain_text(texts)
        came, left = (int(part) for part in texts.split(" / "))
        assert await column(mia, "Numbers", "Texts in") == await column(mia, "Days", "Texts in") == came
        sent = [await column(mia, table, "Texts out") for table in ("Agents", "Numbers", "Days")]
        assert sent == [left] * 3
        answered = re.search(r"of (\d+) answered", await card(mia, "Answered before public").inner_text())
        assert answered
        assert await column(mia, "Agents", "Answered waits") == await column(mia, "Days", "Answered waits") == int(answered[1])
        went = int(await card(mia, "Went public").locator(".card-says").inner_text())
        assert await column(mia, "Days", "Went public") == went
        await card(mia, "Texts in / out").click()
        await expect(mia.page.get_by_role("heading", name="SMS Conversations")).to_be_visible()
        await mia.page.get_by_role("button", name="Columns").click()
        for title in ("Texts in", "Texts out", "Answered waits"):
            await mia.page.get_by_label(title).check()
        await mia.page.keyboard.press("Escape")
        await expect(rows(mia)).to_have_count(came)
        sums = [await column(mia, "SMS conversations", title) for title in ("Texts in", "Texts out", "Answered waits")]
        assert sums == [came, left, int(answered[1])]
        await mia.go(TIMES)


async def test_the_chart_is_drawn_zooms_by_dragging_and_its_tables_stand_for_it(team: Team) -> None:
    """No refusal of the CSP: the window's faults say so."""
    await busy(team)
    mia = await team.window("mia", TIMES)
    chart = mia.page.get_by_role("img", name="hour by hour")
    over = chart.locator(".u-over")
    box = await over.bounding_box()
    assert box is not None
    assert box["width"] > 400
    described = await chart.get_attribute("aria-describedby")
    await expect(mia.page.locator(f"#{described}")).to_contain_text("tables of agents, numbers and days")
    whole = mia.page.get_by_role("button", name="Whole time")
    await expect(whole).to_have_count(0)
    await mia.page.mouse.move(box["x"] + 100, box["y"] + 50)
    await mia.page.mouse.down()
    await mia.page.mouse.move(box["x"] + 300, box["y"] + 50, steps=5)
    await mia.page.mouse.up()
    await whole.click()
    await expect(whole).to_have_count(0)
    async with mia.page.expect_download() as caught:
        await mia.page.get_by_role("link", name="CSV of Agents").click()
    assert (await caught.value).suggested_filename == "response-times-agents.csv"


async def test_an_agent_reports_on_what_the_agent_takes_part_in(team: Team) -> None:
    """The same page with the agent's own scope, live and equal after a reload."""
    ids = await busy(team)
    dana = await team.window("dana", "/sms")
    await dana.page.get_by_role("button", name="Dana").click()
    await dana.page.get_by_role("link", name="My SMS conversations").click()
    await shows(dana, "Omar Haddad")
    await team.send("ben", ids["Omar Haddad"], "On my way")
    await expect(rows(dana).first).to_contain_text("On my way")
    await expect(dana.page.get_by_role("navigation", name="Reports")).to_have_count(0)
    answer = await dana.page.goto(TIMES)
    assert answer is not None
    assert answer.status == 403


async def test_how_long_somebody_waits_goes_on_to_the_second_in_which_a_minute_is_over(team: Team) -> None:
    """By itself, as in a report that is loaded then."""
    await team.let_wait(await team.talk("Omar Haddad", OMAR, to=team.own), left=4, minutes=1)
    mia = await team.window("mia", REPORT)
    waiting = rows(mia).locator(".report-waiting")
    await expect(waiting).to_have_text(re.compile("less than a minute|1 min"))
    await expect(waiting).to_have_text("1 min")
