"""The built-in carrier: its network is a handset on a page of ours, its webhooks are those of `generic`.

A connection has no credentials: its signing key is derived from the house's own key, so that only our
processes can write in a sandbox phone's name.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx2

from server.carriers.carrier import (
    Connection,
    HookAnswer,
    HookRequest,
    InboundText,
    Keys,
    MediaAccess,
    MediaRef,
    OutboundText,
    Receipt,
    SendResult,
)
from server.carriers.carrier_json import JSON
from server.carriers.documents import read_receipt, read_text
from server.carriers.signature import check, sign

UPLOAD = "upload:"
"""A phone's picture is an upload of the person who plays it: `upload:` and its id stand for its address."""

Deliver = Callable[[Connection, OutboundText], Awaitable[None]]


class SandboxKeys(Keys, frozen=True):
    pass


class Sandbox:
    kind = "sandbox"
    methods = frozenset({"POST"})
    keys = SandboxKeys
    max_characters = 1600
    media_limit = 1_000_000
    usual_rate = None

    def __init__(self, key: bytes, deliver: Deliver) -> None:
        """`deliver` lays a text on the handset's screen and does not wait for its receipts; what it raises passes
        through `send`. `key` is the house's."""
        self._key = key
        self._deliver = deliver

    def sign(self, connection: Connection, webhook_id: str, at_us: int, body: bytes) -> dict[str, str]:
        """The headers with which a phone posts `body` to this connection's webhooks."""
        return sign(self._key_of(connection), webhook_id, at_us, body)

    def verify(self, connection: Connection, request: HookRequest, now_us: int) -> None:
        check(self._key_of(connection), request.headers, request.body, now_us)

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        text = read_text(request)
        return [replace(text, media=tuple(_brought(media) for media in text.media))]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        return [read_receipt(request)]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, JSON, b"{}")

    def media_access(self, _connection: Connection) -> MediaAccess:
        return MediaAccess()

    async def send(self, connection: Connection, text: OutboundText, _http: httpx2.AsyncClient) -> SendResult:
        await self._deliver(connection, text)
        return SendResult("accepted", f"sandbox-{text.message}")

    def _key_of(self, connection: Connection) -> bytes:
        return hmac.digest(self._key, b"sandbox webhooks of " + connection.id.encode(), "sha256")


def _brought(media: MediaRef) -> MediaRef:
    return replace(media, upload=media.url.removeprefix(UPLOAD)) if media.url.startswith(UPLOAD) else media
