import json
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from server.carriers.carrier import Connection, Credentials, OutboundText, SendResult
from server.carriers.exchange import Answer, post
from server.carriers.generic import Generic
from server.clock import SystemClock
from tests.fixtures.carrier_api import CarrierApi, answers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEXT = OutboundText(
    message="01jm0000000000000000000000",
    token="t0ken",
    sender="+12025550142",
    to="+12025550143",
    body="Größe é € 😀",
    media_urls=("https://sms.example.com/m/1",),
    status_url="https://sms.example.com/hooks/generic/c/status?token=t0ken",
)


@pytest.fixture
def generic(carrier_api: CarrierApi) -> Generic:
    """The operator listed the gateway of the tests."""
    return Generic(SystemClock().now, [urlsplit(carrier_api.url).netloc])


def connection(send_url: str | None, api_url: str | None = None) -> Connection:
    credentials = {"secret": SECRET} | ({"send_url": send_url} if send_url else {})
    return Connection("01jd", "01ja", "generic", "Gateway", Credentials(credentials), {}, api_url)


async def test_a_text_is_posted_as_documented_and_signed_so_that_the_library_takes_it(
    carrier_api: CarrierApi, generic: Generic, http: httpx2.AsyncClient
) -> None:
    carrier_api.answer = answers(202, b'{"id": "gw-1"}')
    assert await generic.send(connection(f"{carrier_api.url}/send?key=1"), TEXT, http) == SendResult("accepted", "gw-1")
    [seen] = carrier_api.seen
    assert (seen.method, seen.target, seen.headers["content-type"]) == ("POST", "/send?key=1", "application/json")
    assert seen.headers["webhook-id"] == TEXT.message
    assert Webhook(SECRET).verify(seen.body, seen.headers) == {
        "type": "message.send",
        "id": TEXT.message,
        "from": "+12025550142",
        "to": "+12025550143",
        "body": "Größe é € 😀",
        "media": [{"url": "https://sms.example.com/m/1"}],
        "status_url": "https://sms.example.com/hooks/generic/c/status?token=t0ken",
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(seen.body + b" ", seen.headers)


async def test_the_operator_s_address_serves_connections_without_one(
    carrier_api: CarrierApi, generic: Generic, http: httpx2.AsyncClient
) -> None:
    carrier_api.answer = answers(200, b'{"id": "gw-1"}')
    assert (await generic.send(connection(None, f"{carrier_api.url}/gateway"), TEXT, http)).outcome == "accepted"
    assert [seen.target for seen in carrier_api.seen] == ["/gateway"]


async def test_a_connection_that_only_receives_rejects(generic: Generic, http: httpx2.AsyncClient) -> None:
    result = await generic.send(connection(None), TEXT, http)
    assert (result.outcome, result.code, result.permanent) == ("rejected", "no_send_url", False)


@pytest.mark.parametrize("address", ["https://gateway.example:80x0/", "https://gateway.example:65979/"])
async def test_where_the_address_is_none_nothing_was_sent_and_nobody_is_told_that_it_may_have_been(
    generic: Generic, http: httpx2.AsyncClient, address: str
) -> None:
    result = await generic.send(connection(address), TEXT, http)
    assert (result.outcome, result.code) == ("rejected", "bad_address")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 5}', b'{"id": ""}', b'{"id": "a\\u0000b"}', b'{"id": "\xff"}'])
async def test_a_good_status_without_an_id_is_unconfirmed(
    carrier_api: CarrierApi, generic: Generic, http: httpx2.AsyncClient, body: bytes
) -> None:
    carrier_api.answer = answers(200, body)
    assert (await generic.send(connection(carrier_api.url), TEXT, http)).outcome == "unconfirmed"


@pytest.mark.parametrize(
    ("error", "outcome", "code", "permanent", "opted_out"),
    [
        ({"code": "opted_out"}, "rejected", "opted_out", True, True),
        ("invalid_number", "rejected", "invalid_number", True, False),
        ({"code": "rate_limited"}, "retry", "rate_limited", False, False),
        ({"code": "E7", "says": "Out of paper."}, "rejected", "E7", False, False),
        (None, "rejected", "http_422", False, False),
        (7, "rejected", "http_422", False, False),
    ],
)
async def test_a_refusal_has_the_gateway_s_code(
    carrier_api: CarrierApi,
    generic: Generic,
    http: httpx2.AsyncClient,
    error: object,
    outcome: str,
    code: str,
    permanent: bool,
    opted_out: bool,
) -> None:
    carrier_api.answer = answers(422, json.dumps({"error": error}).encode())
    result = await generic.send(connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.code, result.permanent, result.opted_out) == (outcome, code, permanent, opted_out)
    assert result.says
    if code == "E7":
        assert result.says == "The carrier says: Out of paper."


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["169.254.169.254"]])
async def test_a_gateway_inside_is_not_called_unless_the_operator_listed_it(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, found: list[str]
) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return found

    port = urlsplit(carrier_api.url).port
    result = await Generic(SystemClock().now, resolve=resolve).send(connection(f"http://gateway.example:{port}/send"), TEXT, http)
    assert (result.outcome, result.code) == ("rejected", "inside_address")
    assert f"PARTYLINE_INSIDE_ADDRESSES=gateway.example:{port}" in (result.says or "")
    assert carrier_api.seen == []


async def test_the_connection_goes_to_the_address_that_was_looked_at_under_the_gateway_s_name(
    carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    carrier_api.answer = answers(202, b'{"id": "gw-1"}')
    port = urlsplit(carrier_api.url).port
    answer = await post(http, f"http://gateway.example:{port}/send", b"{}", {}, at="127.0.0.1")
    assert isinstance(answer, Answer)
    [seen] = carrier_api.seen
    assert (seen.headers["host"], seen.headers["connection"]) == (f"gateway.example:{port}", "close")


async def test_a_name_that_has_no_address_now_is_tried_again(http: httpx2.AsyncClient) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return []

    result = await Generic(SystemClock().now, resolve=resolve).send(connection("https://gateway.example/send"), TEXT, http)
    assert (result.outcome, result.code) == ("retry", "no_connection")
