"""Reading a carrier's list back: what nobody took in comes in once and in order, doubtful texts are cleared up, nothing is sent."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from server.carriers.carrier import Connection, Credentials, InboundText, SendResult
from server.carriers.exchange import open_client
from server.carriers.listing import instant
from server.desk import inbox, reconcile
from server.desk.consent_review import decide
from server.desk.desk import Desk
from server.desk.dispatch import lease, record
from server.desk.lines import get_carrier
from server.desk.receive import receive_texts
from server.desk.reconcile import PATIENCE, due_readings, read_back
from server.desk.send import Draft, send
from server.ids import new_id
from server.store import lines
from server.store.accounts import Did
from server.store.database import Transaction, Unavailable
from server.store.readings_back import Reading
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.centre import ACCOUNT_SID, AUTH_TOKEN
from tests.fixtures.office import MARIA, WEI, Office
from tests.fixtures.page import assert_page_equals_fresh_load
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until

FRONT = "+12025550120"
UNSURE = SendResult("unconfirmed", code="timeout", says="The carrier did not say whether it took this text.")


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client() as http:
        yield http


@pytest.fixture
async def twilio(office: Office, twilio_api: TwilioApi) -> Connection:
    """A number of the office's over Twilio, two hours ago."""
    credentials = Credentials({"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN})
    connection = Connection(new_id(1), office.account, "twilio", "Twilio", credentials, {}, twilio_api.url)

    async def add(tx: Transaction) -> None:
        await lines.add(tx, lines.Line(connection.id, office.account, "twilio", "Twilio", "", {}, tx.now - 7_200_000_000))
        await lines.add_did(tx, Did(new_id(2), office.account, FRONT, connection.id, "twilio", None, "Front", ("sms",)))
        await tx.run("update dids set created_at = :at where number = :number", at=tx.now - 7_200_000_000, number=FRONT)

    await office.desk.db.write(add)
    return connection


async def read(office: Office, twilio: Connection, http: httpx2.AsyncClient, holder: str = "me") -> Reading:
    reading = await read_back(office.desk, twilio, holder, http)
    assert reading is not None
    return reading


async def inbound(office: Office) -> list[dict[str, object]]:
    return await office.all("select body, sent_at, created_at, error_says from messages where direction = 'inbound' order by seq")


async def outbound(office: Office) -> list[tuple[str, str | None]]:
    rows = await office.all("select state, error_code from messages where direction = 'outbound' order by seq")
    return [(row["state"], row["error_code"]) for row in rows]


async def doubtful(office: Office, twilio: Connection, body: str = "Hello") -> str:
    """A text to Maria whose answer was lost."""
    rows = await office.all("select count(*) as n from messages")
    await receive_texts(office.desk, twilio, [InboundText(f"ref {rows[0]['n']}", MARIA, FRONT, "Hi")], 1)
    await send(office.desk, office.ana, await office.conversation(), Draft(body, f"c{rows[0]['n']}", 10_000))
    [leased] = await lease(office.desk)
    await record(office.desk, leased, UNSURE)
    return leased.text.body


async def test_all_that_a_killed_sender_held_is_looked_for_at_the_start_however_long_ago_that_was(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    await read(office, twilio, http)
    people = [f"+1202555{number:04}" for number in range(2000, 2052)]
    await receive_texts(office.desk, twilio, [InboundText(phone, phone, FRONT, "Hi") for phone in people], 1)
    ids = [await office.conversation(phone) for phone in people]
    await asyncio.gather(*(send(office.desk, office.ana, id, Draft("Hello", id, 10_000)) for id in ids))
    for leased in [*await lease(office.desk), *await lease(office.desk)]:
        twilio_api.takes(FRONT, leased.text.to, leased.text.body)
    office.later(minutes=16)
    assert (await read(office, twilio, http)).cleared == 52
    assert await outbound(office) == [("sent", None)] * 52


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


async def test_a_doubtful_text_that_the_carrier_has_is_sent_and_never_sent_again(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    body = await doubtful(office, twilio)
    twilio_api.takes(FRONT, MARIA, body)
    assert (await read(office, twilio, http)).cleared == 0, "a sender may still be about to write it down"
    office.later(minutes=2)
    assert (await read(office, twilio, http)).cleared == 1
    assert await outbound(office) == [("sent", None)]
    assert await lease(office.desk) == []
    twilio_api.taken[0].status = "delivered"
    await read(office, twilio, http)
    assert await outbound(office) == [("delivered", None)], "a receipt that was lost is read back too"


async def test_a_doubtful_text_that_the_list_does_not_show_says_so_once_and_stays(
    office: Office, twilio: Connection, http: httpx2.AsyncClient
) -> None:
    await doubtful(office, twilio)
    office.later(minutes=14)
    await read(office, twilio, http)
    assert await outbound(office) == [("unconfirmed", "timeout")]
    office.later(minutes=2)
    for _ in range(2):
        await read(office, twilio, http)
    assert await outbound(office) == [("unconfirmed", "not_found")]
    assert office.types().count("message.unconfirmed") == 2
    assert office.events[-1]["data"]["message"]["error"]["says"] == "The carrier's list does not show this text: it was probably not sent."
    assert await lease(office.desk) == []


async def test_a_text_that_the_list_shows_after_all_is_found_though_it_was_said_that_it_was_not(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    body = await doubtful(office, twilio)
    office.later(minutes=16)
    await read(office, twilio, http)
    assert await outbound(office) == [("unconfirmed", "not_found")]
    twilio_api.takes(FRONT, MARIA, body).at += timedelta(minutes=17)
    office.later(minutes=5)
    assert (await read(office, twilio, http)).cleared == 1
    assert await outbound(office) == [("sent", None)]


async def test_a_list_is_not_read_again_from_a_text_that_was_not_found_and_what_is_known_is_not_written_again(
    office: Office, twilio: Connection, twilio_api: TwilioApi, carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    sent = []
    for number in range(5):
        phone = f"+1202555700{number}"
        await receive_texts(office.desk, twilio, [InboundText(f"in {number}", phone, FRONT, "Hi")], 1)
        await send(office.desk, office.ana, await office.conversation(phone), Draft("Yes", f"k{number}", 10_000))
        [leased] = await lease(office.desk)
        sent.append(twilio_api.takes(FRONT, phone, leased.text.body))
        await record(office.desk, leased, SendResult("accepted", sent[-1].sid))
    await doubtful(office, twilio)
    handed = (await office.one("select handed_at from messages where state = 'unconfirmed'") or {})["handed_at"]
    for text in sent:
        text.status = "delivered"

    async def written() -> tuple[int, int]:
        """Jobs of one reading, and how long before the doubtful text its list began, µs."""
        before = office.desk.writer.written
        await read(office, twilio, http)
        asked = parse_qs(urlsplit(carrier_api.seen[-1].target).query)["DateSent>"][0]
        return office.desk.writer.written - before, handed - instant(datetime.fromisoformat(asked))

    first, _ = await written()
    assert [state for state, _ in await outbound(office)].count("delivered") == 5
    office.later(minutes=5)
    again, began = await written()
    assert (first - again, began > 0) == (5, True), "what was delivered is written once; the doubtful one is looked for"
    office.later(minutes=60)
    await written()
    office.later(minutes=60)
    later, began = await written()
    assert (later, began < 0) == (again, True), "it was not found: the list is read on from where it was known"


async def test_texts_that_the_list_can_never_tell_apart_stay_unsaid_and_make_no_later_reading_longer(
    office: Office, twilio: Connection, twilio_api: TwilioApi, carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    for body in ("Hello", "Bye"):
        await doubtful(office, twilio, body)
        twilio_api.takes(FRONT, MARIA, body).wordless = True
    handed = (await office.one("select min(handed_at) as at from messages") or {})["at"]

    async def begins() -> int:
        """From when on the list was asked for, µs after the first doubtful text was handed over."""
        await read(office, twilio, http)
        asked = parse_qs(urlsplit(carrier_api.seen[-1].target).query)["DateSent>"][0]
        return instant(datetime.fromisoformat(asked)) - int(handed)

    for minutes in (3, 13):
        office.later(minutes=minutes)
        assert await begins() < 0, "a receipt may have told the one of them meanwhile"
    for _ in range(2):
        office.later(minutes=60)
        assert await begins() > 0
    assert await outbound(office) == [("unconfirmed", "timeout")] * 2, "that a later page does not show them says nothing"


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


async def test_a_text_of_another_conversation_is_no_answer_to_a_doubt(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    body = await doubtful(office, twilio)
    twilio_api.takes(FRONT, WEI, body)
    office.later(minutes=3)
    assert (await read(office, twilio, http)).cleared == 0


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
