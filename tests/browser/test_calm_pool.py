"""What a person points at in the pool does not move."""

import asyncio

import pytest
from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window

NAMES = {"Maria Garcia": "+12025550143", "Wei Chen": "+12025550144", "Omar Haddad": "+12025550145"}
PLACES = """async ([selector, ms]) => {
  const seen = new Set();
  const began = performance.now();
  while (performance.now() - began < ms) {
    const rows = [...document.querySelectorAll(selector)].map((row) => Math.round(row.getBoundingClientRect().top));
    seen.add(JSON.stringify(rows));
    await new Promise((done) => setTimeout(done, 30));
  }
  return [...seen];
}"""


@pytest.mark.alone
@pytest.mark.parametrize("where", ["page", "list"])
async def test_a_row_that_another_one_claims_stays_in_its_place_for_four_seconds(team: Team, where: str) -> None:
    """UX 60: on the page of the pool and in the inbox's list of it, under the pointer; then it leaves."""
    ids = {name: await team.talk(name, phone) for name, phone in NAMES.items()}
    dana = await team.window("dana", "/pool" if where == "page" else "/sms")
    if where == "list":
        await dana.view("Pool")
    selector = ".pool-row" if where == "page" else ".list-pane .row"
    await expect(dana.page.locator(selector)).to_have_count(3)
    await row(dana, where, "Omar Haddad").hover()
    middle = "Wei Chen"
    places, _ = await asyncio.gather(
        dana.page.evaluate(PLACES, [selector, 3200]), team.call("ana", "POST", f"conversations/{ids[middle]}/claim")
    )
    assert len(places) == 1, places
    await expect(row(dana, where, middle)).to_contain_text("Claimed by Ana")
    await expect(row(dana, where, middle)).to_have_count(0, timeout=4000)
    await expect(dana.page.locator(selector)).to_have_count(2)


def row(window: Window, where: str, name: str) -> Locator:
    return window.pool_row(name) if where == "page" else window.page.locator(".list-pane .row").filter(has_text=name)
