"""Doubtful texts over a carrier's list: what it shows is cleared up, what it does not show is said, and nothing is sent again."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2

from server.carriers.carrier import Connection, InboundText, SendResult
from server.carriers.listing import instant
from server.desk.dispatch import lease, record
from server.desk.receive import receive_texts
from server.desk.send import Draft, send
from tests.fixtures.carrier_api import CarrierApi
from tests.fixtures.office import MARIA, WEI, Office
from tests.fixtures.reading_back import FRONT, doubtful, outbound, read
from tests.fixtures.twilio_api import TwilioApi


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


async def test_a_text_of_another_conversation_is_no_answer_to_a_doubt(
    office: Office, twilio: Connection, twilio_api: TwilioApi, http: httpx2.AsyncClient
) -> None:
    body = await doubtful(office, twilio)
    twilio_api.takes(FRONT, WEI, body)
    office.later(minutes=3)
    assert (await read(office, twilio, http)).cleared == 0


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
