"""A text that may be an opt-out, as people see it and decide; and the list of opt-outs."""

from pathlib import Path

from playwright.async_api import FilePayload, expect

from server.store.database import Transaction
from tests.browser.test_access import violations
from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA = "+12025550143"


async def test_everybody_sees_the_mark_and_that_it_goes_and_who_decided(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    mia = await team.window("mia", f"/sms/{conversation}")
    await until(ben.spoken)
    await team.text(MARIA, "Do not text me again", to=team.own)
    for window in (ben, mia):
        await expect(window.page.locator(".thread-facts").get_by_text("Opt-out?")).to_be_visible()
        await expect(window.page.get_by_role("group", name="Opt-out?")).to_be_visible()
    await expect(ben.row("Maria Garcia").get_by_text("Opt-out?")).to_be_visible()
    assert await violations(ben.page) == []
    await ben.write("I am sorry. Shall we stop?")
    await expect(ben.outbound.last).to_contain_text("Shall we stop?")
    await mia.page.get_by_role("button", name="Not an opt-out").click()
    for window in (ben, mia):
        await expect(window.page.get_by_role("group", name="Opt-out?")).to_have_count(0)
        await expect(window.page.locator(".thread-facts").get_by_text("Opt-out?")).to_have_count(0)
    await expect(ben.page.get_by_role("log")).to_contain_text("mia decided: it is no opt-out.")
    await mia.page.reload()
    await expect(mia.page.get_by_role("log")).to_contain_text("You decided: it is no opt-out.")
    await team.text(MARIA, "wrong number", to=team.own)
    await ben.page.get_by_role("button", name="Opt out", exact=True).click()
    for window in (ben, mia):
        await expect(window.page.locator(".composer-closed")).to_contain_text("opted out")
    await expect(ben.page.get_by_role("log")).to_contain_text("You decided: it is an opt-out.")


async def test_a_text_without_its_words_says_so_and_somebody_decides(team: Team) -> None:
    """As it is after a reading back, which `tests/desk/test_reconcile.py` does; here the database is told by hand."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.text(MARIA, "wrong number", to=team.own)
    says = "Its words are not in the carrier's list: look it up at the carrier, or ask."

    async def lose(tx: Transaction) -> None:
        words = (
            "update messages set body = '', error_code = 'no_words', error_says = :says where id in (select message from consent_reviews)"
        )
        await tx.run(f"{words} and conversation = :conversation", says=says, conversation=conversation)

    await team.database.write(lose)
    ben = await team.window("ben", f"/sms/{conversation}", viewport={"width": 320, "height": 720})
    strip = ben.page.get_by_role("group", name="Opt-out?")
    await expect(strip).to_contain_text("A text came back from the carrier’s list without its words, and may have asked for no more texts.")
    await expect(ben.page.get_by_role("log")).to_contain_text(says)
    assert await ben.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(ben.page) == []
    await strip.get_by_role("button", name="Not an opt-out").click()
    await expect(strip).to_have_count(0)


async def test_a_list_of_opt_outs_is_looked_at_imported_and_exported(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    mia = await team.window("mia", "/settings/opt-outs")
    page = mia.page
    file = FilePayload(name="list.csv", mimeType="text/csv", buffer=f"Phone,Reason\n{MARIA},Wrote a letter\nnonsense,\n".encode())
    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_role("region", name="Dry run")).to_contain_text("1 to opt out, 1 rejected")
    await expect(page.get_by_role("region", name="Rejected lines")).to_contain_text("Line 3, Phone:")
    assert await violations(page) == []
    await page.get_by_role("button", name="Opt out 1 number").click()
    await expect(page.get_by_text("Done. 1 opted out, 1 rejected", exact=True)).to_be_visible()
    await expect(ben.page.locator(".composer-closed")).to_contain_text("opted out")
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Export CSV").click()
    assert f'"\'{MARIA}"' in Path(await (await waiting.value).path()).read_text("utf-8-sig")


async def test_a_list_without_a_column_of_numbers_says_what_to_do(team: Team) -> None:
    mia = await team.window("mia", "/settings/opt-outs")
    page = mia.page
    file = FilePayload(name="list.csv", mimeType="text/csv", buffer=b"Name,Age\nMaria,33\n")
    await page.locator("input[type=file]").set_input_files(file)
    await expect(page.get_by_role("alert").filter(has_text="Head the one that does with")).to_be_visible()
    await expect(page.get_by_text("1 row", exact=False)).to_be_visible()
    await expect(page.get_by_role("region", name="Dry run")).to_have_count(0)
    await expect(page.get_by_role("button", name="Opt out", exact=True)).to_be_disabled()
