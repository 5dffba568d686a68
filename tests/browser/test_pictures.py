"""Pictures: what a number cannot send is said before, what is too large goes smaller, and what came is looked at."""

import asyncio
import base64
import json
import re
from typing import Any

import pytest
from playwright.async_api import FileChooser, FilePayload, Locator, Page, Route, expect

from tests.browser.test_access import violations
from tests.fixtures.browser import Team, Window
from tests.fixtures.pictures import PDF, picture
from tests.fixtures.waiting import until

MARIA, WEI = "+12025550143", "+12025550144"
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
LOADED = "(image) => image.complete && image.naturalWidth"


async def can_send_pictures(team: Team) -> None:
    dids = (await team.call("mia", "GET", "dids"))["items"]
    id = next(did["id"] for did in dids if did["number"] == team.support)
    await team.call("mia", "PATCH", f"dids/{id}", capabilities=["sms", "mms"])


async def open_maria(team: Team, who: str = "ana", **options: Any) -> tuple[str, Window]:
    conversation = await team.talk("Maria Garcia", MARIA)
    window = await team.window(who, f"/sms/{conversation}", **options)
    await until(window.spoken)
    return conversation, window


def a_file(content: bytes | None = None, name: str = "photo.png", type: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": type, "buffer": content or picture("PNG", 640, 480)}


async def choose(window: Window, *files: FilePayload) -> None:
    async with window.page.expect_file_chooser() as chooser:
        await window.page.get_by_role("button", name="Attach a file").click()
    await (await chooser.value).set_files(list(files))


async def give(window: Window, kind: str, at: str, file: FilePayload) -> Any:
    """Drops or pastes a file, as the browser tells it; what the page said while it was above."""
    content = base64.b64encode(file["buffer"]).decode()
    return await window.page.evaluate(GIVE, [kind, at, file["name"], file["mimeType"], content])


def cards(window: Window) -> Locator:
    return window.page.get_by_role("group", name="Attachments").get_by_role("listitem")


async def there(window: Window, *names: str) -> None:
    """These are attached, and all of them at the server."""
    await expect(cards(window)).to_have_text([re.compile(name) for name in names])
    await expect(window.page.locator(".attachment-card progress")).to_have_count(0)


async def pictures_of(page: Page) -> list[str]:
    await expect(page.locator(".picture img").last).to_be_visible()
    await until(lambda: page.locator(".picture img").last.evaluate(LOADED))
    alts: list[str] = await page.locator(".picture img").evaluate_all("(all) => all.map((image) => image.alt)")
    return alts


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


async def test_a_picture_arrives_on_the_phone_and_stands_in_the_log_with_words_for_it(team: Team) -> None:
    """UX 38. For its sender, a colleague and the contact; it opens large by a key and gives the focus back."""
    await can_send_pictures(team)
    _, ana = await open_maria(team)
    ben = await team.window("ben", ana.page.url)
    await until(ben.spoken)
    await choose(ana, a_file(), a_file(PDF, "offer.pdf", "application/pdf"))
    await there(ana, "photo.png", "offer.pdf")
    await expect(ana.page.get_by_alt_text("photo.png")).to_be_visible()
    await ana.page.get_by_role("button", name="Send", exact=True).click()
    await expect(ana.page.get_by_role("group", name="Attachments")).to_have_count(0)
    assert re.fullmatch(r"Picture from you, \d\d:\d\d", (await pictures_of(ana.page))[0])
    assert re.fullmatch(r"Picture from Ana, \d\d:\d\d", (await pictures_of(ben.page))[0])
    await expect(ana.outbound.last).to_contain_text("Delivered")
    await expect(ana.page.locator(".picture img")).to_have_attribute("width", "240")
    saved = ana.page.get_by_role("link", name="offer.pdf")
    assert await saved.get_attribute("download") == "offer.pdf"
    async with ana.page.expect_download() as download:
        await saved.click()
    assert (await (await download.value).path()).read_bytes() == PDF

    await ana.page.locator(".picture").focus()
    await ana.page.keyboard.press("Enter")
    dialog = ana.page.get_by_role("dialog", name="Picture from you")
    await until(lambda: dialog.locator("img").evaluate(LOADED))
    assert await dialog.locator("img").evaluate("(image) => image.naturalWidth") == 640
    await expect(dialog).to_contain_text("photo.png · 640 × 480")
    await ana.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(ana.page.locator(".picture")).to_be_focused()

    phone = await team.window("mia", "/sandbox")
    await phone.page.get_by_label("Phone number").fill(MARIA)
    assert re.fullmatch(r"Picture from Support, \d\d:\d\d", (await pictures_of(phone.page))[0])


async def test_the_first_text_to_a_contact_may_be_a_picture(team: Team) -> None:
    """From the contact form's SMS tab, before there is a conversation."""
    await can_send_pictures(team)
    contact = await team.contact("Wei Chen", WEI)
    ana = await team.window("ana", f"/contacts/{contact}/sms")
    await choose(ana, a_file())
    await there(ana, "photo.png")
    await ana.page.get_by_role("button", name="Send", exact=True).click()
    assert re.fullmatch(r"Picture from you, \d\d:\d\d", (await pictures_of(ana.page))[0])
    [message] = await team.messages(await team.conversation(WEI))
    assert (message["body"], len(message["media"])) == ("Reply STOP to unsubscribe.", 1)


async def test_a_photo_from_a_phone_is_in_the_log_at_once_and_told_in_words(team: Team) -> None:
    conversation, ana = await open_maria(team)
    await team.call("ana", "PUT", f"conversations/{conversation}/subscription")
    wei = await team.talk("Wei Chen", WEI)
    dana = await team.window("dana", f"/sms/{wei}")
    await team.call("dana", "PUT", f"conversations/{conversation}/subscription")
    phone = await team.window("mia", "/sandbox")
    await phone.page.get_by_label("Phone number").fill(MARIA)
    await expect(phone.page.get_by_role("log")).to_contain_text("Hello")
    await phone.page.get_by_label("Texts to").select_option(team.support)
    await phone.page.locator(".attach-chooser").set_input_files(a_file(picture("JPEG", 480, 640), "IMG_1.jpg", "image/jpeg"))
    await there(phone, "IMG_1.jpg")
    await phone.page.get_by_role("button", name="Text in").click()
    assert re.fullmatch(r"Picture from Maria Garcia, \d\d:\d\d", (await pictures_of(phone.page))[0])
    assert re.fullmatch(r"Picture from Maria Garcia, \d\d:\d\d", (await pictures_of(ana.page))[0])
    await ana.view("Subscribed")
    await expect(ana.row("Maria Garcia")).to_contain_text("Picture")
    await until(dana.toast)
    assert re.match("Maria Garcia: picture", await dana.toast(), re.IGNORECASE)


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
    ana, known = await team.window("ana", None), asyncio.Event()

    async def hold(route: Route) -> None:
        await known.wait()
        await route.continue_()

    await ana.page.route("**/dids/mine", hold)
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
    await ana.page.route("**/messages", lambda route: route.abort())
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


async def test_a_name_is_shown_as_the_characters_that_it_has(team: Team) -> None:
    """SECURITY 47. On the card, in the log, in the dialog."""
    await can_send_pictures(team)
    _, ana = await open_maria(team)
    name = "<img src=x onerror=alert(1)>{{7*7}}.png"
    await choose(ana, a_file(name=name), a_file(PDF, "\u202e<b>fdp.pdf", "application/pdf"))
    await there(ana, re.escape(name), "<b>fdp.pdf")
    await ana.write("Look")
    await pictures_of(ana.page)
    await expect(ana.page.locator(".picture-file bdi")).to_have_text("<b>fdp.pdf")
    await ana.page.locator(".picture").click()
    await expect(ana.page.get_by_role("dialog")).to_contain_text(name)
    assert await ana.page.locator("img[src='x'], .thread-pane b").count() == 0


async def test_what_is_not_there_is_told_in_words(team: Team) -> None:
    """SECURITY 42, 45: still at the carrier, refused, too large, lost; and a picture whose file is gone."""
    conversation, ana = await open_maria(team)
    states = [("pending", None), ("pending", "image/jpeg"), ("blocked", "image/jpeg"), ("too_large", "video/mp4"), ("failed", "image/png")]
    media: list[dict[str, Any]] = [{"id": f"{n:026}", "content_type": type, "state": state} for n, (state, type) in enumerate(states)]
    media.append({"id": "9" * 26, "content_type": "image/png", "state": "ready", "name": "a.png", "width": 9, "height": 9, "size": 9})
    text = json.dumps(media)
    await team.database.write(lambda tx: tx.run("update messages set media = :media where conversation = :id", media=text, id=conversation))
    await ana.page.reload()
    await ana.live()
    await expect(ana.page.locator(".picture-note")).to_have_text(
        [
            "Attachment on its way from the carrier…",
            "Picture on its way from the carrier…",
            "Attachment refused: it is of a kind, or from an address, that is not let in.",
            "Video too large to be shown.",
            "Picture lost: the carrier did not hand it over.",
            "The picture could not be loaded.",
        ]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_while_pictures_are_written_and_looked_at(team: Team, scheme: Any) -> None:
    """UX 92, 95: attached, asked, refused, in the log, in the dialog, on the phone; at 320 px nothing is cut off."""
    await can_send_pictures(team)
    _, ana = await open_maria(team, color_scheme=scheme)
    await choose(ana, a_file(), a_file(PDF, "offer.pdf", "application/pdf"))
    await there(ana, "photo.png", "offer.pdf")
    found = {"attached": await violations(ana.page)}
    await choose(ana, a_file(b"words", "notes.docx", "application/msword"))
    await choose(ana, a_file(picture("PNG", 1000, 1000, noisy=True), "large.png"))
    await expect(ana.page.get_by_role("group", name="Too large")).to_be_visible()
    found["asked"] = await violations(ana.page)
    await ana.page.get_by_role("button", name="Cancel").click()
    await ana.write("Two things")
    await pictures_of(ana.page)
    found["log"] = await violations(ana.page)
    await ana.page.set_viewport_size({"width": 320, "height": 640})
    await ana.page.locator(".picture").click()
    found["dialog"] = await violations(ana.page)
    box = await ana.page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    await ana.page.keyboard.press("Escape")
    assert await ana.page.evaluate("document.querySelector('.log').scrollWidth <= document.querySelector('.log').clientWidth")
    assert {place: said for place, said in found.items() if said} == {}
