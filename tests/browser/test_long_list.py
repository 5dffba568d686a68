"""A list of thousands: few rows in the page, numbered rightly, and still under a person's eyes while texts pour in."""

import pytest
from playwright.async_api import expect

from server.settings import Settings
from tests.fixtures.browser import Team, Window
from tests.fixtures.crowd import Crowd, crowd_of
from tests.fixtures.waiting import until

PEOPLE = 2500
FIRST_IN_SIGHT = """() => {
  const top = document.querySelector(".rows").getBoundingClientRect().top;
  const row = [...document.querySelectorAll(".row a")].find((each) => each.getBoundingClientRect().top >= top);
  return [row.dataset.id, Math.round(row.getBoundingClientRect().top)];
}"""


async def scroll_to(window: Window, row: int) -> None:
    """Further rows are read as one scrolls."""

    async def there() -> bool:
        await window.page.locator(".rows").evaluate(f"(box) => {{ box.scrollTop = {row} * 68 }}")
        return await window.page.locator(f"[aria-posinset='{row + 1}']").count() > 0

    await until(there, within=60)


async def rows(window: Window) -> int:
    return await window.page.locator(".row").count()


async def sized(window: Window, row: int) -> tuple[str | None, str | None]:
    item = window.page.locator(f"[aria-posinset='{row}']")
    return await item.get_attribute("aria-posinset"), await item.get_attribute("aria-setsize")


async def storm(crowd: Crowd) -> None:
    await crowd.rage(200, 2)


@pytest.mark.timeout(600)
async def test_a_list_of_thousands_stays_where_the_person_is_while_texts_pour_in(team: Team, settings: Settings) -> None:
    """UX 14, 15, 17, 18."""
    async with crowd_of(team, settings, PEOPLE) as crowd:
        ben = await team.window("ben")
        await until(lambda: rows(ben))
        assert await rows(ben) <= 40
        for row in (PEOPLE, PEOPLE // 2, 1):
            await scroll_to(ben, row - 1)
            assert await sized(ben, row) == (str(row), str(PEOPLE))
            assert await rows(ben) <= 40
        await scroll_to(ben, 2000)
        before = await ben.page.evaluate(FIRST_IN_SIGHT)
        await storm(crowd)
        assert await ben.page.evaluate(FIRST_IN_SIGHT) == before
        await ben.page.get_by_role("button", name="updated").click()
        third = ben.page.locator("[aria-posinset='3'] a")
        await third.focus()
        focused = await third.get_attribute("data-id")
        await storm(crowd)
        assert await ben.page.evaluate("document.activeElement.dataset.id") == focused
        await expect(ben.page.locator(".row a:focus")).to_be_in_viewport()
        assert await rows(ben) <= 41
