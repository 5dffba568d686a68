import asyncio
import socket
from collections.abc import Iterator

import httpx2
import pytest

from server.carriers import exchange
from server.carriers.carrier import SendResult
from server.carriers.exchange import Answer, post
from tests.fixtures.carrier_api import Answering, CarrierApi, answers, hangs_up, resets


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that the next one is never answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            yield port


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


async def outcome(http: httpx2.AsyncClient, url: str) -> SendResult:
    result = await post(http, url, b"text", {"content-type": "text/plain"})
    assert isinstance(result, SendResult), result
    return result


async def test_a_refused_connection_is_tried_again(http: httpx2.AsyncClient, closed_port: int) -> None:
    assert (await outcome(http, f"http://127.0.0.1:{closed_port}/")).outcome == "retry"


async def test_a_name_that_does_not_exist_is_tried_again(http: httpx2.AsyncClient) -> None:
    assert (await outcome(http, "http://carrier.invalid/")).outcome == "retry"


async def test_a_connection_that_is_never_answered_is_tried_again(
    http: httpx2.AsyncClient, full_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.2)
    assert (await outcome(http, f"http://127.0.0.1:{full_port}/")).outcome == "retry"


async def test_a_server_that_does_not_speak_tls_is_tried_again(http: httpx2.AsyncClient) -> None:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await outcome(http, f"https://127.0.0.1:{port}/")).outcome == "retry"


async def test_a_server_that_is_silent_when_tls_is_asked_for_is_tried_again(
    http: httpx2.AsyncClient, carrier_api: CarrierApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "CONNECT_SECONDS", 0.3)
    assert (await outcome(http, carrier_api.url.replace("http:", "https:"))).outcome == "retry"
    assert carrier_api.seen == []


@pytest.mark.parametrize("url", ["http://[::1/", "gopher://127.0.0.1/", "/relative"])
async def test_an_address_that_is_none_is_rejected(http: httpx2.AsyncClient, url: str) -> None:
    result = await outcome(http, url)
    assert (result.outcome, result.code) == ("rejected", "bad_address")


async def test_429_is_tried_again_when_the_carrier_says(http: httpx2.AsyncClient, carrier_api: CarrierApi) -> None:
    carrier_api.answer = answers(429, b"", retry_after="7")
    assert await outcome(http, carrier_api.url) == SendResult(
        "retry", code="http_429", says="The carrier asks to wait a little. It is tried again by itself.", retry_after=7.0
    )


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "99999999999", "٣", ""])
async def test_a_retry_after_that_is_no_number_of_seconds_is_left_out(
    http: httpx2.AsyncClient, carrier_api: CarrierApi, value: str
) -> None:
    carrier_api.answer = answers(429, b"", retry_after=value)
    result = await outcome(http, carrier_api.url)
    assert (result.outcome, result.retry_after) == ("retry", None)


@pytest.mark.parametrize("how", [hangs_up, resets])
async def test_a_connection_lost_after_the_body_is_unconfirmed(http: httpx2.AsyncClient, carrier_api: CarrierApi, how: Answering) -> None:
    carrier_api.answer = how
    result = await outcome(http, carrier_api.url)
    assert (result.outcome, result.code) == ("unconfirmed", "connection_lost")
    assert [seen.body for seen in carrier_api.seen] == [b"text"]


@pytest.mark.parametrize("manner", ["never", "drips"])
async def test_no_whole_answer_in_time_is_unconfirmed(
    http: httpx2.AsyncClient, carrier_api: CarrierApi, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    monkeypatch.setattr(exchange, "TOTAL_SECONDS", 0.3)
    carrier_api.answer = getattr(carrier_api, manner)
    result = await outcome(http, carrier_api.url)
    assert (result.outcome, result.code) == ("unconfirmed", "timeout")
    assert [seen.body for seen in carrier_api.seen] == [b"text"]


@pytest.mark.parametrize("status", [301, 302, 307, 408, 500, 502, 503, 504])
async def test_a_status_that_does_not_say_what_became_of_it_is_unconfirmed(
    http: httpx2.AsyncClient, carrier_api: CarrierApi, status: int
) -> None:
    carrier_api.answer = answers(status, b"{}", location=f"{carrier_api.url}/elsewhere")
    result = await outcome(http, carrier_api.url)
    assert (result.outcome, result.code) == ("unconfirmed", f"http_{status}")
    assert len(carrier_api.seen) == 1, "a redirect was followed"


async def test_an_answer_in_no_known_protocol_is_unconfirmed(http: httpx2.AsyncClient, carrier_api: CarrierApi) -> None:
    async def nonsense(writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")

    carrier_api.answer = nonsense
    assert (await outcome(http, carrier_api.url)).outcome == "unconfirmed"


@pytest.mark.parametrize("status", [200, 201, 202, 400, 401, 403, 404, 422])
async def test_a_2xx_and_a_4xx_are_handed_on_whole(http: httpx2.AsyncClient, carrier_api: CarrierApi, status: int) -> None:
    carrier_api.answer = answers(status, b'{"id":"x"}')
    assert await post(http, carrier_api.url, b"text", {}) == Answer(status, b'{"id":"x"}')


async def test_an_answer_without_end_is_cut_off(http: httpx2.AsyncClient, carrier_api: CarrierApi) -> None:
    carrier_api.answer = answers(200, b"x" * 5_000_000)
    answer = await post(http, carrier_api.url, b"text", {})
    assert isinstance(answer, Answer)
    assert exchange.ANSWER_BYTES < len(answer.body) < 1_000_000


async def test_a_proxy_of_the_environment_is_not_asked(carrier_api: CarrierApi, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{closed_port}")
    async with exchange.open_client() as http:
        assert isinstance(await post(http, carrier_api.url, b"text", {}), Answer)
