import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from twilio.rest import Client

from server.carriers.carrier import Connection, Credentials, MediaRef
from server.carriers.listing import instant
from server.carriers.logbook import Logbook, LoggedText, Unanswered
from server.carriers.refusals import MEANINGS, Category
from server.carriers.twilio import Twilio
from server.domain.message import Direction, MessageState
from tests.carriers.rig import document
from tests.fixtures.carrier_api import CarrierApi, Seen, answers, in_turn

twilio = Twilio()
SID, TOKEN = "AC00000000000000000000000000000001", "0" * 32
BASE = f"/2010-04-01/Accounts/{SID}/Messages"
SINCE = datetime(2026, 11, 22, 18, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 20, tzinfo=UTC)
AT = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


def connection(url: str) -> Connection:
    return Connection("01jd", "01ja", "twilio", "T", Credentials({"account_sid": SID, "auth_token": TOKEN}), {}, url)


def message(sid: str = "SM01", **fields: object) -> dict[str, object]:
    """As the Messages resource writes it."""
    usual: dict[str, object] = {
        "sid": sid,
        "account_sid": SID,
        "api_version": "2010-04-01",
        "body": "Is it ready? Größe 😀",
        "date_created": "Sun, 22 Nov 2026 19:29:59 +0000",
        "date_sent": "Sun, 22 Nov 2026 19:30:00 +0000",
        "date_updated": "Sun, 22 Nov 2026 19:30:00 +0000",
        "direction": "inbound",
        "error_code": None,
        "error_message": None,
        "from": "+12025550143",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "status": "received",
        "subresource_uris": {"media": f"{BASE}/{sid}/Media.json"},
        "to": "+12025550142",
        "uri": f"{BASE}/{sid}.json",
    }
    return usual | fields


def page(*messages: dict[str, object], more: str | None = None) -> bytes:
    return document(
        messages=messages,
        next_page_uri=more,
        previous_page_uri=None,
        first_page_uri=f"{BASE}.json?PageSize=200&Page=0",
        uri=f"{BASE}.json?PageSize=200&Page=0",
        page=0,
        page_size=200,
        start=0,
        end=len(messages),
    )


def media(sid: str) -> bytes:
    items = [{"sid": "ME1", "content_type": "image/jpeg", "parent_sid": sid, "uri": f"{BASE}/{sid}/Media/ME1.json"}]
    return document(
        media_list=items, next_page_uri=None, page=0, page_size=50, start=0, end=0, uri="", first_page_uri="", previous_page_uri=None
    )


async def log(api: CarrierApi, http: httpx2.AsyncClient, since: datetime = SINCE, until: datetime = UNTIL) -> list[LoggedText]:
    """The whole of every text."""
    place = connection(api.url)
    listed = [text async for text in twilio.logged(place, instant(since), instant(until), http)]
    return [await twilio.whole(place, text, http) for text in listed]


def asked(seen: Seen) -> tuple[str, str, list[tuple[str, str]], str]:
    target = urlsplit(seen.target)
    return seen.method, target.path, sorted(parse_qsl(target.query)), seen.headers["authorization"]


def test_twilio_has_a_log() -> None:
    assert isinstance(twilio, Logbook)


async def test_it_is_asked_as_the_sdk_asks_page_by_page_and_for_attachments_only_where_there_are_some(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    more = f"{BASE}.json?DateSent%3C=2026-11-22T20%3A00%3A00Z&DateSent%3E=2026-11-22T18%3A00%3A00Z&PageSize=200&Page=1&PageToken=PASM01"
    pages = [page(message("SM01"), message("MM02", num_media="1"), more=more), page(message("SM03")), media("MM02")]
    carrier_api.answer = in_turn(*(answers(200, body) for body in pages))
    texts = await log(carrier_api, http)
    assert [(text.carrier_ref, len(text.media)) for text in texts] == [("SM01", 0), ("MM02", 1), ("SM03", 0)]
    ours = [asked(seen) for seen in carrier_api.seen]
    carrier_api.seen.clear()
    carrier_api.answer = in_turn(*(answers(200, body) for body in pages))
    sdk = Client(SID, TOKEN)
    sdk.api.base_url = carrier_api.url

    def by_sdk() -> None:
        sdk.messages.list(date_sent_after=SINCE, date_sent_before=UNTIL, page_size=200)
        sdk.messages("MM02").media.list(page_size=50)
        sdk.http_client.session.close()

    await asyncio.to_thread(by_sdk)
    assert ours == [asked(seen) for seen in carrier_api.seen]


async def test_a_text_that_came_in_has_its_words_and_attachments(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = in_turn(answers(200, page(message("MM02", num_media="1"))), answers(200, media("MM02")))
    attachment = MediaRef(f"{carrier_api.url}{BASE}/MM02/Media/ME1", "image/jpeg")
    assert await log(carrier_api, http) == [
        LoggedText(Direction.INBOUND, "MM02", "+12025550143", "+12025550142", instant(AT), "Is it ready? Größe 😀", (attachment,))
    ]


async def test_a_text_of_ours_has_its_state_and_why(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    ours = {"direction": "outbound-api", "from": "+12025550142", "to": "+12025550143", "body": "Yes.", "num_media": "1"}
    messages = [
        message("SM01", **ours, status="delivered"),
        message("SM02", **ours, status="undelivered", error_code=30005, error_message="Unknown destination handset"),
        message("SM03", **ours, status="failed", error_code=21610),
        message("SM04", **ours, status="unheard-of"),
    ]
    carrier_api.answer = answers(200, page(*messages))
    texts = await log(carrier_api, http)
    assert [(text.direction, text.body) for text in texts] == [(Direction.OUTBOUND, "Yes.")] * 4
    assert [text.state for text in texts] == [MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED, None]
    assert [(text.code, text.permanent, text.opted_out) for text in texts] == [
        (None, False, False),
        ("30005", True, False),
        ("21610", True, True),
        (None, False, False),
    ]
    assert texts[1].says == MEANINGS[Category.INVALID_NUMBER].says
    assert len(carrier_api.seen) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"date_sent": None},
        {"date_sent": "yesterday"},
        {"from": None},
        {"to": None},
        {"status": "receiving"},
        {"date_sent": "Sun, 22 Nov 2026 17:59:58 +0000"},
        {"date_sent": "Sun, 22 Nov 2026 20:00:01 +0000"},
    ],
)
async def test_what_is_not_whole_or_of_another_time_is_passed_over(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, odd: dict[str, object]
) -> None:
    carrier_api.answer = answers(200, page(message("SM01", **odd), message("SM02")))
    assert [text.carrier_ref for text in await log(carrier_api, http)] == ["SM02"]


async def test_a_text_within_the_first_second_is_not_missed(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(200, page(message("SM01", date_sent="Sun, 22 Nov 2026 18:00:00 +0000")))
    assert len(await log(carrier_api, http, since=SINCE.replace(microsecond=900_000))) == 1
    assert ("DateSent>", "2026-11-22T18:00:00Z") in parse_qsl(urlsplit(carrier_api.seen[0].target).query)


@pytest.mark.parametrize("elsewhere", ["@evil.example/x", "https://evil.example/x", "//evil.example/x", ".evil.example/x"])
async def test_our_login_goes_nowhere_that_a_list_names(carrier_api: CarrierApi, http: httpx2.AsyncClient, elsewhere: str) -> None:
    carrier_api.answer = answers(200, page(message(), more=elsewhere))
    with pytest.raises(Unanswered, match="elsewhere"):
        await log(carrier_api, http)
    assert len(carrier_api.seen) == 1


async def test_a_list_that_breaks_off_is_said_to_be_unanswered(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = in_turn(answers(200, page(message("SM01"), more=f"{BASE}.json?Page=1")), answers(500, b""))
    texts = twilio.logged(connection(carrier_api.url), instant(SINCE), instant(UNTIL), http)
    assert (await anext(texts)).carrier_ref == "SM01"
    with pytest.raises(Unanswered):
        await anext(texts)
