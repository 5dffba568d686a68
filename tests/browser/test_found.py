"""A text that was found by its words: the conversation opens where it stands, and goes on from there in both directions."""

import re
from functools import partial

from playwright.async_api import Locator, expect

from server.settings import Settings
from server.store.database import Transaction, batch
from server.store.message_search import WALKED
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


async def older_texts(tx: Transaction, conversation: str, bodies: list[str]) -> None:
    """From the newest to the oldest, each some minutes before the next, all before what is there."""
    same = "conversation, account, kind, direction, media, did, state, encoding, segments, attempt"
    await tx.run(
        f"""insert into messages ({same}, seq, id, body, created_at)
            select {", ".join(f"m.{name}" for name in same.split(", "))}, m.seq + 1 + k.key, m.id || k.key, k.value ->> 'body',
                m.created_at - (k.key + 1) * 600000000
            from messages m, json_each(:bodies) k where m.conversation = :conversation and m.kind = 'message'""",
        conversation=conversation,
        bodies=batch({"body": body} for body in bodies),
    )
    await tx.run("update conversations set seq = seq + :more where id = :id", more=len(bodies), id=conversation)


async def test_what_a_search_did_not_look_at_is_looked_at_by_another_press(team: Team) -> None:
    """By the keyboard, and told; the mark stands on what is found, and at the end nothing more can be pressed."""
    conversation = await team.talk(NAME, MARIA, "the first zq", to=team.own)
    bodies = [f"Text {number}" for number in range(3 * WALKED + 100)]
    bodies[2 * WALKED + 50] = "a second zq"
    await team.database.write(partial(older_texts, conversation=conversation, bodies=bodies))
    ben = await team.window("ben", "/sms")
    texts = await look_for(ben, "zq")
    await expect(texts).to_contain_text("the first zq")
    options = ben.page.get_by_role("listbox", name="Found").get_by_role("option")
    back = options.filter(has_text="further back")
    await expect(back).to_have_text(re.compile(r"^Search further back ?Looked back to \d+ \w+"))
    status = ben.page.get_by_role("dialog").get_by_role("status")
    await expect(status).to_have_text(re.compile(r"^1 match\. Looked back to \d+ \w+( \d{4})?\. Search further back\.$"))
    await ben.page.keyboard.press("ArrowDown")
    await expect(back).to_have_attribute("aria-selected", "true")
    await ben.page.keyboard.press("Enter")
    await expect(texts).to_have_count(2)
    await expect(texts.last).to_contain_text("a second zq")
    await expect(texts.last).to_have_attribute("aria-selected", "true")
    await expect(status).to_have_text(re.compile(r"^2 matches\. Looked back to "))
    await ben.page.keyboard.press("ArrowDown")
    await ben.page.keyboard.press("Enter")
    end = options.filter(has_text="No older texts")
    await expect(end).to_be_disabled()
    await expect(status).to_have_text("2 matches. Looked at all. No older texts.")
    await ben.page.keyboard.press("Enter")
    await expect(end).to_have_attribute("aria-selected", "true")
    await expect(ben.page.get_by_role("dialog")).to_be_visible()
    await ben.page.get_by_label("Search contacts, conversations and actions").fill("zzq")
    await expect(ben.page.get_by_role("dialog").get_by_text("Nothing matches “zzq”.")).to_be_visible()
    await expect(end).to_have_count(0)
