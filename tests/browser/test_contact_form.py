"""The form of one contact: its details, its conversations, what happened to it."""

import re

from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"


def tab(window: Window, name: str) -> Locator:
    return window.page.get_by_role("navigation", name="Parts of the contact").get_by_role("link", name=name)


async def stored(team: Team, id: str) -> tuple[object, ...]:
    contact = await team.call("mia", "GET", f"contacts/{id}")
    phones = [(phone["number"], phone["kind"]) for phone in contact["phones"]]
    return contact["name"], phones, contact["tags"], contact["fields"], contact["timezone"]


async def test_what_is_changed_on_the_form_is_saved_and_nothing_else(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA, fields={"email": "maria@shop.example"}, tags=["vip"])
    ana = await team.window("ana", f"/contacts/{maria}")
    page = ana.page
    save = page.get_by_role("button", name="Save")
    await expect(save).to_be_disabled()
    await page.get_by_label("Name", exact=True).fill("Maria Lopez")
    await page.get_by_role("button", name="Add number").click()
    await page.get_by_label("Number 2", exact=True).fill("(202) 555-0199")
    await page.get_by_label("Kind of number 2").select_option("Landline")
    await page.get_by_label("Time zone").fill("Europe/Rome")
    await page.get_by_label("Add a tag").fill("summer")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Remove tag vip").click()
    await page.get_by_role("button", name="Add field").click()
    await page.get_by_label("Name of field 2").fill("city")
    await page.get_by_label("Value of city").fill("Rome")
    await team.call("mia", "PATCH", f"contacts/{maria}", ready=True)
    await save.click()
    await expect(page.get_by_text(re.compile(r"^Saved \d\d:\d\d$"))).to_be_visible()
    phones = [(MARIA, "mobile"), ("+12025550199", "landline")]
    assert await stored(team, maria) == ("Maria Lopez", phones, ["summer"], {"email": "maria@shop.example", "city": "Rome"}, "Europe/Rome")
    await expect(page.get_by_role("switch", name="Ready: on")).to_be_checked()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Maria Lopez")


async def test_what_is_wrong_is_said_at_its_field_which_has_the_focus(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    await team.contact("Wei Chen", WEI)
    ana = await team.window("ana", f"/contacts/{maria}")
    page = ana.page
    number, save = page.get_by_label("Number 1", exact=True), page.get_by_role("button", name="Save")
    await number.fill(WEI)
    await save.click()
    await expect(page.get_by_role("group", name="Phones")).to_contain_text("another contact")
    await expect(number).to_be_focused()
    await expect(number).to_have_attribute("aria-invalid", "true")
    await number.fill(MARIA)
    await page.get_by_label("Name", exact=True).fill("")
    await save.click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.get_by_label("Name", exact=True).fill("Maria G")
    await page.get_by_label("Time zone").fill("Moon/Crater")
    await save.click()
    await expect(page.get_by_text("There is no such time zone.")).to_be_visible()
    await page.get_by_role("button", name="Discard changes").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Maria Garcia")
    await expect(save).to_be_disabled()


async def test_what_a_colleague_changes_meanwhile_is_shown_and_a_conflict_is_asked(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    ana = await team.window("ana", f"/contacts/{maria}")
    name = ana.page.get_by_label("Name", exact=True)
    await team.call("ben", "PATCH", f"contacts/{maria}", name="Maria G", tags=["vip"])
    await expect(name).to_have_value("Maria G")
    await expect(ana.page.get_by_role("button", name="Remove tag vip")).to_be_visible()
    await name.fill("Mine")
    await team.call("ben", "PATCH", f"contacts/{maria}", name="Theirs", timezone="Europe/Rome")
    await expect(ana.page.get_by_text("Ben changed the name while you were editing.")).to_be_visible()
    await expect(name).to_have_value("Mine")
    await expect(ana.page.get_by_label("Time zone")).to_have_value("Europe/Rome")
    await ana.page.get_by_role("button", name="Take theirs").click()
    await expect(name).to_have_value("Theirs")
    await expect(ana.page.get_by_role("button", name="Save")).to_be_disabled()
    await name.fill("Mine")
    await team.call("ben", "PATCH", f"contacts/{maria}", name="Again")
    await ana.page.get_by_role("button", name="Keep mine").click()
    await ana.page.get_by_role("button", name="Save").click()
    await until(lambda: named(team, maria, "Mine"))


async def named(team: Team, id: str, name: str) -> bool:
    return bool((await stored(team, id))[0] == name)


async def test_unsaved_changes_outlive_the_tabs_and_are_not_left_without_asking(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    ana = await team.window("ana", "/contacts")
    page = ana.page
    await page.get_by_role("link", name="Maria Garcia").click()
    name, question = page.get_by_label("Name", exact=True), page.get_by_role("dialog", name="Leave without saving?")
    await name.fill("Maria Lopez")
    await tab(ana, "SMS").click()
    await expect(ana.composer).to_be_visible()
    await tab(ana, "Details").click()
    await expect(name).to_have_value("Maria Lopez")
    await page.get_by_role("link", name="Back to contacts").click()
    await question.get_by_role("button", name="Stay here").click()
    assert page.url.endswith(maria)
    await expect(name).to_have_value("Maria Lopez")
    await page.evaluate("history.go(-3)")
    await expect(question).to_be_visible()
    await question.get_by_role("button", name="Discard changes").click()
    await expect(page.get_by_role("heading", name="Contacts")).to_be_visible()
    await page.get_by_role("link", name="Maria Garcia").click()
    await expect(name).to_have_value("Maria Garcia")


async def test_a_first_text_starts_the_conversation_with_the_opt_out_line_counted(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA, ready=True)
    ana = await team.window("ana", f"/contacts/{maria}/sms")
    await expect(ana.page.get_by_text("No texts with Maria Garcia yet.")).to_be_visible()
    await ana.composer.fill("x" * 140)
    await expect(ana.page.locator("#counter")).to_contain_text("2 segments")
    await ana.write("Hello Maria")
    await until(ana.spoken)
    (words,) = await ana.bubbles()
    assert words.startswith("Hello Maria ")
    await expect(ana.composer).to_have_value("")
    await expect(ana.page.get_by_role("switch", name="Ready: off")).to_be_visible()
    (message,) = await team.messages(await team.conversation(MARIA))
    assert message["user"]["name"] == "Ana"


async def test_a_first_text_that_did_not_leave_stays_and_goes_once(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    ana = await team.window("ana", f"/contacts/{maria}/sms")
    await expect(ana.composer).to_be_visible()
    await ana.context.set_offline(True)
    await ana.write("Hello Maria")
    await expect(ana.page.get_by_text("Not sent. You are offline.")).to_be_visible()
    await expect(ana.composer).to_have_value("Hello Maria")
    await ana.context.set_offline(False)
    await ana.composer.press("Enter")
    await until(ana.spoken)
    assert len(await team.messages(await team.conversation(MARIA))) == 1


async def test_each_number_has_its_conversation_and_the_unread_ones_are_counted(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    await team.call(
        "mia", "PATCH", f"contacts/{maria}", phones=[{"number": MARIA}, {"number": WEI}, {"number": "+12025550150", "kind": "landline"}]
    )
    await team.text(MARIA, "From the first", to=team.own)
    await team.text(WEI, "From the second", to=team.own)
    ben = await team.window("ben", f"/contacts/{maria}")
    await expect(tab(ben, "SMS")).to_contain_text("2")
    await tab(ben, "SMS").click()
    await until(ben.spoken)
    assert await ben.bubbles() == ["From the second"]
    await expect(tab(ben, "SMS")).to_contain_text("1")
    numbers = ben.page.get_by_label("Number", exact=True)
    await expect(numbers.locator("option[disabled]")).to_have_text("+1 (202) 555-0150 · landline")
    await numbers.select_option(MARIA)
    await expect(ben.page.get_by_role("log")).to_contain_text("From the first")
    await expect(tab(ben, "SMS").locator(".count")).to_have_count(0)
    await team.text(WEI, "And again", to=team.own)
    await expect(tab(ben, "SMS")).to_contain_text("1")


async def test_without_a_mobile_number_nothing_can_be_sent_and_one_can_be_added(team: Team) -> None:
    """UX 37."""
    maria = await team.contact("Maria Garcia", MARIA)
    await team.call("mia", "PATCH", f"contacts/{maria}", phones=[{"number": MARIA, "kind": "landline"}])
    ana = await team.window("ana", f"/contacts/{maria}/sms")
    await expect(ana.page.get_by_text("This contact has no mobile number.")).to_be_visible()
    await expect(ana.composer).to_have_count(0)
    await ana.page.get_by_role("button", name="Add number").click()
    await expect(ana.page.get_by_label("Number 2", exact=True)).to_be_focused()
    await ana.page.keyboard.type("2025550199")
    await ana.page.get_by_role("button", name="Save").click()
    await expect(ana.page.get_by_role("button", name="Save")).to_be_disabled()
    await tab(ana, "SMS").click()
    await expect(ana.composer).to_be_visible()


async def test_a_number_is_opted_out_by_hand_and_the_ledger_says_by_whom_and_why(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    ana, ben = await team.open_windows("ana", "ben", path=f"/contacts/{maria}")
    await ana.page.get_by_role("button", name="Opt out").click()
    await ana.page.get_by_label("Reason").fill("Asked on the phone")
    await ana.page.get_by_role("dialog").get_by_role("button", name="Opt out", exact=True).click()
    ledger = ana.page.get_by_role("list", name="Consent ledger")
    await expect(ledger).to_contain_text("was opted out by you “Asked on the phone”")
    await expect(ben.page.get_by_role("list", name="Consent ledger")).to_contain_text("was opted out by Ana")
    await tab(ana, "SMS").click()
    await expect(ana.page.get_by_text("was opted out by you")).to_be_visible()
    await expect(ana.composer).to_have_count(0)
    await tab(ana, "Activity").click()
    await expect(ana.page.get_by_role("region", name="Activity").get_by_role("listitem").first).to_contain_text("Opted out by hand")


async def test_a_manager_deletes_a_contact_unless_a_conversation_is_held_with_it(team: Team) -> None:
    maria = await team.contact("Maria Garcia", MARIA)
    await team.talk("Wei Chen", WEI)
    mia = await team.window("mia", "/contacts")
    ana = await team.window("ana", f"/contacts/{maria}")
    await expect(ana.page.get_by_role("button", name="Delete contact")).to_have_count(0)
    await mia.page.get_by_role("link", name="Wei Chen").click()
    await expect(mia.page.get_by_text("There is a conversation with Wei Chen, so the contact stays")).to_be_visible()
    await mia.go(f"/contacts/{maria}")
    await mia.page.get_by_role("button", name="Delete contact").click()
    await mia.page.get_by_role("dialog").get_by_role("button", name="Delete contact").click()
    await expect(mia.page.get_by_role("heading", name="Contacts")).to_be_visible()
    await expect(mia.page.get_by_role("link", name="Maria Garcia")).to_have_count(0)
    await expect(ana.page.get_by_role("heading", name="This contact was deleted")).to_be_visible()


async def test_after_every_change_the_form_equals_the_form_freshly_loaded(team: Team) -> None:
    """PRODUCT 28."""
    maria = await team.contact("Maria Garcia", MARIA)
    for part in ("", "/activity"):
        window = await team.window("ben", f"/contacts/{maria}{part}")
        fresh = await team.another_tab(window, f"/contacts/{maria}{part}")
        for change in ({"name": f"Maria {part}"}, {"ready": not part}, {"tags": ["vip"]}, {"fields": {"city": "Rome" + part}}):
            await team.call("mia", "PATCH", f"contacts/{maria}", **change)
            await assert_same(window, fresh, str(change))
        await team.text(MARIA, "STOP" if part else "Hello", to=team.own)
        await assert_same(window, fresh, "a text")


FORM = r"""() => [...document.querySelectorAll(".contact-page-head, .contact-tabs, .contact-tab li, .contact-tab input, .contact-tab .tag")]
  .map((one) => `${one.value ?? ""} ${one.innerText} ${one.querySelector("[role=switch]")?.ariaLabel ?? ""}`.replace(/\s+/g, " ").trim())"""


async def assert_same(window: Window, fresh: Window, action: str) -> None:
    await fresh.page.reload()
    await fresh.live()
    seen: list[object] = []

    async def same() -> bool:
        seen[:] = [await window.page.evaluate(FORM), await fresh.page.evaluate(FORM)]
        return seen[0] == seen[1] and seen[0] != []

    try:
        await until(same)
    except AssertionError:
        raise AssertionError(f"after {action}, by events and by loading: {seen}") from None
