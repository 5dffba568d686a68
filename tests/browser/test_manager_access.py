"""The manager's pages for everybody: what axe-core finds, narrow windows, thumbs, the keyboard alone."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_access import SMALL, violations
from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"
SECTIONS = "messaging opt-outs dids carriers users tokens webhooks audit saved-replies preferences"
SETTINGS = tuple(f"/settings/{part}" for part in SECTIONS.split())
PAGES = ("/feed", "/reports/sms-conversations", "/reports/response-times", "/status", *SETTINGS)
NOTHING: dict[str, list[str]] = {}
WIDTHS = """() => [document.documentElement.scrollWidth, innerWidth,
  ...[...document.querySelectorAll(".page, .feed-page")].map((one) => one.scrollWidth)]"""
SMALL_IN_MAIN = SMALL.replace("document.querySelectorAll", "document.getElementById('main').querySelectorAll")


async def busy(team: Team) -> None:
    """Something of everything: answered, public, waiting, failed notes, a token, a saved reply."""
    maria = await team.talk("Maria Garcia", MARIA, "Is it open?")
    await team.call("ana", "POST", f"conversations/{maria}/claim")
    await team.send("ana", maria, "Until five")
    await team.call("ana", "POST", f"conversations/{maria}/notes", body="Called twice", client_id="note")
    await team.talk("Wei Chen", WEI, "For anybody, and a rather long text that has to be cut somewhere when the window is narrow")
    await team.talk("Omar Haddad", OMAR, "For Ben", to=team.own)
    await team.text(MARIA, "STOP")
    await team.call("mia", "POST", "webhooks", url="https://warehouse.invalid/in", description="Warehouse")
    await team.call("mia", "POST", "saved-replies", shortcut="hours", body="Until five, {{contact.first_name}}.", shared=True)


async def drawn(page: Page) -> None:
    """What the page reads is on it."""
    await until(lambda: page.locator("h1").count())
    await page.wait_for_load_state("networkidle")


async def dialogs(mia: Window) -> dict[str, list[str]]:
    """What axe finds in each dialog of the settings, and beside the feed."""
    page = mia.page
    opened = {
        "/settings/users": [("button", "Add user")],
        "/settings/dids": [("button", "Add number"), ("button", "Send test text from +1")],
        "/settings/carriers": [("button", "Add carrier")],
        "/settings/tokens": [("button", "New token"), ("button", "Revoke")],
        "/settings/webhooks": [("button", "Add webhook")],
        "/settings/saved-replies": [("button", "New saved reply")],
    }
    found: dict[str, list[str]] = {}
    for path, buttons in opened.items():
        await mia.go(path)
        await drawn(page)
        for _, name in buttons:
            await page.get_by_role("button", name=name).first.click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            found[f"{path} {name}"] = await violations(page)
            await page.keyboard.press("Escape")
    await mia.go("/settings/users")
    await page.get_by_role("button", name="Actions for Ben").click()
    await page.get_by_role("menuitem", name="Disable").click()
    await page.get_by_label("Hand over to a colleague").check()
    found["disable"] = await violations(page)
    await mia.go("/feed")
    await page.locator("a.feed-line").first.click()
    await expect(page.get_by_role("complementary", name="Observed conversation").get_by_role("log")).not_to_be_empty()
    found["observing"] = await violations(page)
    await mia.go("/reports/sms-conversations")
    await page.get_by_role("button", name="Columns").click()
    found["columns"] = await violations(page)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_managers_pages(team: Team, scheme: Any) -> None:
    """UX 92, 100: empty, filled, with dialogs."""
    mia = await team.window("mia", None, color_scheme=scheme)
    found: dict[str, list[str]] = {}
    for state in ("empty", "filled"):
        for path in PAGES:
            await mia.go(path)
            await drawn(mia.page)
            found[f"{path} {state}"] = await violations(mia.page)
        if state == "empty":
            await busy(team)
    found |= await dialogs(mia)
    assert {place: said for place, said in found.items() if said} == NOTHING


async def test_no_managers_page_scrolls_sideways_at_320_pixels(team: Team) -> None:
    """UX 95: tables are cards."""
    await busy(team)
    mia = await team.window("mia", None, viewport={"width": 320, "height": 640})
    for path in PAGES:
        await mia.page.goto(path)
        await drawn(mia.page)
        wide = await mia.page.evaluate(WIDTHS)
        assert all(width <= wide[1] for width in wide), f"{path}: {wide}"
    await mia.page.goto("/reports/sms-conversations")
    first = mia.page.get_by_role("table", name="SMS conversations").locator("tbody tr").first
    await expect(first).to_have_css("display", "grid")
    await mia.page.goto("/feed")
    await mia.page.locator("a.feed-line").first.click()
    pane = await mia.page.get_by_role("complementary", name="Observed conversation").bounding_box()
    assert pane is not None
    assert (pane["x"], pane["width"]) == (0, 320)


async def test_targets_are_large_enough_for_a_thumb(team: Team) -> None:
    """UX 96 on the manager's pages; links in words and in rows of a table may be lower."""
    await busy(team)
    mia = await team.window("mia", None, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        await mia.page.goto(path)
        await drawn(mia.page)
        found[path] = [one for one in await mia.page.evaluate(SMALL_IN_MAIN) if not one.startswith((" ", "link "))]
    assert {path: small for path, small in found.items() if small} == NOTHING


async def test_the_feed_and_the_settings_work_by_keyboard_alone(team: Team) -> None:
    """UX 93 for these pages: rows by J and K, Enter and Escape, P, dialogs that give the focus back."""
    await busy(team)
    mia = await team.window("mia", "/feed")
    keys = mia.page.keyboard
    await until(lambda: mia.page.locator("a.feed-line").count())
    await keys.press("j")
    await keys.press("j")
    second = mia.page.locator(".feed-line").nth(1)
    await expect(second).to_be_focused()
    await keys.press("k")
    await keys.press("ArrowDown")
    await expect(second).to_be_focused()
    links = mia.page.locator("a.feed-line")
    await links.first.focus()
    await keys.press("Enter")
    await expect(mia.page.get_by_role("complementary", name="Observed conversation")).to_be_visible()
    await keys.press("Escape")
    await expect(mia.page.locator(".feed-line:focus")).to_have_count(1)
    await keys.press("p")
    await expect(mia.page.get_by_role("button", name="Go on")).to_be_visible()
    await keys.press("?")
    await expect(mia.page.get_by_role("dialog")).to_contain_text("Pause or go on")
    await mia.go("/settings/tokens")
    make = mia.page.get_by_role("button", name="New token")
    await make.focus()
    await keys.press("Enter")
    name = mia.page.get_by_role("dialog").get_by_label("Name")
    await name.focus()
    await keys.type("From the keyboard")
    await keys.press("Enter")
    await expect(mia.page.get_by_role("dialog", name="Token From the keyboard")).to_be_visible()
    await keys.press("Escape")
    await expect(mia.page.get_by_role("dialog")).to_have_count(0)
