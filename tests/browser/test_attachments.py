"""Files that are attached: what a number cannot send is said before, what is too large goes smaller, and each goes with its own text."""

import base64
import re
from typing import Any

from playwright.async_api import FileChooser, FilePayload, expect

from tests.fixtures.attaching import MARIA, WEI, a_file, can_send_pictures, cards, choose, open_maria, pictures_of, there
from tests.fixtures.browser import Team, Window
from tests.fixtures.intercept import hold, intercept
from tests.fixtures.pictures import picture
from tests.fixtures.waiting import until

NO_PICTURES = "This number cannot send pictures"
TOO_LARGE = r"photo\.png is \d\.\d MB; this number takes up to 1 MB\. Send a smaller copy \(0\.\d MB\)\?"
GIVE = """([kind, at, name, type, base64]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, {type}));
  const target = document.querySelector(at);
  if (kind === "paste") return target.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: data}));
  const fire = (name) => target.dispatchEvent(new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: data}));
  fire("dragover");
  const said = document.querySelector("[data-dropping]")?.dataset.dropping;
  fire("drop");
  return said;
}"""


async def give(window: Window, kind: str, at: str, file: FilePayload) -> Any:
    """Drops or pastes a file, as the browser tells it; what the page said while it was above."""
    content = base64.b64encode(file["buffer"]).decode()
    return await window.page.evaluate(GIVE, [kind, at, file["name"], file["mimeType"], content])


async def test_a_number_without_pictures_says_so_before_anything_is_sent(team: Team) -> None:
    """UX 38. The paperclip, its key, a file that is dropped and one that is pasted."""
    _, ana = await open_maria(team)
    button = ana.page.get_by_role("button", name="Attach a file")
    await expect(button).to_be_disabled()
    await expect(button).to_have_accessible_description(NO_PICTURES)
    assert await button.get_attribute("title") == NO_PICTURES
    notice = ana.page.get_by_role("group", name="Attachments")
    tries = (
        lambda: ana.page.keyboard.press("a"),
        lambda: give(ana, "drop", ".log", a_file()),
        lambda: give(ana, "paste", "#message", a_file()),
    )
    await ana.page.locator("h1").click()
    for attempt in tries:
        said = await attempt()
        assert said in (None, True, False, NO_PICTURES)
        await expect(notice).to_contain_text(f"{NO_PICTURES}.")
        await notice.get_by_role("button", name="Close this notice").click()
        await expect(notice).to_have_count(0)
        await ana.page.locator("h1").click()
    assert [request.url for request in ana.requests if request.url.endswith("/media")] == []


async def test_a_picture_that_is_too_large_goes_as_a_smaller_copy(team: Team) -> None:
    """UX 39. The question names both sizes; Cancel attaches nothing; what is sent is under the limit."""
    await can_send_pictures(team)
    conversation, ana = await open_maria(team)
    large = a_file(picture("PNG", 1000, 1000, noisy=True))
    await choose(ana, large)
    question = ana.page.get_by_role("group", name="Too large")
    await expect(question).to_have_text(re.compile(TOO_LARGE))
    await expect(question.get_by_role("button", name="Send copy")).to_be_focused()
    await expect(ana.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    await question.get_by_role("button", name="Cancel").click()
    await expect(ana.page.get_by_role("group", name="Attachments")).to_have_count(0)
    await expect(ana.composer).to_be_focused()

    await choose(ana, large)
    await question.get_by_role("button", name="Send copy").click()
    await there(ana, "photo.jpg")
    await ana.composer.fill("x" * 200)
    await expect(ana.page.locator("#counter")).to_contain_text("billed as 1 message")
    await ana.write("A smaller one")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    [sent] = (await team.messages(conversation))[-1]["media"]
    assert (sent["content_type"], sent["name"]) == ("image/jpeg", "photo.jpg")
    assert 100_000 < sent["size"] <= 1_000_000


async def test_files_are_dropped_on_the_thread_and_pasted_and_taken_off_again(team: Team) -> None:
    await can_send_pictures(team)
    conversation, ana = await open_maria(team)
    assert await give(ana, "drop", ".log", a_file()) == "Drop to attach"
    await there(ana, "photo.png")
    assert await give(ana, "paste", "#message", a_file(name="image.png")) is False, "the browser is not to paste it too"
    await there(ana, "photo.png", "image.png")
    await expect(ana.page.locator("[data-dropping]")).to_have_count(0)
    await ana.page.get_by_role("button", name="Remove photo.png").click()
    await there(ana, "image.png")
    await give(ana, "drop", ".bar", a_file(name="missed.png"))
    assert ana.page.url.endswith(conversation), "a file that missed the thread is not opened in place of the page"
    await there(ana, "image.png")
    await ana.page.locator("h1").click()
    opened: list[FileChooser] = []
    ana.page.on("filechooser", lambda chooser: opened.append(chooser))

    async def asked() -> bool:
        await ana.page.keyboard.press("a")
        return bool(opened)

    await until(asked)  # the browser may still open one of its own while Playwright asks to be told


async def test_what_is_dropped_before_the_page_knows_its_number_waits_and_is_attached_then(team: Team) -> None:
    """Unknown is not "cannot": nothing says so meanwhile, and no text leaves without its picture."""
    await can_send_pictures(team)
    conversation = await team.talk("Maria Garcia", MARIA)
    ana = await team.window("ana", None)
    known = await hold(ana.page, "**/dids/mine")
    await ana.go(f"/sms/{conversation}")
    button = ana.page.get_by_role("button", name="Attach a file")
    await expect(button).to_have_attribute("title", "Attach a file (A)")
    assert await give(ana, "drop", ".log", a_file()) == "Drop to attach"
    await ana.composer.fill("With a picture")
    await expect(ana.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    known.set()
    await there(ana, "photo.png")
    await expect(ana.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()


async def test_what_is_attached_outlives_another_conversation_and_a_reload_and_goes_with_its_text_alone(team: Team) -> None:
    await can_send_pictures(team)
    wei = await team.talk("Wei Chen", WEI)
    conversation, ana = await open_maria(team)
    await choose(ana, a_file())
    await there(ana, "photo.png")
    await ana.view("All")
    await ana.row("Wei Chen").click()
    await expect(ana.page.get_by_role("heading", name="Wei Chen", level=1)).to_be_visible()
    await expect(cards(ana)).to_have_count(0)
    await ana.row("Maria Garcia").click()
    await there(ana, "photo.png")
    await ana.page.reload()
    await ana.live()
    await there(ana, "photo.png")
    await ana.write("Here it is")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    await pictures_of(ana.page)
    await expect(cards(ana)).to_have_count(0)
    assert [len(message["media"]) for message in await team.messages(conversation)] == [0, 1]
    assert [message["media"] for message in await team.messages(wei)] == [[]]


async def test_a_text_that_did_not_leave_keeps_its_picture_and_gives_it_back_to_be_edited(team: Team) -> None:
    await can_send_pictures(team)
    conversation, ana = await open_maria(team)
    await choose(ana, a_file())
    await there(ana, "photo.png")
    await intercept(ana.page, "**/messages", lambda route: route.abort())
    await ana.write("Lost on the way")
    await expect(ana.page.locator(".pending.failed .picture img")).to_be_visible()
    await ana.page.unroute_all()
    await ana.page.get_by_role("button", name="Edit").click()
    await there(ana, "photo.png")
    await expect(ana.composer).to_have_value("Lost on the way")
    await ana.composer.press("Enter")
    await expect(ana.outbound.last).to_contain_text("Delivered")
    assert [len(message["media"]) for message in await team.messages(conversation)] == [0, 1]


async def test_what_the_server_refuses_is_said_and_not_attached(team: Team) -> None:
    await can_send_pictures(team)
    _, ana = await open_maria(team)
    await choose(ana, a_file(b"no picture at all"))
    attachments = ana.page.get_by_role("group", name="Attachments")
    await expect(attachments).to_contain_text("photo.png was not attached. Pictures (JPEG, PNG, GIF, WebP)")
    await expect(cards(ana)).to_have_count(0)
    await choose(ana, a_file(b"words", "notes.docx", "application/msword"))
    await expect(attachments).to_contain_text("notes.docx cannot be sent: pictures, MP4 and 3GP videos")
