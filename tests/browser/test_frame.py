"""Sign-in, the frame around every page, and what no page may do."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.fixtures.browser import PASSWORD, Team
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

PAGES = ("/sms", "/pool", "/sandbox")


async def sign_in(page: Page, email: str, password: str) -> None:
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password").fill(password)
    async with page.expect_navigation():
        await page.get_by_role("button", name="Sign in").click()


async def test_signing_in_leads_to_the_page_first_asked_for(team: Team) -> None:
    """UX 1."""
    context, _ = await team.context()
    page = await context.new_page()
    await page.goto("/")
    await expect(page).to_have_url(re.compile("/login"))
    await page.goto("/pool")
    await expect(page).to_have_url(re.compile("/login"))
    await sign_in(page, team.people["ana"].email, PASSWORD)
    await expect(page).to_have_url(f"{team.house.address}/pool")
    await expect(page.get_by_role("heading", name="Pool")).to_be_visible()


async def test_the_door_says_the_same_to_a_wrong_password_and_to_a_stranger_and_makes_the_sixth_try_wait(team: Team) -> None:
    """UX 2."""
    context, _ = await team.context()
    page = await context.new_page()
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if answer.request.method == "POST" else None)
    said: list[str] = []
    for email in (team.people["ana"].email, f"nobody@{team.number}.example"):
        await page.goto("/login")
        await sign_in(page, email, "not the password")
        said.append(await page.get_by_role("alert").inner_text())
    assert said == ["Email or password is wrong."] * 2
    for _ in range(4):
        await sign_in(page, team.people["ana"].email, "not the password")
        await expect(page.get_by_role("alert")).to_have_text("Email or password is wrong.")
    for password in ("not the password", PASSWORD):
        await sign_in(page, team.people["ana"].email, password)
        await expect(page.get_by_role("alert")).to_contain_text("Too many tries")
    assert statuses == [401] * 6 + [429] * 2


async def test_the_password_can_be_pasted_and_kept_by_a_password_manager(team: Team) -> None:
    """UX 3."""
    context, _ = await team.context()
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    await page.goto("/login")
    field = page.get_by_label("Password")
    await expect(field).to_have_attribute("autocomplete", "current-password")
    await page.evaluate("navigator.clipboard.writeText('pasted words')")
    await field.focus()
    await page.keyboard.press("Control+V")
    await expect(field).to_have_value("pasted words")


async def test_an_agent_is_refused_what_is_the_managers(team: Team) -> None:
    """UX 5, as far as there is something of a manager's: the calls."""
    ana = await team.window("ana")
    for path in ("users", "settings", "carriers", "dids", "tokens"):
        answer = await ana.context.request.get(f"/api/v1/{path}")
        assert answer.status == 403, path
        assert "items" not in await answer.json()


async def test_a_page_that_is_not_there_says_so_in_the_frame(team: Team) -> None:
    """UX 5.10."""
    ana = await team.window("ana", None)
    answer = await ana.page.goto("/nothing/here")
    assert answer
    assert answer.status == 404
    await expect(ana.page.get_by_role("banner")).to_be_visible()
    await ana.page.get_by_role("main").get_by_role("link").click()
    await expect(ana.page).to_have_url(f"{team.house.address}/sms")


async def test_every_page_has_the_strict_policy_and_none_breaks_it(team: Team) -> None:
    """UX 6. The watch for violations and for foreign hosts stands over every test here; this one sees that it is awake."""
    ana = await team.window("ana", None)
    for path in (*PAGES, "/nothing"):
        answer = await ana.page.goto(path)
        assert answer
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert part in policy
        assert "require-trusted-types-for 'script'" in policy
    await ana.page.evaluate("document.body.setAttribute('style', 'color: red')")
    await until(lambda: any("CSP style-src" in fault for fault in ana.faults))
    ana.faults.clear()


async def test_a_call_of_another_host_would_be_noticed(team: Team) -> None:
    """UX 7. No tab of any test here has made one: `team` looks after each test."""
    ana = await team.window("ana")
    await intercept(ana.context, "**/elsewhere.example/**", lambda route: route.abort())
    await ana.page.evaluate("fetch('https://elsewhere.example/x').catch(() => 0)")
    await until(lambda: ana.faults)
    assert any("elsewhere" in fault for fault in ana.faults)
    ana.faults.clear()


@pytest.mark.parametrize("path", PAGES)
async def test_the_skip_link_comes_first_and_the_page_has_its_landmarks(team: Team, path: str) -> None:
    """UX 8."""
    ana = await team.window("ana", path)
    await expect(ana.page.get_by_role("heading", level=1)).to_have_count(1)
    for landmark in ("banner", "navigation", "main"):
        await expect(ana.page.get_by_role(landmark).first).to_be_visible()
    await ana.page.keyboard.press("Tab")
    skip = ana.page.locator(":focus")
    await expect(skip).to_have_text(re.compile("^Skip to"))
    await expect(skip).to_be_in_viewport()
    await ana.page.keyboard.press("Enter")
    await expect(ana.page.get_by_role("main")).to_be_focused()


async def test_an_open_conversation_has_one_heading_of_its_own(team: Team) -> None:
    """UX 8."""
    conversation = await team.talk("Maria Garcia", "+12025550143")
    ana = await team.window("ana", f"/sms/{conversation}")
    await expect(ana.page.get_by_role("heading", level=1)).to_have_text("Maria Garcia")


@pytest.mark.alone
async def test_the_connection_light_says_live_within_two_seconds(team: Team) -> None:
    """UX 9."""
    ana = await team.window("ana", None)
    await ana.page.goto("/sms")
    await ana.live(within=2.0)


async def test_signing_out_ends_the_other_tabs(team: Team) -> None:
    """SECURITY 21: the tab says so and keeps what was being written."""
    conversation = await team.talk("Maria Garcia", "+12025550143")
    ana = await team.window("ana", f"/sms/{conversation}")
    await ana.composer.fill("Not yet sent")
    other = await ana.context.new_page()
    await other.goto("/sms")
    await other.get_by_role("button", name="Ana").click()
    await other.get_by_role("button", name="Sign out").click()
    await expect(ana.page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    await ana.page.get_by_role("link", name="Sign in").click()
    await sign_in(ana.page, team.people["ana"].email, PASSWORD)
    await expect(ana.page).to_have_url(f"{team.house.address}/sms/{conversation}")
    await expect(ana.composer).to_have_value("Not yet sent")


WHAT_CAME = """performance.getEntriesByType("resource").filter((one) => /\\.m?js$/.test(one.name)).map((one) => one.encodedBodySize)"""
PAINTED = """new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
  .observe({type: "largest-contentful-paint", buffered: true}))"""


async def test_the_inbox_comes_with_few_and_small_scripts(team: Team) -> None:
    """UX 101, without the crowd."""
    await team.talk("Maria Garcia", "+12025550143", to=team.own)
    ben = await team.window("ben")
    await expect(ben.row("Maria Garcia")).to_be_visible()
    came = await ben.page.evaluate(WHAT_CAME)
    assert len(came) <= 12
    assert sum(came) <= 60 * 1024
    assert await ben.page.evaluate(PAINTED) <= 1200
