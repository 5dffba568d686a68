"""The log: what happened between the texts, what is left out of the page, and links that ask first."""

import re
from collections.abc import Sequence

from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA = "+12025550143"
TOWARDS_THE_TOP = """(log) => {
  log.scrollTop = Math.min(log.scrollTop, 150);
  const top = log.getBoundingClientRect().top;
  const found = [...log.querySelectorAll(".message")].find((message) => message.getBoundingClientRect().top >= top + 100);
  return [found.dataset.seq, found.getBoundingClientRect().top];
}"""


async def told(window: Window) -> list[str]:
    said: list[str] = await window.page.locator(".line-entry bdi").all_inner_texts()
    return said


async def until_told(window: Window, wanted: Sequence[str]) -> None:
    seen: list[list[str]] = [[]]

    async def same() -> bool:
        seen[0] = await told(window)
        return seen[0] == list(wanted)

    try:
        await until(same)
    except AssertionError:
        raise AssertionError(f"{window.who} reads {seen[0]}, not {wanted}") from None


async def test_the_log_tells_who_came_took_and_left_live_and_after_a_load(team: Team) -> None:
    """UX 46, 55, 57: joined, public, claimed, no reply needed; each person reads it from their own side."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    for window in (ben, ana):
        await until(window.spoken)
    await team.send("dana", conversation, "May I help?")
    await team.text(MARIA, "Yes please", to=team.own)
    await team.let_wait(conversation, left=0.2)
    await expect(ana.page.get_by_role("log")).to_contain_text("Public after 20 min without an answer")
    await team.call("ana", "POST", f"conversations/{conversation}/claim")
    await team.call("ana", "POST", f"conversations/{conversation}/no-reply-needed")
    await team.call("ana", "POST", f"conversations/{conversation}/transfer", user=team.people["ben"].id)
    await team.call("ana", "DELETE", f"conversations/{conversation}/subscription")
    await team.call("ben", "POST", f"conversations/{conversation}/close")
    as_ben = [
        "A text to your number started this conversation.",
        "Dana joined by replying.",
        "Public after 20 min without an answer. You still own it.",
        "Ana claimed this conversation.",
        "Ana marked it: no reply needed.",
        "Ana handed this over to you.",
        "Ana left.",
        "You closed this conversation.",
    ]
    as_ana = [
        "A text to Ben’s number started this conversation.",
        "Dana joined by replying.",
        "Public after 20 min without an answer. It was Ben’s.",
        "You claimed this conversation.",
        "You marked it: no reply needed.",
        "You handed this over to Ben.",
        "You left.",
        "Ben closed this conversation.",
    ]
    for window, wanted in ((ben, as_ben), (ana, as_ana)):
        await until_told(window, wanted)
        await window.page.reload()
        await until_told(window, wanted)


async def test_ready_turned_off_by_a_text_is_told_and_can_be_turned_on_again_for_ten_seconds(team: Team) -> None:
    """UX 78, 79 from the conversation: said before, told after, undone by one press; the switch in the pane follows."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    contact = (await team.call("mia", "GET", f"conversations/{conversation}"))["contact"]["id"]
    await team.call("mia", "PATCH", f"contacts/{contact}", ready=True)
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    hint = ben.page.get_by_text("Sending turns Ready off for this contact.")
    ready = ben.page.get_by_role("switch", name="Ready, Maria Garcia")
    await expect(hint).to_be_visible()
    await expect(ready).to_have_attribute("aria-checked", "true")
    await ben.write("Good day")
    await expect(ben.page.get_by_role("log")).to_contain_text("Ready turned off by this message.")
    await expect(ready).to_have_attribute("aria-checked", "false")
    await expect(ben.page.locator(".ready-fact")).to_contain_text("Off since you texted at")
    await expect(ana.page.get_by_role("log")).to_contain_text("Ready turned off by this message.")
    await expect(ana.page.locator(".line-entry").get_by_role("button", name="Undo")).to_have_count(0)
    await ben.page.locator(".line-entry").get_by_role("button", name="Undo").click()
    await expect(ready).to_have_attribute("aria-checked", "true")
    await expect(ben.page.get_by_role("log")).to_contain_text("You turned Ready on.")
    await expect(ben.page.locator(".line-entry").get_by_role("button", name="Undo")).to_have_count(0)
    await expect(hint).to_have_count(0)


async def test_at_most_300_messages_are_in_the_page_and_the_way_back_and_forth_does_not_jump(team: Team) -> None:
    """UX 44 over 400 messages, section 2 rule 6."""
    conversation = await team.talk("Maria Garcia", MARIA, "Text 1", to=team.own)
    for number in range(2, 401):
        await team.text(MARIA, f"Text {number}", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    log = ben.page.get_by_role("log")
    most = 0
    shown = ["Text 400"]
    for _ in range(60):
        if "Text 1" in shown:
            break
        seq, before = await log.evaluate(TOWARDS_THE_TOP)
        await log.evaluate("() => new Promise((done) => setTimeout(done, 120))")
        place = await log.evaluate(f"(log) => log.querySelector(`.message[data-seq='{seq}']`)?.getBoundingClientRect().top ?? null")
        assert place is not None
        assert abs(place - before) <= 1
        shown = await ben.bubbles()
        most = max(most, len(shown))
        await log.evaluate("(log) => { log.scrollTop = 0 }")
    assert "Text 1" in shown
    assert most <= 300
    for _ in range(40):
        await log.evaluate("(log) => { log.scrollTop = log.scrollHeight }")
        await log.evaluate("() => new Promise((done) => setTimeout(done, 60))")
        shown = await ben.bubbles()
        if "Text 400" in shown:
            break
    await log.evaluate("(log) => { log.scrollTop = log.scrollHeight }")
    await expect(log.get_by_text("Text 400", exact=True)).to_be_in_viewport()
    assert len(shown) <= 300
    await team.text(MARIA, "Text 401", to=team.own)
    await expect(log.get_by_text("Text 401", exact=True)).to_have_count(1)


async def test_a_strangers_link_is_followed_only_after_it_was_shown(team: Team) -> None:
    """UX 5.2. Links to our own pages need no question."""
    conversation = await team.talk("Maria Garcia", MARIA, "See https://shop.example/a", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.page.locator(".words a").click()
    dialog = ben.page.get_by_role("dialog", name="Open this link?")
    await expect(dialog).to_contain_text("shop.example")
    link = dialog.get_by_role("link", name="Open link")
    await expect(link).to_have_attribute("href", "https://shop.example/a")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await ben.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert len(ben.context.pages) == 1


async def test_a_run_of_one_sender_is_named_once_and_days_stand_between(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ana", conversation, "One")
    await team.send("ana", conversation, "Two")
    await team.send("ben", conversation, "Three")
    dana = await team.window("dana", f"/sms/{conversation}")
    await until(dana.spoken)
    await expect(dana.page.locator(".message-who")).to_have_text(["Ana", "Ben"])
    await expect(dana.page.locator(".day")).to_have_text([re.compile("Today")])
