"""Live filters: lists that keep themselves, with counts that move as texts go out."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.test_contacts import MARIA, OMAR, ready, row, three
from tests.fixtures.browser import Team, Window


def one(window: Window, name: str) -> Locator:
    return window.page.get_by_role("complementary", name="Live filters").get_by_role("listitem").filter(has_text=name)


async def campaign(team: Team, name: str = "Spring campaign") -> str:
    """Everybody who is ready; its id."""
    made = await team.call("mia", "POST", "live-filters", name=name, conditions=[{"field": "ready", "op": "is", "value": True}])
    return str(made["id"])


async def test_a_live_filters_count_drops_as_a_text_goes_out(team: Team) -> None:
    """UX 80: without a call of the page; its former count stands beside it, and the row leaves the members."""
    people = await three(team)
    filter = await campaign(team)
    mia = await team.window("mia", f"/contacts?live_filter={filter}")
    await expect(one(mia, "Spring campaign")).to_contain_text("2 ready")
    await expect(mia.page.get_by_text("2 contacts")).to_be_visible()
    before = len(mia.requests)
    await team.call("ana", "POST", "messages", contact=people["Maria"], body="Hello", client_id="one")
    await expect(one(mia, "Spring campaign")).to_contain_text("1 ready (was 2)")
    await expect(mia.page.get_by_text("1 contact", exact=True)).to_be_visible()
    await expect(row(mia, "Maria Garcia")).to_have_count(0)
    assert [request.url for request in mia.requests[before:] if "/contacts" in request.url or "/live" in request.url] == []
    await team.call("mia", "PATCH", f"contacts/{people['Maria']}", ready=True)
    await expect(row(mia, "Maria Garcia")).to_be_visible()
    await expect(one(mia, "Spring campaign")).to_contain_text("2 ready")
    await expect(one(mia, "Spring campaign")).not_to_contain_text("was")


async def test_a_live_filter_is_made_of_conditions_shows_its_members_is_changed_and_deleted(team: Team) -> None:
    await three(team)
    mia, other = await team.open_windows("mia", "mia", path="/contacts")
    page = mia.page
    await page.get_by_role("button", name="New live filter").click()
    form = page.get_by_role("dialog", name="New live filter")
    await form.get_by_label("Name", exact=True).fill("VIPs")
    await form.get_by_role("button", name="Add condition").click()
    second = form.get_by_role("group", name="Condition 2")
    await second.get_by_label("Value").fill("vip")
    await form.get_by_role("button", name="Save").click()
    for window in (mia, other):
        await expect(one(window, "VIPs")).to_contain_text("1 ready")
    await one(mia, "VIPs").get_by_role("button", name="VIPs", exact=False).first.click()
    await expect(page.get_by_role("rowheader")).to_have_text(["Maria Garcia"])
    assert "live_filter=" in page.url
    await page.get_by_role("button", name="Edit VIPs").click()
    form = page.get_by_role("dialog", name="Edit live filter")
    await form.get_by_role("button", name="Remove condition 2").click()
    await form.get_by_label("Name", exact=True).fill("Everybody ready")
    await form.get_by_role("button", name="Save").click()
    for window in (mia, other):
        await expect(one(window, "Everybody ready")).to_contain_text("2 ready")
    await expect(page.get_by_role("rowheader")).to_have_text(["Maria Garcia", "Omar Haddad"])
    await page.get_by_role("button", name="Edit Everybody ready").click()
    await page.get_by_role("button", name="Delete this live filter").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete live filter").click()
    for window in (mia, other):
        await expect(one(window, "Everybody ready")).to_have_count(0)
    await expect(page.get_by_role("rowheader")).to_have_count(3)
    assert "live_filter=" not in page.url


async def test_every_kind_of_condition_can_be_asked_for_and_what_is_no_condition_is_said(team: Team) -> None:
    await three(team)
    await team.text(OMAR, "STOP")
    mia = await team.window("mia", "/contacts")
    page = mia.page
    asked = (
        ("Ready", "is", "off", "1"),
        ("Tag", "has not", "vip", "2"),
        ("Name", "contains", "GARC", "1"),
        ("Opted out", "is", "yes", "1"),
        ("Phones", "have a", "mobile number", "3"),
        ("Field…", "contains", "shop", "1"),
        ("Field…", "is", "", "2"),
    )
    for field, op, value, count in asked:
        await page.get_by_role("button", name="New live filter").click()
        form = page.get_by_role("dialog", name="New live filter")
        await form.get_by_label("Name", exact=True).fill(f"By {field} {op}")
        await form.get_by_label("Field", exact=True).select_option(field)
        await form.get_by_label("Operator").select_option(op)
        if field == "Field…":
            await form.get_by_label("Name of the field").fill("email")
        place = form.get_by_label("Value", exact=True)
        await (place.select_option(value) if await place.evaluate("(one) => one.tagName === 'SELECT'") else place.fill(value))
        await form.get_by_role("button", name="Save").click()
        await expect(one(mia, f"By {field} {op}")).to_contain_text(count)
    await page.get_by_role("button", name="New live filter").click()
    form = page.get_by_role("dialog", name="New live filter")
    await form.get_by_label("Name", exact=True).fill("By Name contains")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    await form.get_by_role("button", name="Remove condition 1").click()
    await expect(form.get_by_role("button", name="Save")).to_be_disabled()


async def test_who_leaves_a_filter_under_the_pointer_stays_a_moment_in_its_place(team: Team) -> None:
    """Nothing that a person points at moves: turning Ready off takes the row out of a list of the ready, but not at once."""
    await three(team)
    mia = await team.window("mia", "/contacts?ready=true")
    await ready(mia, "Maria Garcia").click()
    await expect(ready(mia, "Maria Garcia")).not_to_be_checked()
    await expect(row(mia, "Maria Garcia")).to_have_class("line leaving")
    assert await mia.page.get_by_role("rowheader").all_inner_texts() == ["Maria Garcia", "Omar Haddad"]
    await expect(row(mia, "Maria Garcia")).to_have_count(0)
    await expect(row(mia, "Omar Haddad")).to_be_focused()


@pytest.mark.alone
async def test_an_agent_filters_by_campaign(team: Team) -> None:
    await three(team)
    await campaign(team)
    ana = await team.window("ana", "/contacts")
    await expect(ana.page.get_by_role("complementary", name="Live filters")).to_have_count(0)
    await ana.page.get_by_label("Campaign").select_option("Spring campaign")
    await expect(ana.page.get_by_role("rowheader")).to_have_text(["Maria Garcia", "Omar Haddad"])
    await team.text(MARIA, "Still there?")
    await expect(row(ana, "Maria Garcia")).to_contain_text("Still there?", timeout=1000)
