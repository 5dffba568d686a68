"""Settings: messaging, numbers, carriers, tokens, audit, saved replies."""

import re

from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import hold
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"
MANAGERS = (
    "/feed",
    "/reports/response-times",
    *(f"/settings/{part}" for part in ("messaging", "dids", "carriers", "users", "tokens", "webhooks", "audit")),
)


async def minutes_left(window: Window, name: str) -> int:
    shown = await window.row(name).locator(".clock").inner_text()
    found = re.search(r"(\d\d):\d\d", shown)
    return int(found[1]) if found else -1


async def test_other_public_minutes_show_their_effect_and_move_running_countdowns(team: Team) -> None:
    """UX 63: the effect before, the countdowns in open tabs after, and the audit."""
    waits = {"Maria Garcia": (MARIA, 15), "Wei Chen": (WEI, 8), "Omar Haddad": (OMAR, 5)}
    for name, (phone, left) in waits.items():
        await team.let_wait(await team.talk(name, phone, to=team.own), left=left * 60 + 30)
    ben = await team.window("ben", "/sms")
    mia = await team.window("mia", "/settings/messaging")
    assert await minutes_left(ben, "Maria Garcia") == 15
    field = mia.page.get_by_label("SMS Conversation Public Minutes")
    await expect(field).to_have_value("20")
    await expect(mia.page.get_by_role("heading", level=1)).to_have_text("Account > Settings > Voice/Messaging Default Settings")
    await field.fill("10")
    await expect(field).to_have_accessible_description(
        re.compile(r"3 conversations are unanswered now; with 10 minutes 2 of them go public at once\.")
    )
    await mia.page.get_by_role("button", name="Save").click()
    await expect(mia.page.get_by_text(re.compile(r"\(saved \d\d:\d\d\)"))).to_be_visible()

    async def moved() -> bool:
        return await minutes_left(ben, "Maria Garcia") == 5

    await until(moved)
    await expect(ben.row("Wei Chen")).to_contain_text(re.compile("public", re.IGNORECASE))
    await mia.page.get_by_role("link", name="Audit").click()
    change = mia.page.get_by_role("table", name="Changes").get_by_role("row").nth(1)
    await expect(change).to_contain_text("Settings changed")
    await expect(change.locator("del")).to_have_text("20")
    await expect(change.locator("ins")).to_have_text("10")
    await expect(change).to_contain_text("public minutes")
    await expect(change).to_contain_text("mia")
    conditions = [{"field": "tag", "op": "has", "value": "vip"}, {"field": "opted_out", "op": "is", "value": False}]
    await team.call("mia", "POST", "live-filters", name="VIP", conditions=conditions)
    await expect(change).to_contain_text("Tag has “vip” and Opted out is no")


async def test_what_another_manager_saved_while_one_was_editing_is_said(team: Team) -> None:
    await team.call("mia", "PATCH", f"users/{team.people['dana'].id}", role="manager")
    mia = await team.window("mia", "/settings/messaging")
    dana = await team.window("dana", "/settings/messaging")
    minutes, opt_out = (mia.page.get_by_label(label) for label in ("SMS Conversation Public Minutes", "Opt-out text on first message"))
    await minutes.fill("30")
    await dana.page.get_by_label("SMS Conversation Public Minutes").fill("5")
    await dana.page.get_by_label("Opt-out text on first message").fill("Text STOP to stop.")
    await dana.page.get_by_role("button", name="Save").click()
    await expect(mia.page.get_by_text("Dana changed SMS Conversation Public Minutes to “5”")).to_be_visible()
    await expect(minutes).to_have_value("30")
    await expect(opt_out).to_have_value("Text STOP to stop.")
    await expect(opt_out).to_have_accessible_description(re.compile(r"^18 characters, 1 segment"))
    await mia.page.get_by_role("button", name="Take theirs").click()
    await expect(minutes).to_have_value("5")
    await mia.page.get_by_label("Never").check()
    await expect(minutes).to_be_disabled()
    await mia.page.get_by_role("button", name="Save").click()

    async def never() -> bool:
        return (await team.call("mia", "GET", "settings"))["sms_public_minutes"] is None

    await until(never)
    await expect(dana.page.get_by_label("Never")).to_be_checked()


async def test_what_the_server_refuses_stands_at_its_field(team: Team) -> None:
    mia = await team.window("mia", "/settings/messaging")
    field = mia.page.get_by_label("SMS Conversation Public Minutes")
    for wrong in ("", "99999"):
        await field.fill(wrong)
        await mia.page.get_by_role("button", name="Save").click()
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_be_focused()
    assert (await team.call("mia", "GET", "settings"))["sms_public_minutes"] == 20


async def test_a_token_is_shown_once_and_in_no_later_answer(team: Team) -> None:
    """UX 88."""
    mia = await team.window("mia", "/settings/tokens")
    answers: list[str] = []
    mia.page.on("response", lambda answer: answers.append(answer.url) if "/api/v1/tokens" in answer.url else None)
    await mia.page.get_by_role("button", name="New token").click()
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Dialer")
    await dialog.get_by_label("Acts as").select_option("Ana")
    await dialog.get_by_role("button", name="Make token").click()
    secret = await mia.page.get_by_role("dialog", name="Token Dialer").locator("code").inner_text()
    assert len(secret) > 20
    found = await mia.context.request.get("/api/v1/me", headers={"authorization": f"Bearer {secret}", "cookie": ""})
    assert (await found.json())["user"]["name"] == "Ana"
    await mia.page.get_by_role("button", name="Done").click()
    row = mia.page.get_by_role("row").filter(has_text="Dialer")
    await expect(row).to_contain_text("Ana")
    assert secret not in await mia.page.content()
    await mia.page.reload()
    await expect(row).to_be_visible()
    listed = await mia.context.request.get("/api/v1/tokens")
    assert secret not in await mia.page.content() + await listed.text()
    await row.get_by_role("button", name="Revoke").click()
    await mia.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(row).to_have_count(0)
    gone = await mia.context.request.get("/api/v1/me", headers={"authorization": f"Bearer {secret}", "cookie": ""})
    assert gone.status == 401


async def test_a_test_text_reaches_the_phone_and_shows_its_receipt(team: Team) -> None:
    """UX 91."""
    mia = await team.window("mia", "/settings/dids")
    row = mia.page.get_by_role("row").filter(has_text="Support")
    await row.get_by_role("button", name="Send test text").click()
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("To").fill("not a number")
    await dialog.get_by_role("button", name="Send test text").click()
    await expect(dialog.locator(".form-fault, .field-error")).to_be_visible()
    await dialog.get_by_label("To").fill(MARIA)
    await dialog.get_by_label("Message").fill("Do you read this?")
    await dialog.get_by_role("button", name="Send test text").click()
    await expect(dialog.get_by_role("status")).to_contain_text("Delivered")
    conversation = await team.conversation(MARIA)
    sent = (await team.messages(conversation))[-1]
    assert (sent["did"]["number"], sent["state"]) == (team.support, "delivered")
    texts = await mia.context.request.get("/sandbox/texts", params={"phone": MARIA})
    assert "Do you read this?" in await texts.text()
    await dialog.get_by_role("button", name="Close", exact=True).last.click()
    await expect(row).to_contain_text("0 of 1 failed in 24 h")


async def test_the_form_knows_what_each_carrier_needs_and_who_confirms_stop(team: Team) -> None:
    mia = await team.window("mia", "/settings/carriers")
    await mia.page.get_by_role("button", name="Add carrier").click()
    dialog = mia.page.get_by_role("dialog")
    stop = dialog.get_by_label("The carrier answers STOP itself")
    await dialog.get_by_label("Kind").select_option("Bandwidth")
    await expect(dialog.get_by_label("Hook password")).to_have_attribute("type", "password")
    await expect(dialog.get_by_label("Hook username")).to_have_accessible_description(re.compile("Application"))
    await expect(stop).not_to_be_checked()
    await dialog.get_by_label("Kind").select_option("Telnyx")
    await expect(stop).to_be_checked()
    await expect(dialog.get_by_label("Hook password")).to_have_count(0)
    await dialog.get_by_label("API key").fill("KEY0123")
    await dialog.get_by_label("Public key").fill("none")
    await dialog.get_by_role("button", name="Add carrier").click()
    await expect(dialog.get_by_text("44 characters of base64")).to_be_visible()
    await dialog.get_by_label("Public key").fill("A" * 43 + "=")
    await dialog.get_by_role("button", name="Add carrier").click()
    await expect(mia.page.get_by_role("row").filter(has_text="Telnyx")).to_contain_text("/hooks/telnyx/")


async def test_a_carrier_and_a_number_are_added_and_no_secret_comes_back(team: Team) -> None:
    mia = await team.window("mia", "/settings/carriers")
    await mia.page.get_by_role("button", name="Add carrier").click()
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("Kind").select_option("Twilio")
    await dialog.get_by_label("Name").fill("Main")
    await dialog.get_by_label("Account SID").fill("AC" + "0" * 32)
    await dialog.get_by_label("Auth token").fill("planted-secret")
    await dialog.get_by_role("button", name="Add carrier").click()
    row = mia.page.get_by_role("row").filter(has_text="Main")
    await expect(row).to_contain_text("/hooks/twilio/")
    await row.get_by_role("button", name="Edit").click()
    await expect(dialog.get_by_label("Auth token")).to_have_value("")
    assert "planted-secret" not in await mia.page.content()
    await dialog.get_by_label("Name").fill("Renamed")
    await dialog.get_by_role("button", name="Save").click()
    await expect(mia.page.get_by_role("row").filter(has_text="Renamed")).to_be_visible()

    await mia.page.get_by_role("navigation", name="Settings").get_by_role("link", name="Numbers").click()
    await mia.page.get_by_role("button", name="Add number").click()
    await dialog.get_by_label("Number").fill("12")
    await dialog.get_by_role("button", name="Add number").click()
    await expect(dialog.get_by_label("Number")).to_have_accessible_description(re.compile("not a phone number"))
    await expect(dialog.get_by_label("Number")).to_be_focused()
    await dialog.get_by_label("Number").fill("+1 202 555 0199")
    await dialog.get_by_label("Label").fill("Sales")
    await dialog.get_by_label("Carrier").select_option("Renamed")
    await dialog.get_by_label("Assigned to").select_option("Ana")
    await dialog.get_by_role("button", name="Add number").click()
    row = mia.page.get_by_role("row").filter(has_text="Sales")
    await expect(row).to_contain_text("Ana")
    await row.get_by_role("button", name="Edit").click()
    await dialog.get_by_label("Assigned to").select_option("The account")
    await dialog.get_by_label("pictures").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("account")
    await expect(row).to_contain_text("MMS")
    before = await row.inner_text()
    await mia.page.reload()

    async def same() -> bool:
        return await row.count() == 1 and await row.inner_text() == before

    await until(same)
    await row.get_by_role("button", name="Remove").click()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(row).to_have_count(0)


def reply(window: Window, shortcut: str) -> Locator:
    return window.page.get_by_role("row").filter(has_text=f"/{shortcut}")


async def test_saved_replies_are_ones_own_or_shared_and_show_what_is_sent(team: Team) -> None:
    ana = await team.window("ana", "/settings/saved-replies")
    await ana.page.get_by_role("button", name="New saved reply").click()
    dialog = ana.page.get_by_role("dialog")
    await expect(dialog.get_by_label("Shared with everybody")).to_have_count(0)
    await dialog.get_by_label("Shortcut").fill("Good Bye")
    body = dialog.get_by_label("Text", exact=True)
    await body.fill("Thank you, !")
    await body.evaluate("(field) => field.setSelectionRange(11, 11)")
    await dialog.get_by_role("button", name="contact's first name").click()
    await expect(body).to_have_value("Thank you, {{contact.first_name}}!")
    await expect(body).to_be_focused()
    preview = dialog.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("Thank you, Maria!")
    await expect(preview).to_contain_text("17 characters, 1 segment")
    await dialog.get_by_role("button", name="Save").click()
    await expect(reply(ana, "good-bye")).to_contain_text("Yours")
    mia = await team.window("mia", "/settings/saved-replies")
    await mia.page.get_by_role("button", name="New saved reply").click()
    dialog = mia.page.get_by_role("dialog")
    await dialog.get_by_label("Shortcut").fill("hours")
    await dialog.get_by_label("Text", exact=True).fill("Until five, {{contact.shoe_size}}")
    await dialog.get_by_label("Shared with everybody").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_label("Text", exact=True)).to_have_attribute("aria-invalid", "true")
    await dialog.get_by_label("Text", exact=True).fill("We are open until five.")
    await dialog.get_by_role("button", name="Save").click()
    await expect(reply(mia, "hours")).to_contain_text("Shared")
    await expect(reply(mia, "good-bye")).to_have_count(0)
    await ana.page.reload()
    await expect(reply(ana, "hours")).to_contain_text("Shared")
    await expect(reply(ana, "hours").get_by_role("button")).to_have_count(0)
    await reply(ana, "good-bye").get_by_role("button", name="Delete").click()
    await ana.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(reply(ana, "good-bye")).to_have_count(0)
    await ana.page.get_by_role("button", name="Undo").click()
    await expect(reply(ana, "good-bye")).to_be_visible()


async def test_an_agent_who_opens_a_managers_page_is_told_in_the_frame(team: Team) -> None:
    """UX 5: 403, no data."""
    await team.talk("Maria Garcia", MARIA)
    ana = await team.window("ana", None)
    for path in MANAGERS:
        answer = await ana.page.goto(path)
        assert answer is not None
        assert answer.status == 403, path
        await expect(ana.page.get_by_role("navigation", name="Pages")).to_be_attached()
        assert "Maria Garcia" not in await answer.text()
    await ana.go("/settings/preferences")
    sections = ana.page.get_by_role("navigation", name="Settings").get_by_role("link")
    await expect(sections).to_have_text(["Saved replies", "Preferences"])


async def test_a_number_is_added_when_its_carriers_are_known_and_not_before(team: Team) -> None:
    mia = await team.window("mia")
    there = await hold(mia.page, "**/api/v1/carriers*")
    await mia.page.goto("/settings/dids")
    await mia.page.get_by_role("button", name="Add number").click()
    await expect(mia.page.get_by_role("dialog")).to_have_count(0)
    there.set()
    await mia.page.get_by_role("dialog").get_by_label("Number").fill("12")
    await mia.page.get_by_role("dialog").get_by_role("button", name="Add number").click()
    await expect(mia.page.get_by_role("dialog").get_by_label("Number")).to_have_accessible_description(re.compile("not a phone number"))
