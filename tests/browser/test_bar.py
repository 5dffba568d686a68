"""What stands around every page: the light and its card, a new version, what is spoken, colours that the system forces."""

import asyncio
import re

from playwright.async_api import Route, WebSocketRoute, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"
HEAR = """() => {
  window.heard = [];
  const place = document.querySelector("[role=status]");
  new MutationObserver((all) => all.forEach(({addedNodes}) => addedNodes.forEach((node) => window.heard.push(node.textContent))))
    .observe(place, {childList: true});
}"""


async def heard(window: Window) -> list[str]:
    said: list[str] = await window.page.evaluate("window.heard")
    return said


async def test_the_light_has_a_card_that_says_to_what_it_is_connected(team: Team) -> None:
    """UX 5.1: by pointing and by the keyboard."""
    ben = await team.window("ben")
    light, card = ben.page.locator(".connection"), ben.page.get_by_role("tooltip")
    await expect(card).to_be_hidden()
    await light.hover()
    await expect(card).to_be_visible()
    await expect(card).to_have_text(re.compile(r"^Connected to node \S+, \d+ ms, (no event yet|last event \d+ s ago)\.$"))
    await ben.page.mouse.move(400, 400)
    await expect(card).to_be_hidden()
    await light.focus()
    await expect(light).to_have_accessible_description(re.compile("Connected to node"))


async def test_texts_of_other_conversations_are_spoken_as_a_digest(team: Team) -> None:
    """UX 1.6: not each of them; at most one digest in five seconds."""
    for name, phone in (("Maria Garcia", MARIA), ("Wei Chen", WEI)):
        await team.talk(name, phone, to=team.own)
    ben = await team.window("ben")
    await ben.page.evaluate(HEAR)
    await asyncio.gather(team.text(MARIA, "One", to=team.own), team.text(WEI, "Two", to=team.own))
    await until(lambda: heard(ben))
    await asyncio.gather(team.text(MARIA, "Three", to=team.own), team.text(MARIA, "Four", to=team.own))
    await expect(ben.row("Maria Garcia")).to_contain_text(re.compile("Three|Four"))
    assert await heard(ben) == ["2 new messages in 2 conversations"]
    await until(lambda: digests(ben), within=8)
    assert (await heard(ben))[1] == "2 new messages in 1 conversation"


async def digests(window: Window) -> bool:
    return len(await heard(window)) == 2


async def test_what_can_be_undone_is_spoken_and_shown_for_ten_seconds(team: Team) -> None:
    """UX 5.12: Z; the notice is in the list of the bell as well."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.page.evaluate(HEAR)
    await ben.page.keyboard.press("t")
    await until(ben.toast_says("Ready turned"))
    assert [said for said in await heard(ben) if said.startswith("Ready turned")] != []
    await ben.page.get_by_role("button", name=re.compile("^Notices")).click()
    await expect(ben.page.locator("#notices li").first).to_contain_text("Ready turned")
    await expect(ben.page.get_by_role("button", name="Notices", exact=True)).to_be_visible()


async def test_when_the_server_comes_back_newer_the_tab_offers_to_reload(team: Team) -> None:
    """UX 5.13: what is being written is kept until the person chooses."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", None)
    lines: list[WebSocketRoute] = []

    def passed(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    await ben.page.route_web_socket(re.compile("/ws$"), passed)
    await ben.go(f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.composer.fill("Half a thought")
    await lines[-1].close(code=1012, reason="restart")
    await until(lambda: again(lines))
    await ben.live()
    assert await ben.toast() == ""

    async def newer(route: Route) -> None:
        await route.fulfill(status=200, headers={"cache-control": "no-cache", "content-type": "image/svg+xml"}, body="<svg/>")

    await intercept(ben.context, "**/favicon.svg", newer)
    await lines[-1].close(code=1012, reason="restart")
    await until(ben.toast_says("A new version is ready."), within=8)
    await expect(ben.composer).to_have_value("Half a thought")
    async with ben.page.expect_navigation():
        await ben.page.get_by_role("button", name="Reload").click()
    await expect(ben.composer).to_have_value("Half a thought")


async def again(lines: list[WebSocketRoute]) -> bool:
    return len(lines) > 1


async def test_colours_that_the_system_forces_show_the_focus_and_what_is_chosen(team: Team) -> None:
    """UX 99."""
    for name, phone in (("Maria Garcia", MARIA), ("Wei Chen", WEI)):
        await team.talk(name, phone, to=team.own)
    ben = await team.window("ben", forced_colors="active", reduced_motion="reduce")
    for what in (
        ben.row("Maria Garcia"),
        ben.page.get_by_role("link", name="Contacts"),
        ben.page.get_by_role("button", name="Status: Available"),
    ):
        plain = await what.screenshot()
        await what.focus()
        await ben.page.keyboard.press("Shift+Tab")
        await ben.page.keyboard.press("Tab")
        await expect(what).to_be_focused()
        assert await what.screenshot() != plain
        await what.evaluate("(one) => one.blur()")
    chosen, other = ben.page.locator(".bar-nav a[aria-current]"), ben.page.get_by_role("link", name="Contacts")
    line = "(one) => getComputedStyle(one).outlineStyle"
    assert [await chosen.evaluate(line), await other.evaluate(line)] == ["solid", "none"]
    plain = await ben.row("Wei Chen").screenshot()
    await ben.row("Wei Chen").click()
    await expect(ben.row("Wei Chen")).to_have_attribute("aria-current", "true")
    await ben.row("Wei Chen").evaluate("(one) => one.blur()")
    await ben.page.mouse.move(700, 20)
    assert await ben.row("Wei Chen").screenshot() != plain


async def test_of_three_notices_one_is_shown_and_the_bell_has_them_all(team: Team) -> None:
    """UX 1.3.4: one at a time; every toast is also in the list."""
    for name, phone in (("Maria Garcia", MARIA), ("Wei Chen", WEI), ("Omar Haddad", OMAR)):
        await team.talk(name, phone, to=team.own)
    ben = await team.window("ben")
    for phone in (MARIA, WEI, OMAR):
        await team.text(phone, "Hello again", to=team.own)
    bell = ben.page.get_by_role("button", name="Notices, 3 new")
    await expect(bell).to_be_visible()
    await expect(ben.page.locator(".toast")).to_have_count(1)
    await bell.click()
    lines = ben.page.locator("#notices li")
    await expect(lines).to_have_count(3)
    await lines.filter(has_text="Wei Chen").get_by_role("button", name="Open").click()
    await expect(ben.page.locator(".thread-pane h1")).to_have_text("Wei Chen")
    await expect(ben.page.locator("#notices")).to_be_hidden()
