"""What may not move, run off or cover what a person reads: notices, the header of a conversation."""

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"
OVERFLOWS = """() => { const card = document.querySelector('.toast'); const { left, right } = card.getBoundingClientRect();
  return [...card.querySelectorAll('p, button')].filter((one) => { const own = one.getBoundingClientRect();
    return own.left < left || own.right > right; }).map((one) => one.textContent)
    .concat(left < 0 || right > innerWidth ? ['toast'] : []) }"""
PLACES = """() => ['.thread-acts', '.log'].map((each) => {
  const { x, y } = document.querySelector(each).getBoundingClientRect(); return [x, y] })"""


@pytest.mark.parametrize("width", [320, 390, 1360])
async def test_a_notice_with_two_answers_stays_within_the_window_and_beside_the_list(team: Team, width: int) -> None:
    """UX 1.3 rule 4, 95; over the conversation's page and over the list alone."""
    await team.call("mia", "PATCH", "settings", sms_public_minutes=3)
    conversation = await team.talk("Maria Garcia Fernandez", MARIA, to=team.own)
    await team.read("ben", conversation)
    await team.let_wait(conversation, left=123, minutes=3)
    ben = await team.window("ben", viewport={"width": width, "height": 740}, has_touch=width < 720)
    await until(ben.toast_says("Maria Garcia Fernandez goes public in 2 minutes."), within=8)
    assert await ben.page.evaluate(OVERFLOWS) == []
    toast = await ben.page.locator(".toast").bounding_box()
    pane = await ben.page.locator(".list-pane").bounding_box()
    assert toast
    assert pane
    assert width < 720 or toast["x"] >= pane["x"] + pane["width"]


async def test_a_notice_does_not_cover_the_saved_replies(team: Team) -> None:
    """UX 1.3 rule 4: what the composer opens belongs to it."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.call("ben", "POST", "saved-replies", shortcut="hours", body="We are open until 6")
    ben = await team.window("ben", f"/sms/{conversation}")
    await ben.composer.press_sequentially("/")
    await expect(ben.page.get_by_role("option", name="/hours")).to_be_visible()
    await team.talk("Wei Chen", WEI, to=team.own)
    await until(ben.toast_says("Wei Chen: Hello"))
    toast, choice = await ben.page.locator(".toast").bounding_box(), await ben.page.locator(".composer-list").bounding_box()
    assert toast
    assert choice
    assert toast["y"] + toast["height"] <= choice["y"]


async def test_a_colleague_who_looks_in_moves_neither_the_log_nor_the_buttons(team: Team) -> None:
    """UX 1.3 rule 2, at a laptop's width with an owner and a clock in the header."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}", viewport={"width": 1360, "height": 820})
    await until(ben.spoken)
    before = await ben.page.evaluate(PLACES)
    await team.call("dana", "PUT", f"conversations/{conversation}/subscription")
    await expect(ben.page.locator(".thread-facts")).to_contain_text("Dana")
    await team.window("ana", f"/sms/{conversation}")
    await expect(ben.page.locator(".chip.viewing")).to_be_visible()
    assert await ben.page.evaluate(PLACES) == before
