import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import bandwidth as sdk
import httpx2
import pytest

from server.carriers.bandwidth import Bandwidth
from server.carriers.bandwidth_log import LISTED_MOST
from server.carriers.listing import instant
from server.carriers.logbook import Logbook, LoggedText, Unanswered
from server.carriers.refusals import MEANINGS, Category
from server.domain.message import Direction, MessageState
from tests.carriers.rig import document
from tests.carriers.rig_bandwidth import BANDWIDTH, DID, PERSON
from tests.carriers.test_bandwidth import Pointed
from tests.fixtures.carrier_api import Answering, CarrierApi, Seen, answers, in_turn

bandwidth = Bandwidth()
SINCE = datetime(2026, 11, 22, 18, tzinfo=UTC)
UNTIL = datetime(2026, 11, 22, 20, tzinfo=UTC)
AT = datetime(2026, 11, 22, 19, 30, 0, 123_000, tzinfo=UTC)


def item(message_id: str = "01", **fields: object) -> dict[str, object]:
    """As dev.bandwidth.com shows one of the list."""
    usual: dict[str, object] = {
        "messageId": message_id,
        "accountId": "9900000",
        "sourceTn": PERSON,
        "destinationTn": DID,
        "messageStatus": "RECEIVED",
        "messageDirection": "INBOUND",
        "messageType": "sms",
        "segmentCount": 1,
        "errorCode": None,
        "receiveTime": "2026-11-22T19:30:00.123Z",
        "carrierName": None,
        "attachmentCount": 0,
    }
    return usual | fields


def ours(message_id: str, status: str, error: int | None = None) -> dict[str, object]:
    return item(message_id, sourceTn=DID, destinationTn=PERSON, messageDirection="OUTBOUND", messageStatus=status, errorCode=error)


def page(*items: dict[str, object], token: str | None = None) -> Answering:
    info = {"nextPage": f"https://messaging.bandwidth.com/api/v2/users/9900000/messages?pageToken={token}", "nextPageToken": token}
    body = document(totalCount=len(items), pageInfo=info if token else {}, messages=items)
    return answers(200, body, content_type="application/json")


async def log(api: CarrierApi, http: httpx2.AsyncClient) -> list[LoggedText]:
    return [text async for text in bandwidth.logged(BANDWIDTH.connection(api.url), instant(SINCE), instant(UNTIL), http)]


def asked(seen: Seen) -> tuple[str, str, list[tuple[str, str]], str]:
    target = urlsplit(seen.target)
    return seen.method, target.path, sorted(parse_qsl(target.query)), seen.headers["authorization"]


def test_bandwidth_has_a_log() -> None:
    assert isinstance(bandwidth, Logbook)


async def test_it_is_asked_as_the_sdk_asks_page_by_page(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    pages = page(item("01"), token="gdEewhcJLQRB5=="), page(item("02"))
    carrier_api.answer = in_turn(*pages)
    assert [text.carrier_ref for text in await log(carrier_api, http)] == ["01", "02"]
    carrier_api.answer = in_turn(*pages)

    def by_sdk() -> None:
        with Pointed(carrier_api.url) as client:
            api = sdk.MessagesApi(client)
            span = {"from_date_time": "2026-11-22T18:00:00.000Z", "to_date_time": "2026-11-22T20:00:00.000Z", "limit": 500}
            first = api.list_messages("9900000", **span)
            assert first.messages[0].message_id == "01"
            api.list_messages("9900000", **span, page_token=first.page_info.next_page_token)
            client.rest_client.pool_manager.clear()

    await asyncio.to_thread(by_sdk)
    seen = [asked(each) for each in carrier_api.seen]
    assert seen[:2] == seen[2:]


async def test_a_text_that_came_in_is_told_without_words_for_bandwidth_keeps_none(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    carrier_api.answer = page(item(attachmentCount=2))
    [text] = await log(carrier_api, http)
    assert text == LoggedText(Direction.INBOUND, "01", PERSON, DID, instant(AT))
    assert await bandwidth.whole(BANDWIDTH.connection(carrier_api.url), text, http) == text
    assert len(carrier_api.seen) == 1


async def test_a_text_of_ours_has_its_state_and_why(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = page(
        ours("01", "DELIVERED"),
        ours("02", "RECEIVED"),
        ours("03", "FAILED", 4720),
        ours("04", "FAILED", 4470),
        ours("05", "UNDELIVERED", 4775),
        ours("06", "FAILED", 9902),
        ours("07", "UNHEARD_OF"),
    )
    texts = await log(carrier_api, http)
    assert [(text.direction, text.sender, text.to) for text in texts] == [(Direction.OUTBOUND, DID, PERSON)] * 7
    assert [(text.state, text.code) for text in texts] == [
        (MessageState.DELIVERED, None),
        (MessageState.SENT, None),
        (MessageState.UNDELIVERED, "4720"),
        (MessageState.FAILED, "4470"),
        (MessageState.UNDELIVERED, "4775"),
        (MessageState.SENT, None),
        (None, None),
    ]
    assert (texts[2].says, texts[2].permanent) == (MEANINGS[Category.INVALID_NUMBER].says, True)
    assert [text.opted_out for text in texts].index(True) == 4


@pytest.mark.parametrize(
    "odd",
    [
        {"messageId": None},
        {"sourceTn": ""},
        {"destinationTn": None},
        {"receiveTime": None},
        {"receiveTime": "2026-11-22T17:59:59.998Z"},
        {"receiveTime": "2026-11-22T20:00:00.001Z"},
    ],
)
async def test_what_is_not_whole_or_of_another_time_is_passed_over(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, odd: dict[str, object]
) -> None:
    carrier_api.answer = page(item("01", **odd), item("02"))
    assert [text.carrier_ref for text in await log(carrier_api, http)] == ["02"]


async def test_more_than_are_listed_for_one_question_are_asked_for_by_halves_of_the_time_and_each_is_told_once(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    everything = [item(f"{n:02}", receiveTime=(SINCE + timedelta(minutes=5 * n)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")) for n in range(25)]

    async def answer(writer: asyncio.StreamWriter) -> None:
        """As if three were the most that it lists."""
        query = dict(parse_qsl(urlsplit(carrier_api.seen[-1].target).query))
        begin, end = (datetime.fromisoformat(query[name]) for name in ("fromDateTime", "toDateTime"))
        found = [each for each in everything if begin <= datetime.fromisoformat(str(each["receiveTime"])) <= end]
        total = LISTED_MOST + 1 if len(found) > 3 else len(found)
        body = document(totalCount=total, pageInfo={}, messages=found[:3])
        await answers(200, body, content_type="application/json")(writer)

    carrier_api.answer = answer
    assert sorted(text.carrier_ref for text in await log(carrier_api, http)) == [f"{n:02}" for n in range(25)]


async def test_a_list_that_goes_round_in_circles_is_said_to_be_unanswered(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = page(item(), token="again")
    with pytest.raises(Unanswered, match="does not end"):
        await log(carrier_api, http)
    assert len(carrier_api.seen) == 2
