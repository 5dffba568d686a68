"""Title, icon and notices follow what is unread, in all tabs of one person."""

import time
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"


async def icon(window: Window) -> str:
    address: str = await window.page.evaluate("document.querySelector('link[rel=icon]').href")
    return address.rpartition("/")[2]


def quiet(window: Window) -> Callable[[], Awaitable[bool]]:
    """To wait for: neither notice nor count."""

    async def silent() -> bool:
        return await window.toast() == "" and await window.page.title() == "SMS · Partyline"

    return silent


async def test_title_and_icon_follow_the_unread_conversations_and_clear_after_reading(team: Team) -> None:
    """UX 65: conversations are counted, not texts."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben")
    await ben.title_is("(1) SMS · Partyline")
    assert await icon(ben) == "favicon-unread.svg"
    await team.text(MARIA, "Again", to=team.own)
    await team.talk("Wei Chen", WEI, to=team.own)
    await ben.title_is("(2) SMS · Partyline")
    await ben.row("Maria Garcia").click()
    await ben.title_is("(1) SMS · Partyline")
    await ben.row("Wei Chen").click()
    await ben.title_is("SMS · Partyline")
    assert await icon(ben) == "favicon.svg"


@pytest.mark.alone
async def test_reading_in_one_tab_clears_the_others_of_that_person_within_a_second(team: Team) -> None:
    """UX 66: another tab of the same browser, and another browser."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.read("ben", conversation)
    first = await team.window("ben")
    second = await team.another_tab(first)
    elsewhere = await team.window("ben")
    await team.text(MARIA, "Everywhere", to=team.own)
    for window in (second, elsewhere):
        await until(window.toast)
        await window.title_is("(1) SMS · Partyline")
    await first.row("Maria Garcia").click()
    await until(lambda: team_read(team, conversation))
    began = time.monotonic()
    for window in (second, elsewhere):
        await until(quiet(window), within=1)
        await expect(window.row("Maria Garcia")).not_to_contain_text("unread")
    assert time.monotonic() - began <= 1.5


async def team_read(team: Team, conversation: str) -> bool:
    return bool((await team.call("ben", "GET", f"conversations/{conversation}"))["unread"] == 0)


async def test_what_a_person_looks_at_makes_no_notice_and_no_unread(team: Team) -> None:
    """UX 67."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await until(lambda: team_read(team, conversation))
    await ben.page.evaluate(
        """() => {
          window.seen = [];
          const toast = () => document.querySelector(".toast")?.textContent ?? "";
          const look = new MutationObserver(() => window.seen.push(toast(), document.title));
          const all = {childList: true, subtree: true, characterData: true};
          for (const at of [document.getElementById("toasts"), document.head]) look.observe(at, all);
        }"""
    )
    await team.text(MARIA, "Before your eyes", to=team.own)
    await expect(ben.page.locator(".message .words").last).to_have_text("Before your eyes")
    await until(lambda: team_read(team, conversation))
    seen = await ben.page.evaluate("window.seen")
    assert not [said for said in seen if "(1)" in said or "Before" in said]


@pytest.mark.parametrize("away", ["document.hasFocus = () => false", "log.scrollTop = 0"])
async def test_in_an_unfocused_window_or_out_of_sight_it_is_unread(team: Team, away: str) -> None:
    """UX 68, as far as there are alerts: a window without the focus, and a log that is not at its end."""
    conversation = await team.talk("Maria Garcia", MARIA, "Long words. " * 40, to=team.own)
    for _ in range(4):
        await team.text(MARIA, "Long words. " * 40, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await until(lambda: team_read(team, conversation))
    await ben.page.evaluate(f"() => {{ const log = document.querySelector('.log'); {away} }}")
    await ben.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    await team.text(MARIA, "Unseen", to=team.own)
    await until(ben.toast_says("Maria Garcia: Unseen"))
    await ben.title_is("(1) SMS · Partyline")


async def test_the_owner_is_warned_two_minutes_before_once_and_not_again_after_a_reload(team: Team) -> None:
    """UX 54, without its sound."""
    await team.call("mia", "PATCH", "settings", sms_public_minutes=3)
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.read("ben", conversation)
    await team.let_wait(conversation, left=123, minutes=3)
    ben = await team.window("ben")
    await until(ben.toast_says("Maria Garcia goes public in 2 minutes."), within=8)
    await ben.page.reload()
    await ben.live()
    await expect(ben.row("Maria Garcia").locator(".clock")).to_have_class("state clock late")
    assert await ben.toast() == ""


@pytest.mark.parametrize(("who", "act"), [("mia", "no-reply-needed"), ("mia", "close"), ("ben", "answer")])
async def test_the_warning_goes_once_its_conversation_waits_no_more(team: Team, who: str, act: str) -> None:
    """None of these is told to Ben by a notice that would take its place, and he has read all there is."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.read("ben", conversation)
    await team.let_wait(conversation, left=59)
    ben = await team.window("ben")
    await until(ben.toast_says("Maria Garcia goes public in less than a minute."))
    if act == "answer":
        await team.send(who, conversation, "At once")
    else:
        await team.call(who, "POST", f"conversations/{conversation}/{act}")
    await expect(ben.page.locator(".toast")).to_have_count(0)
    await ben.page.locator(".bell").click()
    await expect(ben.page.locator("#notices")).to_contain_text("Maria Garcia goes public in less than a minute.")


async def test_notices_stand_one_at_a_time_above_the_composer(team: Team) -> None:
    """UX 1.3: the next one comes when this one is closed."""
    conversation = await team.talk("Omar Haddad", "+12025550145", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await expect(ben.composer).to_be_visible()
    await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.talk("Wei Chen", WEI, to=team.own)
    toasts = ben.page.locator(".toast")
    await expect(toasts).to_have_count(1)
    await expect(toasts).to_contain_text("(202) 555-0143: Hello" if "(202)" in await toasts.inner_text() else "Maria Garcia: Hello")
    toast, composer = await toasts.bounding_box(), await ben.page.locator(".composer").bounding_box()
    assert toast
    assert composer
    assert toast["y"] + toast["height"] <= composer["y"]
    await toasts.get_by_role("button", name="Close this notice").click()
    await expect(toasts).to_contain_text("Wei Chen: Hello")
    await toasts.get_by_role("button", name="Open").click()
    await expect(ben.page.get_by_role("heading", level=1)).to_have_text("Wei Chen")
