"""An open conversation: what it shows, who takes part in it, and two agents who answer at once."""

import re

import pytest
from playwright.async_api import Route, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import intercept
from tests.fixtures.waiting import until

MARIA = "+12025550143"
FIRST_IN_SIGHT = """(log) => {
  const top = log.getBoundingClientRect().top;
  const found = [...log.querySelectorAll(".message")].find((message) => message.getBoundingClientRect().top >= top + 150);
  return [found.dataset.seq, found.getBoundingClientRect().top];
}"""
PLACE_OF = "(log, seq) => log.querySelector(`.message[data-seq='${seq}']`).getBoundingClientRect().top"


CLOSED = re.compile(r"Maria Garcia opted out on \d+ \w+ by texting STOP\. Texts cannot be sent until they text START\.")


async def many(team: Team, count: int) -> str:
    conversation = await team.talk("Maria Garcia", MARIA, "Text 1", to=team.own)
    for number in range(2, count + 1):
        await team.text(MARIA, f"Text {number}, which is rather longer than one line of the log is wide, I should think", to=team.own)
    return conversation


async def test_the_log_follows_its_end_and_stays_where_a_person_has_scrolled_to(team: Team) -> None:
    """UX 40."""
    conversation = await many(team, 20)
    ben = await team.window("ben", f"/sms/{conversation}")
    log = ben.page.get_by_role("log")
    await until(ben.spoken)

    async def at_end() -> bool:
        return bool(await log.evaluate("(log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2"))

    await until(at_end)
    await team.text(MARIA, "At the end", to=team.own)
    await expect(log.get_by_text("At the end")).to_be_in_viewport()
    await until(at_end)
    top = await log.evaluate("(log) => { log.scrollTop -= 300; return log.scrollTop }")
    await team.text(MARIA, "Out of sight", to=team.own)
    pill = ben.page.get_by_role("button", name="1 new message")
    await expect(pill).to_be_visible()
    assert await log.evaluate("(log) => log.scrollTop") == top
    await pill.click()
    await until(at_end)
    await expect(log.get_by_text("Out of sight")).to_be_in_viewport()
    await expect(pill).to_have_count(0)


async def test_who_scrolls_up_as_a_text_comes_is_not_pulled_down(team: Team) -> None:
    """The browser tells of the scrolling with its next frame, which comes after the text here."""
    conversation = await many(team, 20)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    log = ben.page.get_by_role("log")
    top = await log.evaluate(
        """(log) => {
          log.addEventListener("scroll", (event) => event.stopImmediatePropagation(), {capture: true});
          log.scrollTop -= 300;
          return log.scrollTop;
        }"""
    )
    await team.text(MARIA, "Out of sight", to=team.own)
    await expect(ben.page.get_by_role("button", name="1 new message")).to_be_visible()
    assert await log.evaluate("(log) => log.scrollTop") == top


async def test_history_comes_above_without_moving_what_is_in_sight(team: Team) -> None:
    """UX 44: by at most 1 px."""
    conversation = await many(team, 120)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    log = ben.page.get_by_role("log")
    seq, before, after = await log.evaluate(
        f"""(log) => new Promise((done) => {{
          const first = {FIRST_IN_SIGHT}, place = {PLACE_OF};
          const rows = () => log.querySelectorAll(".message").length;
          const count = rows();
          log.scrollTop = 100;
          const [seq, before] = first(log);
          const look = () => (rows() > count ? done([seq, before, place(log, seq)]) : requestAnimationFrame(look));
          look();
        }})"""
    )
    assert abs(after - before) <= 1, seq
    for _ in range(2):
        await log.evaluate("(log) => { log.scrollTop = 0 }")
    await until(lambda: has(ben, "Text 1"))


async def has(window: Window, body: str) -> bool:
    await window.page.get_by_role("log").evaluate("(log) => { log.scrollTop = 0 }")
    return body in await window.bubbles()


async def test_after_stop_the_composer_gives_way_and_start_brings_it_back(team: Team) -> None:
    """UX 41. A call by script is refused too."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben = await team.window("ben", f"/sms/{conversation}")
    await expect(ben.composer).to_be_visible()
    await team.text(MARIA, "Stop!", to=team.own)
    await expect(ben.page.locator(".composer-closed")).to_have_text(CLOSED)
    await expect(ben.composer).to_have_count(0)
    status, code = await ben.page.evaluate(
        """async (id) => {
          const token = document.querySelector("meta[name=csrf-token]").content;
          const headers = {"content-type": "application/json", "x-csrf-token": token};
          const body = JSON.stringify({body: "Please", client_id: crypto.randomUUID(), seen_seq: 1000});
          const answer = await fetch(`/api/v1/conversations/${id}/messages`, {method: "POST", headers, body});
          return [answer.status, (await answer.json()).code];
        }""",
        conversation,
    )
    assert (status, code) == (409, "opted_out")
    await team.text(MARIA, "START", to=team.own)
    await expect(ben.composer).to_be_visible()
    await ben.write("Welcome back")
    await expect(ben.outbound.last).to_contain_text("Delivered")


async def test_a_text_that_crosses_a_teammates_is_held_until_its_author_decides(team: Team) -> None:
    """UX 42. Nothing goes out but by "Send anyway"."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ana = await team.window("ana", f"/sms/{conversation}")
    await until(ana.spoken)

    async def ben_is_faster(route: Route) -> None:
        await team.send("ben", conversation, "Ben was faster")
        await route.continue_()

    await intercept(ana.page, "**/messages", ben_is_faster, times=1)
    await ana.write("Me too")
    held = ana.page.locator(".pending")
    await expect(held).to_contain_text("Held: Ben replied")
    assert await held.get_by_role("button").all_inner_texts() == ["Send anyway", "Edit", "Discard"]
    assert [message["body"] for message in await team.messages(conversation)].count("Me too") == 0
    await held.get_by_role("button", name="Send anyway").click()
    await expect(ana.outbound.filter(has_text="Me too")).to_contain_text("Delivered")
    assert [message["body"] for message in await team.messages(conversation)].count("Me too") == 1


async def test_a_held_text_can_be_edited_or_thrown_away(team: Team) -> None:
    """UX 42."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ana = await team.window("ana", f"/sms/{conversation}")
    await until(ana.spoken)

    async def ben_is_faster(route: Route) -> None:
        await team.send("ben", conversation, "Ben was faster")
        await route.continue_()

    await intercept(ana.page, "**/messages", ben_is_faster)
    await ana.write("First thought")
    held = ana.page.locator(".pending")
    await held.get_by_role("button", name="Edit").click()
    await expect(ana.composer).to_have_value("First thought")
    await expect(ana.composer).to_be_focused()
    await ana.write("Second thought")
    await held.get_by_role("button", name="Discard").click()
    await expect(held).to_have_count(0)
    assert {message["user"]["name"] for message in await team.messages(conversation) if message["user"]} == {"Ben"}


async def test_a_text_in_the_open_conversation_is_spoken_once(team: Team) -> None:
    """UX 43."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben = await team.window("ben", f"/sms/{conversation}")
    await until(ben.spoken)
    await ben.page.evaluate(
        """() => {
          window.heard = [];
          const place = document.querySelector("[role=status]");
          const hear = new MutationObserver(() => window.heard.push(place.textContent));
          hear.observe(place, {childList: true, subtree: true, characterData: true});
        }"""
    )
    await team.text(MARIA, "Thursday works.", to=team.own)
    await until(lambda: heard(ben))
    assert [said for said in await heard(ben) if said] == ["Maria Garcia: Thursday works."]


async def heard(window: Window) -> list[str]:
    said: list[str] = await window.page.evaluate("window.heard")
    return said


async def test_the_first_sender_owns_the_next_one_joins_and_each_hears_of_the_other(team: Team) -> None:
    """UX 45, 46, 48, in everybody's windows."""
    conversation = await team.talk("Maria Garcia", MARIA)
    ana, ben, mia = windows = await team.open_windows("ana", "ben", "mia", path=f"/sms/{conversation}")
    await ana.write("Good day")
    for window in windows:
        await expect(window.page.locator(".thread-facts")).to_contain_text(re.compile("Owner: (you|Ana)"))
        await expect(window.page.get_by_role("complementary", name="Contact")).to_contain_text("Ana")
    await ana.go("/sms")
    await ben.write("And good evening")
    for window in (ben, mia):
        await expect(window.page.locator(".thread-facts")).to_contain_text(re.compile("Subscribers: *(you|Ben)"))
    await until(ana.toast)
    assert await ana.toast() == "Ben replied to Maria Garcia."
    await expect(ana.row("Maria Garcia")).to_contain_text("1 unread")
    await ana.title_is("(1) SMS · Partyline")
    await ben.go("/sms")
    await team.text(MARIA, "Thanks to both")
    for window in (ana, ben):
        await until(window.toast_says("Maria Garcia: Thanks to both"))
    assert await mia.toast() == ""


async def test_handing_over_changes_the_owner_everywhere_and_the_old_one_stays_subscriber(team: Team) -> None:
    """UX 51."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    await team.send("ben", conversation, "Good day")
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    dana = await team.window("dana")
    await ben.page.get_by_role("button", name="More actions").click()
    await ben.page.get_by_role("menuitem", name="Hand over").click()
    await ben.page.get_by_role("combobox", name="New owner").fill("dan")
    await ben.page.get_by_role("option", name="Dana").click()
    await ben.page.get_by_role("button", name="Hand over", exact=True).click()
    for window in (ben, ana):
        await expect(window.page.locator(".thread-facts")).to_contain_text("Owner: Dana")
        await expect(window.page.locator(".thread-facts")).to_contain_text(re.compile("Subscribers: *(you|Ben)"))
    await expect(dana.row("Maria Garcia")).to_be_visible()
    await until(dana.toast)
    assert await dana.toast() == "Ben handed Maria Garcia over to you."


@pytest.mark.alone
async def test_typing_shows_in_thread_and_row_and_goes(team: Team) -> None:
    """UX 49: within half a second, and gone at most six seconds after the last key."""
    conversation = await team.talk("Maria Garcia", MARIA, to=team.own)
    ben, ana = await team.open_windows("ben", "ana", path=f"/sms/{conversation}")
    await until(ben.spoken)
    await ana.composer.press_sequentially("H")
    await expect(ben.page.locator(".log .typing")).to_have_text("Ana is typing…", timeout=500)
    await expect(ben.row("Maria Garcia")).to_contain_text("Ana is typing…")
    await expect(ben.page.locator(".log .typing")).to_have_text("", timeout=6000)
