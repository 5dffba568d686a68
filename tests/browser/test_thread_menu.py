"""What the header of a conversation can do: hand over with a note, snooze, close, mark unread, opt out, add and remove."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA = "+12025550143"


async def choose(window: Window, words: str) -> None:
    await window.page.get_by_role("button", name="More actions").click()
    await window.page.get_by_role("menuitem", name=words).click()


async def open_one(team: Team, who: str = "ben") -> tuple[str, Window]:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    window = await team.window(who, f"/sms/{conversation}")
    await until(window.spoken)
    return conversation, window


def facts(window: Window) -> Locator:
    return window.page.locator(".thread-facts")


async def test_handing_over_finds_the_colleague_as_one_types_and_the_note_goes_with_it(team: Team) -> None:
    """UX 51, by keyboard; more colleagues than a page of them."""
    for number in range(3):
        email = f"zoe{number}@{team.number}.example"
        await team.call("mia", "POST", "users", email=email, name=f"Zoe {number}", role="agent", password="correct horse")
    _, ben = await open_one(team)
    await choose(ben, "Hand over")
    dialog = ben.page.get_by_role("dialog", name="Hand over Maria Garcia")
    await expect(dialog.get_by_role("combobox", name="New owner")).to_be_focused()
    await expect(dialog.get_by_role("button", name="Hand over", exact=True)).to_be_disabled()
    await ben.page.keyboard.type("zoe")
    await expect(dialog.get_by_role("option")).to_have_text(["Zoe 0", "Zoe 1", "Zoe 2"])
    await ben.page.keyboard.press("ArrowDown")
    await ben.page.keyboard.press("Enter")
    await dialog.get_by_label("Note").fill("She asks for the manager")
    await dialog.get_by_role("button", name="Hand over", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(facts(ben)).to_contain_text("Owner: Zoe 1")
    await expect(ben.page.locator(".message.note")).to_contain_text("She asks for the manager")
    await expect(ben.page.get_by_role("log")).to_contain_text("You handed this over to Zoe 1.")


async def test_snoozing_stops_the_clock_until_a_text_comes(team: Team) -> None:
    _, ben = await open_one(team)
    await expect(ben.page.get_by_role("timer")).to_be_visible()
    await choose(ben, "Snooze")
    dialog = ben.page.get_by_role("dialog", name="Snooze Maria Garcia")
    await dialog.get_by_role("button", name="Tomorrow, 09:00").click()
    await dialog.get_by_role("button", name="Snooze", exact=True).click()
    await expect(facts(ben)).to_contain_text("Snoozed until tomorrow, 09:00")
    await expect(ben.page.get_by_role("timer")).to_have_count(0)
    await expect(ben.row("Maria Garcia")).to_contain_text("until tomorrow")
    await team.text(MARIA, "Already now", to=team.own)
    await expect(facts(ben)).not_to_contain_text("Snoozed")
    await expect(ben.page.get_by_role("timer")).to_be_visible()
    await expect(ben.page.get_by_role("log")).to_contain_text("A text ended the snooze.")


async def test_closing_and_reopening(team: Team) -> None:
    _, ben = await open_one(team)
    await choose(ben, "Close")
    await expect(facts(ben)).to_contain_text("Closed")
    await expect(ben.page.locator(".list-pane .row")).to_have_count(0)
    await ben.view("Closed")
    await expect(ben.row("Maria Garcia")).to_be_visible()
    await choose(ben, "Reopen")
    await expect(facts(ben)).not_to_contain_text("Closed")


async def test_what_is_marked_unread_is_unread_in_all_my_tabs_and_for_me_alone(team: Team) -> None:
    """UX 66 backwards: from the menu and by U."""
    conversation, ben = await open_one(team)
    other = await team.another_tab(ben)
    await expect(other.row("Maria Garcia")).not_to_contain_text("unread")
    await choose(ben, "Mark unread")
    await expect(ben.page).to_have_url(f"{team.house.address}/sms")
    for window in (ben, other):
        await expect(window.row("Maria Garcia")).to_contain_text("1 unread")
        await window.title_is("(1) SMS · Partyline")
    assert (await team.call("ben", "GET", f"conversations/{conversation}"))["unread"] == 1
    await ben.row("Maria Garcia").click()
    for window in (ben, other):
        await expect(window.row("Maria Garcia")).not_to_contain_text("unread")
    await until(ben.spoken)
    await ben.page.keyboard.press("u")
    await expect(other.row("Maria Garcia")).to_contain_text("1 unread")


async def test_a_contact_is_opted_out_by_hand_with_a_reason(team: Team) -> None:
    conversation, ben = await open_one(team)
    ana = await team.window("ana", f"/sms/{conversation}")
    await choose(ben, "Opt out")
    dialog = ben.page.get_by_role("dialog", name="Opt Maria Garcia out")
    await dialog.get_by_label("Reason").fill("Asked on the phone")
    await dialog.get_by_role("button", name="Opt out").click()
    for window in (ben, ana):
        closed = window.page.locator(".composer-closed")
        await expect(closed).to_contain_text(re.compile(r"Maria Garcia opted out on \d+ \w+, as Ben noted\."))
    contact = (await team.call("ben", "GET", f"conversations/{conversation}"))["contact"]["id"]
    ledger = (await team.call("ben", "GET", f"contacts/{contact}/consent"))["items"]
    assert [entry["says"] for entry in ledger] == ["Asked on the phone"]


async def test_a_manager_adds_and_removes_subscribers_and_an_agent_cannot(team: Team) -> None:
    """Rule 5."""
    conversation, mia = await open_one(team, "mia")
    dana = await team.window("dana", f"/sms/{conversation}")
    await dana.page.get_by_role("button", name="More actions").click()
    await expect(dana.page.get_by_role("menuitem", name="Subscribers")).to_have_count(0)
    await choose(mia, "Subscribers")
    dialog = mia.page.get_by_role("dialog", name="Subscribers of Maria Garcia")
    await dialog.get_by_role("combobox", name="Add a colleague").fill("dan")
    await dialog.get_by_role("option", name="Dana").click()
    await expect(dialog.get_by_role("listitem")).to_contain_text("Dana")
    await expect(facts(dana)).to_contain_text("you")
    await dialog.get_by_role("button", name="Remove Dana").click()
    await expect(dialog).to_contain_text("There are no subscribers yet.")
    await expect(dana.page.get_by_role("log")).to_contain_text("mia removed you.")


async def test_leaving_stops_the_alerts(team: Team) -> None:
    """UX 52: by O, and the log says so."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.call("ana", "PUT", f"conversations/{conversation}/subscription")
    ana = await team.window("ana", f"/sms/{conversation}")
    await until(ana.spoken)
    await ana.page.locator("h1").click()
    await ana.page.keyboard.press("o")
    await expect(ana.page.get_by_role("log")).to_contain_text("You left.")
    await ana.go("/sms")
    ben = await team.window("ben")
    await team.text(MARIA, "Still there?", to=team.own)
    await until(ben.toast)
    assert await ana.toast() == ""
    await ana.title_is("SMS · Partyline")


@pytest.mark.alone
async def test_who_looks_is_shown_after_a_second_and_gone_when_hidden(team: Team) -> None:
    """UX 50. Hidden is simulated: a headless tab always says visible."""
    conversation, ben = await open_one(team)
    ana = await team.window("ana", f"/sms/{conversation}")
    chip = ben.page.locator(".chip.viewing")
    await expect(chip).to_have_text("Ana here too", timeout=3000)
    await ana.page.evaluate(
        """() => {
          Object.defineProperty(document, "visibilityState", {configurable: true, get: () => "hidden"});
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    await expect(chip).to_have_count(0, timeout=7000)
