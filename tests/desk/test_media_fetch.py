"""Attachments of inbound texts: leased to one, looked at, shown in place of what stood for them; put off and given up in time."""

import asyncio

import pytest

from server.carriers.carrier import InboundText, MediaRef
from server.desk import inbox
from server.desk.desk import Desk
from server.desk.media import UNSENT_US, Attachments, files_of, forget_unsent
from server.desk.media_fetch import LEASE_US, PAUSES_US, Intake, lease, next_look, put_off, refuse
from server.desk.receive import receive_texts
from server.desk.send import Draft, send
from server.desk.shapes import MediaShape, MessageShape
from server.domain.errors import NotFound
from server.domain.media import MediaState
from server.store.media_fetch import Away
from server.store.migrate import known
from tests.fixtures.office import MARIA, SUPPORT, Office
from tests.fixtures.page import assert_page_equals_fresh_load
from tests.fixtures.pictures import CARD, HTML, MP4, PDF, POLYGLOT, SVG, bomb, picture

AT = 1_700_000_000_000_000
SMIL = b'<?xml version="1.0"?>\n<!DOCTYPE smil PUBLIC "-//W3C//DTD SMIL 1.0//EN" "smil.dtd">\n<smil><head/></smil>'


def refs(*types: str | None) -> tuple[MediaRef, ...]:
    return tuple(MediaRef(f"https://carrier.example/{place}", type) for place, type in enumerate(types))


async def mms(office: Office, *media: MediaRef, body: str = "Look", ref: str = "r1") -> None:
    await receive_texts(office.desk, office.connection, [InboundText(ref, MARIA, SUPPORT, body, media)], AT)


async def held(office: Office, most: int = 10) -> list[Away]:
    return sorted(await lease(office.desk, most), key=lambda away: away.source)


async def shown(office: Office) -> list[MessageShape]:
    return (await inbox.message_list(office.desk, office.ana, await office.conversation())).items


async def attached(office: Office) -> list[MediaShape]:
    [message] = await shown(office)
    return message.media


async def content_of(office: Office, id: str, *, thumbnail: bool = False) -> bytes:
    file = await Attachments(office.desk).get(office.ana, id, thumbnail=thumbnail)
    return b"".join([chunk async for chunk in file.content.chunks])


async def test_a_picture_takes_the_place_that_was_kept_for_it(office: Office) -> None:
    await mms(office, *refs("image/jpeg", "text/vcard"))
    before = len(office.events)
    assert "fetcher" in office.woken
    first, second = await held(office)
    assert (first.source, first.carrier, first.attempt) == ("https://carrier.example/0", office.connection.id, 1)
    intake = Intake(office.desk)
    await intake.take_in(second, CARD)
    assert [media.state for media in await attached(office)] == ["pending", "ready"]
    await intake.take_in(first, picture("PNG", 640, 480))
    one, two = await attached(office)
    assert (one.id, one.content_type, one.state, one.name) == (first.id, "image/png", "ready", "attachment.png"), (
        "whatever it was said to be"
    )
    assert (one.width, one.height, one.size, one.thumbnail_url) == (
        640,
        480,
        len(picture("PNG", 640, 480)),
        f"/api/v1/media/{one.id}?thumbnail=1",
    )
    assert (two.content_type, two.name, two.url) == ("text/vcard", "attachment.vcf", f"/api/v1/media/{two.id}")
    assert await content_of(office, one.id) == picture("PNG", 640, 480)
    assert (await content_of(office, one.id, thumbnail=True))[8:12] == b"WEBP"
    assert office.types(before) == ["message.updated", "message.updated"]
    assert await held(office) == []
    assert await next_look(office.desk) is None
    await assert_page_equals_fresh_load(office, office.ben)


async def test_the_event_alerts_nobody_answers_nothing_and_shows_the_latest_text_as_it_is(office: Office) -> None:
    await mms(office, *refs("image/png"))
    id = await office.conversation()
    before = await inbox.conversation(office.desk, office.ana, id)
    [away] = await held(office)
    await Intake(office.desk).take_in(away, picture())
    [event] = [event for event in office.events if event["type"] == "message.updated"]
    assert (event["alert"], event["actor"]["kind"], event["data"]["reason"]) == ([], "system", "media")
    assert event["data"]["message"]["media"][0]["state"] == "ready"
    assert event["data"]["conversation"]["last_message"] == event["data"]["message"]
    after = await inbox.conversation(office.desk, office.ana, id)
    same = ("waiting_since", "public_since", "active_at", "unread", "owner", "closed_at")
    assert {name: getattr(after, name) for name in same} == {name: getattr(before, name) for name in same}
    assert after.seq == before.seq + 1


async def test_a_picture_that_comes_late_holds_no_answer_back(office: Office) -> None:
    """Rule 17 is about what people write."""
    await mms(office, *refs("image/png"))
    id = await office.conversation()
    seen = (await inbox.conversation(office.desk, office.ana, id)).seq
    [away] = await held(office)
    await Intake(office.desk).take_in(away, picture())
    assert isinstance(await send(office.desk, office.ana, id, Draft("Thanks", "c1", seen)), MessageShape)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("content", "state", "type"),
    [
        (picture("JPEG"), "ready", "image/jpeg"),
        (picture("GIF"), "ready", "image/gif"),
        (picture("WEBP"), "ready", "image/webp"),
        (MP4, "ready", "video/mp4"),
        (PDF, "ready", "application/pdf"),
        (HTML, "blocked", "image/png"),
        (SVG, "blocked", "image/png"),
        (POLYGLOT, "blocked", "image/png"),
        (b"\x89PNG\r\n\x1a\n" + HTML, "blocked", "image/png"),
        (picture()[:100], "blocked", "image/png"),
        (b"MZ\x90\0", "blocked", "image/png"),
        (b"just words", "blocked", "image/png"),
        (b"", "blocked", "image/png"),
        (bomb(50_000, 50_000), "too_large", "image/png"),
    ],
    ids="jpeg gif webp mp4 pdf html svg polyglot html-in-png half-a-picture program words nothing bomb".split(),
)
async def test_what_it_is_decides_and_not_what_it_is_said_to_be(office: Office, content: bytes, state: str, type: str) -> None:
    """SECURITY 45, 46. It is said to be a PNG each time."""
    await mms(office, *refs("image/png"))
    [away] = await held(office)
    await Intake(office.desk).take_in(away, content)
    [media] = await attached(office)
    assert (media.state, media.content_type) == (state, type)
    if state == "ready":
        assert await content_of(office, media.id) == content
    else:
        with pytest.raises(NotFound):
            await content_of(office, media.id)
        assert await files_of(office.desk).read(media.id) is None
    await assert_page_equals_fresh_load(office, office.ben)


async def test_the_layout_of_an_mms_is_nothing_to_show(office: Office) -> None:
    """Whether its type says so, its name, or what it holds."""
    named = MediaRef("https://carrier.example/0.smil?a=b"), MediaRef("https://carrier.example/layout.xml")
    await mms(office, *named, *refs("application/smil; charset=utf-8", "image/png", None))
    assert [media.content_type for media in await attached(office)] == ["image/png", None]
    first, second = await held(office)
    await Intake(office.desk).take_in(second, SMIL)
    [media] = await attached(office)
    assert (media.id, media.state) == (first.id, "pending")
    assert [row["id"] for row in await office.all("select id from media")] == [first.id]
    await assert_page_equals_fresh_load(office, office.ben)


async def test_of_one_text_ten_attachments_are_taken(office: Office) -> None:
    await mms(office, *refs(*["image/png"] * 12))
    assert len(await attached(office)) == 10
    assert len(await held(office, 20)) == 10


async def test_one_fetcher_gets_each_and_another_takes_it_up_when_the_first_is_gone(office: Office, second_desk: Desk) -> None:
    await mms(office, *refs("image/png", "image/png"))
    for _ in range(20):
        await office.desk.db.write(lambda tx: tx.run("update media set next_at = 1, attempt = 0"))
        got = await asyncio.gather(*(lease(desk, 10) for desk in (office.desk, second_desk)))
        assert sorted(away.attempt for some in got for away in some) == [1, 1]
    assert await lease(second_desk, 10) == []
    office.later(seconds=LEASE_US / 1_000_000 + 1)
    assert [away.attempt for away in await held(office)] == [2, 2]


async def test_a_fetcher_that_comes_back_late_changes_nothing(office: Office) -> None:
    await mms(office, *refs("image/png"))
    [late] = await held(office)
    office.later(seconds=LEASE_US / 1_000_000 + 1)
    [away] = await held(office)
    await refuse(office.desk, late, MediaState.BLOCKED)
    await put_off(office.desk, late)
    assert [media.state for media in await attached(office)] == ["pending"]
    await Intake(office.desk).take_in(away, picture())
    await Intake(office.desk).take_in(late, HTML)
    await Intake(office.desk).take_in(late, SMIL)
    assert [media.state for media in await attached(office)] == ["ready"]
    assert office.types().count("message.updated") == 1


async def test_what_the_carrier_does_not_hand_over_is_tried_again_after_one_five_and_thirty_minutes_and_then_lost(office: Office) -> None:
    await mms(office, *refs("image/png"))
    for attempt, pause in enumerate((*PAUSES_US, 0), 1):
        [away] = await held(office)
        assert away.attempt == attempt
        before = office.now()
        await put_off(office.desk, away)
        if pause:
            left = await next_look(office.desk)
            assert left is not None
            assert pause - (office.now() - before) <= left <= pause
            assert [media.state for media in await attached(office)] == ["pending"]
            office.later(seconds=pause / 2_000_000)
            assert await held(office) == []
            office.later(seconds=pause / 2_000_000)
    assert [media.state for media in await attached(office)] == ["failed"]
    assert await next_look(office.desk) is None
    await assert_page_equals_fresh_load(office, office.ben)


async def test_what_every_fetcher_dies_of_is_given_up(office: Office) -> None:
    await mms(office, *refs("image/png"))
    for _ in range(len(PAUSES_US) + 1):
        assert len(await held(office)) == 1
        office.later(seconds=LEASE_US / 1_000_000 + 1)
    assert await held(office) == []
    assert [media.state for media in await attached(office)] == ["failed"]


async def test_the_attachments_of_one_text_that_arrive_together_are_all_there(office: Office, second_desk: Desk) -> None:
    await mms(office, *refs(*["image/png"] * 6))
    waiting = await held(office)
    intakes = Intake(office.desk), Intake(second_desk)
    await asyncio.gather(*(intakes[number % 2].take_in(away, CARD) for number, away in enumerate(waiting)))
    assert [(media.id, media.state) for media in await attached(office)] == [(away.id, "ready") for away in waiting]
    seqs = sorted(event["seq"] for event in office.events if event["conversation"])
    assert seqs == list(range(1, len(seqs) + 1))


async def test_what_was_kept_before_a_crash_and_never_shown_is_fetched_anew(office: Office) -> None:
    await mms(office, *refs("image/png"))
    [away] = await held(office)
    await files_of(office.desk).write(away.id, b"whole", b"small")
    assert [media.state for media in await attached(office)] == ["pending"]
    with pytest.raises(NotFound):
        await content_of(office, away.id)
    office.later(seconds=LEASE_US / 1_000_000 + 1)
    [again] = await held(office)
    await Intake(office.desk).take_in(again, picture())
    assert await content_of(office, away.id) == picture()


async def test_the_attachments_of_a_text_that_is_gone_go_too(office: Office) -> None:
    await mms(office, *refs("image/png"))
    [away] = await held(office)
    await office.desk.db.write(lambda tx: tx.run("delete from messages"))
    await Intake(office.desk).take_in(away, picture())
    assert await next_look(office.desk) is None
    office.later(seconds=UNSENT_US / 1_000_000 + 1)
    assert await forget_unsent(office.desk) == 1
    assert await files_of(office.desk).read(away.id) is None
    assert await office.all("select id from media") == []


async def test_an_attachment_from_before_this_version_is_fetched_over_its_numbers_carrier(office: Office) -> None:
    """Migration 7, as its last statement says."""
    await mms(office, *refs("image/png"))
    [update] = [part for m in known(office.desk.db.engine) if m.number == 7 for part in m.sql.split(";\n") if "update media" in part]
    await office.desk.db.write(lambda tx: tx.run("update media set carrier = null, next_at = null"))
    assert await held(office) == []
    await office.desk.db.write(lambda tx: tx.run(update))
    assert [away.carrier for away in await held(office)] == [office.connection.id]


async def test_nothing_of_the_address_is_in_the_words_for_an_attachment(office: Office) -> None:
    await mms(office, MediaRef("https://carrier.example/secret"))
    [away] = await held(office)
    assert "secret" not in repr(away)
