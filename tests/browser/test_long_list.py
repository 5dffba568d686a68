"""A list of thousands: few rows in the page, numbered rightly, and still under a person's eyes while texts pour in."""

import json
import re

import pytest
from playwright.async_api import WebSocketRoute, expect

from server.settings import Settings
from tests.fixtures.browser import Team, Window
from tests.fixtures.crowd import Crowd, crowd_of, phone
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


class Line:
    """A line to the server through which a test may say that the tab has to begin anew."""

    def __init__(self) -> None:
        self._line: WebSocketRoute | None = None
        self.position = 0

    def lay(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        self._line = line

        def heard(frame: str | bytes) -> None:
            self.position = json.loads(frame).get("position", self.position)
            line.send(frame)

        server.on_message(heard)

    def reset(self) -> None:
        assert self._line is not None
        self._line.send(json.dumps({"op": "reset", "position": self.position, "why": "too_far"}))


async def test_a_tab_that_begins_anew_stays_where_the_person_is(team: Team, settings: Settings) -> None:
    """CONTRACT's `reset`: the list is read again down to the rows in sight, and no one is thrown to its top."""
    async with crowd_of(team, settings, 400):
        line, ben = Line(), await team.window("ben", None)
        await ben.page.route_web_socket(re.compile("/ws$"), line.lay)
        await ben.go("/sms")
        await scroll_to(ben, 320)
        before = await ben.page.evaluate(FIRST_IN_SIGHT)
        read = len(ben.requests)
        line.reset()

        async def read_again() -> bool:
            pages = [request for request in ben.requests[read:] if "/conversations?view=mine" in request.url]
            return len(pages) >= 3 and await ben.is_live()

        await until(read_again)
        assert await ben.page.evaluate(FIRST_IN_SIGHT) == before
        await team.text(phone(0), "After all that", to=team.own)
        await expect(ben.page.get_by_role("button", name="updated")).to_be_visible()
        assert await ben.page.evaluate(FIRST_IN_SIGHT) == before
