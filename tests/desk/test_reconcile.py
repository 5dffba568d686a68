"""Reading a carrier's list back: what nobody took in comes in once and in order, by one process at a time, whenever it is due."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from server.carriers.carrier import Connection, InboundText
from server.desk import inbox, reconcile
from server.desk.consent_review import decide
from server.desk.desk import Desk
from server.desk.lines import get_carrier
from server.desk.receive import receive_texts
from server.desk.reconcile import PATIENCE, due_readings, read_back
from server.store.database import Transaction, Unavailable
from tests.fixtures.office import MARIA, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load
from tests.fixtures.reading_back import FRONT, doubtful, inbound, read
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until


async def test_what_nobody_took_in_comes_in_once_in_order_and_says_when_it_was_sent(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    second = twilio_api.arrives(MARIA, FRONT, "second", ago=timedelta(minutes=20))
    twilio_api.arrives(MARIA, FRONT, "first", ago=timedelta(minutes=50))
    twilio_api.arrives(MARIA, FRONT, "just now", ago=timedelta(seconds=5))
    reading = await read(office, twilio, http)
    assert (reading.texts, reading.failure) == (3, None)
    rows = await inbound(office)
    assert [row["body"] for row in rows] == ["first", "second", "just now"]
    assert [row["sent_at"] is not None for row in rows] == [True, True, False]
    assert (await office.one("select waiting_since from conversations") or {})["waiting_since"] == rows[0]["created_at"], "rule 8: arrival"
    await receive_texts(office.desk, twilio, [InboundText(second.sid, MARIA, FRONT, "second")], 1)
    assert (await read(office, twilio, http)).texts == 0
    assert len(await inbound(office)) == 3, "neither a late webhook nor another reading makes a second one"
    assert twilio_api.taken == []


async def test_a_new_text_comes_with_its_pictures_which_are_asked_for_once(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    text = twilio_api.arrives(MARIA, FRONT, "look", ago=timedelta(minutes=5))
    text.pictures = 2
    for _ in range(2):
        await read(office, twilio, http)
    place = f"{twilio_api.url}/2010-04-01/Accounts/AC1/Messages/{text.sid}/Media/ME"
    assert await office.all("select source from media order by place") == [{"source": f"{place}0"}, {"source": f"{place}1"}]
    assert twilio_api.asked == [text.sid]


async def test_a_text_that_cannot_be_told_now_keeps_no_other_waiting_and_comes_later(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    lost = twilio_api.arrives(MARIA, FRONT, "a picture", ago=timedelta(minutes=5))
    lost.pictures, twilio_api.mislaid = 1, {lost.sid}
    twilio_api.arrives(MARIA, FRONT, "are you there?", ago=timedelta(minutes=4))
    reading = await read(office, twilio, http)
    assert ([row["body"] for row in await inbound(office)], reading.failure) == (["are you there?"], "the carrier answered 500")
    twilio_api.mislaid = set()
    assert (await read(office, twilio, http)).failure is None
    assert [row["body"] for row in await inbound(office)] == ["are you there?", "a picture"]


async def test_a_carrier_that_tells_no_text_is_not_asked_for_all_of_them(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    for number in range(60):
        text = twilio_api.arrives(MARIA, FRONT, str(number), ago=timedelta(minutes=5))
        text.pictures = 1
        twilio_api.mislaid.add(text.sid)
    assert (await read(office, twilio, http)).failure == "the carrier answered 500"
    assert (len(twilio_api.asked), await inbound(office)) == (PATIENCE, [])


async def test_numbers_that_are_not_ours_and_times_before_they_were_are_left_alone(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    twilio_api.arrives(MARIA, "+12025550777", "for another application")
    twilio_api.arrives(MARIA, FRONT, "long before", ago=timedelta(hours=3))
    assert (await read(office, twilio, http)).texts == 0
    assert await office.all("select carrier from inbox") == []


async def test_a_text_whose_words_the_carrier_did_not_keep_says_so_and_somebody_decides_whether_it_was_a_stop(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    twilio_api.arrives(MARIA, FRONT, "secret").wordless = True
    await read(office, twilio, http)
    [row] = await inbound(office)
    assert (row["body"], row["error_says"]) == ("", "Its words are not in the carrier's list: look it up at the carrier, or ask.")
    [told] = [event["data"]["contact"] for event in office.events if event["data"].get("reason") == "consent_review"]
    assert told["phones"][0]["consent_review_why"] == "no_words"
    id = await office.conversation()
    shown = await inbox.conversation(office.desk, office.ana, id)
    assert (shown.consent_review, shown.consent_review_why) == (told["phones"][0]["consent_review"], "no_words")
    await assert_page_equals_fresh_load(office, office.ana)
    await decide(office.desk, office.ana, id, opted_out=True)
    lines = await office.all("select kind, source, says from consent order by at")
    assert lines == [{"kind": kind, "source": by, "says": None} for kind, by in (("review", "keyword"), ("opted_out", "review"))]
    twilio_api.arrives(MARIA, FRONT, "one more").wordless = True
    await read(office, twilio, http)
    assert (await inbox.conversation(office.desk, office.ana, id)).consent_review is None, "who is opted out is"


async def test_a_picture_without_words_and_words_that_sound_like_nothing_are_no_doubt(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    twilio_api.arrives(MARIA, FRONT, "").pictures = 1
    twilio_api.arrives(WEI, FRONT, "On my way")
    await read(office, twilio, http)
    assert (len(await inbound(office)), await office.all("select * from consent_reviews")) == (2, [])


@pytest.mark.alone
async def test_whoever_reads_keeps_the_list_however_long_the_carrier_takes(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "KEEP_SECONDS", 0.02)
    twilio_api.slowness = 1.0

    async def kept() -> bool:
        now = await office.desk.read(_now)
        return ((await office.one("select lease_until from readings_back") or {})["lease_until"] or 0) > now

    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read(office, twilio, http))
        await until(lambda: twilio_api.lists == 1)
        office.later(minutes=3)
        assert not reading.done()
        await until(kept, within=0.9)
        assert await read_back(office.desk, twilio, "another", http) is None
    assert reading.result().failure is None


async def test_what_fails_while_the_list_is_kept_is_told_as_it_is(office: Office, twilio: Connection) -> None:
    with pytest.raises(Unavailable, match="gone"):
        async with reconcile.kept(office.desk, twilio, "me"):
            raise Unavailable("gone")


async def test_a_list_that_breaks_off_is_tried_again_from_the_same_point_and_what_it_gave_stays(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    twilio_api.arrives(MARIA, FRONT, "Hi")
    first = await read(office, twilio, http)
    twilio_api.arrives(MARIA, FRONT, "again", ago=timedelta(minutes=1))
    twilio_api.breaks_off = True
    broken = await read(office, twilio, http)
    assert (broken.failure, broken.known_to) == ("the carrier answered 500", first.known_to)
    assert [row["body"] for row in await inbound(office)] == ["Hi", "again"]
    shown = (await get_carrier(office.desk, office.mia, twilio.id)).read_back
    assert shown is not None
    assert shown.failure == "the carrier answered 500"
    assert await due_readings(office.desk, 2**62) == [], "a carrier that cannot answer is not asked without pause"
    office.later(minutes=6)
    twilio_api.breaks_off = False
    assert await due_readings(office.desk, 2**62) == [(twilio.id, "twilio")]
    assert (await read(office, twilio, http)).failure is None


async def test_one_process_reads_at_a_time(
    office: Office, second_desk: Desk, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    twilio_api.arrives(MARIA, FRONT, "Hi")
    twilio_api.slowness = 0.5
    readings = await asyncio.gather(*(read_back(desk, twilio, f"{n}", http) for n, desk in enumerate([office.desk, second_desk] * 2)))
    assert [reading.texts for reading in readings if reading is not None] == [1]
    assert twilio_api.lists == 1
    assert len(await inbound(office)) == 1


async def test_it_is_due_at_the_start_every_hour_and_twice_for_a_doubtful_text(
    office: Office, twilio: Connection, http: httpx2.AsyncClient
) -> None:
    one = [(twilio.id, "twilio")]
    assert await due_readings(office.desk, 0) == one
    await read(office, twilio, http)
    assert await due_readings(office.desk, 0) == []
    started = (await office.desk.read(_now)) + 1
    assert await due_readings(office.desk, started) == one, "a process that starts after the last reading"
    office.later(minutes=61)
    assert await due_readings(office.desk, 0) == one
    await doubtful(office, twilio)
    await read(office, twilio, http)
    assert await due_readings(office.desk, 0) == []
    for minutes in (2, 13):
        office.later(minutes=minutes, seconds=1)
        assert await due_readings(office.desk, 0) == one
        await read(office, twilio, http)
        assert await due_readings(office.desk, 0) == []


async def test_only_connections_with_a_list_are_read_and_managers_see_when(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    assert [id for id, _ in await due_readings(office.desk, 0)] == [twilio.id]
    before = await get_carrier(office.desk, office.mia, twilio.id)
    assert (before.reads_back, before.read_back) == (True, None)
    twilio_api.arrives(MARIA, FRONT, "Hi")
    await read(office, twilio, http)
    after = (await get_carrier(office.desk, office.mia, twilio.id)).read_back
    assert after is not None
    assert (after.texts, after.cleared, after.failure) == (1, 0, None)
    assert not (await get_carrier(office.desk, office.mia, office.connection.id)).reads_back


async def _now(tx: Transaction) -> int:
    return tx.now
