"""An answer that comes late moves nobody who went on to something else meanwhile, and takes nothing that is being written."""

import re

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import hold
from tests.fixtures.waiting import until

MARIA, WEI, OTHER = "+12025550143", "+12025550144", "+12025550147"


async def maria_with_two_numbers(team: Team) -> tuple[str, str]:
    """The contact, and the conversation with the first of her numbers."""
    phones = [{"number": number, "kind": "mobile"} for number in (MARIA, OTHER)]
    contact = await team.call("mia", "POST", "contacts", name="Maria Garcia", phones=phones)
    await team.text(MARIA, "Hello", to=team.own)
    return str(contact["id"]), await team.conversation(MARIA)


async def write_on(window: Window, at: str) -> None:
    """What is typed now still goes where it went before."""
    await window.page.keyboard.type(" day")
    await expect(window.composer).to_have_value("Good day")
    assert window.page.url.endswith(at)


@pytest.mark.parametrize(("key", "address"), [("c", "**/claim"), ("Shift+C", "**/take-next")])
async def test_who_claims_in_the_pool_and_writes_elsewhere_writes_on_and_is_told(team: Team, key: str, address: str) -> None:
    maria = await team.talk("Maria Garcia", MARIA)
    wei = await team.talk("Wei Chen", WEI)
    ana = await team.window("ana", "/pool")
    await expect(ana.pool_row("Wei Chen")).to_be_visible()
    let = await hold(ana.page, address)
    await ana.page.keyboard.press(key)
    await ana.pool_row("Wei Chen").get_by_role("link").click()
    await ana.composer.press_sequentially("Good")
    let.set()
    await until(ana.toast_says("You own the conversation with Maria Garcia now."))
    await write_on(ana, wei)
    await ana.page.locator(".toast").get_by_role("button", name="Open").click()
    await expect(ana.page).to_have_url(re.compile(maria))


async def test_a_claim_of_what_was_left_meanwhile_leaves_the_focus_where_it_is(team: Team) -> None:
    """The next keys are still keys, not letters of a text to somebody else."""
    maria = await team.talk("Maria Garcia", MARIA)
    await team.talk("Wei Chen", WEI)
    ana = await team.window("ana", f"/sms/{maria}")
    await until(ana.spoken)
    await ana.view("All")
    let = await hold(ana.page, "**/claim")
    await ana.page.keyboard.press("c")
    await expect(ana.page.get_by_role("button", name="Claiming…")).to_be_visible()
    await ana.row("Wei Chen").click()
    await expect(ana.composer).to_be_visible()
    let.set()
    await until(ana.toast_says("You own the conversation with Maria Garcia now."))
    await expect(ana.row("Wei Chen")).to_be_focused()


async def test_who_joins_from_the_feed_and_looks_at_another_conversation_stays_there(team: Team) -> None:
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    wei = await team.talk("Wei Chen", WEI, "Is it open?", to=team.own)
    mia = await team.window("mia", f"/feed?open={maria}")
    let = await hold(mia.page, "**/subscription")
    await mia.page.get_by_role("button", name="Join").click()
    await mia.page.locator(".feed-line").filter(has_text="Is it open?").click()
    await expect(mia.page).to_have_url(re.compile(f"open={wei}"))
    let.set()
    await until(mia.toast_says("You follow the conversation with Maria Garcia now."))
    await expect(mia.page).to_have_url(re.compile(f"open={wei}"))


async def test_who_has_closed_a_new_text_that_is_on_its_way_writes_on(team: Team) -> None:
    await team.contact("Maria Garcia", MARIA)
    wei = await team.talk("Wei Chen", WEI, to=team.own)
    ben = await team.window("ben", f"/sms/{wei}")
    await until(ben.spoken)
    let = await hold(ben.page, "**/api/v1/messages")
    await ben.page.get_by_role("button", name="New text").click()
    dialog = ben.page.get_by_role("dialog", name="New text")
    await dialog.get_by_role("combobox", name="Send To").fill("maria")
    await dialog.locator(".option").click()
    await dialog.get_by_label("Message").fill("Hello Maria")
    await dialog.get_by_role("button", name="Send").click()
    await dialog.get_by_role("button", name="Cancel").click()
    await ben.composer.press_sequentially("Good")
    let.set()
    await until(ben.toast_says("Your text is in the conversation with Maria Garcia."))
    await write_on(ben, wei)


async def test_who_chose_another_number_and_went_elsewhere_stays_there_and_loses_nothing(team: Team) -> None:
    contact, first = await maria_with_two_numbers(team)
    await team.text(OTHER, "It is me too", to=team.own)
    wei = await team.talk("Wei Chen", WEI, to=team.own)
    ben = await team.window("ben", f"/sms/{first}")
    await until(ben.spoken)
    address = f"**/contacts/{contact}/conversations"
    let = await hold(ben.page, address)
    await ben.composer.fill("Begun here")
    await ben.page.get_by_label("Send To").select_option(OTHER)
    await ben.row("Wei Chen").click()
    await expect(ben.composer).to_have_value("")
    await ben.composer.press_sequentially("Good")
    async with ben.page.expect_response(address) as answer:
        let.set()
    await (await answer.value).finished()
    await write_on(ben, wei)
    await ben.go(f"/sms/{first}")
    await expect(ben.composer).to_have_value("Begun here")
    assert [each["draft"] for each in (await team.call("ben", "GET", f"contacts/{contact}/conversations"))["items"]].count(None) == 1


async def test_who_chose_the_first_number_again_stays_with_it(team: Team) -> None:
    contact, first = await maria_with_two_numbers(team)
    await team.text(OTHER, "It is me too", to=team.own)
    ben = await team.window("ben", f"/sms/{first}")
    await until(ben.spoken)
    address = f"**/contacts/{contact}/conversations"
    let = await hold(ben.page, address)
    await ben.composer.fill("Good")
    await ben.page.get_by_label("Send To").select_option(OTHER)
    await ben.page.get_by_label("Send To").select_option(MARIA)
    await ben.composer.press("End")
    async with ben.page.expect_response(address) as answer:
        let.set()
    await (await answer.value).finished()
    await write_on(ben, first)


async def test_a_text_to_another_number_goes_once_and_what_is_written_after_it_stays(team: Team) -> None:
    _, first = await maria_with_two_numbers(team)
    ben = await team.window("ben", f"/sms/{first}")
    await until(ben.spoken)
    await ben.page.get_by_label("Send To").select_option(OTHER)
    await expect(ben.page.get_by_text("A text to this number goes into a conversation of its own.")).to_be_visible()
    let = await hold(ben.page, "**/api/v1/messages")
    await ben.write("Are you there")
    await expect(ben.page.locator(".composer-hint").filter(has_text="Sending…")).to_be_visible()
    await expect(ben.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await ben.composer.press("End")
    await ben.composer.press_sequentially("?")
    await ben.composer.press("Enter")
    let.set()
    await until(ben.toast_says("Your text is in the conversation with +1 (202) 555-0147."))
    await expect(ben.composer).to_have_value("Are you there?")
    await expect(ben.composer).to_be_focused()
    second = await team.conversation(OTHER)
    assert len(await team.messages(second)) == 1
    await ben.page.locator(".toast").get_by_role("button", name="Open").click()
    await expect(ben.page).to_have_url(re.compile(second))


async def test_who_goes_elsewhere_while_a_text_starts_a_conversation_stays_there(team: Team) -> None:
    """The text is no draft any more where it was written."""
    _, first = await maria_with_two_numbers(team)
    wei = await team.talk("Wei Chen", WEI, to=team.own)
    ben = await team.window("ben", f"/sms/{first}")
    await until(ben.spoken)
    await ben.page.get_by_label("Send To").select_option(OTHER)
    let = await hold(ben.page, "**/api/v1/messages")
    await ben.write("Are you there?")
    await ben.row("Wei Chen").click()
    await expect(ben.composer).to_have_value("")
    await ben.composer.press_sequentially("Good")
    let.set()
    await until(ben.toast_says("Your text is in the conversation with +1 (202) 555-0147."))
    await write_on(ben, wei)
    await ben.go(f"/sms/{first}")
    await until(ben.spoken)
    await expect(ben.composer).to_have_value("")
