"""The main job in three agents' windows and on a contact's phone."""

import time

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team, press_together
from tests.fixtures.waiting import until

MARIA = "+12025550143"


@pytest.mark.alone
async def test_a_text_alerts_owner_and_subscriber_and_its_answer_shows_on_the_phone(team: Team) -> None:
    """UX 13, 47. The owner's and the subscriber's tabs need no call but the load of a conversation that they do not know."""
    conversation = await team.talk("Maria Garcia", MARIA, "First words", to=team.own)
    await team.send("ben", conversation, "Hello Maria")
    await team.read("ben", conversation)
    await team.call("ana", "PUT", f"conversations/{conversation}/subscription")
    windows = await team.open_windows("ben", "ana", "dana")
    ben, ana, dana = windows
    await ana.page.get_by_role("tab", name="Subscribed").click()
    await expect(ana.page.get_by_role("link", name="Maria Garcia")).to_be_visible()
    await dana.page.get_by_role("tab", name="All").click()
    await expect(dana.page.get_by_role("link", name="Maria Garcia")).to_be_visible()
    phone = await team.window("mia", "/sandbox")
    await phone.page.get_by_label("Phone number").fill(MARIA)
    await expect(phone.page.get_by_role("log")).to_contain_text("Hello Maria")
    await phone.page.get_by_label("Texts to").select_option(team.own)
    for window in windows:
        await window.cut_off()

    await phone.page.get_by_label("Text message").fill("Is Thursday still good?")
    await phone.page.get_by_role("button", name="Text in").click()
    for window in (ben, ana):
        row = window.page.get_by_role("link", name="Maria Garcia")
        await expect(row).to_contain_text("Is Thursday still good?", timeout=1000)
        await expect(row).to_contain_text("1 unread")
        await window.title_is("(1) SMS · Partyline")
        await until(window.toast_says("Maria Garcia: Is Thursday still good?"))
    assert await dana.page.title() == "SMS · Partyline"
    assert await dana.toast() == ""

    for window in windows:
        await window.context.unroute_all()
        await window.page.get_by_role("link", name="Maria Garcia").click()
        await until(window.spoken)
    await ben.write("Yes, at three")
    for window in windows:
        await expect(window.page.locator(".message.outbound").last).to_contain_text("Yes, at three", timeout=1000)
    await expect(phone.page.get_by_role("log")).to_contain_text("Yes, at three")
    await expect(ben.page.locator(".message.outbound").last).to_contain_text("Delivered")


@pytest.mark.alone
async def test_an_unanswered_text_goes_public_and_of_two_claims_one_wins(team: Team) -> None:
    """UX 55, 58, 59. The owner is told; the loser sees who won, hears it at once, and goes on with the next row."""
    wei = await team.talk("Wei Chen", "+12025550144")
    maria = await team.talk("Maria Garcia", MARIA, "Anybody there?", to=team.own)
    [ben], [ana, dana] = await team.open_windows("ben"), await team.open_windows("ana", "dana", path="/pool")
    for window in (ana, dana):
        await expect(window.pool_row("Wei Chen")).to_be_visible()
    await team.let_wait(wei, left=10, minutes=1)
    await team.let_wait(maria, left=1.5, minutes=1)
    due = time.monotonic() + 1.5
    await team.call("mia", "PATCH", "settings", sms_public_minutes=1)
    for window in (ana, dana):
        await expect(window.pool_row("Maria Garcia")).to_be_visible(timeout=(due + 2 - time.monotonic()) * 1000)
    assert time.monotonic() > due - 0.1
    await until(ben.toast)
    assert await ben.toast() == "Maria Garcia is now public after 1 minute without an answer."
    await expect(ben.page.get_by_role("link", name="Maria Garcia")).to_contain_text("public")

    await press_together([window.pool_row("Maria Garcia").get_by_role("button") for window in (ana, dana)])
    won = (await until_owned(team, maria, not_by="Ben"))["name"]
    winner, loser = (ana, dana) if won == "Ana" else (dana, ana)
    await expect(loser.page.get_by_role("alert")).to_contain_text(f"{won} claimed Maria Garcia first.")
    await expect(loser.pool_row("Maria Garcia")).to_contain_text(f"Claimed by {won}")
    await expect(loser.pool_row("Wei Chen").get_by_role("button")).to_be_focused()
    await expect(winner.page.get_by_label("Message", exact=True)).to_be_focused()
    await expect(winner.page.get_by_text("Owner: you")).to_be_visible()
    assert winner.page.url.endswith(f"/sms/{maria}")
    await until(ben.toast_says(f"{won} claimed your conversation with Maria Garcia. You still get its alerts."))


async def until_owned(team: Team, conversation: str, *, not_by: str) -> dict[str, str]:
    """Its owner, once that is another."""
    owner: dict[str, str] = {"name": not_by}

    async def changed() -> bool:
        owner.update((await team.call("mia", "GET", f"conversations/{conversation}"))["owner"])
        return owner["name"] != not_by

    await until(changed)
    return owner
