"""The manager's feed: what happens, as it happens, and looking without being seen."""

import json
import statistics
import time
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"


def lines(window: Window) -> Locator:
    return window.page.locator(".feed-line")


def line(window: Window, words: str) -> Locator:
    return lines(window).filter(has_text=words)


async def shown(window: Window) -> list[str]:
    return [" ".join(words.split()) for words in await lines(window).all_inner_texts()]


async def drawn(window: Window) -> list[str]:
    """A line has no words before it is drawn for the first time."""
    words: list[str] = []

    async def each() -> bool:
        words[:] = await shown(window)
        return all(words)

    await until(each)
    return words


async def away(window: Window) -> None:
    """The pointer over nothing that holds."""
    await window.page.mouse.move(2, 2)


@pytest.mark.alone
async def test_texts_claims_and_what_goes_public_show_by_themselves(team: Team) -> None:
    """UX 84: in, out, public, claimed in place."""
    mia = await team.window("mia", "/feed")
    await away(mia)
    await expect(line(mia, "added by mia").filter(has_text="Dana")).to_be_visible()
    conversation = await team.talk("Maria Garcia", MARIA, "Is it open?")
    for words in ("Is it open?", "at once: nobody owned it"):
        await expect(line(mia, words)).to_be_visible(timeout=1000)
    public = line(mia, "at once")
    await team.call("ana", "POST", f"conversations/{conversation}/claim")
    await expect(public).to_contain_text("claimed by Ana", timeout=1000)
    await team.send("ana", conversation, "Until five")
    out = line(mia, "Until five")
    await expect(out).to_contain_text("Ana→ to Maria Garcia", timeout=1000)
    await expect(out).to_contain_text("Delivered")
    await expect(line(mia, "claimed it")).to_have_count(0)
    await team.text(MARIA, "STOP")
    await expect(line(mia, "opted out by texting STOP")).to_be_visible(timeout=1000)
    await expect(line(mia, "You are unsubscribed")).to_contain_text("Delivered")
    await expect(mia.page.locator(".figures")).to_contain_text("public0")
    before = await drawn(mia)
    await mia.go("/feed")
    await until(lambda: lines(mia).count())
    assert await drawn(mia) == before


@pytest.mark.alone
async def test_a_text_shows_within_a_second(team: Team) -> None:
    """UX 84: the median of five."""
    mia = await team.window("mia", "/feed")
    await away(mia)
    took = []
    for number in range(5):
        began = time.monotonic()
        await team.text(MARIA, f"Text {number}")
        await expect(line(mia, f"Text {number}")).to_be_visible()
        took.append(time.monotonic() - began)
    assert statistics.median(took) < 1


@pytest.mark.alone
async def test_the_feed_waits_while_one_points_at_it_or_has_paused_it(team: Team) -> None:
    """UX 84: rows stay and change in place; what is new is counted; P pauses and goes on."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    mia = await team.window("mia", "/feed")
    await line(mia, "Hello").hover()
    await team.text(WEI, "First")
    new = mia.page.locator(".feed-pill")
    await expect(new).to_contain_text("new")
    assert not any("First" in words for words in await shown(mia))
    await away(mia)
    await expect(line(mia, "First")).to_be_visible(timeout=1000)
    await mia.page.keyboard.press("p")
    await expect(mia.page.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")
    await team.send("ben", conversation, "Sent while paused")
    await team.text(OMAR, "Second")
    await expect(new).to_contain_text("new")
    assert not any("Second" in words or "paused" in words for words in await shown(mia))
    await mia.page.keyboard.press("p")
    await expect(line(mia, "Second")).to_be_visible(timeout=1000)
    await expect(line(mia, "Sent while paused")).to_be_visible()


@pytest.mark.alone
async def test_what_is_new_shows_when_asked_for_with_the_pointer_still_over_the_feed(team: Team) -> None:
    """At once and in a quiet hour: no later event draws it. By key the focus goes on at the newest line."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    mia = await team.window("mia", "/feed")
    await line(mia, "Hello").hover()
    new = mia.page.locator(".feed-pill").get_by_role("button")
    await team.text(WEI, "First")
    await expect(new).to_have_text("2 new")
    await new.hover()
    await new.click()
    await expect(line(mia, "First")).to_be_visible(timeout=1000)
    await expect(new).to_have_count(0)
    await team.text(OMAR, "Second")
    await expect(new).to_have_text("2 new")
    await new.focus()
    await mia.page.keyboard.press("Enter")
    await expect(lines(mia).first).to_be_focused(timeout=1000)
    await expect(line(mia, "Second")).to_be_visible(timeout=1000)
    await lines(mia).first.click()
    await expect(lines(mia).first).to_have_attribute("aria-current", "true")
    await expect(lines(mia).first).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


def a_text(number: int) -> dict[str, Any]:
    at = f"2026-11-22T{10 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
    message = {
        "id": f"m{number}",
        "seq": number,
        "kind": "message",
        "direction": "inbound",
        "body": f"text {number}",
        "media": [],
        "user": None,
    }
    contact = {"id": "k", "name": "Maria Garcia", "phone": MARIA}
    data = {
        "message": message | {"did": None, "state": "received", "error": None},
        "conversation": {"id": "c", "contact": contact, "owner": None},
    }
    actor = {"kind": "contact", "id": "k", "name": "Maria Garcia"}
    return {
        "type": "message.received",
        "conversation": "c",
        "seq": number,
        "position": number,
        "at": at,
        "actor": actor,
        "alert": [],
        "data": data,
    }


async def test_no_more_than_five_hundred_rows_are_in_the_page(team: Team) -> None:
    """UX 84: further back the reports are named."""

    async def answer(route: Route) -> None:
        before = next((int(part[7:]) for part in route.request.url.split("?")[-1].split("&") if part.startswith("before=")), 701)
        items = [a_text(number) for number in range(max(1, before - 200), before)]
        page = {"items": items, "position": 700, "next": items[0]["position"] if items[0]["position"] > 1 else None}
        await route.fulfill(body=json.dumps(page), content_type="application/json")

    mia = await team.window("mia", None)
    await intercept(mia.context, "**/api/v1/feed?*", answer)
    await mia.go("/feed")
    for count in (200, 400, 500):
        await expect(lines(mia)).to_have_count(count)
        if count < 500:
            await mia.page.get_by_role("button", name="Show older").click()
    await expect(mia.page.get_by_text("The newest 500 are shown.")).to_be_attached()
    await away(mia)
    await expect(lines(mia).first).to_contain_text("text 700")


async def test_what_to_show_is_in_the_address(team: Team) -> None:
    """By kind, number and agent, for what happened and for what happens."""
    await team.talk("Maria Garcia", MARIA, "To Support")
    conversation = await team.talk("Wei Chen", WEI, "To Ben", to=team.own)
    mia = await team.window("mia", "/feed")
    await expect(line(mia, "To Support")).to_be_visible()
    await mia.page.get_by_role("button", name="texts in").click()
    await mia.page.get_by_label("Number").select_option("Ben")
    await expect(line(mia, "To Support")).to_have_count(0)
    await away(mia)
    await team.text(MARIA, "Again to Support")
    await team.text(WEI, "Again to Ben", to=team.own)
    await team.send("ben", conversation, "An answer")
    await expect(line(mia, "Again to Ben")).to_be_visible()
    before = await drawn(mia)
    assert len(before) == 2
    assert "kinds=in&did=" in mia.page.url
    await mia.page.reload()
    await expect(lines(mia)).to_have_count(2)
    assert await drawn(mia) == before
    await mia.page.get_by_role("button", name="Clear filters").click()
    await expect(line(mia, "Again to Support")).to_be_visible()
    assert "kinds" not in mia.page.url


async def test_one_goes_back_to_a_time_and_to_now_again(team: Team) -> None:
    await team.talk("Maria Garcia", MARIA, "Just now")
    mia = await team.window("mia", "/feed")
    await expect(line(mia, "Just now")).to_be_visible()
    await mia.page.get_by_label("Up to").fill("2026-01-01T10:00")
    await mia.page.get_by_label("Up to").blur()
    await expect(lines(mia)).to_have_count(0)
    await expect(mia.page.get_by_role("note")).to_contain_text("before 1 Jan")
    assert "until=2026-01-01T10" in mia.page.url
    await mia.page.get_by_role("button", name="Back to now").click()
    await expect(line(mia, "Just now")).to_be_visible()


@pytest.mark.alone
async def test_who_observes_tells_nobody_and_marks_nothing_read_until_joining(team: Team) -> None:
    """UX 85."""
    conversation = await team.talk("Maria Garcia", MARIA, "Is it open?", to=team.own)
    await team.call("mia", "PUT", f"conversations/{conversation}/subscription")
    await team.text(MARIA, "Hello again", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    mia = await team.window("mia", "/feed")
    before = await team.call("mia", "GET", f"conversations/{conversation}")
    assert before["unread"] == 1
    await line(mia, "Hello again").click()
    pane = mia.page.get_by_role("complementary", name="Observed conversation")
    await expect(pane.get_by_role("log")).to_contain_text("Hello again")
    await expect(pane).to_contain_text("You take part in this conversation.")
    await team.text(MARIA, "Still there?", to=team.own)
    await expect(pane.get_by_role("log")).to_contain_text("Still there?", timeout=1000)
    await mia.page.wait_for_timeout(1500)
    await expect(ben.page.locator(".chip.viewing")).to_have_count(0)
    after = await team.call("mia", "GET", f"conversations/{conversation}")
    assert (after["unread"], after["subscribers"]) == (2, before["subscribers"])
    await mia.page.keyboard.press("Escape")
    await expect(pane).to_have_count(0)
    await expect(mia.page.locator(".feed-line:focus")).to_have_attribute("data-conversation", conversation)


async def test_a_manager_joins_from_the_feed_and_may_write(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, "Is it open?", to=team.own)
    mia = await team.window("mia", "/feed")
    await line(mia, "Is it open?").focus()
    await mia.page.keyboard.press("Enter")
    pane = mia.page.get_by_role("complementary", name="Observed conversation")
    await expect(pane).to_contain_text("You are observing. Ben will not be notified.")
    assert (await team.call("mia", "GET", f"conversations/{conversation}"))["subscribers"] == []
    await pane.get_by_role("button", name="Join").click()
    await expect(mia.composer).to_be_focused()
    found = await team.call("ben", "GET", f"conversations/{conversation}")
    assert [user["name"] for user in found["subscribers"]] == ["mia"]
