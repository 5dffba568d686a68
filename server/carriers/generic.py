"""The documented JSON webhook for carriers that have no module here, signed as in Standard Webhooks both ways.

Out, the document is posted to the connection's `send_url`: a 2xx with {"id": …} accepts it; a 4xx refuses it, best with
{"error": {"code", "says"?}}; 429 asks to come again. `webhook-id` is our message's id, so that a repeat is recognised.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Annotated
from urllib.parse import urlsplit

import httpx2
import msgspec

from server.carriers.carrier import (
    Connection,
    HookAnswer,
    HookRequest,
    InboundText,
    Keys,
    Malformed,
    MediaAccess,
    OutboundText,
    Receipt,
    SendResult,
    readable,
)
from server.carriers.carrier_json import JSON
from server.carriers.documents import CODES, Reason, read_receipt, read_text, write_send
from server.carriers.exchange import Answer, no_address, not_reached, submit, unreadable
from server.carriers.refusals import MEANINGS, Category, meaning_of, refused, turned_away
from server.carriers.signature import check, read_secret, sign
from server.public_http import Forbidden, Resolve, address_outside, place_of

RESOLVE_SECONDS = 2.5


class GenericKeys(Keys, frozen=True):
    """`secret` signs both ways; without `send_url` the connection only receives."""

    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    send_url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)] | None = None

    def __post_init__(self) -> None:
        read_secret(self.secret)
        if self.send_url is not None:
            parts = urlsplit(self.send_url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or not _called(self.send_url):
                raise ValueError("send_url is an http or https address without a password")


class Generic:
    kind = "generic"
    methods = frozenset({"POST"})
    keys = GenericKeys
    max_characters = 1600
    media_limit = 1_000_000
    usual_rate = None

    def __init__(self, now: Callable[[], int], inside: Collection[str] = (), resolve: Resolve | None = None) -> None:
        """`now` gives the instant in microseconds, for the signatures of what is sent. A manager names the `send_url`, so it may be in the
        operator's own network only where the operator listed it: `inside`, each `host:port`."""
        self._now = now
        self._inside = frozenset(inside)
        self._resolve = resolve

    def verify(self, connection: Connection, request: HookRequest, now_us: int) -> None:
        check(read_secret(connection.credentials["secret"]), request.headers, request.body, now_us)

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        return [read_text(request)]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        return [read_receipt(request)]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, JSON, b"{}")

    def media_access(self, _connection: Connection) -> MediaAccess:
        return MediaAccess()

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        own = connection.credentials.get("send_url")
        url = own or connection.api_url
        if not url:
            meaning = MEANINGS[Category.ACCOUNT_CONFIG]
            return SendResult("rejected", code="no_send_url", says=meaning.says)
        if not _called(url):
            return no_address()
        place = place_of(httpx2.URL(url))
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                at = await address_outside(url, self._resolve) if own and place not in self._inside else None
        except Forbidden:
            says = f"The gateway is inside the network here. Whoever runs Partyline allows it with PARTYLINE_INSIDE_ADDRESSES={place}."
            return SendResult("rejected", code="inside_address", says=says)
        except (LookupError, TimeoutError):
            return not_reached()
        body = write_send(text)
        key = read_secret(connection.credentials["secret"])
        headers = sign(key, text.message, self._now(), body) | {"content-type": JSON, "accept": JSON}
        return await submit(http, url, body, headers, _accepted, _rejected, at=at)


def _called(url: str) -> bool:
    """Whether it can be called as it is written."""
    try:
        port = httpx2.URL(url).port
    except httpx2.InvalidURL:
        return False
    return port is None or 0 < port < 65_536  # a larger one would be taken for another


class _Accepted(msgspec.Struct):
    id: str


class _Refused(msgspec.Struct):
    error: Reason | str | None = None


def _accepted(answer: Answer) -> SendResult:
    try:
        return SendResult("accepted", readable(msgspec.json.decode(answer.body, type=_Accepted).id, "id"))
    except (msgspec.DecodeError, UnicodeDecodeError, Malformed):
        return unreadable(answer)


def _rejected(answer: Answer) -> SendResult:
    try:
        error = msgspec.json.decode(answer.body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = None
    reason = Reason(error) if isinstance(error, str) else error or Reason(f"http_{answer.status}")
    return refused(reason.code, turned_away(answer.status, meaning_of(CODES, reason.code, reason.says)))
