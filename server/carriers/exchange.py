"""One HTTP request to a carrier, and what its end says about whether the text was sent."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping

import httpx2
import msgspec

from server.carriers.carrier import CALL_SECONDS, SendResult
from server.failpoints import failpoint

CONNECT_SECONDS = 5.0
"""For the connection and its TLS together, half of it each; as long as one half for a free place in the pool."""
TOTAL_SECONDS = CALL_SECONDS
ANSWER_BYTES = 65_536


class _TooLate(Exception):
    """The time was over before anything was written, since this process was stopped meanwhile."""


class Answer(msgspec.Struct, frozen=True):
    """A carrier's own word: a 2xx or a 4xx with its whole body."""

    status: int
    body: bytes

    @property
    def good(self) -> bool:
        return self.status < 300


def open_client() -> httpx2.AsyncClient:
    """The client that every `send` is given: no proxy or password from the environment, no redirect followed."""
    return httpx2.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=_timeout(),
        limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5),
    )


def basic(name: str, password: str) -> str:
    """The value of an Authorization header (RFC 7617)."""
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


async def post(
    http: httpx2.AsyncClient, url: str, body: bytes, headers: Mapping[str, str], *, unsent_at_5xx: bool = False, at: str | None = None
) -> Answer | SendResult:
    """Posts once. Only what surely did not leave or was turned away with 429 is `retry`; once the request may have
    been read, anything but a whole 2xx or 4xx answer within ten seconds is `unconfirmed`.

    `unsent_at_5xx`: the carrier promises that what it answers with a 5xx was not sent; then that is `retry` too. `at` is the IP address to
    which the connection goes, whatever the name says by now.
    """
    deadline = asyncio.get_running_loop().time() + TOTAL_SECONDS
    try:
        async with asyncio.timeout(None) as limit:

            async def note(event: str, _info: Mapping[str, object]) -> None:
                # Not before: a TLS handshake that is cancelled from outside leaves its socket open (httpcore2 2.16).
                if event.endswith("send_request_headers.started"):
                    if asyncio.get_running_loop().time() >= deadline:
                        raise _TooLate
                    limit.reschedule(deadline)
                elif event.endswith("send_request_body.complete"):
                    failpoint("exchange.written")

            address = httpx2.URL(url)
            # A connection that is kept is found by its address, and belongs to a name.
            pinned = {} if at is None else {"host": address.netloc.decode(), "connection": "close"}
            request = http.build_request(
                "POST",
                address if at is None else address.copy_with(host=at),
                content=body,
                headers={"accept-encoding": "identity", **headers, **pinned},
                timeout=_timeout(),
                extensions={"trace": note} | ({} if at is None else {"sni_hostname": address.host}),
            )
            response = await http.send(request, stream=True, follow_redirects=False)
            try:
                content = await _read(response)
            finally:
                await response.aclose()
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, _TooLate):
        return not_reached()
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        return no_address()
    except TimeoutError:
        return _unanswered("timeout")
    except httpx2.TransportError as error:
        return _unanswered("timeout" if isinstance(error, httpx2.TimeoutException) else "connection_lost")
    return _judge(response, content, unsent_at_5xx)


async def submit(
    http: httpx2.AsyncClient,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    accepted: Callable[[Answer], SendResult],
    rejected: Callable[[Answer], SendResult],
    *,
    unsent_at_5xx: bool = False,
    at: str | None = None,
) -> SendResult:
    """Posts as `post` does; the carrier's own word is read by `accepted`, or by `rejected` where it is a 4xx."""
    answer = await post(http, url, body, headers, unsent_at_5xx=unsent_at_5xx, at=at)
    if isinstance(answer, SendResult):
        return answer
    return accepted(answer) if answer.good else rejected(answer)


def unreadable(answer: Answer) -> SendResult:
    """For a 2xx that does not say what was accepted: the text may be on its way."""
    return _unanswered(f"http_{answer.status}")


def _judge(response: httpx2.Response, content: bytes, unsent_at_5xx: bool) -> Answer | SendResult:
    status = response.status_code
    if status == 429:
        return SendResult(
            "retry",
            code="http_429",
            says="The carrier asks to wait a little. It is tried again by itself.",
            retry_after=_seconds(response.headers.get("retry-after")),
        )
    # 408 and 504 come from gateways that gave up on the server behind them, which may have read it all
    if 200 <= status < 300 or (400 <= status < 500 and status != 408):
        return Answer(status, content)
    if unsent_at_5xx and 500 <= status < 600 and status != 504:
        return SendResult(
            "retry",
            code=f"http_{status}",
            says="The carrier could not take this text just now. It is tried again by itself.",
            retry_after=_seconds(response.headers.get("retry-after")),
        )
    return _unanswered(f"http_{status}")


async def _read(response: httpx2.Response) -> bytes:
    """The first 64 KiB; nothing that a carrier answers is longer, so what is cut off is not parsed."""
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > ANSWER_BYTES:
            break
    return bytes(content)


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isascii() and value.isdigit() and len(value) < 7 else None


def no_address() -> SendResult:
    """Nothing was sent: the address that is set for the carrier is none."""
    return SendResult("rejected", code="bad_address", says="The carrier's address is not usable. Ask your manager.")


def not_reached() -> SendResult:
    return SendResult("retry", code="no_connection", says="The carrier cannot be reached. It is tried again by itself.")


def _unanswered(code: str) -> SendResult:
    return SendResult(
        "unconfirmed",
        code=code,
        says="The carrier did not say whether it took this text. It may have been sent: ask before sending it again.",
    )


def _timeout() -> httpx2.Timeout:
    return httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS / 2, pool=CONNECT_SECONDS / 2)
