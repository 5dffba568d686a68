"""Plivo's messaging: urlencoded or GET webhooks signed with HMAC-SHA256, and the Message resource in JSON.

Signature V3 covers the address, its query and every field; V2 covers scheme, host and path alone, and a nonce. So whoever has seen one
V2 pair could write what they like to that address, and could leave out a V3 that came beside it: a nonce comes with one request and its
repeats, which the desk sees to. Neither has a time. A replay is met by the message's unique id.

Sources: plivo.com/docs/messaging/api/message, /concepts/signature-validation, /troubleshooting/error-codes, and plivo-python.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Annotated
from urllib.parse import quote

import httpx2
import msgspec

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
    MediaRef,
    OutboundText,
    Receipt,
    SendResult,
    UnsupportedType,
    legible,
    readable,
    references,
)
from server.carriers.exchange import Answer, basic, submit, unreadable
from server.carriers.form import FORM, asked, fields_of
from server.carriers.nonce import Nonce, nonce_of
from server.carriers.refusals import MEANINGS, Category, meaning_of, turned_away
from server.domain.message import BROKEN, MessageState
from server.domain.segments import count

API_URL = "https://api.plivo.com"
JSON = "application/json"
UCS2_MOST = 737
"""UTF-16 units of a text that is not GSM-7."""

CODES: Mapping[str, Category] = {
    "10": Category.CARRIER_ERROR,
    "20": Category.CARRIER_ERROR,
    "30": Category.CONTENT_FILTERED,
    "40": Category.ACCOUNT_CONFIG,
    "50": Category.INVALID_NUMBER,
    "60": Category.CARRIER_ERROR,
    "70": Category.INVALID_NUMBER,
    "80": Category.UNREACHABLE,
    "90": Category.UNREACHABLE,
    "100": Category.BLOCKED,
    "110": Category.TOO_LONG,
    "200": Category.OPTED_OUT,
    "201": Category.ACCOUNT_CONFIG,
    "420": Category.QUEUE_EXPIRED,
    "450": Category.ACCOUNT_CONFIG,
    "1000": Category.UNKNOWN,
}
STATES: Mapping[str, MessageState] = {
    "queued": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "rejected": MessageState.FAILED,
}
_ANSWERED: Mapping[str, Answered] = {"optout": "stop", "optin": "start", "help": "help"}
_FINE = frozenset({"", "0", "000"})
_EXPIRED = "420"
_MEDIA = re.compile(r"Media([0-9]{1,2})", re.ASCII)
# V3 too signs names and values with nothing between them: a real id with a tail would be a new id under an old signature.
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?![0-9a-f]{8}-)[\w.-]{1,64}", re.ASCII)


# V2 signs address and nonce with nothing between them: what was signed for `…/status` would else do for the address above it.
_NONCE = re.compile(r"(?!/)[!-~]{1,128}", re.ASCII)


class PlivoKeys(Keys, frozen=True):
    auth_id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{1,64}(?![\s\S])")]
    auth_token: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Plivo:
    kind = "plivo"
    methods = frozenset({"GET", "POST"})
    keys = PlivoKeys
    max_characters = 1600
    media_limit = 5_000_000
    usual_rate = 5
    """An account's, until it is raised (plivo.com/docs/messaging, rate limits)."""

    def verify(self, connection: Connection, request: HookRequest, _now_us: int) -> Nonce | None:
        """By V3 wherever one is given, and then by that alone; else by V2, whose nonce vouches for the rest. Plivo signs no time."""
        if request.method == "POST" and request.media_type != FORM:
            raise UnsupportedType("not a urlencoded form")
        by_v3 = bool(_given(request, "v3"))
        if by_v3 and not _signed(connection, request, "v3", _signed_by_v3(request)):
            raise BadSignature("wrong signature")
        by_v2 = _signed(connection, request, "v2", _address(request))
        nonce = request.headers.get("x-plivo-signature-v2-nonce", "")
        if by_v2 and _NONCE.fullmatch(nonce):
            url = request.url.encode("utf-8", "surrogateescape")
            return nonce_of(nonce, request.method.encode(), url, request.body, alone=not by_v3)
        if not by_v3:
            raise BadSignature("wrong or no signature")
        return None

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        fields = fields_of(request)
        if fields.get("Type") == "whatsapp":
            raise Malformed("a WhatsApp message")
        body = fields.get("Text", fields.get("Body"))
        if body is None and not any(map(_MEDIA.fullmatch, fields)):
            raise Malformed("an inbound message without Text, Body and media")
        return [
            InboundText(
                carrier_ref=_uuid(fields),
                sender=readable(fields.get("From", ""), "From"),
                to=readable(fields.get("To", ""), "To"),
                body=legible(body or ""),
                media=_media(fields),
                carrier_answered=_ANSWERED.get(fields.get("MessageIntent", "")),
            )
        ]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        fields = fields_of(request)
        state = STATES.get(fields.get("Status", ""))
        if state is None:
            raise Malformed("Status is missing or not one that is known")
        ref, token, given = _uuid(fields), request.query.get("token"), fields.get("ErrorCode", "")
        if state not in BROKEN:
            return [Receipt(ref, token, state)]
        if given == _EXPIRED:
            state = MessageState.UNDELIVERED
        code = None if given in _FINE else readable(given, "ErrorCode", 32)
        meaning = meaning_of(CODES, code)
        return [Receipt(ref, token, state, code, meaning.says, meaning.permanent, meaning.opted_out)]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, "text/plain", b"")

    def media_access(self, connection: Connection) -> MediaAccess:
        hosts = frozenset({"media.plivo.com"})
        return MediaAccess(hosts, _login(connection), hosts)

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        counted = count(text.body)
        if counted.encoding == "UCS-2" and counted.units > UCS2_MOST:
            meaning = MEANINGS[Category.TOO_LONG]
            return SendResult("rejected", code="too_long", says=meaning.says, permanent=meaning.permanent)
        url = f"{connection.api_url or API_URL}/v1/Account/{quote(connection.credentials['auth_id'], safe='')}/Message/"
        body = _Message(
            src=text.sender.removeprefix("+"),
            dst=text.to.removeprefix("+"),
            text=text.body or None,
            type="mms" if text.media_urls else "sms",
            url=text.status_url,
            media_urls=text.media_urls or None,
        )
        headers = {"authorization": _login(connection), "content-type": JSON, "accept": JSON}
        return await submit(http, url, msgspec.json.encode(body), headers, _accepted, _rejected)


class _Message(msgspec.Struct, omit_defaults=True):
    src: str
    dst: str
    type: str
    text: str | None = None
    url: str | None = None
    media_urls: tuple[str, ...] | None = None
    # Without default, so that they are written: what plivo-python sends for a text like ours.
    method: str = msgspec.field(default_factory=lambda: "POST")
    log: str = msgspec.field(default_factory=lambda: "true")
    trackable: bool = msgspec.field(default_factory=lambda: False)


class _Created(msgspec.Struct):
    message_uuid: list[str]


class _Refused(msgspec.Struct):
    error: str | None = None


def _login(connection: Connection) -> str:
    return basic(connection.credentials["auth_id"], connection.credentials["auth_token"])


def _accepted(answer: Answer) -> SendResult:
    try:
        created = msgspec.json.decode(answer.body, type=_Created)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unreadable(answer)
    if len(created.message_uuid) != 1 or not _UUID.fullmatch(created.message_uuid[0]):
        return unreadable(answer)
    return SendResult("accepted", created.message_uuid[0])


def _rejected(answer: Answer) -> SendResult:
    try:
        words = msgspec.json.decode(answer.body, type=_Refused).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        words = None
    code = f"http_{answer.status}"
    meaning = turned_away(answer.status, meaning_of(CODES, code, words))
    return SendResult("rejected", code=code, says=meaning.says, permanent=meaning.permanent)


def _given(request: HookRequest, version: str) -> list[str]:
    """The signatures by the number's own account and by its main account, of which each header may hold several."""
    headers = (request.headers.get(f"x-plivo-signature-{owner}{version}", "") for owner in ("", "ma-"))
    return [value for header in headers for value in header.split(",") if value]


def _signed(connection: Connection, request: HookRequest, version: str, text: str) -> bool:
    nonce = request.headers.get(f"x-plivo-signature-{version}-nonce", "")
    key = connection.credentials["auth_token"].encode()
    expected = b64encode(hmac.digest(key, (text + nonce).encode("utf-8", "surrogateescape"), "sha256"))
    claimed = [value.encode("utf-8", "replace") for value in _given(request, version)]
    return bool(nonce) and any(hmac.compare_digest(expected, value) for value in claimed)


def _signed_by_v3(request: HookRequest) -> str:
    """The address, '?', the sorted query, '.', the sorted fields, '.': each separator only where something needs it."""
    query = "&".join(f"{name}={value}" for name, value in sorted(asked(request)))
    if request.method != "POST" or not request.form:
        return _address(request) + (f"?{query}." if query else ".")
    return f"{_address(request)}?{query}{'.' if query else ''}{_joined(request.form)}."


def _address(request: HookRequest) -> str:
    return request.url.partition("?")[0]


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(name + value for name, value in sorted(pairs))


def _uuid(fields: Mapping[str, str]) -> str:
    uuid = fields.get("MessageUUID", "")
    if not _UUID.fullmatch(uuid):
        raise Malformed("MessageUUID is missing or not readable")
    return uuid


def _media(fields: Mapping[str, str]) -> tuple[MediaRef, ...]:
    """`Media0`, `Media1`, …: Plivo's own pages begin now with the one, now with the other."""
    numbered = sorted((int(match[1]), url) for name, url in fields.items() if (match := _MEDIA.fullmatch(name)))
    return references((url, None) for _, url in numbered)
