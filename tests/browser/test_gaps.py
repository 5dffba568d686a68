"""What a tab does when events of the server do not reach it: it notices by their numbers and fetches them itself."""

import asyncio
import json
import re

from playwright.async_api import Route, WebSocketRoute, expect

from tests.browser.test_equality import assert_equal_to_fresh
from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"


class Leak:
    """A line to the server on which the events of texts that say `words` get lost, the first time that they are sent."""

    def __init__(self, words: str) -> None:
        self.words = words
        self.lost = 0

    def lay(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def heard(frame: str | bytes) -> None:
            said = json.loads(frame)
            if said["op"] == "events" and not self.lost:
                kept = [event for event in said["events"] if self.words not in json.dumps(event)]
                self.lost = len(said["events"]) - len(kept)
                said["events"] = kept
            line.send(json.dumps(said))

        server.on_message(heard)

    async def happened(self) -> bool:
        return self.lost > 0


async def leaking(team: Team, path: str, words: str) -> tuple[Window, Leak]:
    window, leak = await team.window("ben", None), Leak(words)
    await window.page.route_web_socket(re.compile("/ws$"), leak.lay)
    await window.go(path)
    return window, leak


async def test_an_event_that_got_lost_is_fetched_when_the_next_one_comes(team: Team) -> None:
    """UX 12: in the open conversation and in the list; then the tab equals one that is loaded afresh."""
    maria = await team.talk("Maria Garcia", MARIA, "One", to=team.own)
    wei = await team.talk("Wei Chen", WEI, "One", to=team.own)
    ben, leak = await leaking(team, f"/sms/{maria}", "Lost on its way")
    fresh = await team.another_tab(ben, f"/sms/{maria}")
    for phone in (MARIA, WEI):
        leak.lost = 0
        await team.text(phone, "Lost on its way", to=team.own)
        await until(leak.happened)
        await team.text(phone, "Two", to=team.own)
        await expect(ben.row("Maria Garcia" if phone == MARIA else "Wei Chen")).to_contain_text("Two")
    await expect(ben.page.locator(".message .words")).to_have_text(["One", "Lost on its way", "Two"])
    await expect(ben.row("Wei Chen")).to_contain_text("3 unread")
    await assert_equal_to_fresh(ben, fresh, "losing events")
    await ben.row("Wei Chen").click()
    await expect(ben.page).to_have_url(re.compile(wei))
    await expect(ben.page.locator(".message .words")).to_have_text(["One", "Lost on its way", "Two"])


async def test_messages_that_were_read_before_the_row_and_come_after_it_are_read_again(team: Team) -> None:
    """What happened between the two readings is brought by no event: the row knows it already."""
    maria = await team.talk("Maria Garcia", MARIA, "One", to=team.own)
    ben = await team.window("ben", None)
    read, happened, shown = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def messages(route: Route) -> None:
        if read.is_set():
            await route.continue_()
            return
        page = await route.fetch()
        read.set()
        await shown.wait()
        await route.fulfill(response=page)

    async def rows(route: Route) -> None:
        await happened.wait()
        await route.continue_()

    await intercept(ben.page, "**/messages?*", messages)
    await intercept(ben.page, re.compile(rf"/conversations(/{maria}$|\?view=)"), rows)
    await ben.go(f"/sms/{maria}")
    await read.wait()
    await team.text(MARIA, "Two", to=team.own)
    happened.set()
    await expect(ben.row("Maria Garcia")).to_contain_text("Two")
    shown.set()
    await expect(ben.page.locator(".message .words")).to_have_text(["One", "Two"])
