"""Drafts: another device goes on where this one stopped, and the list says so."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Route, expect

from tests.fixtures.browser import PASSWORD, Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"
GOES_SLOWLY = """() => {
  const ask = window.fetch;
  let going = false;
  addEventListener("pagehide", () => (going = true));
  window.fetch = (...request) => {
    const answer = ask(...request);
    for (const began = performance.now(); going && performance.now() - began < 100; );
    return answer;
  };
}"""
"""Without it the browser's tools keep back what a page sends while it is left."""
POSTS = re.compile("/conversations/[^/]+/(messages|notes)$")


async def test_a_draft_is_on_another_device_after_a_pause_and_gone_from_both_when_it_is_sent(team: Team) -> None:
    """Issue 4, UX 1.5. The row says Draft, here and there."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.composer.press_sequentially("Half a thought")

    async def saved() -> bool:
        return bool((await team.call("ben", "GET", f"conversations/{conversation}/draft"))["body"] == "Half a thought")

    await until(saved)
    await expect(ben.row("Maria Garcia")).to_contain_text("Draft")
    other = await team.window("ben")
    await expect(other.row("Maria Garcia")).to_contain_text("Draft")
    await other.row("Maria Garcia").click()
    await expect(other.composer).to_have_value("Half a thought")
    await other.composer.press("End")
    await other.composer.press_sequentially(" is whole now")
    await other.composer.press("Enter")
    await expect(other.outbound.last).to_contain_text("Delivered")
    for window in (ben, other):
        await expect(window.row("Maria Garcia")).not_to_contain_text("Draft")
    assert not await saved()
    assert (await team.call("ben", "GET", f"conversations/{conversation}/draft"))["body"] == ""


@pytest.mark.alone
async def test_a_draft_is_saved_when_one_goes_elsewhere_and_is_nobody_elses(team: Team) -> None:
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.talk("Wei Chen", WEI, to=team.own)
    ben = await team.window("ben", f"/sms/{maria}")
    await until(ben.spoken)
    await ben.composer.fill("To be continued")
    await ben.row("Wei Chen").click()
    await expect(ben.composer).to_have_value("")

    async def saved() -> bool:
        return bool((await team.call("ben", "GET", f"conversations/{maria}/draft"))["body"] == "To be continued")

    await until(saved, within=1.5)
    await expect(ben.row("Maria Garcia")).to_contain_text("Draft")
    ana = await team.window("ana", f"/sms/{maria}")
    await until(ana.spoken)
    await expect(ana.composer).to_have_value("")
    assert (await team.call("ana", "GET", f"conversations/{maria}"))["draft"] is None


async def own_talk(team: Team) -> tuple[str, Window]:
    """Ben's conversation with Maria, open before him; he has another with Wei."""
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.talk("Wei Chen", WEI, to=team.own)
    await team.send("ben", maria, "Good day")
    ben = await team.window("ben", f"/sms/{maria}")
    await until(ben.spoken)
    return maria, ben


async def away_and_back(window: Window) -> None:
    await window.row("Wei Chen").click()
    await expect(window.page.get_by_role("heading", name="Wei Chen").first).to_be_visible()
    await window.row("Maria Garcia").click()
    await until(lambda: has_bubble(window, "Hello"))


async def has_bubble(window: Window, body: str) -> bool:
    return body in await window.bubbles()


def bubble(window: Window, body: str) -> Locator:
    return window.page.locator(".message").filter(has_text=body)


async def drafted(team: Team, conversation: str) -> str:
    return str((await team.call("ben", "GET", f"conversations/{conversation}/draft"))["body"])


async def undrafted(team: Team, conversation: str) -> bool:
    return await drafted(team, conversation) == ""


async def test_texts_and_notes_that_did_not_go_out_are_there_after_a_reload(team: Team) -> None:
    """Each as the text that it was: Retry makes one of it. What was begun after them stays in the field."""
    maria, ben = await own_talk(team)
    await intercept(ben.page, POSTS, lambda route: route.abort())
    await ben.write("First that failed")
    await expect(bubble(ben, "First that failed")).to_contain_text("Not sent.")
    await ben.write("Second that failed")
    await expect(bubble(ben, "Second that failed")).to_contain_text("Not sent.")
    await ben.page.get_by_role("tab", name="Note").click()
    note = ben.page.get_by_label("Note", exact=True)
    await note.fill("A note that failed")
    await note.press("Enter")
    await expect(bubble(ben, "A note that failed")).to_contain_text("Not added.")
    await ben.page.get_by_role("tab", name="Text").click()
    await ben.composer.fill("Begun after")
    await away_and_back(ben)
    await expect(ben.page.locator(".message.pending")).to_have_count(3)
    for _ in range(2):
        await ben.page.reload()
        await expect(ben.page.locator(".message.pending .words")).to_have_text(
            ["First that failed", "Second that failed", "A note that failed"]
        )
        await expect(ben.composer).to_have_value("Begun after")
    await ben.page.unroute_all()
    for body in ("First that failed", "Second that failed"):
        await bubble(ben, body).get_by_role("button", name="Retry").click()
        await expect(bubble(ben, body)).to_contain_text("Delivered")
    await bubble(ben, "A note that failed").get_by_role("button", name="Retry").click()
    await expect(ben.page.locator(".message.pending")).to_have_count(0)
    await ben.page.reload()
    await until(ben.spoken)
    await expect(ben.page.locator(".message.pending")).to_have_count(0)
    said = ["First that failed", "Second that failed", "A note that failed"]
    assert (await ben.bubbles())[-3:] == said
    assert [message["body"] for message in await team.messages(maria)][-3:] == said


@pytest.mark.parametrize("arrives", [False, True])
async def test_a_text_whose_answer_is_slow_and_those_behind_it_outlive_a_reload(team: Team, arrives: bool) -> None:
    maria, ben = await own_talk(team)
    asked: list[str] = []
    there = asyncio.Event()

    async def hang(route: Route) -> None:
        asked.append(route.request.url)
        if arrives and len(asked) == 1:
            await route.fetch()
            there.set()

    await intercept(ben.page, POSTS, hang)
    await ben.page.evaluate(GOES_SLOWLY)
    await ben.write("It hangs")
    await ben.write("It waits behind")
    await until(lambda: there.is_set() if arrives else asked)
    if not arrives:
        await expect(bubble(ben, "It hangs")).to_contain_text("Sending…")
    await expect(bubble(ben, "It waits behind")).to_contain_text("Sending…")
    await ben.page.reload()
    waits = ["It waits behind"] if arrives else ["It hangs", "It waits behind"]
    await expect(ben.page.locator(".message.pending .words")).to_have_text(waits)
    assert len(asked) == 1
    await ben.page.unroute_all()
    for body in waits:
        await expect(bubble(ben, body)).to_contain_text("Not sent. The page was loaded again.")
        await bubble(ben, body).get_by_role("button", name="Retry").click()
        await expect(bubble(ben, body)).to_contain_text("Delivered")
    assert [message["body"] for message in await team.messages(maria)][-2:] == ["It hangs", "It waits behind"]
    assert (await ben.bubbles())[-2:] == ["It hangs", "It waits behind"]


async def test_the_draft_of_a_text_that_waits_does_not_come_back_beside_it_nor_after_it(team: Team) -> None:
    """It stands in one place at a time, and deleted is deleted."""
    maria, ben = await own_talk(team)
    await ben.composer.fill("Did not leave")
    await until(lambda: drafted(team, maria))
    await intercept(ben.page, POSTS, lambda route: route.abort())
    await ben.composer.press("Enter")
    await expect(bubble(ben, "Did not leave")).to_contain_text("Not sent.")
    for go in (lambda: away_and_back(ben), ben.page.reload):
        async with ben.page.expect_response("**/draft"):
            await go()
        await expect(bubble(ben, "Did not leave")).to_contain_text("Not sent.")
        await expect(ben.composer).to_have_value("")
    await bubble(ben, "Did not leave").get_by_role("button", name="Delete").click()
    await expect(bubble(ben, "Did not leave")).to_have_count(0)
    await expect(ben.row("Maria Garcia")).not_to_contain_text("Draft")
    await until(lambda: undrafted(team, maria))
    for go in (lambda: away_and_back(ben), ben.page.reload):
        await go()
        await until(lambda: has_bubble(ben, "Hello"))
        await expect(ben.composer).to_have_value("")


@pytest.mark.parametrize("writes_on", [False, True])
async def test_a_text_that_another_window_sent_is_not_left_in_this_ones_composer(team: Team, writes_on: bool) -> None:
    """What was typed on here since is nobody's text yet, and stays."""
    maria, ben = await own_talk(team)
    await ben.composer.fill("Half a thought")
    await until(lambda: drafted(team, maria))
    await ben.page.reload()
    await expect(ben.composer).to_have_value("Half a thought")
    other = await team.window("ben", f"/sms/{maria}")
    await expect(other.composer).to_have_value("Half a thought")
    if writes_on:
        await intercept(ben.page, "**/draft", lambda route: route.abort())
        await ben.composer.fill("Half a thought, and more")
    await other.write("Half a thought is whole now")
    await expect(bubble(ben, "is whole now")).to_contain_text("Delivered")
    await expect(ben.composer).to_have_value("Half a thought, and more" if writes_on else "")
    await ben.page.reload()
    await until(lambda: has_bubble(ben, "Half a thought is whole now"))
    await expect(ben.composer).to_have_value("Half a thought, and more" if writes_on else "")


async def test_what_one_person_wrote_in_a_tab_is_not_for_the_next_who_signs_in_there(team: Team) -> None:
    maria, ben = await own_talk(team)
    await intercept(ben.page, POSTS, lambda route: route.abort())
    await ben.write("Ben's alone")
    await expect(bubble(ben, "Ben's alone")).to_contain_text("Not sent.")
    await ben.composer.fill("Ben's next")
    await ben.page.unroute_all()
    for who, pending, begun in (("ben", ["Ben's alone"], "Ben's next"), ("ana", [], ""), ("ben", [], "")):
        await ben.page.get_by_role("button", name=": account").click()
        await ben.page.get_by_role("button", name="Sign out").click()
        await ben.page.get_by_label("Email").fill(team.people[who].email)
        await ben.page.get_by_label("Password").fill(PASSWORD)
        await ben.page.get_by_role("button", name="Sign in").click()
        await ben.go(f"/sms/{maria}")
        await until(lambda: has_bubble(ben, "Hello"))
        await expect(ben.page.locator(".message.pending .words")).to_have_text(pending)
        await expect(ben.composer).to_have_value(begun)
