"""Telnyx messaging, API v2: JSON webhooks signed with Ed25519, and `POST /v2/messages`.

Sources: developers.telnyx.com (receiving webhooks, error codes, advanced opt-in/out), telnyx-python. Of a group text the copy is read that
came to our number. Telnyx waits two seconds for a webhook's answer.
"""

from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

import httpx2
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server.carriers.carrier import (
    Answered,
    BadSignature,
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
    legible,
    readable,
)
from server.carriers.carrier_json import JSON, json_of, read
from server.carriers.exchange import Answer, submit, unreadable
from server.carriers.group import others
from server.carriers.logbook import LoggedText
from server.carriers.refusals import refused, turned_away
from server.carriers.telnyx_codes import STATES, telnyx_meaning
from server.carriers.telnyx_log import Medium, Number, mentioned, read_log, with_words
from server.carriers.times import sent
from server.domain.message import BROKEN

API_URL = "https://api.telnyx.com"
TOLERANCE_SECONDS = 300
_KEY_BYTES = 32
_RECEIVED = "message.received"
_TOLD = frozenset({"message.sent", "message.finalized"})
_ANSWERED: Mapping[str, Answered] = {"STOP": "stop", "START": "start", "HELP": "help"}


class TelnyxKeys(Keys, frozen=True):
    """`public_key` verifies webhooks: the account's, base64 as the portal shows it."""

    api_key: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,255}(?![\s\S])")]
    public_key: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]

    def __post_init__(self) -> None:
        if len(_decoded(self.public_key) or b"") != _KEY_BYTES:
            raise ValueError("public_key is the account's public key, 44 characters of base64")


class Telnyx:
    kind = "telnyx"
    methods = frozenset({"POST"})
    keys = TelnyxKeys
    max_characters = 1530
    """Ten segments of GSM-7."""
    media_limit = 1_000_000
    usual_rate = 1
    """75 a minute: AT&T's, for the lowest class of 10DLC campaign (developers.telnyx.com, rate limiting)."""

    def verify(self, connection: Connection, request: HookRequest, now_us: int) -> None:
        timestamp = request.headers.get("telnyx-timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise BadSignature("no telnyx-timestamp")
        if abs(now_us // 1_000_000 - int(timestamp)) > TOLERANCE_SECONDS:
            raise BadSignature("telnyx-timestamp too far from now")
        signature = _decoded(request.headers.get("telnyx-signature-ed25519", ""))
        key = _decoded(connection.credentials["public_key"])
        if not signature or key is None:
            raise BadSignature("no signature")
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, timestamp.encode() + b"|" + request.body)
        except (InvalidSignature, ValueError):
            raise BadSignature("wrong signature") from None

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        event = _event(request)
        if event.event_type in _TOLD:
            raise Malformed("a receipt at the address for texts")
        if event.event_type != _RECEIVED:
            return []
        came = read(event.payload, _Received)
        if came.text is None and not came.media:
            raise Malformed("a text without words and without media")
        ours = _ours(came.to)
        cc = came.cc if isinstance(came.cc, list) else []
        return [
            InboundText(
                carrier_ref=readable(came.id, "id"),
                sender=readable(came.sender.phone_number or "", "from"),
                to=readable(ours, "to"),
                body=legible(came.text or ""),
                media=mentioned(came.media),
                carrier_answered=_ANSWERED.get((came.autoresponse_type or "").upper()),
                sent_at=sent(came.received_at),
                others=others([*(number.phone_number for number in came.to), *cc], ours),
            )
        ]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        """One for every receiver of a group text."""
        event = _event(request)
        if event.event_type == _RECEIVED:
            raise Malformed("a text at the address for receipts")
        if event.event_type not in _TOLD:
            return []
        told = read(event.payload, _Told)
        if not told.to:
            raise Malformed("a receipt about nobody")
        ref, token = readable(told.id, "id"), request.query.get("token")
        return [_receipt(ref, token, receiver, told.errors) for receiver in told.to]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, JSON, b"{}")

    def media_access(self, _connection: Connection) -> MediaAccess:
        """Its links are public and short-lived, on hosts that it does not name; they come under its signature."""
        return MediaAccess()

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        fields: dict[str, object] = {"from": text.sender, "to": text.to}
        if text.body or not text.media_urls:
            fields["text"] = text.body
        if text.media_urls:
            fields["media_urls"] = text.media_urls
        if text.status_url:
            fields["webhook_url"] = text.status_url
        headers = {"authorization": _login(connection), "content-type": JSON, "accept": JSON}
        return await submit(
            http, f"{connection.api_url or API_URL}/v2/messages", msgspec.json.encode(fields), headers, _accepted, _rejected
        )

    def logged(self, connection: Connection, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
        return read_log(connection.api_url or API_URL, _login(connection), since, until, http)

    async def whole(self, connection: Connection, text: LoggedText, http: httpx2.AsyncClient) -> LoggedText:
        return await with_words(connection.api_url or API_URL, _login(connection), text, http)


class _Event(msgspec.Struct):
    event_type: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class _Envelope(msgspec.Struct):
    data: _Event


class _Reason(msgspec.Struct):
    code: str | int
    title: str | None = None
    detail: str | None = None


class _Received(msgspec.Struct):
    id: str
    sender: Number = msgspec.field(name="from")
    to: list[Number]
    cc: object = None
    text: str | None = None
    media: list[Medium | None] | None = None
    autoresponse_type: str | None = None
    received_at: object = None


class _Told(msgspec.Struct):
    id: str
    to: list[Number]
    errors: list[_Reason] | None = None


class _Named(msgspec.Struct):
    id: str
    to: list[Number] | None = None
    errors: list[_Reason] | None = None


class _Created(msgspec.Struct):
    data: _Named


class _Refused(msgspec.Struct):
    errors: list[_Reason] | None = None


def _event(request: HookRequest) -> _Event:
    return read(json_of(request), _Envelope).data


def _ours(to: list[Number]) -> str:
    """The number that this copy came to: Telnyx marks it where there are several."""
    marked = [number for number in to if number.status == "webhook_delivered"]
    return next((number.phone_number or "" for number in [*marked, *to]), "")


def _receipt(ref: str, token: str | None, receiver: Number, errors: list[_Reason] | None) -> Receipt:
    state = STATES.get(receiver.status or "")
    if state is None:
        raise Malformed("a status that is not known")
    if state not in BROKEN:
        return Receipt(ref, token, state)
    code, says, permanent, opted_out = _why(errors)
    return Receipt(ref, token, state, code, says, permanent, opted_out)


def _why(errors: list[_Reason] | None) -> tuple[str | None, str, bool, bool]:
    if not errors:
        return None, telnyx_meaning(None).says, False, False
    first = errors[0]
    code = readable(str(first.code), "error code", 32)
    verbatim = first.detail or first.title
    meaning = telnyx_meaning(code, legible(verbatim) if verbatim else None)
    return code, meaning.says, meaning.permanent, meaning.opted_out


def _accepted(answer: Answer) -> SendResult:
    try:
        created = msgspec.json.decode(answer.body, type=_Created).data
        ref = readable(created.id, "id")
        broken = bool(created.to) and all(STATES.get(number.status or "") in BROKEN for number in created.to or ())
        code, says, permanent, opted_out = _why(created.errors)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Malformed):
        return unreadable(answer)
    if broken:
        return SendResult("rejected", ref, code, says, permanent=permanent, opted_out=opted_out)
    return SendResult("accepted", ref)


def _rejected(answer: Answer) -> SendResult:
    try:
        errors = msgspec.json.decode(answer.body, type=_Refused).errors or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        errors = []
    first = errors[0] if errors else _Reason(f"http_{answer.status}")
    code = str(first.code)[:64]
    return refused(code, turned_away(answer.status, telnyx_meaning(code, first.detail or first.title)))


def _login(connection: Connection) -> str:
    return f"Bearer {connection.credentials['api_key']}"


def _decoded(value: str) -> bytes | None:
    try:
        return b64decode(value.encode("ascii"), validate=True)
    except ValueError:  # binascii's, and that of a character outside ASCII
        return None
