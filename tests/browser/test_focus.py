"""Where the focus is after what had it is gone: never at the top of the page, where one begins with Tab anew."""

from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA = "+12025550143"


async def test_a_dialog_gives_the_focus_back_however_it_is_closed(team: Team) -> None:
    mia = await team.window("mia", "/settings/dids")
    page = mia.page
    edit = page.get_by_role("button", name="Edit").first
    for end in ("Cancel", "Close", "Save", "Escape"):
        await edit.focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_be_visible()
        if end == "Escape":
            await page.keyboard.press(end)
        else:
            await dialog.get_by_role("button", name=end, exact=True).click()
        await expect(dialog).to_have_count(0)
        await expect(edit).to_be_focused()


async def test_a_button_that_is_gone_when_its_work_is_done_leaves_the_focus_in_the_log(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    page = ben.page
    await until(ben.spoken)
    await page.get_by_role("button", name="No reply needed").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_be_focused()
    await team.text(MARIA, "please stop texting me", to=team.own)
    await page.get_by_role("button", name="Not an opt-out").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("group", name="Opt-out?")).to_have_count(0)
    await expect(page.get_by_role("log")).to_be_focused()


async def test_a_composer_that_closes_while_one_writes_leaves_the_focus_in_the_log(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await ben.composer.fill("We open at")
    await team.text(MARIA, "STOP", to=team.own)
    await expect(ben.page.locator(".composer-closed")).to_be_visible()
    await expect(ben.page.get_by_role("log")).to_be_focused()


async def test_a_row_that_is_removed_leaves_the_focus_in_the_page(team: Team) -> None:
    carrier = await team.call("mia", "POST", "carriers", kind="sandbox", name="Spare", credentials={})
    assert carrier["id"]
    mia = await team.window("mia", "/settings/carriers")
    row = mia.page.get_by_role("row").filter(has_text="Spare")
    await row.get_by_role("button", name="Remove").click()
    await mia.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(row).to_have_count(0)
    await expect(mia.page.get_by_role("main")).to_be_focused()


async def test_deliveries_are_in_sight_when_they_are_opened_on_a_phone_and_give_the_focus_back(team: Team) -> None:
    await team.call("mia", "POST", "webhooks", url="https://warehouse.invalid/in", description="Warehouse")
    mia = await team.window("mia", "/settings/webhooks", viewport={"width": 320, "height": 480})
    opener = mia.page.get_by_role("button", name="Deliveries of Warehouse")
    await opener.click()
    heading = mia.page.get_by_role("heading", name="Deliveries to Warehouse")
    await expect(heading).to_be_focused()
    await expect(heading).to_be_in_viewport()
    await mia.page.get_by_role("button", name="Close deliveries").click()
    await expect(opener).to_be_focused()
