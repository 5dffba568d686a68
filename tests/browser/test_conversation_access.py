"""For everybody, in a conversation: axe-core in every state of composer, pane and dialogs; a phone's thumb; 320 px."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.test_access import SMALL, violations
from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA = "+12025550143"


async def busy(team: Team) -> str:
    """A conversation with a note, a scheduled text, lines, a saved reply with a hole, and a live filter."""
    conversation = await team.talk("Maria Garcia", MARIA, "Hello", to=team.own)
    contact = (await team.call("mia", "GET", f"conversations/{conversation}"))["contact"]["id"]
    phones = [{"number": MARIA, "kind": "mobile"}, {"number": "+12025550147", "kind": "landline"}]
    await team.call(
        "mia",
        "PATCH",
        f"contacts/{contact}",
        phones=phones,
        tags=["vip"],
        ready=True,
        timezone="Asia/Tokyo",
        fields={"email": "m@g.example"},
    )
    await team.call("mia", "POST", "live-filters", name="Ready ones", conditions=[{"field": "ready", "op": "is", "value": True}])
    await team.call("ben", "POST", "saved-replies", shortcut="order", body="Your order {{contact.fields.order}} is ready")
    await team.call("ana", "POST", f"conversations/{conversation}/notes", body="@Ben, look", mentions=[team.people["ben"].id])
    seq = (await team.call("ben", "GET", f"conversations/{conversation}"))["seq"]
    later = {"body": "Later", "client_id": "later", "seen_seq": seq, "send_at": "2027-06-01T12:00:00Z"}
    await team.call("ben", "POST", f"conversations/{conversation}/messages", **later)
    await team.call("mia", "PATCH", f"contacts/{contact}", ready=True)
    return conversation


async def menu(window: Window, words: str) -> None:
    await window.page.get_by_role("button", name="More actions").click()
    await window.page.get_by_role("menuitem", name=words).click()
    await expect(window.page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state_of_a_conversation(team: Team, scheme: Any) -> None:
    """UX 92, 100."""
    conversation = await busy(team)
    mia = await team.window("mia", f"/sms/{conversation}", color_scheme=scheme)
    ben = await team.window("ben", f"/sms/{conversation}", color_scheme=scheme)
    page = ben.page
    await until(ben.spoken)
    await expect(page.locator(".in-filters")).to_contain_text("Ready ones")
    found = {"open": await violations(page)}
    for tab in ("SMS numbers", "Activity"):
        await page.get_by_role("tab", name=tab).click()
        await expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        found[tab] = await violations(page)
    await ben.composer.press("/")
    await expect(page.get_by_role("option", name="/order")).to_be_visible()
    found["saved replies"] = await violations(page)
    await page.keyboard.press("Enter")
    await ben.composer.press("End")
    await ben.composer.press_sequentially(" “soon”")
    await expect(page.locator(".writing-marks mark.gap")).to_have_count(1)
    found["marks"] = await violations(page)
    await page.get_by_role("button", name="Send later").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    found["later"] = await violations(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Note").click()
    await page.keyboard.type("@")
    await expect(page.get_by_role("listbox", name="Colleagues")).to_be_visible()
    found["note"] = await violations(page)
    await page.keyboard.press("Escape")
    for words in ("Snooze", "Opt out"):
        await menu(ben, words)
        found[words] = await violations(page)
        await page.keyboard.press("Escape")
    await page.get_by_role("button", name="New text").click()
    await page.get_by_role("combobox", name="Send To").fill("maria")
    await expect(page.get_by_role("dialog").locator(".option")).to_have_count(1)
    found["new text"] = await violations(page)
    await until(mia.spoken)
    await menu(mia, "Subscribers")
    found["subscribers"] = await violations(mia.page)
    await team.text(MARIA, "STOP", to=team.own)
    await mia.page.keyboard.press("Escape")
    await expect(mia.page.locator(".composer-closed")).to_be_visible()
    found["opted out"] = await violations(mia.page)
    assert {place: said for place, said in found.items() if said} == {}


@pytest.mark.parametrize("width", [320, 390])
async def test_on_a_phone_all_of_a_conversation_is_within_a_thumbs_reach_and_nothing_is_cut(team: Team, width: int) -> None:
    """UX 95, 96: composer, note, saved replies, pane and dialogs."""
    conversation = await busy(team)
    ben = await team.window("ben", f"/sms/{conversation}", viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    page = ben.page
    await until(ben.spoken)
    seen: dict[str, Any] = {}

    async def look(state: str) -> None:
        small = [one for one in await page.evaluate(SMALL) if not one.startswith("chip")]  # The bar has its own test.
        seen[state] = [small, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]

    await expect(ben.composer).to_be_in_viewport(ratio=1)
    await look("text")
    await page.get_by_role("button", name="Saved replies").tap()
    await expect(page.get_by_role("option", name="/order")).to_be_visible()
    await look("saved replies")
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Note").tap()
    await page.keyboard.type("@")
    await look("note")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Contact", exact=True).tap()
    await expect(page.get_by_label("Add a note")).to_be_visible()
    await look("pane")
    await page.get_by_role("button", name="Close contact").tap()
    await menu(ben, "Snooze")
    await look("dialog")
    assert {state: found for state, found in seen.items() if found != [[], True]} == {}
