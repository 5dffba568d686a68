"""Settings > Status: what `partyline doctor` says, on a page, with what to do."""

from playwright.async_api import expect

from tests.fixtures.browser import Team


async def test_what_is_wrong_comes_first_with_what_to_do_and_is_gone_when_it_is_put_right(team: Team) -> None:
    """UX 112 is the command's; the page says the same."""
    new = {"kind": "twilio", "name": "Twilio", "credentials": {"account_sid": "AC" + "1" * 32, "auth_token": "1" * 32}}
    twilio = (await team.call("mia", "POST", "carriers", **new))["id"]
    mia = await team.window("mia", "/settings/messaging")
    await mia.page.get_by_role("link", name="Status", exact=True).click()
    lines = mia.page.get_by_role("list", name="Checks").get_by_role("listitem")
    wrong = lines.filter(has=mia.page.get_by_role("heading", name="webhooks", exact=True))
    await expect(wrong).to_contain_text("Failed")
    await expect(wrong).to_contain_text("which is this machine alone")
    await expect(wrong).to_contain_text("Set BASE_URL to the public https address")
    states = await lines.locator(".badge").all_inner_texts()
    assert states == sorted(states, key=["Failed", "Warning", "OK"].index)
    assert states[0] == "Failed"
    await expect(mia.page.locator(".status-head [role=status]")).to_contain_text(f"{states.count('Failed')} failed")
    assert mia.page.url.endswith("/status")
    await team.call("mia", "DELETE", f"carriers/{twilio}")
    await mia.page.get_by_role("button", name="Look again").click()
    await expect(wrong).to_contain_text("OK")
    await expect(wrong).to_contain_text("gets as far as us")
    told = await team.call("mia", "GET", "status")
    assert await lines.count() == len(told["items"])


async def test_agents_have_no_status(team: Team) -> None:
    ana = await team.window("ana", "/settings/preferences")
    await expect(ana.page.get_by_role("link", name="Preferences")).to_be_visible()
    await expect(ana.page.get_by_role("link", name="Status", exact=True)).to_have_count(0)
    answer = await ana.page.goto("/status")
    assert answer is not None
    assert answer.status == 403
