"""The page of all contacts: found, filtered, kept by events, changed singly and many at once."""

import statistics
import time
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"


def row(window: Window, name: str) -> Locator:
    return window.page.get_by_role("row").filter(has=window.page.get_by_role("rowheader", name=name))


def ready(window: Window, name: str) -> Locator:
    return row(window, name).get_by_role("switch")


async def names(window: Window) -> list[str]:
    found: list[str] = await window.page.get_by_role("rowheader").all_inner_texts()
    return found


def lists(window: Window, *wanted: str) -> Callable[[], Awaitable[bool]]:
    async def same() -> bool:
        return await names(window) == list(wanted)

    return same


async def three(team: Team) -> dict[str, str]:
    """Their ids."""
    return {
        "Maria": await team.contact("Maria Garcia", MARIA, ready=True, tags=["vip"], fields={"email": "maria@shop.example"}),
        "Omar": await team.contact("Omar Haddad", OMAR, ready=True),
        "Wei": await team.contact("Wei Chen", WEI, tags=["spring"]),
    }


@pytest.mark.alone
async def test_a_search_finds_by_name_number_and_address_within_300_ms_and_stays_in_the_address(team: Team) -> None:
    """UX 75. The slash key goes to the field."""
    await three(team)
    ana = await team.window("ana", "/contacts")
    await until(lists(ana, "Maria Garcia", "Omar Haddad", "Wei Chen"))
    await ana.page.locator("h1").click()
    await ana.page.keyboard.press("/")
    field = ana.page.get_by_role("searchbox", name="Search name, number, email")
    await expect(field).to_be_focused()
    took = []
    for words, found in (
        ("garc", "Maria Garcia"),
        ("(202) 555-0144", "Wei Chen"),
        ("SHOP.example", "Maria Garcia"),
        ("0145", "Omar Haddad"),
    ):
        begun = time.monotonic()
        await field.fill(words)
        await until(lists(ana, found))
        took.append(time.monotonic() - begun)
    assert statistics.median(took) < 0.3
    await until(lambda: "q=0145" in ana.page.url)
    await ana.page.reload()
    await until(lists(ana, "Omar Haddad"))
    await field.fill("nobody")
    await expect(ana.page.get_by_text("No contact matches “nobody”.")).to_be_visible()
    await ana.page.get_by_role("button", name="Clear filter").click()
    await until(lists(ana, "Maria Garcia", "Omar Haddad", "Wei Chen"))
    await expect(ana.page.get_by_text("3 contacts")).to_be_visible()


async def test_ready_tag_and_order_are_asked_for_in_the_address(team: Team) -> None:
    await three(team)
    await team.text(WEI, "Hello")
    ana = await team.window("ana", "/contacts")
    await ana.page.get_by_label("Ready", exact=True).select_option("on")
    await until(lists(ana, "Maria Garcia", "Omar Haddad"))
    await ana.page.get_by_label("Tag", exact=True).select_option("vip")
    await until(lists(ana, "Maria Garcia"))
    assert "ready=true" in ana.page.url
    assert "tag=vip" in ana.page.url
    await ana.page.goto("/contacts?sort=-name")
    await until(lists(ana, "Wei Chen", "Omar Haddad", "Maria Garcia"))
    await ana.page.get_by_role("button", name="Last text").click()
    await until(lists(ana, "Wei Chen", "Omar Haddad", "Maria Garcia"))
    await expect(ana.page.get_by_role("columnheader", name="Last text")).to_have_attribute("aria-sort", "descending")
    await ana.page.get_by_role("button", name="Name").click()
    await until(lists(ana, "Maria Garcia", "Omar Haddad", "Wei Chen"))


async def test_further_rows_come_as_one_scrolls_also_under_the_pointer(team: Team) -> None:
    lines = "Name,Phone\n" + "".join(f"Person {n:03},+1303{5550000 + n}\n" for n in range(130))
    headers = {"content-type": "text/csv"}
    answer = await team.client("mia").post("/api/v1/contacts/import?dry_run=false", content=lines, headers=headers)
    assert answer.status_code == 202, answer.text
    mia = await team.window("mia", "/contacts")
    await expect(mia.page.get_by_text("130 contacts")).to_be_visible()
    await mia.page.reload()
    await expect(row(mia, "Person 000")).to_be_visible()
    assert len(await names(mia)) < 130
    await row(mia, "Person 003").hover()

    async def scrolled_to_the_end() -> bool:
        await mia.page.mouse.wheel(0, 3000)
        last = await row(mia, "Person 129").bounding_box() if len(await names(mia)) == 130 else None
        return last is not None and last["y"] < await mia.page.evaluate("innerHeight")

    await until(scrolled_to_the_end)
    await expect(mia.page.get_by_role("button", name="updated")).to_have_count(0)
    await expect(row(mia, "Person 129")).to_be_in_viewport()
    assert await names(mia) == [f"Person {n:03}" for n in range(130)]


async def test_an_account_without_contacts_says_so(team: Team) -> None:
    ana, mia = await team.open_windows("ana", "mia", path="/contacts")
    await expect(ana.page.get_by_text("No contacts yet. A manager can import a CSV file.")).to_be_visible()
    await expect(mia.page.get_by_text("No contacts yet. Import a CSV file, or make the first one.")).to_be_visible()


async def test_view_on_dashboard_is_at_the_bottom_right_and_opens_the_form_with_the_log_of_the_inbox(team: Team) -> None:
    """UX 76. What the SMS tab shows is what the inbox shows."""
    conversation = await team.talk("Maria Garcia", MARIA, "Is it open?", to=team.own)
    await team.send("ben", conversation, "Until five")
    ben = await team.window("ben", "/contacts")
    open_it = ben.page.get_by_role("link", name="View on Dashboard")
    await expect(open_it).to_have_attribute("aria-disabled", "true")
    await row(ben, "Maria Garcia").get_by_role("cell").nth(1).click()
    await expect(ben.page.get_by_role("complementary", name="Preview")).to_contain_text("Maria Garcia")
    box = await open_it.bounding_box()
    assert box is not None
    main = await ben.page.get_by_role("region", name="Contacts").bounding_box()
    assert main is not None
    assert main["x"] + main["width"] - box["x"] - box["width"] < 40
    assert main["y"] + main["height"] - box["y"] - box["height"] < 40
    await open_it.click()
    await expect(ben.page.get_by_label("Name", exact=True)).to_have_value("Maria Garcia")
    await ben.page.get_by_role("navigation", name="Parts of the contact").get_by_role("link", name="SMS").click()
    await until(lambda: "/sms" in ben.page.url)
    await until(ben.spoken)
    log = await ben.bubbles()
    await ben.go(f"/sms/{conversation}")
    await until(ben.spoken)
    assert log == await ben.bubbles()
    assert [words.split(" Reply")[0] for words in log] == ["Is it open?", "Until five"]


async def test_view_edit_contact_opens_the_managers_form_with_the_sms_tab(team: Team) -> None:
    """UX 77."""
    await three(team)
    mia = await team.window("mia", "/contacts")
    await row(mia, "Wei Chen").get_by_role("cell").nth(2).click(position={"x": 90, "y": 10})
    await mia.page.get_by_role("link", name="View/Edit Contact").click()
    await expect(mia.page.get_by_role("heading", level=1)).to_have_text("Wei Chen")
    await mia.page.get_by_role("navigation", name="Parts of the contact").get_by_role("link", name="SMS").click()
    await expect(mia.composer).to_be_visible()


async def test_a_text_from_whomever_turns_ready_off_in_the_managers_table(team: Team) -> None:
    """UX 78: sent by an agent's page, by the manager's, by the API."""
    people = {name: await team.contact(name, f"+1202555016{n}", ready=True) for n, name in enumerate(("Ana's", "Mia's", "A program's"))}
    mia = await team.window("mia", "/contacts")
    for name in people:
        await expect(ready(mia, name)).to_be_checked()
    for who, name in (("ana", "Ana's"), ("mia", "Mia's")):
        window = await team.window(who, f"/contacts/{people[name]}/sms")
        await window.write("Hello")
        await expect(ready(mia, name)).not_to_be_checked()
        await expect(row(mia, name)).to_contain_text(f"{'You' if who == 'mia' else 'Ana'}: Hello")
    await team.call("ben", "POST", "messages", contact=people["A program's"], body="Hello", client_id="one")
    await expect(ready(mia, "A program's")).not_to_be_checked()
    await ready(mia, "Ana's").hover()
    await expect(mia.page.get_by_role("tooltip")).to_contain_text("Ready: off · by text from Ana ")


async def test_ready_is_a_switch_that_says_how_it_stands_and_can_be_taken_back(team: Team) -> None:
    """UX 79, 81: by the keyboard; the undoing is in what happened to the contact."""
    people = await three(team)
    mia = await team.window("mia", "/contacts")
    table = mia.page.get_by_role("table", name="Contacts")
    switch = table.get_by_role("switch", name="Ready, Maria Garcia: on")
    await switch.focus()
    await mia.page.keyboard.press("Space")
    await expect(table.get_by_role("switch", name="Ready, Maria Garcia: off")).not_to_be_checked()
    await until(mia.toast_says("Ready turned off for Maria Garcia."))
    await mia.page.get_by_role("button", name="Undo").click()
    await expect(table.get_by_role("switch", name="Ready, Maria Garcia: on")).to_be_checked()
    await until(lambda: stands(team, people["Maria"], ready=True))
    items = (await team.call("mia", "GET", f"contacts/{people['Maria']}/activity"))["items"]
    turned = [item["data"]["contact"]["ready"] for item in items if item["type"] == "contact.ready_changed"]
    assert turned == [True, False]


async def stands(team: Team, contact: str, *, ready: bool) -> bool:
    return bool((await team.call("mia", "GET", f"contacts/{contact}"))["ready"] is ready)


async def test_an_agent_sees_ready_and_turns_it_on_the_form(team: Team) -> None:
    people = await three(team)
    ana = await team.window("ana", "/contacts")
    await expect(row(ana, "Maria Garcia")).to_contain_text("on")
    await expect(ana.page.get_by_role("switch")).to_have_count(0)
    await ana.page.get_by_role("link", name="Maria Garcia").click()
    await ana.page.get_by_role("switch", name="Ready: on").click()
    await expect(ana.page.get_by_role("switch", name="Ready: off")).to_be_visible()
    await until(lambda: stands(team, people["Maria"], ready=False))


async def test_rows_are_walked_picked_turned_and_opened_by_keys(team: Team) -> None:
    """UX 93, for this page."""
    await three(team)
    mia = await team.window("mia", "/contacts")
    await until(lists(mia, "Maria Garcia", "Omar Haddad", "Wei Chen"))
    press = mia.page.keyboard.press
    await press("j")
    await press("j")
    await expect(row(mia, "Omar Haddad")).to_be_focused()
    await press("k")
    await expect(row(mia, "Maria Garcia")).to_be_focused()
    await press("x")
    await expect(mia.page.get_by_label("Select Maria Garcia")).to_be_checked()
    await press("t")
    await expect(ready(mia, "Maria Garcia")).not_to_be_checked()
    await press("ArrowDown")
    await press("Enter")
    await expect(mia.page.get_by_label("Name", exact=True)).to_have_value("Omar Haddad")


async def test_the_order_is_held_while_somebody_points_at_the_rows(team: Team) -> None:
    people = await three(team)
    await team.text(MARIA, "First")
    mia = await team.window("mia", "/contacts?sort=recent")
    await until(lists(mia, "Maria Garcia", "Wei Chen", "Omar Haddad"))
    await row(mia, "Wei Chen").hover()
    await team.text(OMAR, "To the top")
    await expect(row(mia, "Omar Haddad")).to_contain_text("To the top")
    assert await names(mia) == ["Maria Garcia", "Wei Chen", "Omar Haddad"]
    await mia.page.get_by_role("button", name="1 updated").click()
    await until(lists(mia, "Omar Haddad", "Maria Garcia", "Wei Chen"))
    await team.call("mia", "PATCH", f"contacts/{people['Wei']}", name="Wei Chen-Li")
    await expect(row(mia, "Wei Chen-Li")).to_be_visible()


async def test_many_are_picked_with_shift_changed_at_once_and_taken_back(team: Team) -> None:
    for n in range(6):
        await team.contact(f"Person {n}", f"+1202555017{n}")
    mia = await team.window("mia", "/contacts")
    await mia.page.get_by_label("Select Person 1").check()
    await mia.page.get_by_label("Select Person 4").click(modifiers=["Shift"])
    await mia.page.get_by_role("button", name="Set Ready for 4 contacts").click()
    await expect(ready(mia, "Person 3")).to_be_checked()
    await expect(ready(mia, "Person 0")).not_to_be_checked()
    await until(mia.toast_says("Ready turned on for 4 contacts."))
    await mia.page.keyboard.press("z")
    for name in ("Person 1", "Person 4"):
        await expect(ready(mia, name)).not_to_be_checked()


async def test_all_that_match_the_filter_are_tagged_owned_and_deleted_with_their_number_on_the_button(team: Team) -> None:
    for n in range(4):
        await team.contact(f"Person {n}", f"+1202555017{n}")
    await team.text("+12025550173", "A conversation")
    mia = await team.window("mia", "/contacts?q=person")
    page = mia.page
    await until(lists(mia, "Person 0", "Person 1", "Person 2", "Person 3"))
    await page.get_by_label("Select Person 0").check()
    await page.get_by_role("button", name="Select all 4").click()
    await page.get_by_label("What to do").select_option("Add a tag")
    await page.get_by_label("Tag", exact=True).last.fill("vip")
    await page.get_by_role("button", name="Add tag “vip” to 4 contacts").click()
    for n in range(4):
        await expect(row(mia, f"Person {n}")).to_contain_text("vip")
    await page.get_by_label("Select all rows").check()
    await page.get_by_label("What to do").select_option("Assign owner")
    await page.get_by_role("combobox", name="New owner").select_option("Ben")
    await page.get_by_role("button", name="Assign Ben to 4 contacts").click()
    await expect(row(mia, "Person 3")).to_contain_text("Ben")
    await page.get_by_label("Select all rows").check()
    await page.get_by_label("What to do").select_option("Delete")
    await page.get_by_role("button", name="Delete 4 contacts").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete 4 contacts").click()
    await until(lists(mia, "Person 3"))
    await until(mia.toast_says("3 contacts deleted. 1 contact has a conversation and stays."))
    await page.get_by_role("button", name="Undo").click()
    await until(lists(mia, "Person 0", "Person 1", "Person 2", "Person 3"))


async def test_a_new_contact_is_made_with_its_number_and_a_wrong_one_is_said_at_the_field(team: Team) -> None:
    await three(team)
    ana = await team.window("ana", "/contacts")
    await ana.page.get_by_role("button", name="New contact").click()
    form = ana.page.get_by_role("dialog", name="New contact")
    await form.get_by_label("Name").fill("Emma Novak")
    await form.get_by_label("Number").fill(MARIA)
    await form.get_by_role("button", name="Make contact").click()
    await expect(form.get_by_label("Number")).to_have_attribute("aria-invalid", "true")
    await expect(form).to_contain_text("another contact")
    await form.get_by_label("Number").fill("(202) 555-0199")
    await form.get_by_role("button", name="Make contact").click()
    await expect(ana.page.get_by_role("heading", name="Emma Novak")).to_be_visible()
