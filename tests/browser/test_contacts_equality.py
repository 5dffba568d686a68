"""The pages of contacts for everybody: what events make of them is what loading makes of them; axe; narrow windows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.test_access import violations
from tests.browser.test_contacts import MARIA, row, three
from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

SHOWN = r"""(untold) => {
  const text = (at) => (at?.innerText ?? "").replace(/\b(now|\d+ min)\b/g, "…").replace(/ \(was [\d,]+\)/g, "").replace(/\s+/g, " ").trim();
  return {
    total: text(document.querySelector(".contacts-total")),
    rows: [...document.querySelectorAll("tr.line:not(.leaving)")]
      .map((row) => [...row.children].filter((cell) => !untold || !cell.matches(".cell-latest, .cell-owner")).map(text).join(" ")),
    switches: [...document.querySelectorAll("tr.line [role=switch]")].map((one) => one.ariaLabel),
    filters: [...document.querySelectorAll(".live-filter")].map(text),
    tags: [...document.querySelectorAll("#filter-tag option")].map(text),
  };
}"""
SMALL = """() => [...document.querySelector("main").querySelectorAll("a, button, input, select, textarea")]
  .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !one.closest(".unseen, .words"))
  .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
  .filter(([, {height, width}]) => height < 44 || width < 24)
  .map(([one, {height, width}]) => `${one.className || one.id} ${one.innerText.slice(0, 20)} ${width} x ${height}`)"""


async def shown(window: Window) -> dict[str, Any]:
    """What an agent is not told at once is left out: the last text of a conversation of others is read again within 15 s."""
    found: dict[str, Any] = await window.page.evaluate(SHOWN, window.who == "ana")
    return found


async def test_after_every_change_the_page_equals_the_page_freshly_loaded(team: Team) -> None:
    """PRODUCT 28, for the manager, with a live filter; and for an agent what concerns the contacts themselves."""
    people = await three(team)
    await team.call("mia", "POST", "live-filters", name="Spring campaign", conditions=[{"field": "ready", "op": "is", "value": True}])
    maria = people["Maria"]
    pairs = []
    for who, path in (("mia", "/contacts"), ("mia", "/contacts?ready=true"), ("ana", "/contacts")):
        window = await team.window(who, path)
        pairs.append((window, await team.another_tab(window, path)))

    def change(**body: Any) -> Callable[[], Awaitable[object]]:
        return lambda: team.call("mia", "PATCH", f"contacts/{maria}", **body)

    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "a text that makes a conversation": lambda: team.text(MARIA, "Hello"),
        "a claim": lambda: claim(team, MARIA),
        "an answer that turns Ready off": lambda: answer(team, MARIA),
        "Ready": change(ready=True),
        "a name": change(name="Zoe Garcia"),
        "a tag": change(tags=["summer"]),
        "a second number": change(phones=[{"number": MARIA}, {"number": "+12025550149", "kind": "landline"}]),
        "a stranger's text": lambda: team.text("+12025550188", "Who is this?"),
        "a new contact": lambda: team.contact("Bea Lopez", "+12025550150", ready=True),
        "opting out": lambda: team.text(MARIA, "STOP"),
        "a removal": lambda: team.call("mia", "DELETE", f"contacts/{people['Omar']}"),
        "many at once": lambda: team.call("mia", "POST", "contacts/bulk", query={}, do={"ready": True}),
        "a live filter's name": lambda: rename_filter(team),
    }
    for action, act in acts.items():
        await act()
        for window, fresh in pairs:
            await assert_equal_to_fresh(window, fresh, action)


async def claim(team: Team, phone: str) -> object:
    return await team.call("ben", "POST", f"conversations/{await team.conversation(phone)}/claim")


async def answer(team: Team, phone: str) -> object:
    return await team.send("ben", await team.conversation(phone), "I am here")


async def rename_filter(team: Team) -> object:
    (one,) = (await team.call("mia", "GET", "live-filters"))["items"]
    return await team.call("mia", "PATCH", f"live-filters/{one['id']}", name="Summer campaign")


async def assert_equal_to_fresh(window: Window, fresh: Window, action: str) -> None:
    await fresh.page.goto(window.page.url)
    await fresh.live()
    seen: list[dict[str, Any]] = [{}, {}]

    async def same() -> bool:
        seen[:] = await asyncio.gather(shown(window), shown(fresh))
        return seen[0] == seen[1] and seen[0]["total"] != ""

    try:
        await until(same)
    except AssertionError:
        live, loaded = seen
        different = {part: (live[part], loaded[part]) for part in live if live[part] != loaded[part]}
        raise AssertionError(f"after {action} {window.who} at {window.page.url} sees by events and by loading: {different}") from None


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_pages_of_contacts(team: Team, scheme: Any) -> None:
    """UX 92, 100: empty and filled, picked, with dialogs; the form and its tabs; the import."""
    mia = await team.window("mia", "/contacts", color_scheme=scheme)
    page = mia.page
    found = {"empty": await violations(page)}
    people = await three(team)
    conversation = await team.talk("Emma Novak", "+12025550146", "Hello", to=team.own)
    await team.text("+12025550146", "STOP", to=team.own)
    await expect(row(mia, "Wei Chen")).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    found["picked"] = await violations(page)
    for button in ("New live filter", "New contact"):
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog", name=button)).to_be_visible()
        found[button] = await violations(page)
        await page.keyboard.press("Escape")
    emma = (await team.call("mia", "GET", f"conversations/{conversation}"))["contact"]["id"]
    for path in (f"{emma}", f"{emma}/sms", f"{emma}/activity", f"{people['Wei']}", f"{people['Wei']}/sms", "import", "no-such"):
        await mia.go(f"/contacts/{path}")
        await until(lambda: page.locator("h1").count())
        found[path] = await violations(page)
        assert await page.locator("h1").count() == 1, path
    assert {place: said for place, said in found.items() if said} == {}


async def test_at_320_and_390_pixels_rows_are_cards_for_a_thumb(team: Team) -> None:
    """UX 95, 96."""
    people = await three(team)
    await team.text(MARIA, "A text that is long enough to be cut at its end on every narrow window there is")
    for width in (320, 390):
        mia = await team.window("mia", None, viewport={"width": width, "height": 700}, has_touch=True, is_mobile=True)
        for path in (
            "/contacts",
            f"/contacts/{people['Maria']}",
            f"/contacts/{people['Maria']}/sms",
            f"/contacts/{people['Wei']}/activity",
            "/contacts/import",
        ):
            await mia.go(path)
            await expect(mia.page.locator("h1")).to_be_visible()
            if path == "/contacts":
                await expect(row(mia, "Maria Garcia")).to_be_visible()
                first, second = [await row(mia, name).bounding_box() for name in ("Maria Garcia", "Omar Haddad")]
                assert first is not None
                assert second is not None
                assert first["height"] > 90
            wide = await mia.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= width, path
            small = await mia.page.evaluate(SMALL)
            assert small == [], f"{path}: {small}"
