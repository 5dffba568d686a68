"""A text that its carrier may have taken, as an agent meets it; and where a manager sees that the carrier's list is read."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.test_access import violations
from tests.fixtures.browser import Team, Window
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.centre import ACCOUNT_SID, AUTH_TOKEN
from tests.fixtures.forks import Forks
from tests.fixtures.house import House, open_house
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until

MARIA, WEI, FRONT = "+12025550143", "+12025550144", "+12025550120"
KEYS = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}


@pytest_asyncio.fixture(loop_scope="session")
async def twilio() -> AsyncIterator[TwilioApi]:
    api = CarrierApi()
    await api.start()
    yield TwilioApi(api)
    await api.stop()


@pytest.fixture
def own_house(tmp_path: Path, forks: Forks, twilio: TwilioApi) -> Iterator[House]:
    """One whose Twilio is on this machine."""
    yield from open_house(tmp_path / "house", forks, CARRIER_TWILIO_URL=twilio.url)


async def test_a_text_that_may_have_been_sent_is_sent_again_by_hand_or_said_to_have_arrived(own_team: Team, twilio: TwilioApi) -> None:
    line = (await own_team.call("mia", "POST", "carriers", kind="twilio", name="Main", credentials=KEYS))["id"]
    did = (await own_team.call("mia", "POST", "dids", number=FRONT, carrier=line, capabilities=["sms"], label="Front"))["id"]
    twilio.says_nothing = True
    started = await own_team.call("ana", "POST", "messages", to=MARIA, body="Your order is here", did=did, client_id="c1")
    ana = await own_team.window("ana", f"/sms/{started['conversation']['id']}")
    first = ana.page.locator(".message.outbound").nth(0)
    await expect(first).to_contain_text(re.compile(r"Not confirmed: .*may have been sent", re.IGNORECASE))
    assert await violations(ana.page) == []

    twilio.says_nothing = False
    await first.get_by_role("button", name="Send again").click()
    second = ana.page.locator(".message.outbound").nth(1)
    await expect(second).to_contain_text("Sent")
    await expect(first).to_contain_text("It was sent again.")
    await expect(first.get_by_role("button")).to_have_count(0)
    assert len({text.body for text in twilio.taken}) == 1, "the same words, with the opt-out line"
    assert len(twilio.taken) == 2

    twilio.says_nothing = True
    await ana.write("We close at five")
    third = ana.page.locator(".message.outbound").nth(2)
    await expect(third).to_contain_text("Not confirmed")
    await third.get_by_role("button", name="It arrived").click()
    await expect(third.locator(".message-state")).to_have_text("Sent")
    await expect(third.get_by_role("button")).to_have_count(0)
    assert len(twilio.taken) == 3

    async def read_back() -> bool:
        listed = (await own_team.call("mia", "GET", "carriers"))["items"]
        return any(each["id"] == line and each["read_back"] for each in listed)

    await until(read_back)
    mia = await own_team.window("mia", "/settings/carriers")
    row = mia.page.get_by_role("row").filter(has_text="Main")
    await expect(row).to_contain_text("Read back just now, nothing new")
    await expect(mia.page.get_by_role("row").filter(has_text="simulated phones")).not_to_contain_text("ead back")


async def test_the_page_of_carriers_says_by_itself_that_a_new_one_was_read_back(own_team: Team, twilio: TwilioApi) -> None:
    """Its list is still being read when the page is opened. No event tells that it was; who left the page asks no more."""
    mia = await own_team.window("mia", "/settings/saved-replies")
    await mia.page.clock.install()
    row = mia.page.get_by_role("row").filter(has_text="New")
    twilio.lists_out.clear()
    await own_team.call("mia", "POST", "carriers", kind="twilio", name="New", credentials=KEYS)
    await mia.page.get_by_role("link", name="Carriers").click()
    await expect(row).to_contain_text("Not read back yet")

    await mia.page.get_by_role("link", name="Saved replies").click()
    await expect(mia.page.get_by_role("heading", name="Saved replies")).to_be_visible()
    asked = await asked_until_now(mia, "/carriers")
    await mia.page.clock.fast_forward(61_000)
    assert await asked_until_now(mia, "/carriers") == asked

    await mia.page.get_by_role("link", name="Carriers").click()
    await expect(row).to_contain_text("Not read back yet")
    twilio.lists_out.set()
    await expect(row).to_contain_text("Read back just now, nothing new")


async def asked_until_now(window: Window, path: str) -> int:
    """How often its tab has asked for this. Requests are told of in their order, but later than what is on the page."""
    marks = calls(window, "/mark")
    await window.page.evaluate("void fetch('/api/v1/mark')")
    await until(lambda: calls(window, "/mark") > marks)
    return calls(window, path)


def calls(window: Window, path: str) -> int:
    return sum(f"/api/v1{path}" in request.url for request in window.requests)


async def test_a_text_that_failed_is_sent_again_by_hand_and_once(own_team: Team, twilio: TwilioApi) -> None:
    line = (await own_team.call("mia", "POST", "carriers", kind="twilio", name="Second", credentials=KEYS))["id"]
    did = (await own_team.call("mia", "POST", "dids", number="+12025550121", carrier=line, capabilities=["sms"], label="Back"))["id"]
    twilio.refuses = 21211
    started = await own_team.call("ana", "POST", "messages", to=WEI, body="Your order is here", did=did, client_id="c1")
    ana = await own_team.window("ana", f"/sms/{started['conversation']['id']}")
    first, second = ana.page.locator(".message.outbound").nth(0), ana.page.locator(".message.outbound").nth(1)
    await expect(first).to_contain_text("Not sent")
    assert await violations(ana.page) == []
    await expect(first.get_by_role("button")).to_have_count(1)

    twilio.refuses = None
    await first.get_by_role("button", name="Send again").click()
    await expect(second).to_contain_text("Sent")
    await expect(second.locator(".words")).to_have_text("Your order is here Reply STOP to unsubscribe.")
    await expect(ana.page.locator(".message.outbound").get_by_role("button")).to_have_count(0)


async def test_a_number_is_given_a_rate(own_team: Team) -> None:
    mia = await own_team.window("mia", "/settings/dids")
    row = mia.page.get_by_role("row").filter(has_text="Support")
    await row.get_by_role("button", name="Edit").click()
    dialog = mia.page.get_by_role("dialog")
    rate = dialog.get_by_label("Segments a second, at most")
    await rate.fill("0")
    await dialog.get_by_role("button", name="Save").click()
    await expect(rate).to_have_accessible_description(re.compile("1"))
    await rate.fill("3")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("at most 3 segments a second")
    await row.get_by_role("button", name="Edit").click()
    await rate.fill("")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).not_to_contain_text("a second")


async def test_a_new_number_is_offered_what_its_carrier_usually_allows(own_team: Team) -> None:
    line = (await own_team.call("mia", "POST", "carriers", kind="twilio", name="Main", credentials=KEYS))["id"]
    await own_team.call("mia", "POST", "carriers", kind="plivo", name="Second", credentials={"auth_id": "MA1", "auth_token": "0" * 40})
    secret = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    await own_team.call("mia", "POST", "carriers", kind="generic", name="Third", credentials=secret)
    await own_team.call("mia", "POST", "dids", number=FRONT, carrier=line, capabilities=["sms"], label="Front")
    mia = await own_team.window("mia", "/settings/dids")
    row = mia.page.get_by_role("row").filter(has_text="Front")
    await expect(row).to_contain_text("no limit set (usually 1 a second)")
    await row.get_by_role("button", name="Edit").click()
    dialog = mia.page.get_by_role("dialog")
    rate, over = dialog.get_by_label("Segments a second, at most"), dialog.get_by_label("Carrier")
    await expect(rate).to_have_value("")
    await expect(rate).to_have_accessible_description(re.compile("usually allows 1 segment a second"))
    await dialog.get_by_role("button", name="Cancel").click()

    await mia.page.get_by_role("button", name="Add number").click()
    for name, usual in (("Main", "1"), ("Second", "5"), ("Third", ""), ("Second", "5")):
        await over.select_option(label=name)
        await expect(rate).to_have_value(usual)
    await rate.fill("12")
    await over.select_option(label="Main")
    await expect(rate).to_have_value("12")
    await rate.fill("1")
    await dialog.get_by_label("Number").fill("+1 202 555 0121")
    await dialog.get_by_label("Label").fill("Back")
    await dialog.get_by_role("button", name="Add number").click()
    await expect(mia.page.get_by_role("row").filter(has_text="Back")).to_contain_text("at most 1 segment a second")
    assert await violations(mia.page) == []
