"""For everybody: what axe-core finds, narrow windows, touch, reduced motion."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MARIA = "+12025550143"
STILL = "document.getAnimations().filter((one) => one.playState === 'running').length"


async def violations(page: Page) -> list[str]:
    """What axe finds, as `rule: element`. It is brought in by the debugger's door, as the CSP lets no other script in."""
    await page.evaluate(AXE.read_text() + "; 0")
    await page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    found: dict[str, Any] = await page.evaluate("(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    return [f"{one['id']}: {node['html'][:150]} {node['failureSummary'][:200]}" for one in found["violations"] for node in one["nodes"]]


async def busy(team: Team) -> str:
    """An account with something of everything; the id of the conversation to look at."""
    conversation = await team.talk("Maria Garcia", MARIA, "Is it open? https://shop.example/", to=team.own)
    await team.send("ben", conversation, "Until five")
    await team.call("ana", "PUT", f"conversations/{conversation}/subscription")
    await team.text(MARIA, "See you then", to=team.own)
    await team.talk("Wei Chen", "+12025550144", "For anybody")
    gone = await team.talk("Omar Haddad", "+12025550145", to=team.own)
    await team.text("+12025550145", "STOP", to=team.own)
    await team.let_wait(await team.talk("Emma Novak", "+12025550146", to=team.own), left=100)
    await team.call("ben", "POST", f"conversations/{gone}/close")
    return conversation


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_page(team: Team, scheme: Any) -> None:
    """UX 92, 100: empty and filled, with a menu and with dialogs."""
    context, _ = await team.context(color_scheme=scheme)
    page = await context.new_page()
    await page.goto("/login")
    found = {"/login": await violations(page)}
    ben = await team.window("ben", color_scheme=scheme)
    page = ben.page
    for path in ("/sms", "/pool", "/sandbox", "/nothing"):
        await page.goto(path)
        await until(lambda: page.locator("h1").count())
        found[f"{path} empty"] = await violations(page)
    conversation = await busy(team)
    for path in ("/pool", "/sandbox", f"/sms/{conversation}"):
        await page.goto(path)
        await until(lambda: page.locator("h1").count())
        if path == "/sandbox":
            await page.get_by_label("Phone number").fill(MARIA)
            await expect(page.get_by_role("log")).to_contain_text("Until five")
        else:
            await ben.live()
        found[f"{path} filled"] = await violations(page)
    await until(ben.spoken)
    await ben.composer.fill("“Unicode” 🙂 " * 20)
    await team.text("+12025550144", "A notice", to=team.own)
    found["writing"] = await violations(page)
    await page.get_by_role("button", name="More actions").click()
    found["menu"] = await violations(page)
    await page.get_by_role("menuitem", name="Hand over").click()
    await expect(page.get_by_role("combobox", name="New owner")).to_be_enabled()
    found["dialog"] = await violations(page)
    await page.get_by_role("button", name="Close", exact=True).click()
    await page.locator("h1").click()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    found["keyboard"] = await violations(page)
    assert {place: said for place, said in found.items() if said} == {}


async def test_no_page_scrolls_sideways_at_320_pixels(team: Team) -> None:
    """UX 95."""
    conversation = await busy(team)
    ben = await team.window("ben", None, viewport={"width": 320, "height": 640})
    for path in ("/sms", f"/sms/{conversation}", "/pool", "/sandbox", "/nothing"):
        await ben.page.goto(path)
        await until(lambda: ben.page.locator("h1, .row").count())
        if path.startswith("/sms/"):
            await until(ben.spoken)
        wide = await ben.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], path
    context, _ = await team.context(viewport={"width": 320, "height": 640})
    page = await context.new_page()
    await page.goto("/login")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


SMALL = """() => [...document.querySelectorAll("a, button, input, select, textarea, [role=tab]")]
  .filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter((one) => !one.closest(".unseen, .words, .skip"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, {height, width}]) => height < 44 || width < 24)
  .map(([one, {height, width}]) => `${one.className || one.id} ${one.innerText.slice(0, 20)} ${width} x ${height}`)"""


async def test_on_a_phone_one_goes_from_list_to_thread_and_back_with_a_thumb(team: Team) -> None:
    """UX 96: targets of 44 px, the composer in sight."""
    await busy(team)
    ben = await team.window("ben", "/sms", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    await expect(ben.row("Maria Garcia")).to_be_visible()
    small = await ben.page.evaluate(SMALL)
    assert small == [], f"{small}"
    await ben.row("Maria Garcia").tap()
    await expect(ben.composer).to_be_in_viewport(ratio=1)
    await expect(ben.row("Maria Garcia")).not_to_be_visible()
    small = await ben.page.evaluate(SMALL)
    assert small == [], f"{small}"
    await ben.page.set_viewport_size({"width": 390, "height": 420})
    await expect(ben.composer).to_be_in_viewport(ratio=1)
    await ben.page.get_by_role("button", name="Back to the list").tap()
    await expect(ben.row("Maria Garcia")).to_be_visible()


async def test_with_reduced_motion_nothing_moves_by_itself(team: Team) -> None:
    """UX 98, with rows that come and go, a notice, and someone typing."""
    conversation = await busy(team)
    ben = await team.window("ben", f"/sms/{conversation}", reduced_motion="reduce")
    ana = await team.window("ana", f"/sms/{conversation}")
    await until(ben.spoken)
    await ana.composer.press_sequentially("Hm")
    await expect(ben.page.locator(".log .typing")).to_have_text("Ana is typing…")
    assert await ben.page.evaluate(STILL) == 0
    await ben.go("/pool")
    await ben.pool_row("Wei Chen").hover()
    await team.call("ana", "POST", f"conversations/{await team.conversation('+12025550144')}/claim")
    await expect(ben.pool_row("Wei Chen")).to_contain_text("Claimed by Ana")
    assert await ben.page.evaluate(STILL) == 0
    await team.text(MARIA, "A notice", to=team.own)
    await until(ben.toast)
    assert await ben.page.evaluate(STILL) == 0
