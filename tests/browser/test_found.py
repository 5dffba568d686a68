"""A text that was found by its words: the conversation opens where it stands, and goes on from there in both directions."""

import re

from playwright.async_api import Locator, expect

from server.settings import Settings
from tests.fixtures.browser import Team, Window
from tests.fixtures.crowd import crowd_of, phone
from tests.fixtures.waiting import until

MARIA, NAME = phone(0), "<b>Maria</b> & Co"
TEXTS = 160
WORDS = "The invoice <i>4711</i> is wrong"
# What stands out and what is told is over after some seconds.
WITNESS = """window.told = new Set();
new MutationObserver(() => {
  for (const each of document.querySelectorAll(".message.sought .words, [role=status]")) window.told.add(each.textContent);
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});"""
ALL = [WORDS if number == 60 else f"Text {number}" for number in range(1, TEXTS + 1)]


async def long_talk(team: Team, settings: Settings) -> str:
    """Its 60th text is about an invoice."""
    conversation = await team.talk(NAME, MARIA, ALL[0], to=team.own)
    async with crowd_of(team, settings, 0) as crowd:
        await crowd.write(0, ALL[1:])
    return conversation


async def look_for(window: Window, words: str) -> Locator:
    """What the command menu finds of texts."""
    await window.page.keyboard.press("Control+k")
    await window.page.get_by_label("Search contacts, conversations and actions").fill(words)
    found = window.page.get_by_role("listbox", name="Found").get_by_role("option").filter(has_text="Text, ")
    await expect(found).to_have_count(1)
    return found


async def scroll_until(window: Window, to: str, body: str) -> None:
    """Scrolls the log by its height, up or down, until this text is there."""

    async def there() -> bool:
        await window.page.get_by_role("log").evaluate(f"(log) => {{ log.scrollTop = {to}; }}")
        return body in await window.bubbles()

    await until(there)


async def test_a_text_that_was_found_is_shown_where_it_stands_and_the_log_goes_on_from_there(team: Team, settings: Settings) -> None:
    """UX 93 and 44. By the keyboard; told; at the same place after a reload; live texts come at the end, behind a pill."""
    conversation = await long_talk(team, settings)
    ben = await team.window("ben", None)
    await ben.context.add_init_script(WITNESS)
    await ben.go("/sms")
    await expect(ben.row(NAME)).to_be_visible()

    async def told() -> bool:
        said = await ben.page.evaluate("[...window.told]")
        return WORDS in said and any(f"Found: {NAME}, " in each for each in said)

    found = await look_for(ben, "invoice <I>4711")
    await expect(found.locator("mark")).to_have_text("invoice <i>4711")
    await expect(found).to_contain_text(f"The invoice <i>4711</i> is wrongText, {NAME}")
    await expect(found.locator("b, i")).to_have_count(0)
    await found.click()
    await expect(ben.page).to_have_url(re.compile(rf"/sms/{conversation}\?at=\d+$"))
    message = ben.page.locator(".message").filter(has_text="The invoice")
    for again in (False, True):
        if again:
            await ben.page.reload()
        await expect(message).to_be_in_viewport(ratio=1)
        await expect(message).to_be_focused()
        await until(told)
    pill = ben.page.locator(".log-pill")
    await expect(pill).to_have_text("Newest messages")
    assert ALL[-1] not in await ben.bubbles()
    await ben.live()
    await team.text(MARIA, "And one more", to=team.own)
    await expect(pill).to_have_text("1 new message")
    assert "And one more" not in await ben.bubbles()
    await expect(message).to_be_in_viewport(ratio=1)
    await scroll_until(ben, "0", ALL[0])
    await scroll_until(ben, "log.scrollHeight", "And one more")
    assert await ben.bubbles() == [*ALL, "And one more"]
    await ben.page.get_by_role("log").evaluate("(log) => { log.scrollTop = log.scrollHeight }")
    await expect(pill).to_have_count(0)
    await (await look_for(ben, "4711")).click()
    await expect(message).to_be_in_viewport(ratio=1)


async def test_from_a_found_text_one_press_leads_to_the_newest_and_a_text_of_mine_does_too(team: Team, settings: Settings) -> None:
    conversation = await long_talk(team, settings)
    seq = next(item["seq"] for item in await team.messages(conversation) if item["body"] == WORDS)
    ben = await team.window("ben", f"/sms/{conversation}?at={seq}")
    message = ben.page.locator(".message").filter(has_text="The invoice")
    await expect(message).to_be_in_viewport(ratio=1)
    await ben.page.get_by_role("button", name="Newest messages").click()
    await expect(ben.page.get_by_text(ALL[-1], exact=True).last).to_be_in_viewport()
    await expect(ben.page).to_have_url(re.compile(f"/sms/{conversation}$"))
    await ben.go(f"/sms/{conversation}?at={seq}")
    await expect(message).to_be_in_viewport(ratio=1)
    await ben.write("It is right now")
    await expect(ben.outbound.filter(has_text="It is right now")).to_be_in_viewport()
    await expect(ben.outbound.filter(has_text="Delivered")).to_have_count(1)
    await ben.go(f"/sms/{conversation}?at=987654")
    await until(ben.toast_says("That text is not here any more."))
    await expect(ben.outbound.filter(has_text="It is right now")).to_be_in_viewport()
