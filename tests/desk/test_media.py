"""Attachments: kept, sent once, forgotten if nobody sends them; what a number can carry; how they leave and come in."""

import asyncio
from urllib.parse import urlsplit

import pytest
from msgspec import Raw
from msgspec.json import decode

from server.carriers.carrier import InboundText, MediaRef
from server.desk import dids, inbox
from server.desk.desk import Desk, Once
from server.desk.dids import DidChange
from server.desk.dispatch import lease
from server.desk.media import UNSENT_US, Attachments, Given, files_of, forget_unsent
from server.desk.numbers import my_dids
from server.desk.receive import receive_texts
from server.desk.send import Draft, send
from server.desk.shapes import MediaShape, MessageShape
from server.domain.errors import ClientIdConflict, Invalid, NoMms, NotFound, TooLarge, TooLong
from server.store import media
from tests.fixtures.office import MARIA, SALES, SUPPORT, Office
from tests.fixtures.page import assert_page_equals_fresh_load
from tests.fixtures.pictures import CARD, picture

AT = 1_700_000_000_000_000
LINE = "Reply STOP to unsubscribe."


async def bring(office: Office, content: bytes | None = None, name: str = "photo.png", once: Once | None = None) -> MediaShape:
    added = await Attachments(office.desk).add(office.ana, Given(name, content or picture()), AT, once)
    assert isinstance(added, MediaShape)
    return added


async def sent(office: Office, *media: str, body: str = "Look", client_id: str = "c1", did: str | None = None) -> MessageShape:
    answer = await send(office.desk, office.ana, await office.conversation(), Draft(body, client_id, 1_000, did, media))
    assert isinstance(answer, MessageShape)
    return answer


async def test_a_picture_is_sent_with_the_text_and_the_page_by_events_shows_it_too(office: Office) -> None:
    await office.text("Hi")
    first, second = await bring(office), await bring(office, CARD, "maria.vcf")
    message = await sent(office, second.id, first.id)
    assert message.media == [second, first], "in the author's order"
    assert (first.content_type, first.state, first.name, first.width, first.height) == ("image/png", "ready", "photo.png", 64, 48)
    assert (first.url, first.thumbnail_url) == (f"/api/v1/media/{first.id}", f"/api/v1/media/{first.id}?thumbnail=1")
    assert (second.content_type, second.width, second.thumbnail_url) == ("text/vcard", None, None)
    await assert_page_equals_fresh_load(office, office.ben)


async def test_a_picture_needs_no_words_and_a_message_with_one_is_billed_as_one(office: Office) -> None:
    await office.text("Hi")
    alone = await sent(office, (await bring(office)).id, body="")
    assert (alone.body, alone.segments) == (LINE, 1)
    wordy = await sent(office, (await bring(office)).id, body="x" * 1_600, client_id="c2")
    assert (len(wordy.body), wordy.segments) == (1_600, 1), "eleven segments as a text, which would be refused"
    with pytest.raises(TooLong):
        await sent(office, (await bring(office)).id, body="x" * 1_601, client_id="c3")
    with pytest.raises(Invalid):
        await sent(office, body=" ", client_id="c4")


async def test_a_number_that_cannot_send_pictures_says_so_and_nothing_is_lost(office: Office) -> None:
    await office.text("Hi", to=SALES)
    photo = await bring(office)
    with pytest.raises(NoMms):
        await sent(office, photo.id)
    assert (await sent(office, photo.id, did=office.support)).media == [photo], "the upload is still there to be sent from another"


async def test_what_is_larger_than_the_carrier_takes_together_is_refused(office: Office) -> None:
    await office.text("Hi")
    limit = office.desk.carriers["sandbox"].media_limit
    large = picture("PNG", 600, 600, noisy=True)
    assert limit / 2 < len(large) < limit
    photos = [await bring(office, large) for _ in range(2)]
    with pytest.raises(TooLarge, match=r"1\.\d MB; this number takes up to 1 MB"):
        await sent(office, *(photo.id for photo in photos))
    assert (await sent(office, photos[0].id)).media == photos[:1]


async def test_one_upload_is_one_messages_and_one_accounts(office: Office) -> None:
    await office.text("Hi")
    photo = await bring(office)
    await sent(office, photo.id)
    for ids in ([photo.id], ["0" * 26], ["x' or 1=1"]):
        with pytest.raises(NotFound):
            await sent(office, *ids, client_id="c2")
    other = await bring(office)
    with pytest.raises(Invalid):
        await sent(office, other.id, other.id, client_id="c3")
    with pytest.raises(Invalid):
        await sent(office, *(f"{number:026}" for number in range(11)), client_id="c4")


async def test_of_two_sends_with_one_upload_in_two_processes_one_gets_it(office: Office, second_desk: Desk) -> None:
    await office.text("Hi")
    id = await office.conversation()
    for round in range(5):
        photo = await bring(office)
        drafts = [Draft("Look", f"c{round}{n}", 1_000, None, [photo.id]) for n in range(2)]
        desks = (office.desk, second_desk)
        results = await asyncio.gather(
            *(send(desk, office.ana, id, draft) for desk, draft in zip(desks, drafts, strict=True)), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["MessageShape", "NotFound"], results


async def test_the_same_client_id_is_the_same_text_only_with_the_same_pictures(office: Office) -> None:
    await office.text("Hi")
    one, two = await bring(office), await bring(office)
    message = await sent(office, one.id)
    assert await sent(office, one.id) == message
    for ids in ([two.id], []):
        with pytest.raises(ClientIdConflict):
            await sent(office, *ids)


async def test_a_carrier_gets_a_link_to_each_that_is_good_for_hours_and_for_it_alone(office: Office) -> None:
    await office.text("Hi")
    photo = await bring(office)
    await sent(office, photo.id)
    [leased] = await lease(office.desk)
    [url] = leased.text.media_urls
    assert leased.text.media_types == ("image/png",)
    assert url.startswith(f"{office.desk.settings.base_url}/media/{photo.id}/")
    _, _, id, until, key = urlsplit(url).path.split("/")
    shelf, now = Attachments(office.desk), int(until) * 1_000_000
    file = await shelf.get_signed(id, until, key, now - 1)
    assert (b"".join([chunk async for chunk in file.content.chunks]), file.content_type) == (picture(), "image/png")
    for wrong in ((id, until, key, now), (id, str(int(until) + 9), key, now - 1), ((await bring(office)).id, until, key, now - 1)):
        with pytest.raises(NotFound):
            await shelf.get_signed(*wrong)


async def test_a_repeated_upload_is_one_upload(office: Office) -> None:
    once = Once(office.ana.id, "k", "f")
    first = await bring(office, once=once)
    again = await Attachments(office.desk).add(office.ana, Given("photo.png", picture()), AT, once)
    assert isinstance(again, Raw)
    assert decode(again)["id"] == first.id
    rows = await office.all("select id from media where state = 'ready'")
    assert [row["id"] for row in rows] == [first.id]


async def test_what_is_not_sent_within_a_day_is_forgotten_with_its_files(office: Office) -> None:
    await office.text("Hi")
    kept, lost = await bring(office), await bring(office)
    await sent(office, kept.id)
    office.later(seconds=UNSENT_US / 1_000_000 - 60)
    late = await bring(office)
    assert await forget_unsent(office.desk) == 0
    office.later(seconds=61)
    assert await forget_unsent(office.desk) == 1
    files = files_of(office.desk)
    there = {id: [await files.read(id, thumbnail=small) is not None for small in (False, True)] for id in (kept.id, lost.id, late.id)}
    assert there == {kept.id: [True, True], lost.id: [False, False], late.id: [True, True]}
    assert {row["id"] for row in await office.all("select id from media")} == {kept.id, late.id}
    with pytest.raises(NotFound):
        await sent(office, lost.id, client_id="c2")


async def test_what_a_crash_left_between_row_and_file_is_found_and_cleaned_up(office: Office) -> None:
    """The row comes before the file and goes after it, so the row's age tells."""
    upload = media.Upload("0" * 26, office.account, office.ana.id, "image/png", 3, "a.png", 1, 1)
    half = media.Upload("1" * 26, office.account, office.ana.id, "image/png", 3, "a.png", 1, 1)
    await office.desk.db.write(lambda tx: media.announce(tx, upload))
    await office.desk.db.write(lambda tx: media.announce(tx, half))
    files = files_of(office.desk)
    await files.write(upload.id, b"png", b"webp")
    office.later(seconds=UNSENT_US / 1_000_000 + 1)
    await office.desk.db.write(lambda tx: media.take_forgotten(tx, tx.now, 1))
    assert await forget_unsent(office.desk) == 2
    assert await files.read(upload.id) is None
    assert await office.all("select id from media") == []


async def test_an_upload_that_is_not_whole_cannot_be_had_or_sent(office: Office) -> None:
    await office.text("Hi")
    upload = media.Upload("0" * 26, office.account, office.ana.id, "image/png", 3, "a.png", 1, 1)
    await office.desk.db.write(lambda tx: media.announce(tx, upload))
    with pytest.raises(NotFound):
        await Attachments(office.desk).get(office.ana, upload.id)
    with pytest.raises(NotFound):
        await sent(office, upload.id)


async def test_what_a_phone_of_the_sandbox_brings_is_there_at_once_and_a_carriers_is_not(office: Office) -> None:
    photo = await bring(office)
    refs = (MediaRef(f"upload:{photo.id}", None, photo.id), MediaRef("https://carrier.example/1", "image/jpeg"))
    await receive_texts(office.desk, office.connection, [InboundText("r1", MARIA, SUPPORT, "", refs)], AT)
    [message] = (await inbox.message_list(office.desk, office.ana, await office.conversation())).items
    here, away = message.media
    assert here == photo
    assert (away.state, away.content_type, away.url, away.size) == ("pending", "image/jpeg", None, None)
    assert message.segments == 0
    [row] = await office.all("select * from media where id = :id", id=away.id)
    assert (row["source"], row["message"], row["place"]) == ("https://carrier.example/1", message.id, 1)
    with pytest.raises(NotFound):
        await Attachments(office.desk).get(office.ana, away.id)
    await assert_page_equals_fresh_load(office, office.ben)


async def test_a_text_that_names_an_upload_of_another_message_or_account_gets_none(office: Office) -> None:
    photo = await bring(office)
    ref = MediaRef(f"upload:{photo.id}", None, photo.id)
    await receive_texts(office.desk, office.connection, [InboundText("r1", MARIA, SUPPORT, "one", (ref,))], AT)
    await receive_texts(office.desk, office.connection, [InboundText("r2", MARIA, SUPPORT, "two", (ref,))], AT)
    one, two = (await inbox.message_list(office.desk, office.ana, await office.conversation())).items
    assert ([m.state for m in one.media], [m.state for m in two.media]) == (["ready"], ["pending"])


async def test_ones_own_numbers_come_with_the_usual_one_first_and_what_they_carry(office: Office) -> None:
    limit = office.desk.carriers["sandbox"].media_limit
    ana = (await my_dids(office.desk, office.ana)).items
    assert [(did.number, did.default, did.media_limit, did.user and did.user.name) for did in ana] == [
        (SUPPORT, True, limit, None),
        (SALES, False, 0, "Ben"),
    ]
    ben = (await my_dids(office.desk, office.ben)).items
    assert [(did.number, did.default) for did in ben] == [(SALES, True), (SUPPORT, False)]
    await dids.change_did(office.desk, office.mia, office.sales, DidChange(user=None))
    await office.desk.db.write(lambda tx: tx.run("update accounts set default_did = :did", did=office.sales))
    assert [(did.number, did.default) for did in (await my_dids(office.desk, office.ana)).items] == [(SALES, True), (SUPPORT, False)]
    await dids.change_did(office.desk, office.mia, office.sales, DidChange(capabilities=["mms"]))
    assert [did.number for did in (await my_dids(office.desk, office.ana)).items] == [SUPPORT], "what sends no texts is not asked for"
