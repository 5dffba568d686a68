"""Texts that leave later: asked for in one's own zone, shown to all, taken back or sent at once."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, expect

from server.store.database import Transaction
from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA = "+12025550143"


async def open_one(team: Team) -> tuple[str, Window]:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben = await team.window("ben", f"/sms/{conversation}", timezone_id="America/New_York")
    await until(ben.spoken)
    return conversation, ben


async def schedule(window: Window, body: str, offer: str = "In 3 hours") -> Locator:
    await window.composer.fill(body)
    await window.page.get_by_role("button", name="Send later").click()
    dialog = window.page.get_by_role("dialog", name="Send later")
    await dialog.get_by_role("button", name=offer).click()
    await expect(dialog.get_by_role("button", name=offer)).to_have_attribute("aria-pressed", "true")
    await dialog.get_by_role("button", name="Schedule").click()
    await expect(dialog).to_have_count(0)
    return window.outbound.filter(has_text=body)


async def test_a_text_waits_for_its_moment_and_leaves_by_itself(team: Team) -> None:
    """Everybody sees when. Ready and the wait are as the rules say: the wait ends when it leaves."""
    conversation, ben = await open_one(team)
    await team.text(MARIA, "And tomorrow?", to=team.own)
    ana = await team.window("ana", f"/sms/{conversation}")
    waiting = await schedule(ben, "Yes, tomorrow")
    await expect(waiting).to_contain_text("Scheduled for")
    await expect(ben.composer).to_have_value("")
    await expect(ana.outbound.filter(has_text="Yes, tomorrow")).to_contain_text("Scheduled for")
    await expect(ana.outbound.filter(has_text="Yes, tomorrow").get_by_role("button")).to_have_count(0)
    await expect(ben.page.get_by_role("timer")).to_be_visible()
    [asked] = [message for message in await team.messages(conversation) if message["state"] == "scheduled"]
    due = datetime.fromisoformat(asked["send_at"]) - datetime.now(UTC)
    assert timedelta(hours=2, minutes=59) < due <= timedelta(hours=3)

    async def come(tx: Transaction) -> None:
        await tx.run("update messages set send_at = :at where id = :id", at=tx.now, id=asked["id"])

    await team.database.write(come)
    for window in (ben, ana):
        await expect(window.outbound.filter(has_text="Yes, tomorrow")).to_contain_text("Delivered")
    await expect(ben.page.get_by_role("timer")).to_have_count(0)


async def test_a_scheduled_text_is_taken_back(team: Team) -> None:
    conversation, ben = await open_one(team)
    waiting = await schedule(ben, "Not yet")
    await waiting.get_by_role("button", name="Cancel").click()
    await expect(waiting).to_contain_text("Cancelled")
    await expect(waiting.get_by_role("button")).to_have_count(0)
    await ben.page.reload()
    await expect(ben.outbound.filter(has_text="Not yet")).to_contain_text("Cancelled")
    assert [message["state"] for message in await team.messages(conversation)][-1] == "cancelled"


async def test_a_scheduled_text_is_sent_at_once(team: Team) -> None:
    conversation, ben = await open_one(team)
    waiting = await schedule(ben, "After all now")
    await waiting.get_by_role("button", name="Send now").click()
    await expect(waiting).to_contain_text("Delivered")
    assert [message["body"] for message in await team.messages(conversation)].count("After all now") == 1


async def test_the_moment_is_in_ones_own_zone_and_said_in_the_contacts_and_none_is_past(team: Team) -> None:
    conversation, ben = await open_one(team)
    contact = (await team.call("ben", "GET", f"conversations/{conversation}"))["contact"]["id"]
    await team.call("mia", "PATCH", f"contacts/{contact}", timezone="Europe/Berlin")
    await ben.composer.fill("Good morning")
    await ben.page.get_by_role("button", name="Send later").click()
    dialog = ben.page.get_by_role("dialog", name="Send later")
    await dialog.get_by_role("button", name="Tomorrow, 09:00").click()
    await expect(dialog).to_contain_text("Tomorrow, 09:00 in your time zone, America/New_York.")
    await expect(dialog).to_contain_text(re.compile("For Maria Garcia it is 1[45]:00 then."))
    await dialog.get_by_label("Date").fill("2020-01-01")
    await expect(dialog).to_contain_text("Choose a moment to come.")
    await expect(dialog.get_by_role("button", name="Schedule")).to_be_disabled()
    await ben.page.keyboard.press("Escape")
    await expect(ben.composer).to_have_value("Good morning")
