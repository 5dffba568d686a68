"""What a tab does when the server, Redis or the network go away: it comes back by itself, with everything, once and in order."""

import asyncio
import time
from collections import defaultdict

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"


@pytest.mark.alone
async def test_a_tab_comes_back_after_the_web_process_was_killed_with_all_that_it_missed(own_team: Team) -> None:
    """UX 10, 11. The light stays Live for some seconds; attempts are spread; the page is not loaded again."""
    team, house = own_team, own_team.house
    conversation = await team.talk("Maria Garcia", MARIA, "Text 0", to=team.own)
    waiting = await team.talk("Wei Chen", WEI, to=team.own)
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    attempts: dict[Window, list[float]] = defaultdict(list)
    for window, chance in ((ben, 0.1), (ana, 0.9)):
        await window.page.add_init_script(f"Math.random = () => {chance}")
        await window.page.reload()
        await window.live()
        await until(window.spoken)
        await window.page.evaluate("window.same = true")
        count(window, attempts[window])
    await ben.composer.fill("Half a thought")
    await team.let_wait(waiting, left=1)

    house.kill_web()
    killed = time.monotonic()
    await until(lambda: changed(ben, "Live"), within=10)
    assert await ben.chip() == "Reconnecting…"
    assert time.monotonic() - killed >= 4
    await until(lambda: len(attempts[ben]) >= 4 and len(attempts[ana]) >= 4, within=15)
    apart = [abs(mine - theirs) for mine, theirs in zip(attempts[ben], attempts[ana], strict=False)]
    assert min(apart) > 0.1, apart

    missed = [f"Text {number}" for number in range(1, 6)]
    another = await asyncio.to_thread(house.partyline.start, "web")
    for body in missed:
        await team.text(MARIA, body, to=team.own, at=another.address)
    another.kill()
    assert await ben.chip() == "Reconnecting…", "it was back before anything was missed"
    await house.start_web()
    for window in (ben, ana):
        await window.live(within=20)
        await expect(window.page.locator(".message .words").last).to_have_text("Text 5")
        assert await window.bubbles() == ["Text 0", *missed]
        assert await window.page.evaluate("window.same")
        await until(window.toast_says("Back online."))
    await expect(ben.row("Wei Chen")).to_contain_text("public")
    await expect(ben.composer).to_have_value("Half a thought")
    await team.text(MARIA, "And live again", to=team.own)
    await expect(ben.page.locator(".message .words").last).to_have_text("And live again", timeout=1000)


async def changed(window: Window, chip: str) -> bool:
    return await window.chip() != chip


def count(window: Window, attempts: list[float]) -> None:
    """Notes when this tab tries to connect."""
    window.page.on("websocket", lambda _: attempts.append(time.monotonic()))


@pytest.mark.alone
async def test_texts_arrive_while_redis_is_dead_and_after_it_is_back(own_team: Team) -> None:
    """Redis is killed as a crash does it. The tab stays Live all the time and has every text once, in order."""
    team, house = own_team, own_team.house
    conversation = await team.talk("Maria Garcia", MARIA, "Text 0", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    house.redis.kill()
    for number in range(1, 4):
        await team.text(MARIA, f"Text {number}", to=team.own)
    await expect(ben.page.locator(".message .words").last).to_have_text("Text 3", timeout=2000)
    await ben.write("I am here")
    await expect(ben.outbound.last).to_contain_text("Delivered")
    await asyncio.to_thread(house.redis.start)
    await team.text(MARIA, "Text 4", to=team.own)
    await expect(ben.page.locator(".message .words").last).to_have_text("Text 4", timeout=2000)
    bodies = [body.split(" Reply STOP")[0].splitlines()[0] for body in await ben.bubbles()]
    assert bodies == ["Text 0", "Text 1", "Text 2", "Text 3", "I am here", "Text 4"]
    assert await ben.chip() == "Live"


async def test_a_browser_without_a_network_says_offline_and_catches_up(team: Team) -> None:
    """UX 10: nothing written meanwhile goes out by itself."""
    conversation = await team.talk("Maria Garcia", MARIA, "Text 0", to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.context.set_offline(True)
    await until(lambda: changed(ben, "Live"))
    assert await ben.chip() == "Offline"
    await ben.write("Into the void")
    await expect(ben.outbound.last).to_contain_text("Not sent. You are offline.")
    await team.text(MARIA, "Text 1", to=team.own)
    await ben.context.set_offline(False)
    await ben.live(within=15)
    await expect(ben.page.locator(".message.inbound .words").last).to_have_text("Text 1")
    await expect(ben.outbound.last).to_contain_text("Not sent.")
    assert {message["direction"] for message in await team.messages(conversation)} == {"inbound"}


@pytest.mark.alone
async def test_what_counts_down_while_the_server_is_restarted_goes_public_at_its_time(own_team: Team) -> None:
    """UX 64: web and timer are killed and started again; to two seconds, for the pool of a tab that was open all the time."""
    team, house = own_team, own_team.house
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ana = await team.window("ana", "/pool")
    left = 15.0
    await team.let_wait(conversation, left=left)
    due = time.monotonic() + left
    for process in house.partyline.running[:2]:
        process.kill()
    await asyncio.to_thread(house.partyline.start, "timer")
    await house.start_web()
    await ana.live(within=left)
    assert time.monotonic() < due, "the machine was too slow to restart before the time"
    await expect(ana.pool_row("Maria Garcia")).to_have_count(0)
    await until(lambda: ana.pool_row("Maria Garcia").count(), within=left + 5)
    assert abs(time.monotonic() - due) <= 2
