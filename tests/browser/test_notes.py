"""Internal notes: for colleagues, with mentions, also where no text may be sent."""

import re

from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA = "+12025550143"


def note_field(window: Window) -> Locator:
    return window.page.get_by_label("Note", exact=True)


def notes(window: Window) -> Locator:
    return window.page.locator(".message.note")


async def test_a_note_stands_in_the_log_at_once_and_for_everybody_and_never_leaves(team: Team) -> None:
    """Issue 4. It answers nothing: the contact waits on."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.page.get_by_role("tab", name="Note").click()
    await expect(note_field(ben)).to_be_focused()
    await ben.page.keyboard.type("Prefers mornings")
    await ben.page.keyboard.press("Enter")
    for window in (ben, ana):
        await expect(notes(window)).to_contain_text("Prefers mornings")
    await expect(notes(ana)).to_contain_text("Ben · note")
    await expect(note_field(ben)).to_have_value("")
    [sent] = [message for message in await team.messages(conversation) if message["kind"] == "note"]
    assert (sent["body"], sent["state"]) == ("Prefers mornings", "received")
    await expect(ana.page.get_by_role("timer")).to_be_visible()
    await ben.page.reload()
    await expect(notes(ben)).to_have_count(1)


async def test_an_at_sign_offers_colleagues_and_who_is_named_takes_part_and_is_told(team: Team) -> None:
    """By keyboard alone; the name stands out in the note."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    dana = await team.window("dana")
    await until(ben.spoken)
    await ben.page.get_by_role("tab", name="Note").click()
    await ben.page.keyboard.type("Please ask @")
    offered = ben.page.get_by_role("listbox", name="Colleagues").get_by_role("option")
    await expect(offered).to_have_count(3)
    assert await offered.all_inner_texts() == ["Ana", "Dana", "mia"]
    await ben.page.keyboard.type("da")
    await expect(offered).to_have_text(["Dana"])
    await expect(note_field(ben)).to_have_attribute("aria-activedescendant", re.compile("mentions-"))
    await ben.page.keyboard.press("Enter")
    await expect(note_field(ben)).to_have_value("Please ask @Dana ")
    await ben.page.keyboard.type("about it")
    await ben.page.keyboard.press("Enter")
    await expect(notes(ben).locator(".mention")).to_have_text("@Dana")
    await expect(ben.page.get_by_role("log")).to_contain_text("You mentioned Dana, who now gets alerts.")
    await expect(ben.page.locator(".thread-facts")).to_contain_text("Dana")
    await until(dana.toast)
    assert "Maria Garcia" in await dana.toast()
    await dana.view("Subscribed")
    await expect(dana.row("Maria Garcia")).to_contain_text("1 unread")


async def test_a_name_that_is_only_text_is_no_mention_and_escape_closes_the_list(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.page.get_by_role("tab", name="Note").click()
    await ben.page.keyboard.type("mail to a@d")
    await expect(ben.page.get_by_role("listbox", name="Colleagues")).to_have_count(0)
    await ben.page.keyboard.type(" and @d")
    await expect(ben.page.get_by_role("listbox", name="Colleagues")).to_be_visible()
    await ben.page.keyboard.press("Escape")
    await expect(ben.page.get_by_role("listbox", name="Colleagues")).to_have_count(0)
    await expect(note_field(ben)).to_be_focused()
    await ben.page.keyboard.press("Enter")
    await expect(notes(ben)).to_contain_text("mail to a@d and @d")
    await expect(ben.page.locator(".pending")).to_have_count(0)
    [sent] = [message for message in await team.messages(conversation) if message["kind"] == "note"]
    assert sent["mentions"] == []


async def test_a_note_can_be_written_where_no_text_may_be_sent(team: Team) -> None:
    """UX 41: the composer gives way for texts alone."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.text(MARIA, "STOP", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await expect(ben.page.locator(".composer-closed")).to_contain_text("Maria Garcia opted out")
    await expect(ben.composer).to_have_count(0)
    await ben.page.get_by_role("tab", name="Note").click()
    await note_field(ben).fill("Call instead")
    await note_field(ben).press("Enter")
    await expect(notes(ben)).to_contain_text("Call instead")


async def test_a_note_that_did_not_reach_the_server_says_so_and_is_added_once_by_retry(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await intercept(ben.page, "**/notes", lambda route: route.abort())
    await ben.page.get_by_role("tab", name="Note").click()
    await note_field(ben).fill("Keep this")
    await note_field(ben).press("Enter")
    await expect(notes(ben)).to_contain_text("Not added. You are offline.")
    await ben.page.unroute_all()
    await notes(ben).get_by_role("button", name="Retry").click()
    await expect(ben.page.locator(".pending")).to_have_count(0)
    await expect(notes(ben)).to_have_count(1)
    assert [message["body"] for message in await team.messages(conversation)].count("Keep this") == 1


async def test_a_note_can_be_added_from_the_contacts_pane(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.page.get_by_label("Add a note").fill("Likes tea")
    await ben.page.get_by_label("Add a note").press("Enter")
    await expect(notes(ben)).to_contain_text("Likes tea")
    await expect(ben.page.locator(".pane-notes")).to_contain_text("Likes tea")
