"""Sound and desktop notifications: once for each person over many tabs, and only when they are wanted."""

import asyncio
import itertools

from playwright.async_api import expect

from tests.fixtures.alerts import SPIES, listening, rung, shown
from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"

# Tabs that are open when a warning comes tell it within three seconds of each other; now these are over.
LONG_AGO = """localStorage.setItem("partyline.warned",
  JSON.stringify(JSON.parse(localStorage.getItem("partyline.warned")).map(([key, at]) => [key, at - 10000])))"""


async def beside(window: Window, path: str = "/sms") -> Window:
    return await window.team.another_tab(window, path)


async def look_away(*windows: Window) -> None:
    """The person looks at something else than these."""
    for window in windows:
        await window.page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur'))")


async def prefer(team: Team, who: str = "ben", **chosen: object) -> None:
    await team.call(who, "PATCH", "me/preferences", **chosen)


async def test_an_unfocused_window_sounds_and_notifies_and_a_click_opens_the_conversation(team: Team) -> None:
    """UX 68: with the contact's name and words, one notification for each conversation."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await listening(team, path=f"/sms/{conversation}")
    await until(ben.spoken)
    await look_away(ben)
    await team.text(MARIA, "Yes, Thursday at 3 works for me", to=team.own)
    await until(lambda: shown(ben))
    assert await rung(ben) == 1
    [said] = await shown(ben)
    assert (said["title"], said["body"], said["tag"]) == ("Maria Garcia", "Yes, Thursday at 3 works for me", conversation)
    assert said["renotify"] is False
    await ben.title_is("(1) SMS · Partyline")
    await ben.page.evaluate("delete document.hasFocus; history.pushState(null, '', '/sms'); dispatchEvent(new PopStateEvent('popstate'))")
    await ben.page.evaluate("window.shown[0].onclick()")
    await expect(ben.page).to_have_url(f"{team.house.address}/sms/{conversation}")
    assert await ben.page.evaluate("window.gone") == [conversation]


async def test_a_private_notification_does_not_say_the_words(team: Team) -> None:
    await team.talk("Maria Garcia", MARIA, to=team.own)
    await prefer(team, private_notifications=True)
    ben = await listening(team)
    await look_away(ben)
    await team.text(MARIA, "My card is 4242", to=team.own)
    await until(lambda: shown(ben))
    assert (await shown(ben))[0]["body"] == "New text"


async def test_at_a_focused_window_there_is_a_sound_and_no_notification_of_the_desktop(team: Team) -> None:
    """UX 1.4: the toast is before the person's eyes."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await listening(team)
    await team.text(MARIA, "Look", to=team.own)
    await until(lambda: rung(ben))
    await until(ben.toast_says("Maria Garcia: Look"))
    assert await shown(ben) == []


async def test_two_tabs_sound_and_notify_once_and_the_other_one_does_when_the_first_is_gone(team: Team) -> None:
    """UX 69."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    first = await listening(team)
    second = await beside(first)
    await look_away(first, second)
    await team.text(MARIA, "One", to=team.own)
    for window in (first, second):
        await until(window.toast_says("Maria Garcia: One"))
    await until(lambda: shown(first, second))
    assert (await rung(first, second), len(await shown(first, second))) == (1, 1)
    leader, other = (first, second) if await rung(first) else (second, first)
    await leader.page.close()
    await other.page.evaluate("localStorage.removeItem('partyline.sounded')")
    await team.text(MARIA, "Two", to=team.own)
    await until(lambda: shown(other))
    assert (await rung(other), (await shown(other))[0]["body"]) == (1, "Two")


async def test_what_one_tab_has_before_the_eyes_is_quiet_in_the_others(team: Team) -> None:
    """UX 67, over tabs: the one that would sound is another one."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    leader = await listening(team)
    await look_away(leader)
    reader = await beside(leader, f"/sms/{conversation}")
    await until(reader.spoken)
    await until(lambda: looked_at(reader, conversation))
    await team.text(MARIA, "Before your eyes", to=team.own)
    await expect(reader.page.locator(".message .words").last).to_have_text("Before your eyes")
    await expect(leader.row("Maria Garcia")).to_contain_text("Before your eyes")
    await team.talk("Wei Chen", WEI, to=team.own)
    await until(leader.toast)
    assert "Before" not in await leader.toast()
    assert [each["title"] for each in await shown(leader, reader)] == []
    assert await rung(leader, reader) == 1


async def looked_at(window: Window, conversation: str) -> bool:
    held: bool = await window.page.evaluate(
        "(name) => navigator.locks.query().then(({held}) => held.some((lock) => lock.name.startsWith(name)))", f"looking {conversation}"
    )
    return held


async def test_the_browser_is_asked_for_notifications_only_by_the_button(team: Team) -> None:
    """UX 70."""
    await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await listening(team, permission="default")
    await look_away(ben)
    await team.text(MARIA, "Nobody asked", to=team.own)
    await until(lambda: rung(ben))
    assert await ben.page.evaluate("window.asked") == 0
    assert await shown(ben) == []
    await ben.page.get_by_role("button", name="Notices").click()
    await ben.page.get_by_role("button", name="Turn on desktop notifications").click()
    await expect(ben.page.get_by_text("Desktop notifications are on")).to_be_visible()
    assert await ben.page.evaluate("window.asked") == 1


async def test_a_browser_that_blocks_notifications_is_said_so_and_the_sound_can_be_tried(team: Team) -> None:
    """UX 70: the denied state."""
    ben = await listening(team, permission="denied")
    await ben.page.get_by_role("button", name="Notices").click()
    panel = ben.page.locator("#notices")
    await expect(panel).to_contain_text("The browser blocks notifications for this site. Sound and the tab title still work.")
    await panel.get_by_text("How to allow").click()
    await expect(panel).to_contain_text("set Notifications to Allow")
    await panel.get_by_role("button", name="Test sound").click()
    await expect(panel).to_contain_text("You should have heard it.")
    assert await rung(ben) == 1
    source = await ben.page.evaluate("window.rung[0][1]")
    answer = await ben.context.request.get(source)
    assert (answer.status, answer.headers["content-type"]) == (200, "audio/wav")


async def test_before_the_first_click_the_bell_says_that_sound_is_off(team: Team) -> None:
    """UX 1.4: the browser lets no page sound that was never touched."""
    ben = await listening(team)
    bell = ben.page.locator(".bell")
    await expect(bell).to_have_attribute("title", "Sound is off until you click anywhere.")
    await ben.page.locator("h1").click()
    await expect(bell).to_have_attribute("title", "Notices")


async def test_focus_is_quiet_but_for_what_goes_public_soon(team: Team) -> None:
    """UX 71: what came meanwhile is with the bell."""
    await team.call("mia", "PATCH", "settings", sms_public_minutes=20)
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.read("ben", conversation)
    ben = await listening(team)
    await ben.page.locator("h1").click()
    await ben.page.keyboard.press("f")
    await expect(ben.page.get_by_role("button", name="Status: Focus, 30 min")).to_be_visible()
    await team.text(MARIA, "Not now", to=team.own)
    await ben.title_is("(1) SMS · Partyline")
    await expect(ben.page.get_by_role("button", name="Notices, 1 new")).to_be_visible()
    assert (await ben.toast(), await rung(ben)) == ("", 0)
    soon = await team.talk("Wei Chen", WEI, to=team.own)
    await team.let_wait(soon, left=115)
    await ben.page.reload()
    await until(ben.toast_says("Wei Chen goes public in 2 minutes."))
    await until(lambda: rung(ben))
    await ben.page.get_by_role("button", name="Status: Focus").click()
    await ben.page.get_by_role("menuitemradio", name="Available").click()
    await expect(ben.page.get_by_role("button", name="Status: Available")).to_be_visible()


async def test_in_a_storm_it_sounds_at_most_once_in_three_seconds(team: Team) -> None:
    """UX 72."""
    for name, phone in (("Maria Garcia", MARIA), ("Wei Chen", WEI), ("Omar Haddad", OMAR)):
        await team.talk(name, phone, to=team.own)
    ben = await listening(team)
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    while loop.time() - began < 7:
        await asyncio.gather(*(team.text(phone, f"Text {sent}", to=team.own) for phone in (MARIA, WEI, OMAR)))
        sent += 3
    times = await ben.page.evaluate("window.rung.map(([at]) => at)")
    assert sent > 10
    assert 2 <= len(times) <= 4
    assert min(b - a for a, b in itertools.pairwise(times)) >= 3000


async def test_the_warning_sounds_once_over_two_tabs_and_not_again_in_a_new_one(team: Team) -> None:
    """UX 54: with its two ways on."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.read("ben", conversation)
    await team.let_wait(conversation, left=122)
    first = await listening(team)
    second = await beside(first)
    for window in (first, second):
        await until(window.toast_says("Maria Garcia goes public in 2 minutes."), within=8)
    await until(lambda: rung(first, second))
    assert await rung(first, second) == 1
    await first.page.evaluate(LONG_AGO)
    third = await beside(first)
    await expect(third.row("Maria Garcia").locator(".clock")).to_have_class("state clock late")
    assert (await third.toast(), await rung(third)) == ("", 0)
    await first.page.get_by_role("button", name="No reply needed").first.click()
    await expect(third.row("Maria Garcia").locator(".clock")).to_have_count(0)


async def test_the_warning_on_the_desktop_goes_once_its_conversation_waits_no_more(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.read("ben", conversation)
    await team.let_wait(conversation, left=59)
    ben = await team.window("ben", None)
    await ben.context.add_init_script(SPIES.replace("PERMISSION", "granted") + "document.hasFocus = () => false;")
    await ben.go("/sms")
    await until(lambda: shown(ben))
    assert [(said["title"], said["body"]) for said in await shown(ben)] == [("Maria Garcia", "Goes public in less than a minute.")]
    assert await ben.page.evaluate("window.gone") == []
    await team.call("mia", "POST", f"conversations/{conversation}/no-reply-needed")
    await until(lambda: ben.page.evaluate("window.gone.length"))
    assert await ben.page.evaluate("window.gone") == [conversation]


async def test_a_sound_can_be_repeated_until_the_text_is_read(team: Team) -> None:
    """UX 1.4: for those who want it."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await prefer(team, repeat_unread=True)
    ben = await team.window("ben", None)
    await ben.context.add_init_script(SPIES)
    await ben.page.clock.install()
    await ben.go("/sms")
    await team.text(MARIA, "Answer me", to=team.own)
    await until(lambda: rung(ben))
    await ben.page.clock.fast_forward(31_000)
    await until(lambda: rings(ben, 2))
    await team.read("ben", conversation)
    await ben.live(within=8)
    await ben.title_is("SMS · Partyline")
    await ben.page.clock.fast_forward(31_000)
    assert await rung(ben) == 2


async def rings(window: Window, n: int) -> bool:
    return await rung(window) == n


async def test_the_pool_sounds_for_those_who_want_it_and_for_nobody_else(team: Team) -> None:
    """UX 1.4."""
    await prefer(team, "dana", pool_alerts=True)
    dana, ben = await listening(team, "dana"), await listening(team, "ben")
    await team.talk("Maria Garcia", MARIA)
    await until(dana.toast_says("Maria Garcia waits in the pool."))
    await until(lambda: rung(dana))
    await expect(ben.page.locator("[data-tally=pool]").first).to_have_text("1")
    assert (await ben.toast(), await rung(ben)) == ("", 0)
