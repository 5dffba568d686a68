"""What a person chooses counts at once, in all their tabs, and before the first paint."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.test_access import violations
from tests.fixtures.browser import PASSWORD, Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

PAGE = "/settings/preferences"


async def dark(window: Window) -> bool:
    """The ground is darker than the words on it."""
    lightness: float = await window.page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d");
          canvas.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
          canvas.fillRect(0, 0, 1, 1);
          return canvas.getImageData(0, 0, 1, 1).data[0];
        }"""
    )
    return lightness < 128


async def test_the_theme_follows_the_choice_in_every_tab_and_is_there_before_the_scripts(team: Team) -> None:
    """UX 1.3.8."""
    ben = await team.window("ben", PAGE, color_scheme="light")
    other = await team.another_tab(ben)
    elsewhere = await team.window("ben", color_scheme="light")
    assert not await dark(ben)
    await ben.page.get_by_label("Dark").check()
    for window in (ben, other, elsewhere):
        await until(lambda window=window: dark(window))  # type: ignore[misc]
    answer = await ben.context.request.get("/sms")
    assert '<html lang="en" data-version=' in (text := await answer.text())
    assert re.search(r'<html [^>]*data-theme="dark"', text)
    await ben.page.get_by_label("As the system").check()
    await until(lambda: is_light(other))


async def is_light(window: Window) -> bool:
    return not await dark(window)


async def test_a_choice_is_kept_and_shown_again_after_a_reload(team: Team) -> None:
    ben = await team.window("ben", PAGE)
    switches = {
        name: ben.page.get_by_role("switch", name=name) for name in ("Sound", "Private notifications", "Repeat until read", "Alert me")
    }
    before = {name: await switch.get_attribute("aria-checked") for name, switch in switches.items()}
    assert before == {"Sound": "true", "Private notifications": "false", "Repeat until read": "false", "Alert me": "false"}
    for name, switch in switches.items():
        await switch.click()
        await expect(switch).to_have_attribute("aria-checked", "false" if before[name] == "true" else "true")
    await ben.page.get_by_label("Ctrl+Enter sends").check()
    await until(lambda: sends_by(team, "ctrl_enter"))
    await ben.page.reload()
    for name, switch in switches.items():
        await expect(switch).to_have_attribute("aria-checked", "false" if before[name] == "true" else "true")
    await expect(ben.page.get_by_label("Ctrl+Enter sends")).to_be_checked()


async def sends_by(team: Team, key: str) -> bool:
    return bool((await team.call("ben", "GET", "me/preferences"))["send_key"] == key)


async def test_a_choice_that_is_refused_is_taken_back_and_said(team: Team) -> None:
    ben = await team.window("ben", PAGE)
    sound = ben.page.get_by_role("switch", name="Sound")
    await intercept(ben.context, "**/api/v1/me/preferences", lambda route: route.abort())
    await sound.click()
    await until(ben.toast_says("You are offline."))
    await expect(sound).to_have_attribute("aria-checked", "true")


async def test_the_key_that_sends_is_the_chosen_one(team: Team) -> None:
    await team.call("ben", "PATCH", "me/preferences", send_key="ctrl_enter")
    conversation = await team.talk("Maria Garcia", "+12025550143", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.composer.fill("One")
    await ben.composer.press("Enter")
    await ben.composer.press_sequentially("two")
    await expect(ben.composer).to_have_value("One\ntwo")
    await ben.composer.press("Control+Enter")
    await expect(ben.outbound).to_contain_text("One")
    await expect(ben.composer).to_have_value("")


async def test_a_new_password_ends_the_other_sessions_and_a_wrong_one_is_said_at_its_field(team: Team) -> None:
    """SECURITY 21."""
    ben = await team.window("ben", PAGE)
    elsewhere = await team.window("ben")
    current, new = ben.page.get_by_label("Current password"), ben.page.get_by_label("New password")
    await current.fill("not the password")
    await new.fill("another correct horse")
    await ben.page.get_by_role("button", name="Change password").click()
    await expect(current).to_have_attribute("aria-invalid", "true")
    await current.fill(PASSWORD)
    await new.fill("short")
    await ben.page.get_by_role("button", name="Change password").click()
    await expect(new).to_have_attribute("aria-invalid", "true")
    await new.fill("another correct horse")
    await ben.page.get_by_role("button", name="Change password").click()
    await expect(ben.page.get_by_text("Changed. All your other sessions were signed out.")).to_be_visible()
    await expect(elsewhere.page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    await ben.live()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_preferences_the_bell_the_status_and_the_command_menu(team: Team, scheme: str) -> None:
    """UX 92, for the frame."""
    await team.call("ben", "PATCH", "me/preferences", theme=scheme)
    await team.talk("Maria Garcia", "+12025550143", to=team.own)
    ben = await team.window("ben", PAGE)
    page = ben.page
    found = {"preferences": await violations(page)}
    await team.text("+12025550143", "A notice", to=team.own)
    await until(ben.toast)
    await page.get_by_role("button", name=re.compile("^Notices")).click()
    await expect(page.locator("#notices li")).to_have_count(1)
    found["bell"] = await violations(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Status: Available").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    found["status"] = await violations(page)
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.get_by_label("Search contacts, conversations and actions").fill("ma")
    await expect(page.get_by_role("listbox", name="Found")).to_contain_text("Maria Garcia")
    found["commands"] = await violations(page)
    assert {place: said for place, said in found.items() if said} == {}


async def test_on_a_phone_the_bar_and_the_preferences_fit_and_can_be_touched(team: Team) -> None:
    """UX 95, 96: 320 px."""
    mia = await team.window("mia", PAGE, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page = mia.page
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = await page.locator(".bar .account").bounding_box()
    assert last
    assert last["x"] + last["width"] <= 320
    await page.get_by_role("button", name="Pages").tap()
    await page.get_by_role("link", name="Reports").tap()
    await expect(page).to_have_url(re.compile("/reports/sms-conversations$"))
    await expect(page.get_by_role("link", name="Reports")).to_be_hidden()
    await page.get_by_role("button", name=re.compile("^Notices")).tap()
    box = await page.locator("#notices").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
