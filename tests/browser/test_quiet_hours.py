"""Quiet hours: set in words, seen while one writes, and never in the way of a text that may leave."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, expect

from tests.browser.test_access import violations
from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA = "+12025550143"
ANCHORAGE = "America/Anchorage"
OPENS = timedelta(hours=2)


def clock(at: datetime) -> str:
    return at.astimezone(ZoneInfo(ANCHORAGE)).strftime("%H:%M")


async def quiet(team: Team, *, begins: timedelta = timedelta(hours=-2), ends: timedelta = OPENS) -> datetime:
    """It is quiet in Anchorage for two hours to come, and replies are not exempt; when it ends."""
    now = datetime.now(UTC)
    hours = {"from": clock(now + begins), "to": clock(now + ends), "exempt_reply_hours": 0, "state_hours": False}
    await team.call("mia", "PATCH", "settings", quiet_hours=hours)
    return (now + ends).replace(second=0, microsecond=0)


async def talk(team: Team, who: str, **options: Any) -> tuple[str, Window]:
    """A conversation of Ben's with Maria in Anchorage, open before one of the team."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    contact = (await team.call("mia", "GET", f"conversations/{conversation}"))["contact"]["id"]
    await team.call("mia", "PATCH", f"contacts/{contact}", timezone=ANCHORAGE)
    window = await team.window(who, f"/sms/{conversation}", **options)
    await until(window.spoken)
    return conversation, window


def strip(window: Window) -> Locator:
    return window.page.locator(".composer-quiet")


async def bodies(team: Team, conversation: str) -> dict[str, str]:
    return {message["body"]: message["state"] for message in await team.messages(conversation)}


async def test_in_quiet_hours_the_composer_says_the_time_there_and_schedules(team: Team) -> None:
    conversation, ben = await talk(team, "ben")
    await expect(strip(ben)).to_have_count(0)
    opens = await quiet(team)
    await expect(strip(ben)).to_contain_text(re.compile(r"It is \d\d:\d\d in Anchorage, in quiet hours\."))
    await expect(ben.page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    await expect(ben.page.get_by_role("button", name="Send anyway")).to_have_count(0)
    offer = ben.page.get_by_role("button", name=f"Send at {clock(opens)} their time")
    await expect(offer).to_be_disabled()
    await ben.composer.fill("Good news")
    await offer.click()
    waiting = ben.outbound.filter(has_text="Good news")
    await expect(waiting).to_contain_text("Scheduled for")
    await ben.write("And more")
    await expect(ben.outbound.filter(has_text="And more")).to_contain_text("Scheduled for")
    texts = {message["body"]: message for message in await team.messages(conversation)}
    assert [datetime.fromisoformat(texts[body]["send_at"]) for body in ("Good news", "And more")] == [opens, opens]
    await waiting.get_by_role("button", name="Send now").click()
    await until(ben.toast_says("It is "))
    assert (await bodies(team, conversation))["Good news"] == "scheduled"
    await team.call("mia", "PATCH", "settings", quiet_hours=None)
    await expect(strip(ben)).to_have_count(0)
    await ben.write("By day")
    await expect(ben.outbound.filter(has_text="By day")).to_contain_text("Delivered")


async def test_a_manager_may_send_anyway_and_the_audit_says_so(team: Team) -> None:
    conversation, mia = await talk(team, "mia")
    await quiet(team)
    await mia.composer.fill("It cannot wait")
    await strip(mia).get_by_role("button", name="Send anyway").click()
    await expect(mia.outbound.filter(has_text="It cannot wait")).to_contain_text("Delivered")
    await mia.composer.fill("This can")
    await mia.composer.press("Enter")
    planned = mia.outbound.filter(has_text="This can")
    await planned.get_by_role("button", name="Send now").click()
    await until(mia.toast_says("It is "))
    await mia.page.locator(".toast").get_by_role("button", name="Send anyway").click()
    await expect(planned).to_contain_text("Delivered")
    assert set((await bodies(team, conversation)).values()) <= {"received", "delivered"}
    await mia.go("/settings/audit")
    rows = mia.page.get_by_role("table", name="Changes").get_by_role("row").filter(has_text="Quiet hours overridden")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Maria Garcia")
    await expect(rows.first).to_contain_text("Anchorage")


async def test_a_text_that_crossed_the_beginning_of_quiet_hours_is_held_with_the_same_offers(team: Team) -> None:
    """The tab has not heard of them: what is asked about them is kept from it."""
    conversation, ben = await talk(team, "ben")
    await intercept(ben.page, "**/quiet-hours", lambda route: route.abort())
    opens = await quiet(team)
    await ben.write("Too late")
    held = ben.page.locator(".message.held")
    await expect(held).to_contain_text("Held: It is ")
    await expect(held.get_by_role("button", name="Send anyway")).to_have_count(0)
    assert "Too late" not in await bodies(team, conversation)
    await held.get_by_role("button", name=f"Send at {clock(opens)} their time").click()
    await expect(ben.outbound.filter(has_text="Too late")).to_contain_text("Scheduled for")
    assert (await bodies(team, conversation))["Too late"] == "scheduled"


async def test_a_moment_that_is_quiet_there_is_said_before_and_moved(team: Team) -> None:
    conversation, ben = await talk(team, "ben")
    opens = await quiet(team, begins=timedelta(minutes=30), ends=timedelta(minutes=100))
    await ben.composer.fill("Later then")
    await ben.page.get_by_role("button", name="Send later").click()
    dialog = ben.page.get_by_role("dialog", name="Send later")
    await dialog.get_by_role("button", name="In 3 hours").click()
    await expect(dialog).to_contain_text("For Maria Garcia it is")
    await expect(dialog).not_to_contain_text("quiet hours")
    await dialog.get_by_role("button", name="In 1 hour").click()
    await expect(dialog).to_contain_text(f"That is in quiet hours: it leaves at {clock(opens)} their time.")
    await dialog.get_by_role("button", name="Schedule").click()
    await expect(ben.outbound.filter(has_text="Later then")).to_contain_text("after quiet hours there")
    [text] = [message for message in await team.messages(conversation) if message["body"] == "Later then"]
    assert datetime.fromisoformat(text["send_at"]) == datetime.fromisoformat(text["held_until"]) == opens


async def test_a_first_text_in_quiet_hours_can_be_scheduled_from_the_contact_and_from_a_number(team: Team) -> None:
    contact = await team.contact("Wei Chen", "+12025550144", timezone=ANCHORAGE)
    opens = await quiet(team)
    ben = await team.window("ben", f"/contacts/{contact}/sms")
    await ben.write("Hello Wei")
    await expect(ben.page.locator(".form-fault")).to_contain_text("in quiet hours")
    await ben.page.get_by_role("button", name=f"Send at {clock(opens)} their time").click()
    await expect(ben.outbound).to_contain_text("Scheduled for")
    omar = await team.contact("Omar Haddad", "+12025550145", timezone=ANCHORAGE)
    assert omar
    mia = await team.window("mia", "/sms")
    await mia.page.keyboard.press("n")
    dialog = mia.page.get_by_role("dialog", name="New text")
    await dialog.get_by_label("Send To").fill("Omar")
    await mia.page.get_by_role("option", name=re.compile("Omar Haddad")).click()
    await dialog.get_by_label("Message").fill("Hello Omar")
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(dialog.locator(".form-fault")).to_contain_text("in quiet hours")
    await expect(dialog.get_by_role("button", name=f"Send at {clock(opens)} their time")).to_be_visible()
    await dialog.get_by_label("Send anyway, in quiet hours").check()
    await dialog.get_by_role("button", name="Send", exact=True).click()
    await expect(mia.outbound).to_contain_text("Delivered")


async def test_quiet_hours_are_set_in_words_and_another_managers_change_is_said(team: Team) -> None:
    mia = await team.window("mia", "/settings/messaging", timezone_id=ANCHORAGE)
    page = mia.page
    await page.get_by_label("Texts do not leave in quiet hours").check()
    await expect(page.get_by_label("From", exact=True)).to_have_value("20:00")
    await expect(page.get_by_label("Time zone of the account")).to_have_value(ANCHORAGE)
    await page.get_by_label("To", exact=True).fill("09:30")
    await expect(page.get_by_label("From", exact=True)).to_have_accessible_description(
        re.compile("Nothing leaves from 20:00 until 09:30 the next morning, by the contact’s clock.")
    )
    await page.get_by_label("Replies are exempt for").fill("999")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Write hours from 0 to 168.")).to_be_visible()
    await page.get_by_label("Replies are exempt for").fill("12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text(re.compile(r"\(saved \d\d:\d\d\)"))).to_be_visible()
    saved = await team.call("mia", "GET", "settings")
    assert saved["quiet_hours"] == {"from": "20:00", "to": "09:30", "exempt_reply_hours": 12, "state_hours": True}
    assert saved["timezone"] == ANCHORAGE
    await page.get_by_label("From", exact=True).fill("21:00")
    await team.call("mia", "PATCH", "settings", opt_out_text="Text STOP to stop.")
    await expect(page.get_by_label("From", exact=True)).to_have_value("21:00")
    await page.get_by_label("Texts do not leave in quiet hours").uncheck()
    await page.get_by_role("button", name="Save").click()

    async def off() -> bool:
        return (await team.call("mia", "GET", "settings"))["quiet_hours"] is None

    await until(off)
    await page.get_by_role("link", name="Audit").click()
    change = page.get_by_role("table", name="Changes").get_by_role("row").nth(1)
    await expect(change).to_contain_text("quiet hours 20:00 to 09:30, but replies within 12 hours")


def where_it_is_late() -> str:
    """A zone where it is between ten and eleven in the evening."""
    ahead = (22 - datetime.now(UTC).hour) % 24
    return f"Etc/GMT{-ahead}" if ahead <= 12 else f"Etc/GMT+{24 - ahead}"


async def test_a_states_own_hours_are_kept_unless_a_manager_says_otherwise_and_the_strip_names_them(team: Team) -> None:
    conversation = await team.talk("Rosa Diaz", "+13055550143", to=team.own)
    contact = (await team.call("mia", "GET", f"conversations/{conversation}"))["contact"]["id"]
    await team.call("mia", "PATCH", f"contacts/{contact}", timezone=where_it_is_late())
    ben, mia = await team.window("ben", f"/sms/{conversation}"), await team.window("mia", "/settings/messaging")
    page = mia.page
    await page.get_by_label("Texts do not leave in quiet hours").check()
    for label, value in (("From", "03:00"), ("To", "03:01"), ("Replies are exempt for", "0")):
        await page.get_by_label(label, exact=True).fill(value)
    own = page.get_by_label("Keep the states’ own hours too")
    await expect(own).to_be_checked()
    await page.get_by_text("The hours of 10 states").click()
    await expect(page.get_by_text("Texas").locator("xpath=..")).to_contain_text("Sunday 12:00–\u206021:00")
    assert await violations(page) == []
    await page.get_by_role("button", name="Save").click()
    await expect(strip(ben)).to_contain_text("in quiet hours. Florida: 08:00–\u206020:00.")
    await expect(ben.page.get_by_role("button", name="Send at 08:00 their time")).to_be_visible()
    await own.uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(strip(ben)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_strip_and_the_settings_fit_a_phone_and_axe_finds_nothing(team: Team, scheme: Any) -> None:
    _, mia = await talk(team, "mia", viewport={"width": 320, "height": 720}, color_scheme=scheme)
    await quiet(team)
    await mia.composer.fill("Good news")
    await expect(strip(mia)).to_be_visible()
    for path in (None, "/settings/messaging"):
        if path:
            await mia.go(path)
            await expect(mia.page.get_by_label("Replies are exempt for")).to_be_visible()
        assert await mia.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert await violations(mia.page) == []
