"""Drafts: another device goes on where this one stopped, and the list says so."""

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"


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


async def test_a_text_that_did_not_go_out_is_in_the_composer_after_a_reload(team: Team) -> None:
    """Rule 17: the draft stays. It stands in one place at a time."""
    maria = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.talk("Wei Chen", WEI, to=team.own)
    await team.send("ben", maria, "Good day")
    ben = await team.window("ben", f"/sms/{maria}")
    await until(ben.spoken)
    await ben.page.route("**/messages", lambda route: route.abort())
    await ben.write("Did not leave")
    await expect(ben.outbound.last).to_contain_text("Not sent.")
    await ben.row("Wei Chen").click()
    await ben.row("Maria Garcia").click()
    await expect(ben.outbound.last).to_contain_text("Not sent.")
    await expect(ben.composer).to_have_value("")
    await ben.page.reload()
    await expect(ben.composer).to_have_value("Did not leave")
    await ben.page.unroute_all()
    await ben.composer.press("Enter")
    await expect(ben.outbound.last).to_contain_text("Delivered")
    await ben.page.reload()
    await until(ben.spoken)
    await expect(ben.composer).to_have_value("")
