"""The page that events have changed is the page that is loaded afresh: for every action, for the owner and for one who looks on."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.happenings import MARIA, WEI, Happenings
from tests.fixtures.waiting import until

UNTOLD = {("ana", "a first text")}
"""No event of a stranger's text to Ben comes to Ana, who takes no part: her list of all shows it when it is read again, within 15 s."""
TOLD_TO_MANAGERS = {"a live filter's name", "another condition of a live filter", "a live filter's end"}
"""Events of live filters go to managers: an agent's tab reads them when it is looked at again."""
LOOKED_AT_AGAIN = """() => {
  for (const state of ["hidden", "visible"]) {
    Object.defineProperty(document, "visibilityState", {configurable: true, get: () => state});
    document.dispatchEvent(new Event("visibilitychange"));
  }
}"""
SHOWN = r"""() => {
  const text = (at) => (at?.innerText ?? "").replace(/\d+:\d\d|\d+ min\b/g, "…").replace(/\s+/g, " ").trim();
  const each = (selector, read = text) => [...document.querySelectorAll(selector)].map(read);
  return {
    title: document.title,
    bar: text(document.querySelector(".bar-nav")),
    tabs: each(".tab"),
    rows: each(".row", (row) => [".row-name", ".row-words", ".row-state"].map((part) => text(row.querySelector(part)))),
    open: text(document.querySelector("[aria-current=true] .row-name")),
    heading: each("h1"),
    facts: each(".thread-facts .chip:not(.viewing)"),
    buttons: each(".thread-acts button"),
    log: each(".log li, .log-note"),
    notices: each(".thread-notice, .composer-closed, .composer-suffix, .way, .modes"),
    contact: text(document.querySelector(".contact-pane")),
    pool: each(".pool-row:not(.taken)"),
  };
}"""


async def shown(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = await window.page.evaluate(SHOWN)
    return found


async def assert_equal_to_fresh(window: Window, fresh: Window, action: str) -> None:
    """`fresh` is the same person's other tab, which is loaded again."""
    await fresh.page.goto(window.page.url)
    await fresh.live()
    seen: list[dict[str, Any]] = [{}, {}]

    async def same() -> bool:
        seen[:] = [await shown(window), await shown(fresh)]
        return seen[0] == seen[1] and seen[0]["heading"] != []

    try:
        await until(same)
    except AssertionError:
        live, loaded = seen
        different = {part: (live[part], loaded[part]) for part in live if live[part] != loaded[part]}
        raise AssertionError(f"after {action} {window.who} sees by events and by loading: {different}") from None


@pytest.mark.timeout(600)
async def test_after_every_action_the_page_equals_the_page_freshly_loaded(team: Team) -> None:
    """PRODUCT 28: rows, counts, title, header, messages, contact. Ben owns; Ana looks on, follows, mutes and goes."""
    maria = await team.talk("Maria Garcia", MARIA, "First words", to=team.own)
    wei = await team.talk("Wei Chen", WEI)
    await team.call("mia", "POST", "live-filters", name="Ready ones", conditions=[{"field": "ready", "op": "is", "value": True}])
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{maria}")
    await ana.view("All")
    pairs = []
    for window, view in ((ben, "mine"), (ana, "all")):
        await until(window.spoken)
        fresh = await team.another_tab(window, f"/sms/{maria}")
        await fresh.page.add_init_script(f"sessionStorage.setItem('partyline.view', '{view}')")
        pairs.append((window, fresh))
    for action, act in Happenings(team, maria, wei).all().items():
        await act()
        for window, fresh in pairs:
            if action in TOLD_TO_MANAGERS:
                await window.page.evaluate(LOOKED_AT_AGAIN)
            if (window.who, action) not in UNTOLD:
                await assert_equal_to_fresh(window, fresh, action)


async def test_after_every_change_of_the_pool_the_page_equals_the_page_freshly_loaded(team: Team) -> None:
    """PRODUCT 28, on the page of the pool, for one who takes no part."""
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    ana = await team.window("ana", "/pool")
    fresh = await team.another_tab(ana, "/pool")

    async def same_as_fresh(action: str) -> None:
        await assert_equal_to_fresh(ana, fresh, action)

    await same_as_fresh("nothing")
    await team.call("ben", "POST", f"conversations/{maria}/release")
    await same_as_fresh("release")
    await team.text(WEI, "For anybody")
    await same_as_fresh("a text without an owner")
    await team.text(WEI, "Anybody?")
    await same_as_fresh("a second one")
    await team.call("dana", "POST", f"conversations/{maria}/claim")
    await same_as_fresh("claim")
    await team.send("dana", await team.conversation(WEI), "I am here")
    await same_as_fresh("an answer that claims")


async def test_a_draft_shows_in_its_row_as_it_does_after_a_load(team: Team) -> None:
    """In the tab in which it is written."""
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    wei = await team.talk("Wei Chen", WEI, to=team.own)
    ben = await team.window("ben", f"/sms/{maria}")
    fresh = await team.another_tab(ben, f"/sms/{wei}")
    await until(ben.spoken)
    await ben.composer.fill("Half a thought")
    await ben.row("Wei Chen").click()
    await expect(ben.row("Maria Garcia")).to_contain_text("Draft")
    await assert_equal_to_fresh(ben, fresh, "a draft")
