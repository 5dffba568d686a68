"""The managers' pages that events have changed are the pages loaded afresh: the feed, the reports, the settings."""

import asyncio
import difflib
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.test_equality import LOOKED_AT_AGAIN
from tests.fixtures.browser import PASSWORD, Team, Window
from tests.fixtures.happenings import MARIA, WEI, Act, Happenings
from tests.fixtures.waiting import until

SHOWN = r"""() => {
  const main = document.getElementById("main");
  const ticking = [...main.querySelectorAll(".figures .after")].map((one) => one.innerText.replace(/\s+/g, "\n"));
  let words = main.innerText.replace(/[\s​]*\n\s*/g, "\n");
  for (const one of ticking) words = words.replace(one, "");
  words = words.replace(/\b\d+ (s|min|h)\b|\bnow\b|\b\d+:\d\d\b(?!:)/g, "…");
  const fields = [...main.querySelectorAll("input, textarea, select")]
    .map((one) => `${one.id || one.name}=${one.type === "checkbox" ? one.checked : one.value}`);
  return [document.querySelector(".bar-nav").innerText, ...words.split("\n"), ...fields].filter(Boolean);
}"""
"""All words and fields of the page but for what ticks by itself."""


async def shown(window: Window) -> list[str]:
    found: list[str] = await window.page.evaluate(SHOWN)
    return found


async def pair(team: Team, who: str, path: str) -> tuple[Window, Window]:
    """A tab that stays and one that is loaded again after each action."""
    window = await team.window(who, path)
    return window, await team.another_tab(window, path)


async def assert_equal_to_fresh(window: Window, fresh: Window, action: str) -> None:
    await fresh.page.goto(window.page.url)
    await fresh.live()
    seen: list[list[str]] = [[], []]

    async def same() -> bool:
        seen[:] = await asyncio.gather(shown(window), shown(fresh))
        return seen[0] == seen[1] and len(seen[0]) > 5

    try:
        await until(same, within=8)
    except AssertionError:
        live, loaded = seen
        different = [line for line in difflib.ndiff(live, loaded) if line[0] in "+-"]
        raise AssertionError(f"after {action} {window.who} at {window.page.url} sees by events and by loading: {different}") from None


@pytest.mark.timeout(600)
async def test_after_every_action_feed_and_report_equal_those_freshly_loaded(team: Team) -> None:
    """PRODUCT 28: all that can happen to a conversation."""
    maria = await team.talk("Maria Garcia", MARIA, "First words", to=team.own)
    wei = await team.talk("Wei Chen", WEI)
    await team.call("mia", "POST", "live-filters", name="Ready ones", conditions=[{"field": "ready", "op": "is", "value": True}])
    pairs = [await pair(team, "mia", path) for path in ("/feed", "/reports/sms-conversations")]
    for action, act in Happenings(team, maria, wei).all().items():
        await act()
        await asyncio.gather(*(assert_equal_to_fresh(window, fresh, action) for window, fresh in pairs))


def on_settings(team: Team, maria: str) -> dict[str, dict[str, Act]]:
    """What moves each page of the settings and the response times, in an order in which each is possible."""

    def call(who: str, method: str, path: str, **body: Any) -> Act:
        return lambda: team.call(who, method, path, **body)

    eve = {"email": f"eve@{team.number}.example", "name": "Eve", "role": "agent", "password": PASSWORD}
    dana, ana = team.people["dana"].id, team.people["ana"].id
    texts: dict[str, Act] = {
        "a text": lambda: team.text(MARIA, "Are you there?", to=team.own),
        "an answer": lambda: team.send("ben", maria, "Yes, I am"),
    }
    settings: dict[str, Act] = {
        "other public minutes": call("mia", "PATCH", "settings", sms_public_minutes=5),
        "another answer to STOP": call("mia", "PATCH", "settings", stop_answer="You get no more texts."),
    }
    users: dict[str, Act] = {
        "a new user": call("mia", "POST", "users", **eve),
        "another name": call("mia", "PATCH", f"users/{dana}", name="Dana Novak"),
        "another role": call("mia", "PATCH", f"users/{dana}", role="manager"),
    }
    return {
        "/settings/users": users
        | {
            "a claim": call("ana", "POST", f"conversations/{maria}/claim"),
            "handing over": call("ana", "POST", f"conversations/{maria}/transfer", user=dana),
            "closing": call("dana", "POST", f"conversations/{maria}/close"),
            "opening again": call("dana", "POST", f"conversations/{maria}/reopen"),
            "a status": call("dana", "PATCH", "me/preferences", status="away"),
            "disabling": call("mia", "PATCH", f"users/{dana}", disabled=True, conversations={"to": ana}),
            "enabling": call("mia", "PATCH", f"users/{dana}", disabled=False),
        },
        "/settings/dids": texts,
        "/settings/messaging": {"a text": texts["a text"], **settings},
        "/settings/audit": {"a new user": call("mia", "POST", "users", **eve | {"email": f"zoe@{team.number}.example"}), **settings},
        "/reports/response-times": texts,
    }


@pytest.mark.parametrize("path", ["/settings/users", "/settings/dids", "/settings/messaging", "/settings/audit", "/reports/response-times"])
async def test_after_every_change_the_settings_and_the_times_equal_those_freshly_loaded(team: Team, path: str) -> None:
    """PRODUCT 28."""
    maria = await team.talk("Maria Garcia", MARIA, "First words", to=team.own)
    if path == "/settings/users":
        await team.call("ben", "POST", f"conversations/{maria}/release")
    window, fresh = await pair(team, "mia", path)
    for action, act in on_settings(team, maria)[path].items():
        await act()
        await assert_equal_to_fresh(window, fresh, action)


async def test_lists_of_which_no_event_tells_are_read_again_when_somebody_looks(team: Team) -> None:
    """Carriers, tokens, numbers and saved replies: the closed list of events has none for them."""
    carrier = (await team.call("mia", "GET", "carriers"))["items"][0]["id"]
    number = {"number": f"+1203{5550000 + team.number}", "carrier": carrier, "capabilities": ["sms"], "label": "Sales", "user": None}
    acts: dict[str, tuple[str, Callable[[], Awaitable[object]]]] = {
        "/settings/carriers": ("carriers", lambda: team.call("mia", "PATCH", f"carriers/{carrier}", name="Phones")),
        "/settings/tokens": ("a token", lambda: team.call("mia", "POST", "tokens", name="For the shop", user=team.people["ana"].id)),
        "/settings/dids": ("a number", lambda: team.call("mia", "POST", "dids", **number)),
        "/settings/saved-replies": ("a reply", lambda: team.call("mia", "POST", "saved-replies", shortcut="hours", body="Until five")),
    }
    for path, (action, act) in acts.items():
        window, fresh = await pair(team, "mia", path)
        await until(functools.partial(settled, window))
        before = await shown(window)
        await act()
        await window.page.evaluate(LOOKED_AT_AGAIN)
        await assert_equal_to_fresh(window, fresh, action)
        assert await shown(window) != before
        await window.page.close()
        await fresh.page.close()


async def settled(window: Window) -> bool:
    return await window.page.locator("main tbody tr").count() > 0 or await window.page.get_by_text("yet.").count() > 0


async def test_a_text_that_arrives_after_its_number_was_read_is_in_the_numbers_figures(team: Team) -> None:
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    mia = await team.window("mia", "/settings/messaging")
    await team.send("ben", maria, "Yes, I am")

    async def left() -> bool:
        return (await team.messages(maria))[-1]["state"] in ("sent", "delivered")

    await until(left)
    await mia.go("/settings/dids")
    await expect(mia.page.get_by_role("table", name="Numbers")).to_contain_text("1 delivered")
