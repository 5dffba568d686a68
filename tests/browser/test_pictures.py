"""Pictures that were sent: on the phone, in the log and large, with words for each."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.test_access import violations
from tests.fixtures.attaching import LOADED, MARIA, WEI, a_file, can_send_pictures, choose, open_maria, pictures_of, there
from tests.fixtures.browser import Team
from tests.fixtures.pictures import PDF, picture
from tests.fixtures.waiting import until


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
