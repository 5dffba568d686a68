"""Where a text goes and where it comes from; who sends with which key; a first text from the list."""

import re

from playwright.async_api import expect

from tests.fixtures.browser import Team
from tests.fixtures.waiting import until

MARIA, OTHER, DESK = "+12025550143", "+12025550147", "+12025550148"


async def maria_with(team: Team, *phones: tuple[str, str]) -> str:
    listed = [{"number": number, "kind": kind} for number, kind in phones]
    made = await team.call("mia", "POST", "contacts", name="Maria Garcia", phones=listed)
    return str(made["id"])


async def test_send_to_lists_the_mobile_numbers_and_a_text_to_another_one_goes_into_its_own_conversation(team: Team) -> None:
    """UX 37."""
    await maria_with(team, (MARIA, "mobile"), (OTHER, "mobile"), (DESK, "landline"))
    await team.text(MARIA, "Hello", to=team.own)
    conversation = await team.conversation(MARIA)
    ben = await team.window("ben", f"/sms/{conversation}")
    to = ben.page.get_by_label("Send To")
    listed = ["Mobile +1 (202) 555-0143", "Mobile +1 (202) 555-0147", "Landline +1 (202) 555-0148"]
    await expect(to.get_by_role("option")).to_have_text(listed)
    await expect(to.get_by_role("option").nth(2)).to_be_disabled()
    await expect(to).to_have_value(MARIA)
    await to.select_option(OTHER)
    await expect(ben.page.get_by_text("A text to this number goes into a conversation of its own.")).to_be_visible()
    await ben.write("To the other one")
    await expect(ben.page).to_have_url(re.compile(await until_conversation(team, OTHER)))
    await expect(ben.outbound.last).to_contain_text("To the other one")
    await ben.page.get_by_label("Send To").select_option(MARIA)
    await expect(ben.page).to_have_url(re.compile(conversation))


async def until_conversation(team: Team, phone: str) -> str:
    found = [""]

    async def there() -> bool:
        items = (await team.call("mia", "GET", "conversations?view=all&limit=200"))["items"]
        found[0] = next((item["id"] for item in items if item["contact"]["phone"] == phone), "")
        return bool(found[0])

    await until(there)
    return found[0]


async def test_what_is_written_goes_along_to_another_number_unless_something_was_begun_there(team: Team) -> None:
    """Nothing that is begun is lost: neither here nor there."""
    await maria_with(team, (MARIA, "mobile"), (OTHER, "mobile"))
    for phone in (MARIA, OTHER):
        await team.text(phone, "Hello", to=team.own)
    first, second = await team.conversation(MARIA), await team.conversation(OTHER)
    ben = await team.window("ben", f"/sms/{first}")
    await until(ben.spoken)
    to = ben.page.get_by_label("Send To")
    await ben.composer.fill("Goes along")
    await to.select_option(OTHER)
    await expect(ben.page).to_have_url(re.compile(second))
    await expect(ben.composer).to_have_value("Goes along")
    await team.call("ben", "PUT", f"conversations/{first}/draft", body="Begun elsewhere")
    await to.select_option(MARIA)
    await expect(ben.page).to_have_url(re.compile(first))
    await expect(ben.composer).to_have_value("Begun elsewhere")
    await ben.composer.press("End")
    await ben.composer.press_sequentially(" and here")
    await to.select_option(OTHER)
    await expect(ben.page).to_have_url(re.compile(second))
    await expect(ben.composer).to_have_value("Goes along")

    async def saved() -> bool:
        drafts = [await team.call("ben", "GET", f"conversations/{each}/draft") for each in (first, second)]
        return [draft["body"] for draft in drafts] == ["Begun elsewhere and here", "Goes along"]

    await until(saved)


async def test_a_contact_without_a_mobile_number_has_no_composer_and_the_way_to_add_one(team: Team) -> None:
    """UX 37. It comes back live when a number is added."""
    contact = await maria_with(team, (DESK, "landline"))
    await team.text(DESK, "From the desk", to=team.own)
    ben = await team.window("ben", f"/sms/{await team.conversation(DESK)}")
    await expect(ben.page.locator(".composer-closed")).to_contain_text("This contact has no mobile number.")
    await expect(ben.composer).to_have_count(0)
    await expect(ben.page.get_by_role("link", name="Add number")).to_have_attribute("href", f"/contacts/{contact}")
    phones = [{"number": DESK, "kind": "landline"}, {"number": MARIA, "kind": "mobile"}]
    await team.call("mia", "PATCH", f"contacts/{contact}", phones=phones)
    await expect(ben.composer).to_be_visible()


async def test_from_is_the_conversations_number_and_another_one_may_be_chosen(team: Team) -> None:
    """Rule 1."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.support)
    ana = await team.window("ana", f"/sms/{conversation}")
    numbers = ana.page.get_by_label("From")
    await expect(numbers.locator("option:checked")).to_have_text("Support")
    await ana.write("From Support")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    await numbers.select_option("Ben")
    await ana.write("From Ben's")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    sent = [message["did"]["label"] for message in await team.messages(conversation) if message["direction"] == "outbound"]
    assert sent == ["Support", "Ben"]


async def test_without_a_number_of_ours_nobody_can_write_and_is_told_what_to_do(team: Team) -> None:
    conversation = await team.talk("Maria Garcia", MARIA)
    for did in (await team.call("mia", "GET", "dids"))["items"]:
        await team.call("mia", "PATCH", f"dids/{did['id']}", capabilities=["mms"])
    ana = await team.window("ana", f"/sms/{conversation}")
    await expect(ana.page.locator(".composer-closed")).to_have_text("You have no SMS number yet. Ask a manager to assign one.")


async def test_who_prefers_it_sends_with_control_and_enter(team: Team) -> None:
    """The preference holds in tabs that are open."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await team.call("ben", "PATCH", "me/preferences", send_key="ctrl_enter")

    async def known() -> bool:
        await ben.composer.fill("One")
        await ben.composer.press("Enter")
        return bool(await ben.composer.input_value() == "One\n")

    await until(known)
    await ben.composer.press_sequentially("two")
    await ben.composer.press("Control+Enter")
    await expect(ben.outbound.last.locator(".words")).to_have_text("One\ntwo", use_inner_text=True)


async def test_a_new_text_starts_with_n_and_goes_to_a_contact_or_to_a_number(team: Team) -> None:
    """A conversation with any contact or number, from the list, by keyboard."""
    await team.contact("Maria Garcia", MARIA)
    await team.call("mia", "POST", "contacts", name="Maria Landline", phones=[{"number": DESK, "kind": "landline"}])
    ana = await team.window("ana")
    await expect(ana.page.get_by_text("No conversations yet.")).to_be_visible()
    await ana.page.keyboard.press("n")
    dialog = ana.page.get_by_role("dialog", name="New text")
    await expect(dialog.get_by_role("combobox", name="Send To")).to_be_focused()
    await ana.page.keyboard.type("maria")
    await expect(dialog.locator(".option")).to_have_count(2)
    await expect(dialog.locator(".option").filter(has_text="Maria Landline")).to_have_attribute("aria-disabled", "true")
    await ana.page.keyboard.press("Enter")
    await expect(dialog.get_by_role("combobox", name="Send To")).to_have_value("Maria Garcia")
    await dialog.get_by_label("Message").fill("Good day")
    await dialog.get_by_role("button", name="Send").click()
    await expect(ana.page).to_have_url(re.compile(await until_conversation(team, MARIA)))
    await expect(ana.outbound).to_contain_text("Good day")
    await expect(ana.composer).to_be_focused()
    await ana.page.get_by_role("button", name="New text").click()
    await dialog.get_by_role("combobox", name="Send To").fill("(202) 555-0149")
    await dialog.locator(".option").filter(has_text="Text this number").click()
    await dialog.get_by_label("Message").fill("Hello stranger")
    await dialog.get_by_role("button", name="Send").click()
    await expect(ana.page).to_have_url(re.compile(await until_conversation(team, "+12025550149")))
    await expect(ana.outbound).to_contain_text("Hello stranger")
