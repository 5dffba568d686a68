"""Writing a text: it stands in the log at once, goes once, in order, and costs what the counter says."""

import random
import re
import string

import pytest
from playwright.async_api import Route, expect

from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import hold, intercept
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"
LETTERS = string.ascii_letters + string.digits + " .,:;!?'-()@£$èéùìòÇØøÅå_ÄÖÑÜ§¿äöñüà" + "^{}[]~\\|€" * 2
WIDE = "🙂👍🏽“”—…字漢данных"
COUNTS = """async (texts) => {
  const field = document.getElementById("message");
  const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
  const shown = [];
  for (const text of texts) {
    set.call(field, text);
    field.dispatchEvent(new InputEvent("input", {bubbles: true}));
    await new Promise((done) => setTimeout(done, 0));
    await new Promise((done) => requestAnimationFrame(done));
    shown.push(document.getElementById("counter").textContent);
  }
  return shown;
}"""


async def answered(team: Team, who: str = "ana") -> tuple[str, Window]:
    """A conversation of hers that has had its first text, open before her."""
    conversation = await team.talk("Maria Garcia", MARIA)
    await team.send(who, conversation, "Good day")
    window = await team.window(who, f"/sms/{conversation}")
    await until(window.spoken)
    return conversation, window


def posts(window: Window) -> list[str]:
    return [request.url for request in window.requests if request.method == "POST" and request.url.endswith("/messages")]


async def test_a_text_stands_in_the_log_at_once_and_its_state_goes_on_in_the_same_place(team: Team) -> None:
    """UX 27. One element from Sending to Delivered, with the server's answer held back meanwhile."""
    _, ana = await answered(team)
    let = await hold(ana.page, "**/messages")
    await ana.composer.fill("On its way")
    shown_after = await ana.page.evaluate(
        """() => new Promise((done) => {
          const began = performance.now();
          new MutationObserver((_, watcher) => {
            const last = [...document.querySelectorAll(".message")].at(-1);
            if (!last?.textContent.includes("On its way")) return;
            watcher.disconnect();
            last.dataset.kept = "yes";
            done(performance.now() - began);
          }).observe(document.querySelector(".log"), {childList: true, subtree: true, characterData: true});
          const enter = {key: "Enter", bubbles: true, cancelable: true};
          document.getElementById("message").dispatchEvent(new KeyboardEvent("keydown", enter));
        })"""
    )
    assert shown_after <= 100
    await expect(ana.outbound.last).to_contain_text("Sending…")
    let.set()
    await expect(ana.outbound.last).to_contain_text(re.compile("Sent|Delivered"))
    await expect(ana.outbound.last).to_contain_text("Delivered")
    await expect(ana.outbound.last).to_have_attribute("data-kept", "yes")
    assert (await ana.bubbles()).count("On its way") == 1


async def test_two_texts_in_a_row_keep_their_order_everywhere(team: Team) -> None:
    """UX 28."""
    conversation, ana = await answered(team)
    dana = await team.window("dana", f"/sms/{conversation}")
    await until(dana.spoken)
    bodies = [f"Part {number}" for number in range(1, 6)]
    for body in bodies:
        await ana.write(body)
    for window in (ana, dana):
        await expect(window.outbound.filter(has_text="Delivered")).to_have_count(6)
        assert (await window.bubbles())[-5:] == bodies
    assert [message["body"] for message in await team.messages(conversation)][-5:] == bodies


async def test_a_text_that_did_not_leave_says_so_and_retry_sends_it_once(team: Team) -> None:
    """UX 29."""
    conversation, ana = await answered(team)
    await intercept(ana.page, "**/messages", lambda route: route.abort())
    await ana.write("Can you hear me?")
    await expect(ana.outbound.last).to_contain_text("Not sent. You are offline.")
    await expect(ana.outbound.last.get_by_role("button", name="Delete")).to_be_visible()
    await ana.page.unroute_all()
    await ana.outbound.last.get_by_role("button", name="Retry").click()
    await expect(ana.outbound.last).to_contain_text("Delivered")
    assert [message["body"] for message in await team.messages(conversation)].count("Can you hear me?") == 1
    assert (await ana.bubbles()).count("Can you hear me?") == 1


async def test_a_text_that_did_not_leave_can_be_deleted(team: Team) -> None:
    """UX 29."""
    conversation, ana = await answered(team)
    await intercept(ana.page, "**/messages", lambda route: route.abort())
    await ana.write("Never mind")
    await ana.outbound.last.get_by_role("button", name="Delete").click()
    await expect(ana.page.get_by_text("Never mind")).to_have_count(0)
    assert len(await team.messages(conversation)) == 2


async def test_a_text_or_note_taken_back_stands_before_what_is_being_written(team: Team) -> None:
    conversation, ana = await answered(team)
    for address in ("**/messages", "**/notes"):
        await intercept(ana.page, address, lambda route: route.abort())
    edit = ana.page.locator(".pending").get_by_role("button", name="Edit")
    await ana.write("Can you hear me?")
    await ana.composer.fill("Or not?")
    await edit.click()
    await expect(ana.composer).to_have_value("Can you hear me?\nOr not?")
    await expect(ana.composer).to_be_focused()
    await ana.page.get_by_role("tab", name="Note").click()
    note = ana.page.get_by_label("Note", exact=True)
    await note.fill("She is deaf")
    await note.press("Enter")
    await note.fill("in one ear")
    await edit.click()
    await expect(note).to_have_value("She is deaf\nin one ear")
    await expect(ana.page.locator(".pending")).to_have_count(0)

    async def saved() -> bool:
        return bool((await team.call("ana", "GET", f"conversations/{conversation}/draft"))["body"] == "Can you hear me?\nOr not?")

    await until(saved)


async def test_an_answer_that_was_lost_on_its_way_back_is_repeated_as_the_same_text(team: Team) -> None:
    """UX 29, PRODUCT 19: the server has it already, and Retry makes no second one."""
    conversation, ana = await answered(team)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await intercept(ana.page, "**/messages", lose)
    await ana.write("Only once")
    await until(lambda: team_has(team, conversation, "Only once"))
    await ana.page.unroute_all(behavior="wait")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    assert (await ana.bubbles()).count("Only once") == 1
    await ana.page.reload()
    await until(ana.spoken)
    await expect(ana.composer).to_have_value("")


async def team_has(team: Team, conversation: str, body: str) -> bool:
    return any(message["body"] == body for message in await team.messages(conversation))


async def test_a_double_enter_sends_once(team: Team) -> None:
    """UX 30."""
    conversation, ana = await answered(team)
    await ana.composer.fill("Twice?")
    await ana.page.evaluate(
        """() => {
          const enter = () => new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true});
          const field = document.getElementById("message");
          field.dispatchEvent(enter());
          setTimeout(() => field.dispatchEvent(enter()), 20);
        }"""
    )
    await expect(ana.outbound.last).to_contain_text("Twice?")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    assert len(posts(ana)) == 1
    assert [message["body"] for message in await team.messages(conversation)].count("Twice?") == 1


async def test_a_reload_while_sending_leaves_exactly_one_text(team: Team) -> None:
    """UX 31. The server stands still while the page is left."""
    conversation, ana = await answered(team)
    team.house.web.freeze()
    try:
        await ana.write("Sent or not?")
        await expect(ana.outbound.last).to_contain_text("Sending…")
        await until(lambda: posts(ana))
        async with ana.page.expect_navigation():
            await ana.page.evaluate("setTimeout(() => location.reload())")
            team.house.web.thaw()
    finally:
        team.house.web.thaw()
    await ana.live()
    await until(lambda: team_has(team, conversation, "Sent or not?"))
    await expect(ana.outbound.last).to_contain_text("Sent or not?")
    assert (await ana.bubbles()).count("Sent or not?") == 1
    assert [message["body"] for message in await team.messages(conversation)].count("Sent or not?") == 1


async def test_shift_enter_is_a_new_line_and_enter_in_a_composition_sends_nothing(team: Team) -> None:
    """UX 32."""
    _, ana = await answered(team)
    await ana.composer.fill("One")
    await ana.composer.press("Shift+Enter")
    await ana.composer.press_sequentially("two")
    await expect(ana.composer).to_have_value("One\ntwo")
    await ana.page.evaluate(
        """() => document.getElementById("message").dispatchEvent(
          new KeyboardEvent("keydown", {key: "Enter", isComposing: true, bubbles: true, cancelable: true}))"""
    )
    await expect(ana.composer).to_have_value("One\ntwo")
    assert posts(ana) == []
    await ana.composer.press("Enter")
    await expect(ana.composer).to_have_value("")
    await expect(ana.outbound.last.locator(".words")).to_have_text("One\ntwo", use_inner_text=True)


async def test_a_draft_survives_another_conversation_and_a_reload_and_is_gone_when_sent(team: Team) -> None:
    """UX 33."""
    conversation, ana = await answered(team)
    wei = await team.talk("Wei Chen", WEI, to=team.own)
    await ana.composer.fill("Half a thought")
    await ana.page.evaluate("history.pushState(null, '', '/sms')")
    await ana.go(f"/sms/{wei}")
    await expect(ana.composer).to_have_value("")
    await ana.page.go_back()
    await ana.go(f"/sms/{conversation}")
    await expect(ana.composer).to_have_value("Half a thought")
    await ana.page.reload()
    await expect(ana.composer).to_have_value("Half a thought")
    await ana.composer.press("Enter")
    await expect(ana.composer).to_have_value("")
    await ana.page.reload()
    await until(ana.spoken)
    await expect(ana.composer).to_have_value("")


async def test_the_counter_counts_units_and_segments_as_carriers_bill_them(team: Team) -> None:
    """UX 34."""
    _, ana = await answered(team)
    counter = ana.page.locator("#counter")
    for body, shown in {
        "": "0/160 · 1 segment",
        "a" * 160: "160/160 · 1 segment",
        "a" * 161: "161/306 · 2 segments",
        "€": "2/160 · 1 segment",
        "🙂": "2/70 · 1 segment",
        "й" * 71: "71/134 · 2 segments",
    }.items():
        await ana.composer.fill(body)
        await expect(counter).to_contain_text(shown)
    await ana.composer.fill("🙂")
    await expect(ana.page.get_by_text("🙂 makes this a Unicode message: 70 characters per segment.")).to_be_visible()
    await ana.composer.fill("“Quoted”")
    await ana.page.get_by_role("button", name="Replace").click()
    await expect(ana.composer).to_have_value('"Quoted"')


async def test_what_makes_it_unicode_is_marked_where_it_stands_and_swapped_by_name(team: Team) -> None:
    """The marks follow the words, the line names each, and one button swaps and takes back with the focus on it."""
    _, ana = await answered(team)
    marks, line = ana.page.locator(".writing-marks mark"), ana.page.locator("#counter-odd")
    await ana.composer.press_sequentially("It’s “ready” … ")
    await expect(marks).to_have_text(["’", "“", "”", "…"])
    shown = [await box.bounding_box() for box in (ana.page.locator(".writing-marks"), ana.composer)]
    assert shown[0] == shown[1], "the marks lie under the field's own words"
    await expect(line).to_contain_text("’ “ ” … make this a Unicode message: 70 characters per segment.")
    await expect(ana.composer).to_have_accessible_description(re.compile("^’ “ ” … make this a Unicode message"))
    swap = line.get_by_role("button")
    await expect(swap).to_have_text("Replace")
    await expect(swap).to_have_accessible_description(re.compile('’ → \' “ → " ” → " … → \\.\\.\\.$'))
    await swap.focus()
    await swap.press("Enter")
    await expect(ana.composer).to_have_value('It\'s "ready" ... ')
    await expect(marks).to_have_count(0)
    await expect(line).to_contain_text("Replaced ’ → '")
    await expect(swap).to_have_text("Undo")
    await expect(swap).to_be_focused()
    await expect(ana.page.locator("#counter")).to_contain_text("/160 · 1 segment")
    await swap.press("Enter")
    await expect(ana.composer).to_have_value("It’s “ready” … ")
    await expect(marks).to_have_count(4)
    await ana.composer.press("End")
    await ana.composer.press_sequentially("👨‍👩‍👧‍👦ç")
    await expect(line).to_have_text("’ “ ” … 👨‍👩‍👧‍👦 ç make this a Unicode message: 70 characters per segment.")
    await expect(swap, "what remains would be Unicode all the same").to_have_count(0)


@pytest.mark.alone
async def test_a_long_text_of_such_characters_is_typed_without_delay(team: Team) -> None:
    """1,500 of them are marked, counted and named within a frame or two for each key."""
    _, ana = await answered(team)
    await ana.composer.fill("“é’ç … " * 200)
    took = await ana.page.evaluate(
        """async () => {
          const field = document.getElementById("message");
          const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
          const took = [];
          for (let key = 0; key < 20; key += 1) {
            const began = performance.now();
            set.call(field, `${field.value}’`);
            field.dispatchEvent(new InputEvent("input", {bubbles: true}));
            await new Promise((done) => setTimeout(done, 0));
            took.push(performance.now() - began);
          }
          return took.sort((a, b) => a - b)[10];
        }"""
    )
    assert took < 50, f"half of the keys took {took:.0f} ms or more"


async def test_where_the_carrier_leaves_emoji_whole_the_count_is_about(team: Team) -> None:
    _, ana = await answered(team)
    flag = "a" * 65 + "🇺🇸" + "a" * 65
    await ana.composer.fill(flag)
    counter = ana.page.locator("#counter")
    await expect(counter).to_contain_text("· 2 segments, billed as 2 messages")

    async def as_twilio(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        await route.fulfill(json={"items": [{**item, "keeps_clusters": True} for item in body["items"]]})

    await intercept(ana.page, "**/dids/mine", as_twilio)
    await ana.page.reload()
    await expect(counter).to_contain_text("· ≈3 segments, billed as ≈3 messages")


async def test_the_counter_says_of_200_texts_what_the_server_bills(team: Team) -> None:
    """UX 35. Made texts of every length around the limits; the server's count is what a sent message carries."""
    conversation, ana = await answered(team)
    made = random.Random(35)
    texts = [
        "".join(made.choices(LETTERS if number % 3 else LETTERS + WIDE, k=made.choice((1, 20, 69, 71, 134, 153, 160, 161, 306, 307, 400))))
        for number in range(200)
    ]
    shown = await ana.page.evaluate(COUNTS, texts)
    for text, said in zip(texts, shown, strict=True):
        bill = (await team.client("ana").get("/api/v1/segments", params={"body": text})).json()
        most = bill["per_segment"] * bill["segments"]
        words = f"{bill['units']}/{most} · {bill['segments']} segment"
        assert said.startswith(words), f"{text!r}: {said}, the server says {bill}"
    for text in made.sample([text for text in texts if text == text.strip()], 3):
        sent = await team.send("ana", conversation, text)
        [said] = await ana.page.evaluate(COUNTS, [text])
        assert f"· {sent['segments']} segment" in said


async def test_the_first_text_shows_and_counts_the_opt_out_line_and_the_second_has_none(team: Team) -> None:
    """UX 36."""
    conversation = await team.talk("Maria Garcia", MARIA)
    [ana], [phone] = await team.open_windows("ana", path=f"/sms/{conversation}"), await team.open_windows("mia", path="/sandbox")
    await phone.page.get_by_label("Phone number").fill(MARIA)
    suffix = ana.page.locator(".composer-suffix")
    await expect(suffix).to_contain_text("Reply STOP to unsubscribe.")
    await ana.composer.fill("Good day")
    await expect(ana.page.locator("#counter")).to_contain_text(f"{len('Good day Reply STOP to unsubscribe.')}/160 · 1 segment")
    await ana.composer.press("Enter")
    await expect(suffix).to_have_count(0)
    await ana.composer.fill("And again")
    await expect(ana.page.locator("#counter")).to_contain_text("9/160 · 1 segment")
    await ana.composer.press("Enter")
    texts = phone.page.locator(".message.inbound .words")
    await expect(texts).to_have_count(2)
    assert [" ".join(text.split()) for text in await texts.all_inner_texts()] == ["Good day Reply STOP to unsubscribe.", "And again"]
