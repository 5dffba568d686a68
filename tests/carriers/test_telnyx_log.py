import asyncio
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from telnyx import Telnyx as Sdk

from server.carriers.carrier import MediaRef
from server.carriers.listing import instant
from server.carriers.logbook import Logbook, LoggedText, Unanswered
from server.carriers.refusals import MEANINGS, Category
from server.carriers.telnyx import Telnyx
from server.carriers.telnyx_codes import RECORD_STATES
from server.domain.message import Direction, MessageState
from tests.carriers.rig import document
from tests.carriers.rig_telnyx import TELNYX
from tests.fixtures.carrier_api import Answering, CarrierApi, Seen, answers, in_turn

telnyx = Telnyx()
SINCE = datetime(2026, 11, 22, 18, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 20, tzinfo=UTC)
AT = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


def record(uuid: str = "01", **fields: object) -> dict[str, object]:
    """A message detail record as the search writes it."""
    usual: dict[str, object] = {
        "record_type": "message_detail_record",
        "uuid": uuid,
        "cli": "+12025550143",
        "cld": "+12025550142",
        "created_at": "2026-11-22T19:30:00Z",
        "completed_at": "2026-11-22T19:30:01Z",
        "direction": "inbound",
        "message_type": "SMS",
        "status": "received",
        "errors": [],
        "parts": 1,
        "cost": "0.003",
    }
    return usual | fields


def page(*records: dict[str, object], number: int = 1, of: int = 1) -> Answering:
    meta = {"page_number": number, "total_pages": of, "total_results": len(records) * of, "page_size": 50}
    return answers(200, document(data=records, meta=meta), content_type="application/json")


def words(text: str = "Is it ready? Größe 😀", *media: dict[str, object]) -> Answering:
    body = document(data={"record_type": "message", "id": "x", "direction": "inbound", "text": text, "media": media})
    return answers(200, body, content_type="application/json")


async def log(api: CarrierApi, http: httpx2.AsyncClient, since: datetime = SINCE, until: datetime = UNTIL) -> list[LoggedText]:
    """The whole of every text."""
    place = TELNYX.connection(api.url)
    listed = [text async for text in telnyx.logged(place, instant(since), instant(until), http)]
    return [await telnyx.whole(place, text, http) for text in listed]


def asked(seen: Seen) -> tuple[str, str, list[tuple[str, str]], str]:
    target = urlsplit(seen.target)
    return seen.method, target.path, sorted(parse_qsl(target.query)), seen.headers["authorization"]


def test_telnyx_has_a_log() -> None:
    assert isinstance(telnyx, Logbook)


async def test_it_is_asked_as_the_sdk_asks_page_by_page_and_for_the_words_of_what_came_in(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    first, second = page(record("01"), number=1, of=2), page(record("02", direction="outbound"), number=2, of=2)
    carrier_api.answer = in_turn(first, second, words())
    assert [text.carrier_ref for text in await log(carrier_api, http)] == ["01", "02"]
    ours = [asked(seen) for seen in carrier_api.seen]
    carrier_api.seen.clear()
    carrier_api.answer = in_turn(first, second, words())

    def by_sdk() -> None:
        with Sdk(api_key=TELNYX.credentials["api_key"], base_url=f"{carrier_api.url}/v2", max_retries=0) as sdk:
            span = {"gte": "2026-11-22", "lt": "2026-11-23"}
            asking = {"record_type": "messaging", "created_at": span}
            assert len(list(sdk.detail_records.list(filter=asking, page_size=50, sort=["-created_at"]))) == 2
            assert sdk.messages.retrieve("01").data.text == "Is it ready? Größe 😀"

    await asyncio.to_thread(by_sdk)
    assert ours == [asked(seen) for seen in carrier_api.seen]


async def test_nothing_is_asked_about_one_text_until_somebody_wants_the_whole_of_it(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    carrier_api.answer = in_turn(page(record("01"), record("02")), words("Two"))
    place = TELNYX.connection(carrier_api.url)
    texts = [text async for text in telnyx.logged(place, instant(SINCE), instant(UNTIL), http)]
    assert ([(text.body, text.more) for text in texts], len(carrier_api.seen)) == ([(None, True)] * 2, 1)
    whole = await telnyx.whole(place, texts[1], http)
    assert (whole.body, whole.more, carrier_api.seen[-1].target) == ("Two", False, "/v2/messages/02")


async def test_a_text_that_came_in_has_its_words_and_attachments(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    medium: dict[str, object] = {"url": "https://media.telnyx.com/1", "content_type": "image/jpeg", "sha256": None, "size": 9}
    carrier_api.answer = in_turn(page(record()), words("Look", medium))
    media = (MediaRef("https://media.telnyx.com/1", "image/jpeg"),)
    assert await log(carrier_api, http) == [LoggedText(Direction.INBOUND, "01", "+12025550143", "+12025550142", instant(AT), "Look", media)]


@pytest.mark.parametrize("gone", [answers(404, b'{"errors": []}'), words("")], ids=["older than ten days", "redacted"])
async def test_a_text_whose_words_telnyx_no_longer_has_is_told_without(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, gone: Answering
) -> None:
    carrier_api.answer = in_turn(page(record("01"), record("02")), gone, words("Still there"))
    assert [text.body for text in await log(carrier_api, http)] == [None, "Still there"]


async def test_words_that_cannot_be_read_now_are_not_taken_for_lost(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = in_turn(page(record()), answers(500, b""))
    with pytest.raises(Unanswered):
        await log(carrier_api, http)


async def test_a_text_of_ours_has_its_state_and_why_and_its_words_are_not_asked_for(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    ours: dict[str, object] = {"direction": "outbound", "cli": "+12025550142", "cld": "+12025550143"}
    carrier_api.answer = page(
        record("01", **ours, status="delivered"),
        record("02", **ours, status="failed", errors=["40001"]),
        record("03", **ours, status="gw_reject", errors=["40300"]),
        record("04", **ours, status="dlr_timeout"),
        record("05", **ours, status="unheard-of"),
    )
    texts = await log(carrier_api, http)
    assert [text.body for text in texts] == [None] * 5
    assert [text.state for text in texts] == [
        MessageState.DELIVERED,
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.SENT,
        None,
    ]
    assert [(text.code, text.permanent, text.opted_out) for text in texts[1:3]] == [("40001", True, False), ("40300", True, True)]
    assert texts[1].says == MEANINGS[Category.LANDLINE].says
    assert len(carrier_api.seen) == 1


@pytest.mark.parametrize(
    ("address", "token"),
    [
        ("https://sms.example.com/hooks/telnyx/01jd/status?token=0ur-own", "0ur-own"),
        ("https://x.example/", None),
        ("http://[", None),
        (None, None),
    ],
)
async def test_a_text_of_ours_is_told_with_the_token_that_its_receipts_would_bring(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, address: str | None, token: str | None
) -> None:
    theirs = record("02", delivery_status_webhook_url="https://sms.example.com/?token=x")
    carrier_api.answer = in_turn(page(record("01", direction="outbound", delivery_status_webhook_url=address), theirs), words())
    assert [text.token for text in await log(carrier_api, http)] == [token, None]


def test_every_state_that_the_sdk_knows_of_a_record_is_known() -> None:
    from typing import get_args

    from telnyx.types.detail_record_list_response import MessageDetailRecord

    known = {state for choice in get_args(MessageDetailRecord.model_fields["status"].annotation) for state in get_args(choice)}
    assert known - {"received"} <= set(RECORD_STATES)


@pytest.mark.parametrize(
    "odd",
    [
        {"uuid": None},
        {"cli": None},
        {"cld": ""},
        {"created_at": None},
        {"created_at": "2026-11-22T17:59:59.999Z"},
        {"created_at": "2026-11-22T20:00:00.001Z"},
    ],
)
async def test_what_is_not_whole_or_of_another_time_is_passed_over(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, odd: dict[str, object]
) -> None:
    carrier_api.answer = page(record("01", direction="outbound") | odd, record("02", direction="outbound"))
    assert [text.carrier_ref for text in await log(carrier_api, http)] == ["02"]


async def test_the_pages_of_a_day_end_where_they_get_older_than_asked_for(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    new, old = record("01", direction="outbound"), record("02", direction="outbound", created_at="2026-11-22T17:00:00Z")
    carrier_api.answer = in_turn(page(new, old, of=90), page(old, number=2, of=90))
    assert [text.carrier_ref for text in await log(carrier_api, http)] == ["01"]
    assert len(carrier_api.seen) == 2


async def test_a_night_over_midnight_asks_for_both_days(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = page()
    assert await log(carrier_api, http, until=datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC)) == []
    [seen] = carrier_api.seen
    query = dict(parse_qsl(urlsplit(seen.target).query))
    assert (query["filter[created_at][gte]"], query["filter[created_at][lt]"]) == ("2026-11-22", "2026-11-24")
