"""Saved replies: found by a shortcut, filled in from the contact, and never sent with a hole."""

from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA = "+12025550143"


async def open_one(team: Team) -> tuple[str, Window]:
    await team.call("mia", "POST", "saved-replies", shortcut="hours", body="We are open from 9 to 5, {{contact.first_name}}.", shared=True)
    hello = "Hello {{contact.first_name}}, this is {{user.name}} of {{account.name}}"
    await team.call("ben", "POST", "saved-replies", shortcut="hello", body=hello)
    await team.call("ben", "POST", "saved-replies", shortcut="order", body="Your order {{contact.fields.order}} is ready.")
    await team.call("ana", "POST", "saved-replies", shortcut="mine", body="Only Ana's")
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    return conversation, ben


async def test_a_slash_at_the_start_finds_a_reply_that_is_filled_in(team: Team) -> None:
    """Issue 4. One's own and the shared ones, by keyboard alone."""
    conversation, ben = await open_one(team)
    await ben.composer.press("/")
    found = ben.page.get_by_role("listbox", name="Saved replies").get_by_role("option")
    await expect(found).to_have_count(3)
    assert [text.split("\n")[0] for text in await found.all_inner_texts()] == ["/hello", "/hours", "/order"]
    await ben.page.keyboard.type("hou")
    await expect(found).to_have_count(1)
    await ben.page.keyboard.press("Enter")
    await expect(ben.composer).to_have_value("We are open from 9 to 5, Maria.")
    await expect(ben.composer).to_be_focused()
    await ben.page.keyboard.press("Enter")
    await expect(ben.outbound.last).to_contain_text("Delivered")
    assert (await team.messages(conversation))[-1]["body"] == "We are open from 9 to 5, Maria."


async def test_the_button_puts_a_reply_where_the_caret_is_and_escape_gives_the_slash_back(team: Team) -> None:
    _, ben = await open_one(team)
    await ben.composer.fill("Dear client. ")
    await ben.page.get_by_role("button", name="Saved replies").click()
    await ben.page.get_by_role("option", name="/hello").click()
    await expect(ben.composer).to_have_value("Dear client. Hello Maria, this is Ben of Acme")
    await ben.composer.fill("")
    await ben.composer.press("/")
    await ben.page.keyboard.type("etc")
    await ben.page.keyboard.press("Escape")
    await expect(ben.composer).to_be_focused()
    await expect(ben.composer).to_have_value("/etc")


async def test_the_list_stays_open_for_who_types_on_before_the_next_frame_is_drawn(team: Team) -> None:
    """A busy machine draws late; what was begun before must not take the focus back then."""
    _, ben = await open_one(team)
    await ben.page.evaluate("() => { window.requestAnimationFrame = (run) => setTimeout(run, 300); }")
    await ben.page.get_by_role("button", name="Saved replies").click()
    await ben.page.get_by_role("option", name="/hello").click()
    await expect(ben.composer).to_have_value("Hello Maria, this is Ben of Acme")
    await ben.composer.fill("")
    await ben.composer.press("/")
    await ben.page.wait_for_function("() => new Promise((drawn) => requestAnimationFrame(() => drawn(true)))")
    await expect(ben.page.get_by_role("combobox", name="Find a saved reply")).to_be_focused()
    await ben.page.keyboard.type("etc")
    await ben.page.keyboard.press("Escape")
    await expect(ben.composer).to_have_value("/etc")
    await expect(ben.composer).to_be_focused()


async def test_what_could_not_be_filled_in_is_marked_and_keeps_the_text_from_leaving(team: Team) -> None:
    conversation, ben = await open_one(team)
    await ben.composer.press("/")
    await ben.page.keyboard.type("order")
    await ben.page.keyboard.press("Enter")
    await expect(ben.composer).to_have_value("Your order {{contact.fields.order}} is ready.")
    await expect(ben.page.locator(".writing-marks mark.gap")).to_have_text("{{contact.fields.order}}")
    await expect(ben.page.get_by_text("There is no contact's order.")).to_be_visible()
    before = len(await team.messages(conversation))
    await ben.composer.press("End")
    await ben.composer.press("Enter")
    selected = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"

    async def hole_is_selected() -> bool:
        return bool(await ben.composer.evaluate(selected) == "{{contact.fields.order}}")

    await until(hole_is_selected)
    await ben.page.keyboard.type("4711")
    await expect(ben.composer).to_have_value("Your order 4711 is ready.")
    await ben.page.keyboard.press("Enter")
    await expect(ben.outbound.last).to_contain_text("Delivered")
    assert [message["body"] for message in await team.messages(conversation)][before:] == ["Your order 4711 is ready."]
