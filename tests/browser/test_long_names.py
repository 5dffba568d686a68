"""Long names, labels and addresses in narrow windows: nothing is pushed out, and no word is broken where there is room."""

import pytest
from playwright.async_api import expect

from tests.browser.test_access import violations
from tests.fixtures.browser import Team

MARIA = "+12025550143"
LINES = """box => {
  const words = document.createRange();
  words.selectNodeContents(box);
  return new Set([...words.getClientRects()].map((each) => Math.round(each.top))).size;
}"""
SIDEWAYS = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize("width", [320, 390])
async def test_a_number_with_a_long_label_does_not_widen_the_conversation(team: Team, width: int) -> None:
    dids = (await team.call("mia", "GET", "dids"))["items"]
    own = next(each["id"] for each in dids if each["number"] == team.own)
    await team.call("mia", "PATCH", f"dids/{own}", label="The rather long label of the front desk in Springfield")
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}", viewport={"width": width, "height": 640})
    await expect(ben.page.get_by_label("From", exact=True)).to_be_visible()
    assert not await ben.page.evaluate(SIDEWAYS)


async def test_the_table_of_numbers_breaks_neither_a_number_nor_its_carrier(team: Team) -> None:
    dids = (await team.call("mia", "GET", "dids"))["items"]
    support = next(each["id"] for each in dids if each["number"] == team.support)
    await team.call("mia", "PATCH", f"dids/{support}", capabilities=["sms", "mms"])
    conversation = await team.talk("Maria Garcia", MARIA)
    await team.send("ana", conversation, "Until five")
    await team.text(MARIA, "STOP")
    mia = await team.window("mia", "/settings/dids", viewport={"width": 1100, "height": 800})
    row = mia.page.get_by_role("row").filter(has_text="Support")
    await expect(row.locator(".cell-health")).to_contain_text("1 opted out")
    await expect(row.locator(".cell-carrier bdi")).to_have_text("Sandbox")
    for place in (".cell-carrier bdi", ".cell-number .stacked > bdi"):
        assert await row.locator(place).evaluate(LINES) == 1, place
    assert not await mia.page.evaluate(SIDEWAYS)


async def test_a_carriers_addresses_have_the_whole_card_on_a_phone(team: Team) -> None:
    mia = await team.window("mia", "/settings/carriers", viewport={"width": 320, "height": 640})
    place = mia.page.locator(".hooks code").first
    await expect(place).to_be_visible()
    assert await place.evaluate("code => code.getBoundingClientRect().width") >= 170
    assert not await mia.page.evaluate(SIDEWAYS)


async def test_the_button_of_the_pages_says_how_many_are_unread(team: Team) -> None:
    ben = await team.window("ben", "/pool", viewport={"width": 390, "height": 780})
    await expect(ben.page.get_by_role("button", name="Pages", exact=True)).to_be_visible()
    await team.talk("Maria Garcia", MARIA, to=team.own)
    await expect(ben.page.get_by_role("button", name="Pages, 1 unread", exact=True)).to_be_visible()
    assert await violations(ben.page) == []


async def test_a_credential_that_is_not_right_is_said_at_its_field(team: Team) -> None:
    mia = await team.window("mia", "/settings/carriers")
    await mia.page.get_by_role("button", name="Add carrier").click()
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("Kind").select_option("twilio")
    await dialog.get_by_label("Account SID").fill("wrong one")
    await dialog.get_by_label("Auth token").fill("s3cret")
    await dialog.get_by_role("button", name="Add carrier").click()
    await expect(dialog.get_by_label("Account SID")).to_be_focused()
    await expect(dialog.get_by_label("Account SID")).to_have_accessible_description("This is not written as this carrier writes it.")
    await expect(dialog.get_by_label("Auth token")).to_have_value("s3cret")


async def test_words_in_a_row_take_the_place_of_a_state_that_is_not_there(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, "The parcel has come, and everything that was ordered is in it", to=team.own)
    await team.call("ben", "POST", f"conversations/{conversation}/no-reply-needed")
    await team.read("ben", conversation)
    ben = await team.window("ben", viewport={"width": 1100, "height": 800})
    row = ben.row("Maria Garcia")
    await expect(row.locator(".row-state")).to_be_empty()
    ends = await row.evaluate("row => ['.row-words', '.row-time'].map((one) => row.querySelector(one).getBoundingClientRect().right)")
    assert abs(ends[0] - ends[1]) < 1
