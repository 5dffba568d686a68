"""The clock, the pool and the claim."""

import asyncio
import math
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window, press_together
from tests.fixtures.intercept import hold
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"
TEN_MINUTES_FAST = """{
  const here = Date.now, origin = performance.timeOrigin, real = Date;
  Object.defineProperty(performance, "timeOrigin", {value: origin + 600000});
  window.Date = class extends real {
    constructor(...given) { super(...(given.length ? given : [here() + 600000])); }
    static now() { return here() + 600000; }
  };
}"""
NEXT_TICK = """(place) => new Promise((done) => {
  new MutationObserver((_, watcher) => { watcher.disconnect(); done([place.textContent, Date.now() / 1000]); })
    .observe(place, {childList: true, subtree: true, characterData: true});
})"""


async def left(place: Locator) -> tuple[float, float]:
    """Seconds that a countdown shows when it has just ticked, and the instant by this client's clock, s since 1970."""
    shown, at = await place.evaluate(NEXT_TICK)
    found = re.search(r"(\d\d):(\d\d)", shown)
    assert found, shown
    return int(found[1]) * 60 + int(found[2]), at


async def test_the_countdown_is_the_servers_on_a_client_whose_clock_is_ten_minutes_fast(team: Team) -> None:
    """UX 53: to a second, in row and header."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    shown = await team.call("ben", "GET", f"conversations/{conversation}")
    due = datetime.fromisoformat(shown["public_at"]).timestamp()
    right = await team.window("ben", f"/sms/{conversation}")
    wrong = await team.window("ben", None)
    await wrong.context.add_init_script(TEN_MINUTES_FAST)
    await wrong.go(f"/sms/{conversation}")
    assert await wrong.page.evaluate("Date.now()") - time.time() * 1000 > 590_000
    for window, fast in ((right, 0), (wrong, 600)):
        for place in (window.page.get_by_role("timer"), window.row("Maria Garcia").locator(".clock")):
            seconds, at = await left(place)
            assert abs(seconds - math.ceil(due - (at - fast))) <= 1


@pytest.mark.alone
async def test_an_answer_a_second_before_the_time_keeps_it_out_of_every_pool(team: Team) -> None:
    """UX 56. A second conversation, due later, shows that the time has passed."""
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    wei = await team.talk("Wei Chen", WEI, to=team.own)
    ana, dana = await team.open_windows("ana", "dana", path="/pool")
    for window in (ana, dana):
        await window.page.evaluate(
            """() => {
              window.seen = [];
              new MutationObserver(() => window.seen.push(document.querySelector(".pool").textContent))
                .observe(document.getElementById("main"), {childList: true, subtree: true, characterData: true});
            }"""
        )
    await team.let_wait(maria, left=2)
    await team.let_wait(wei, left=3)
    due = time.monotonic() + 2
    await asyncio.sleep(max(0, due - 1 - time.monotonic()))
    await team.send("ben", maria, "In time")
    for window in (ana, dana):
        await expect(window.pool_row("Wei Chen")).to_be_visible()
        assert time.monotonic() > due
        assert not any("Maria Garcia" in said for said in await window.page.evaluate("window.seen"))
    assert (await team.call("mia", "GET", f"conversations/{maria}"))["public_since"] is None


async def test_no_reply_needed_stops_the_countdown_everywhere_and_the_next_text_starts_a_new_one(team: Team) -> None:
    """UX 57."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    for window in (ben, ana):
        await expect(window.page.get_by_role("timer")).to_be_visible()
    await ben.page.get_by_role("button", name="No reply needed").click()
    for window in (ben, ana):
        await expect(window.page.get_by_role("timer")).to_have_count(0)
    await expect(ben.row("Maria Garcia").locator(".clock")).to_have_count(0)
    await expect(ben.page.get_by_role("button", name="No reply needed")).to_have_count(0)
    await team.text(MARIA, "One more thing", to=team.own)
    for window in (ben, ana):
        await expect(window.page.get_by_role("timer")).to_contain_text(re.compile(r"Public in (20:0|19:5)\d"))


@pytest.mark.alone
async def test_a_claim_says_so_at_once_and_ends_in_the_composer_while_others_see_who_took_it(team: Team) -> None:
    """UX 58."""
    conversation = await team.talk("Maria Garcia", MARIA)
    ana, dana = await team.open_windows("ana", "dana", path="/pool")
    await expect(dana.pool_row("Maria Garcia")).to_be_visible()
    await dana.pool_row("Maria Garcia").hover()
    let = await hold(ana.page, "**/claim")
    button = ana.pool_row("Maria Garcia").get_by_role("button")
    claiming_after = await button.evaluate(
        """(button) => new Promise((done) => {
          const began = performance.now();
          new MutationObserver(() => button.textContent.includes("Claiming…") && done(performance.now() - began))
            .observe(button, {childList: true, subtree: true, characterData: true, attributes: true});
          button.click();
        })"""
    )
    assert claiming_after <= 150
    await expect(button).to_be_disabled()
    await expect(button).to_have_attribute("aria-busy", "true")
    let.set()
    await expect(ana.page).to_have_url(f"{team.house.address}/sms/{conversation}")
    await expect(ana.composer).to_be_focused()
    await expect(ana.row("Maria Garcia")).to_be_visible()
    await expect(ana.page.get_by_role("tab", name="Mine")).to_have_attribute("aria-selected", "true")
    await expect(dana.pool_row("Maria Garcia")).to_contain_text("Claimed by Ana")
    await expect(dana.pool_row("Maria Garcia")).to_have_count(0, timeout=6000)


@pytest.mark.alone
async def test_of_two_who_press_at_once_one_wins_ten_times_of_ten(team: Team) -> None:
    """UX 59. The loser reads the winner's name within 300 ms of the answer, and goes on with the next row."""
    ids = [await team.talk(f"Person {number}", f"+1202555020{number}") for number in range(10)]
    await team.talk("Last One", OMAR)
    windows = ana, dana = await team.open_windows("ana", "dana", path="/pool")
    for window in windows:
        await window.page.evaluate(WATCH_ALERTS)
    told = []
    for number, conversation in enumerate(ids):
        name = f"Person {number}"
        for window in windows:
            await expect(window.pool_row(name)).to_contain_text("waiting")
            await window.page.evaluate("window.told = window.refused = null")
        await press_together([window.pool_row(name).get_by_role("button") for window in windows])
        for window in windows:
            await until(settled(window, conversation))
        shown = await team.call("mia", "GET", f"conversations/{conversation}")
        winner, loser = (ana, dana) if shown["owner"]["name"] == "Ana" else (dana, ana)
        assert winner.page.url.endswith(conversation)
        assert loser.page.url.endswith("/pool")
        said, at, refused = await loser.page.evaluate("[...window.told, window.refused]")
        assert said == f"{shown['owner']['name']} claimed {name} first."
        told.append(at - refused)
        following = f"Person {number + 1}" if number < 9 else "Last One"
        await expect(loser.pool_row(following).get_by_role("button")).to_be_focused()
        await winner.page.locator("[data-page=pool]").click()
    assert statistics.median(told) <= 300
    claims = await team.call("mia", "GET", "conversations?view=all&limit=200")
    assert sorted(item["id"] for item in claims["items"] if item["owner"]) == sorted(ids)


WATCH_ALERTS = """() => {
  const place = document.querySelector("[role=alert]");
  const ask = window.fetch;
  window.fetch = async (...request) => {
    const answer = await ask(...request);
    if (answer.status === 409) window.refused = performance.now();
    return answer;
  };
  new MutationObserver(() => {
    const said = place.querySelector("p")?.textContent;
    if (said && window.refused !== null) window.told ??= [said, performance.now()];
  }).observe(place, {childList: true, subtree: true, characterData: true});
}"""


def settled(window: Window, conversation: str) -> Callable[[], Awaitable[bool]]:
    """To wait for: this window has won and is there, or was told that it has lost."""

    async def over() -> bool:
        return window.page.url.endswith(conversation) or await window.page.evaluate("Boolean(window.told)")

    return over


async def test_shift_c_claims_the_longest_waiting(team: Team) -> None:
    """UX 61."""
    first = await team.talk("Maria Garcia", MARIA)
    await team.talk("Wei Chen", WEI)
    ana = await team.window("ana", "/pool")
    await expect(ana.pool_row("Wei Chen")).to_be_visible()
    await ana.page.keyboard.press("Shift+C")
    await expect(ana.page).to_have_url(f"{team.house.address}/sms/{first}")
    await expect(ana.composer).to_be_focused()
    await ana.page.locator("[data-page=pool]").click()
    await expect(ana.page.locator(".pool-row")).to_have_count(1)


async def test_the_old_owner_hears_on_after_a_claim_until_he_mutes(team: Team) -> None:
    """UX 62."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben")
    await team.let_wait(conversation, left=0.2)
    await until(ben.toast_says("Maria Garcia is now public after 20 minutes without an answer."))
    await team.call("ana", "POST", f"conversations/{conversation}/claim")
    await until(ben.toast_says("Ana claimed your conversation with Maria Garcia. You still get its alerts."))
    await team.text(MARIA, "Who is there?", to=team.own)
    await until(ben.toast_says("Maria Garcia: Who is there?"))
    await ben.view("Subscribed")
    await ben.row("Maria Garcia").click()
    await expect(ben.row("Maria Garcia")).not_to_contain_text("unread")
    await ben.page.keyboard.press("m")
    await until(lambda: muted(team, conversation))
    await ben.go("/sms")
    await ben.view("Subscribed")
    await team.text(MARIA, "Still nobody?", to=team.own)
    await expect(ben.row("Maria Garcia")).to_contain_text("Still nobody?")
    assert await ben.toast() == ""
    await ben.title_is("SMS · Partyline")


async def muted(team: Team, conversation: str) -> bool:
    return bool((await team.call("ben", "GET", f"conversations/{conversation}"))["muted"])


async def test_whoever_wants_it_is_alerted_about_the_pool_in_all_tabs_and_after_a_load(team: Team) -> None:
    """UX 1.4, 5.3: a switch on the pool's page, off by default."""
    ana = await team.window("ana", "/pool")
    other = await team.another_tab(ana, "/pool")
    for window in (ana, other):
        await expect(window.page.get_by_role("switch", name="Alert me about the pool")).to_have_attribute("aria-checked", "false")
    await ana.page.get_by_role("switch", name="Alert me about the pool").click()
    for window in (ana, other):
        await expect(window.page.get_by_role("switch", name="Alert me about the pool")).to_have_attribute("aria-checked", "true")
    assert (await team.call("ana", "GET", "me/preferences"))["pool_alerts"] is True


async def test_who_has_as_many_as_the_limit_says_is_told_so_and_claims_no_more(team: Team) -> None:
    """UX 5.3."""
    await team.call("mia", "PATCH", "settings", claim_limit=1)
    first = await team.talk("Maria Garcia", MARIA)
    await team.talk("Wei Chen", WEI)
    await team.call("ana", "POST", f"conversations/{first}/claim")
    ana = await team.window("ana", "/pool")
    await ana.pool_row("Wei Chen").get_by_role("button", name="Claim").click()
    await until(ana.toast_says("You have 1 unanswered conversation; the limit is 1."))
    await expect(ana.pool_row("Wei Chen").get_by_role("button", name="Claim")).to_be_enabled()
    assert ana.page.url.endswith("/pool")


async def test_a_pool_of_which_not_all_was_read_shows_those_behind_when_it_empties(team: Team) -> None:
    """Nobody is told that it is empty while somebody waits."""
    waiting = [await team.talk(f"Guest {number}", f"+1202557{number:04}", to=team.own) for number in range(53)]
    for conversation in waiting:
        await team.call("ben", "POST", f"conversations/{conversation}/release")
    dana = await team.window("dana", "/pool")
    rows = dana.page.locator(".pool-list > li")
    await expect(rows).to_have_count(50)
    for conversation in waiting[:50]:
        await team.call("ana", "POST", f"conversations/{conversation}/claim")
    await expect(rows).to_have_count(3)
    await expect(dana.page.get_by_role("button", name="Show more")).to_have_count(0)
