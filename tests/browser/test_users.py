"""Settings > Users: who works here, and who does not any more."""

from playwright.async_api import Locator, expect

from tests.fixtures.browser import PASSWORD, Team, Window

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"
USERS = "/settings/users"


def row(window: Window, name: str) -> Locator:
    return window.page.get_by_role("table", name="Users").get_by_role("row").filter(has=window.page.get_by_role("rowheader", name=name))


async def act(window: Window, name: str, item: str) -> Locator:
    """Opens a person's menu and picks an item; the dialog."""
    await window.page.get_by_role("button", name=f"Actions for {name}").click()
    await window.page.get_by_role("menuitem", name=item).click()
    return window.page.get_by_role("dialog")


async def test_disabling_a_user_forces_a_choice_and_the_conversations_follow_it_live(team: Team) -> None:
    """UX 87: handed over, then made public."""
    maria = await team.talk("Maria Garcia", MARIA, "For Ben", to=team.own)
    wei = await team.talk("Wei Chen", WEI, "For Ben too", to=team.own)
    mia, ana, dana = await team.window("mia", USERS), await team.window("ana", "/sms"), await team.window("dana", "/pool")
    await expect(row(mia, "Ben")).to_contain_text("2")
    dialog = await act(mia, "Ben", "Disable")
    await expect(dialog).to_contain_text("Ben owns 2 open conversations. What happens to them?")
    disable = dialog.get_by_role("button", name="Disable")
    await expect(disable).to_be_disabled()
    await dialog.get_by_label("Hand over to a colleague").check()
    await dialog.get_by_role("combobox", name="New owner").select_option("Ana")
    await disable.click()
    await expect(dialog).to_have_count(0)
    await expect(row(mia, "Ben")).to_contain_text("Disabled")
    for name in ("Maria Garcia", "Wei Chen"):
        await expect(ana.row(name)).to_be_visible()
    owners = {(await team.call("mia", "GET", f"conversations/{id}"))["owner"]["name"] for id in (maria, wei)}
    assert owners == {"Ana"}
    await mia.page.reload()
    await expect(row(mia, "Ben")).to_contain_text("Disabled")
    dialog = await act(mia, "Ana", "Disable")
    await dialog.get_by_label("Make public").check()
    await dialog.get_by_role("button", name="Disable").click()
    for name in ("Maria Garcia", "Wei Chen"):
        await expect(dana.pool_row(name)).to_be_visible()


async def test_a_user_is_added_signs_in_and_is_changed_where_another_manager_looks(team: Team) -> None:
    mia = await team.window("mia", USERS)
    other = await team.another_tab(mia, USERS)
    await mia.page.get_by_role("button", name="Add user").click()
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Eve")
    await dialog.get_by_label("Email").fill(team.people["ana"].email)
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Add user").click()
    email = dialog.get_by_label("Email")
    await expect(email).to_have_attribute("aria-invalid", "true")
    await expect(email).to_be_focused()
    await expect(email).to_have_accessible_description("For signing in. Somebody signs in with this email already.")
    await email.fill(f"eve@{team.number}.example")
    await dialog.get_by_role("button", name="Add user").click()
    for window in (mia, other):
        await expect(row(window, "Eve")).to_contain_text("Agent")
    dialog = await act(mia, "Eve", "Edit")
    await dialog.get_by_label("Role").select_option("Manager")
    await dialog.get_by_role("button", name="Save").click()
    for window in (mia, other):
        await expect(row(window, "Eve")).to_contain_text("Manager")


async def test_who_is_signed_out_everywhere_has_to_sign_in_again(team: Team) -> None:
    mia, ana = await team.window("mia", USERS), await team.window("ana", "/sms")
    dialog = await act(mia, "Ana", "Sign out everywhere")
    await dialog.get_by_role("button", name="Sign out everywhere").click()
    await expect(ana.page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    dialog = await act(mia, "Ana", "Set password")
    await dialog.get_by_label("Password").fill("short")
    await dialog.get_by_role("button", name="Set password").click()
    await expect(dialog.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("Password").fill("another horse battery")
    await dialog.get_by_role("button", name="Set password").click()
    await expect(dialog).to_have_count(0)
    await ana.page.goto("/login")
    await ana.page.get_by_label("Email").fill(team.people["ana"].email)
    await ana.page.get_by_label("Password").fill("another horse battery")
    await ana.page.get_by_role("button", name="Sign in").click()
    await ana.live()
