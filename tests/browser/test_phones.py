"""The contacts' phones in the sandbox."""

from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.happenings import MARIA
from tests.fixtures.intercept import hold


async def test_who_types_a_number_before_the_phones_are_there_is_not_interrupted(team: Team) -> None:
    await team.talk("Maria Garcia", MARIA, "Hello")
    mia = await team.window("mia")
    there = await hold(mia.page, "**/sandbox/phones")
    await mia.page.goto("/sandbox")
    field = mia.page.get_by_label("Phone number")
    await field.click()
    there.set()
    await expect(mia.page.locator("#phones option").first).to_be_attached()
    await field.press_sequentially("+1202")
    await expect(field).to_have_value("+1202")
