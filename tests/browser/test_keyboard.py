"""Everything by keys: the map, chords, single letters on and off, the command menu, panes."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.waiting import until

MARIA, WEI, OMAR = "+12025550143", "+12025550144", "+12025550145"

EVERYWHERE = {
    "?": "Show the keyboard map",
    "Ctrl K": "Search and do anything",
    "/": "Filter this page, or search",
    "G S": "Go to SMS",
    "G P": "Go to Pool",
    "G C": "Go to Contacts",
    "Shift C": "Claim the longest waiting",
    "Z": "Undo the last thing",
    "F": "Focus on or off",
    "F6": "Next pane",
    "Shift F6": "Previous pane",
    "Esc": "Back to the list, close a menu",
}
MANAGERS = {"G L": "Go to Live", "G R": "Go to SMS conversations", "G A": "Go to Response times"}
IN_SMS = {
    "N": "New text",
    "J": "Next conversation",
    "K": "Previous conversation",
    "Alt ↓": "Next, also while writing",
    "Alt ↑": "Previous, also while writing",
    "[": "Previous tab",
    "]": "Next tab",
    "Enter": "Open and write",
    "R": "Write",
    "A": "Attach a file",
    "C": "Claim this",
    "E": "No reply needed",
    "O": "Follow or unfollow",
    "M": "Mute or unmute",
    "U": "Mark unread",
    "T": "Turn Ready on or off",
}


async def three(team: Team) -> list[str]:
    """Ben's conversations; the newest, Omar's, stands first."""
    named = (("Maria Garcia", MARIA), ("Wei Chen", WEI), ("Omar Haddad", OMAR))
    return [await team.talk(name, phone, to=team.own) for name, phone in named]


async def keymap(window: Window) -> dict[str, dict[str, str]]:
    """What `?` shows: heading, keys, words."""
    await window.page.keyboard.press("?")
    dialog = window.page.get_by_role("dialog", name="Keyboard")
    await expect(dialog).to_be_visible()
    shown: dict[str, dict[str, str]] = await dialog.evaluate(
        """(dialog) => Object.fromEntries([...dialog.querySelectorAll("h3")].map((head) => [head.textContent,
          Object.fromEntries([...head.nextElementSibling.querySelectorAll("dl > div")].map((line) => [
            [...line.querySelectorAll("kbd")].map((key) => key.textContent).join(" "), line.querySelector("dd").textContent]))]))"""
    )
    await window.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    return shown


@pytest.mark.alone
async def test_the_map_lists_the_keys_of_this_page_and_no_others(team: Team) -> None:
    """UX 93."""
    mia = await team.window("mia")
    shown = await keymap(mia)
    assert (shown["Everywhere"], shown["In SMS"]) == (EVERYWHERE | MANAGERS, IN_SMS)
    await mia.page.keyboard.press("g")
    await mia.page.keyboard.press("c")
    await expect(mia.page).to_have_url(re.compile("/contacts$"))
    await expect(mia.page.get_by_role("heading", level=1)).to_be_visible()
    shown = await keymap(mia)
    assert "In SMS" not in shown
    assert shown["Everywhere"] == EVERYWHERE | MANAGERS


async def test_keys_act_again_from_the_moment_at_which_the_map_closes(team: Team) -> None:
    """The browser tells of the end of a dialog a task later."""
    mia = await team.window("mia")
    await mia.page.keyboard.press("?")
    await expect(mia.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await mia.page.evaluate(
        """() => {
          const dialog = document.querySelector("dialog[open]");
          const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
          press("Escape");
          dialog.close();
          for (const key of ["g", "c"]) press(key);
        }"""
    )
    await expect(mia.page).to_have_url(re.compile("/contacts$"))


async def test_an_agent_has_no_keys_to_managers_pages(team: Team) -> None:
    """UX 93."""
    ben = await team.window("ben")
    assert (await keymap(ben))["Everywhere"] == EVERYWHERE
    await ben.page.keyboard.press("g")
    await ben.page.keyboard.press("l")
    await expect(ben.page).to_have_url(re.compile("/sms$"))


@pytest.mark.alone
async def test_two_keys_go_to_a_page(team: Team) -> None:
    """UX 93: G, then the page."""
    mia = await team.window("mia")
    for key, path in (("p", "/pool"), ("l", "/feed"), ("r", "/reports/sms-conversations"), ("a", "/reports/response-times"), ("s", "/sms")):
        await mia.page.keyboard.press("g")
        await mia.page.keyboard.press(key)
        await expect(mia.page).to_have_url(f"{team.house.address}{path}")
        await expect(mia.page.locator("h1").first).to_be_visible()


async def test_letters_rest_in_fields_in_compositions_and_with_alt_gr(team: Team) -> None:
    """UX 5.12."""
    await three(team)
    ben = await team.window("ben")
    await expect(ben.row("Wei Chen")).to_be_visible()
    await ben.page.keyboard.press("/")
    await expect(ben.page.get_by_label("Filter by name or number")).to_be_focused()
    await ben.page.keyboard.type("jk")
    await expect(ben.page).to_have_url(re.compile("/sms$"))
    await ben.page.keyboard.press("Escape")
    await ben.page.evaluate(
        """() => {
          document.activeElement.blur();
          const j = {key: "j", code: "KeyJ", bubbles: true};
          const press = (more) => document.body.dispatchEvent(new KeyboardEvent("keydown", {...j, ...more}));
          press({isComposing: true});
          press({modifierAltGraph: true});
          press({ctrlKey: true});
        }"""
    )
    await expect(ben.page).to_have_url(re.compile("/sms$"))
    await ben.page.keyboard.press("j")
    await expect(ben.page).to_have_url(re.compile("/sms/."))


async def test_with_single_letters_off_j_rests_and_alt_shift_j_moves(team: Team) -> None:
    """UX 94."""
    await three(team)
    ben = await team.window("ben")
    await expect(ben.row("Wei Chen")).to_be_visible()
    await ben.page.keyboard.press("?")
    await ben.page.get_by_label("Single-letter keys").uncheck()
    await ben.page.keyboard.press("Escape")
    await until(lambda: off(team))
    await ben.page.keyboard.press("j")
    await ben.page.keyboard.press("g")
    await ben.page.keyboard.press("p")
    await expect(ben.page).to_have_url(re.compile("/sms$"))
    await ben.page.keyboard.press("Alt+Shift+J")
    await expect(ben.page.locator(".thread-pane h1")).to_have_text("Omar Haddad")
    await ben.page.keyboard.press("Alt+Shift+G")
    await ben.page.keyboard.press("Alt+Shift+P")
    await expect(ben.page).to_have_url(re.compile("/pool$"))


async def off(team: Team) -> bool:
    return (await team.call("ben", "GET", "me/preferences"))["single_keys"] is False


async def test_alt_and_an_arrow_move_on_while_writing(team: Team) -> None:
    """UX 93."""
    await three(team)
    ben = await team.window("ben")
    await ben.row("Omar Haddad").click()
    await expect(ben.composer).to_be_visible()
    await ben.composer.fill("Half a tho")
    await ben.page.keyboard.press("Alt+ArrowDown")
    await expect(ben.page.locator(".thread-pane h1")).to_have_text("Wei Chen")
    await expect(ben.composer).to_be_focused()
    await ben.page.keyboard.press("Alt+ArrowUp")
    await expect(ben.composer).to_have_value("Half a tho")
    await expect(ben.composer).to_be_focused()


async def test_brackets_turn_the_tabs_of_the_list(team: Team) -> None:
    """UX 93."""
    await three(team)
    ben = await team.window("ben")
    await expect(ben.page.get_by_role("tab", name="Mine")).to_have_attribute("aria-selected", "true")
    await ben.page.keyboard.press("]")
    await expect(ben.page.get_by_role("tab", name="Subscribed")).to_have_attribute("aria-selected", "true")
    await ben.page.keyboard.press("[")
    await ben.page.keyboard.press("[")
    await expect(ben.page.get_by_role("tab", name="Closed")).to_have_attribute("aria-selected", "true")


async def test_f6_goes_through_the_panes_and_back(team: Team) -> None:
    """UX 93."""
    conversations = await three(team)
    ben = await team.window("ben", f"/sms/{conversations[0]}")
    await until(ben.spoken)
    in_pane = "document.activeElement.closest('.bar, .list-pane, .thread-pane, .contact-pane')?.className.split(' ')[0]"
    await ben.composer.focus()
    seen = []
    for _ in range(4):
        await ben.page.keyboard.press("F6")
        seen.append(await ben.page.evaluate(in_pane))
    assert seen == ["contact-pane", "bar", "list-pane", "thread-pane"]
    await ben.page.keyboard.press("Shift+F6")
    assert await ben.page.evaluate(in_pane) == "list-pane"


async def test_ready_is_turned_by_t_and_taken_back_by_z(team: Team) -> None:
    """UX 93, and the notice with Undo."""
    conversations = await three(team)
    ben = await team.window("ben", f"/sms/{conversations[0]}")
    await until(ben.spoken)
    contact = (await team.call("ben", "GET", f"conversations/{conversations[0]}"))["contact"]

    async def ready() -> bool:
        return bool((await team.call("ben", "GET", f"contacts/{contact['id']}"))["ready"])

    before = await ready()
    await ben.page.keyboard.press("t")
    await until(ben.toast_says(f"Ready turned {'off' if before else 'on'} for Maria Garcia."))
    assert await ready() is not before
    await ben.page.keyboard.press("z")
    await until(lambda: is_so(ready, before))
    await expect(ben.page.locator(".toast").filter(has_text="Ready")).to_have_count(0)


async def is_so(asked: Callable[[], Awaitable[object]], wanted: object) -> bool:
    return await asked() == wanted


async def test_unread_follow_and_mute_have_their_letters(team: Team) -> None:
    """UX 93."""
    conversation = await team.talk("Maria Garcia", MARIA)
    ana = await team.window("ana", f"/sms/{conversation}")
    await until(ana.spoken)

    def mine(name: str, wanted: object) -> Callable[[], Awaitable[bool]]:
        async def same() -> bool:
            return bool((await team.call("ana", "GET", f"conversations/{conversation}"))[name] == wanted)

        return same

    await ana.page.keyboard.press("o")
    await until(mine("role", "subscriber"))
    await expect(ana.page.locator(".thread-facts").get_by_title("Ana")).to_be_visible()
    await ana.page.keyboard.press("m")
    await until(mine("muted", True))
    await expect(ana.page.locator(".thread-facts").get_by_text("Muted")).to_be_visible()
    await ana.page.keyboard.press("m")
    await until(mine("muted", False))
    await team.text(MARIA, "And another")
    await until(mine("unread", 0))
    await ana.page.keyboard.press("u")
    await expect(ana.page).to_have_url(re.compile("/sms$"))
    await until(mine("unread", 1))


async def test_the_command_menu_finds_conversations_contacts_and_actions(team: Team) -> None:
    """UX 93: Ctrl+K, a few letters, Enter."""
    await three(team)
    await team.contact("Noah Olsen", "+12025550146")
    ben = await team.window("ben")
    await expect(ben.row("Wei Chen")).to_be_visible()
    found = ben.page.get_by_role("listbox", name="Found").get_by_role("option")
    await ben.page.keyboard.press("Control+k")
    await ben.page.get_by_label("Search contacts, conversations and actions").fill("wei")
    await expect(found.first).to_contain_text("Wei Chen")
    await ben.page.keyboard.press("Enter")
    await expect(ben.page.locator(".thread-pane h1")).to_have_text("Wei Chen")
    await ben.page.keyboard.press("Control+k")
    await ben.page.get_by_label("Search contacts, conversations and actions").fill("noah")
    await expect(found.first).to_contain_text("Noah Olsen")
    await expect(found.first).to_contain_text("Contact")
    await ben.page.keyboard.press("Escape")
    await ben.page.keyboard.press("Control+k")
    await ben.page.get_by_label("Search contacts, conversations and actions").fill("go to pool")
    await expect(found.first).to_contain_text("G P")
    await ben.page.keyboard.press("Enter")
    await expect(ben.page).to_have_url(re.compile("/pool$"))
    await ben.page.get_by_role("button", name="Search").click()
    await ben.page.get_by_label("Search contacts, conversations and actions").fill("nothing of the kind")
    await expect(ben.page.get_by_role("dialog", name="Search and do")).to_contain_text("Nothing matches “nothing of the kind”.")


async def test_the_command_menu_hands_the_open_conversation_to_a_colleague(team: Team) -> None:
    conversations = await three(team)
    ben = await team.window("ben", f"/sms/{conversations[1]}")
    await until(ben.spoken)
    await ben.page.locator("h1").click()
    await ben.page.keyboard.press("Control+k")
    await ben.page.get_by_label("Search contacts, conversations and actions").fill("hand over to dana")
    await expect(ben.page.get_by_role("listbox", name="Found").get_by_role("option").first).to_contain_text("Hand over to Dana")
    await ben.page.keyboard.press("Enter")
    await expect(ben.page.get_by_text("Owner: Dana")).to_be_visible()
