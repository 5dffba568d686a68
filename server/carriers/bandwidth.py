"""Bandwidth's messaging API v2: JSON webhooks behind a password, and `POST /api/v2/users/{account}/messages`.

Both addresses for webhooks belong to the Application at Bandwidth, so `tag` brings our token back. The password proves who calls and
nothing of what is said: there is no signature. Bandwidth does nothing about STOP on long and short codes. Sources: dev.bandwidth.com, and
bandwidth-sdk.
"""

import hmac
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import httpx2
import msgspec

from server.carriers.bandwidth_codes import STATES, bandwidth_meaning, failed_state
from server.carriers.bandwidth_log import read_log
from server.carriers.carrier import (
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
    references,
)
from server.carriers.carrier_json import JSON, json_of, read
from server.carriers.exchange import Answer, basic, submit, unreadable
from server.carriers.group import others
from server.carriers.logbook import LoggedText
from server.carriers.refusals import refused, turned_away
from server.carriers.times import sent
from server.domain.message import BROKEN

API_URL = "https://messaging.bandwidth.com"
_RECEIVED = "message-received"
_FAILED = "message-failed"
_LAYOUT = (".smil", ".xml")
"""Parts of a picture message that say how to lay it out."""

_Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}(?![\s\S])")]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[^:\x00-\x1f]{1,255}(?![\s\S])")]
_Password = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class BandwidthKeys(Keys, frozen=True):
    """`username` and `password` are for the API, the `hook_` ones those that the Application's callbacks bring."""

    account_id: _Word
    username: _Name
    password: _Password
    application_id: _Word
    hook_username: _Name
    hook_password: _Password


class Bandwidth:
    kind = "bandwidth"
    methods = frozenset({"POST"})
    keys = BandwidthKeys
    max_characters = 2048
    media_limit = 3_500_000
    usual_rate = 1
    """An account's, until it is raised (dev.bandwidth.com, rate limits)."""

    def verify(self, connection: Connection, request: HookRequest, _now_us: int) -> None:
        """There is no signature and no time: a repeat is met by the message's unique id."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        _, _, expected = basic(connection.credentials["hook_username"], connection.credentials["hook_password"]).partition(" ")
        # the comparison is made in any case, so that it takes as long for a wrong scheme
        same = hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
        if not same or scheme.lower() != "basic":
            raise BadSignature("no password, or a wrong one")

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        events = _events(request)
        if any(event.type in STATES or event.type == _FAILED for event in events):
            raise Malformed("a receipt at the address for texts")
        return [_text(read(event.message, _Message)) for event in events if event.type == _RECEIVED]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        events = _events(request)
        if any(event.type == _RECEIVED for event in events):
            raise Malformed("a text at the address for receipts")
        return [_receipt(event) for event in events if event.type in STATES or event.type == _FAILED]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, JSON, b"{}")

    def media_access(self, connection: Connection) -> MediaAccess:
        hosts = frozenset({"messaging.bandwidth.com"})
        return MediaAccess(hosts, _login(connection), hosts)

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        fields: dict[str, object] = {
            "applicationId": connection.credentials["application_id"],
            "to": [text.to],
            "from": text.sender,
            "tag": text.token,
        }
        if text.body or not text.media_urls:
            fields["text"] = text.body
        if text.media_urls:
            fields["media"] = text.media_urls
        headers = {"authorization": _login(connection), "content-type": JSON, "accept": JSON}
        # "Any 4xx or 5xx HTTP response code will not be billed nor will the message be sent."
        return await submit(http, _messages(connection), msgspec.json.encode(fields), headers, _accepted, _rejected, unsent_at_5xx=True)

    def logged(self, connection: Connection, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
        return read_log(_messages(connection), _login(connection), since, until, http)

    async def whole(self, _connection: Connection, text: LoggedText, _http: httpx2.AsyncClient) -> LoggedText:
        """There is no more."""
        return text


class _Event(msgspec.Struct):
    type: str
    error_code: int | str | None = msgspec.field(name="errorCode", default=None)
    description: str | None = None
    message: msgspec.Raw = msgspec.Raw(b"{}")


class _Message(msgspec.Struct):
    id: str
    sender: str = msgspec.field(name="from", default="")
    owner: str = ""
    to: object = None
    text: str | None = None
    media: list[object] | None = None
    time: object = None


class _Sent(msgspec.Struct):
    id: str
    tag: str | None = None


class _FieldError(msgspec.Struct):
    description: str | None = None


class _Refused(msgspec.Struct):
    type: str | None = None
    description: str | None = None
    fields: list[_FieldError] | None = msgspec.field(name="fieldErrors", default=None)


def _events(request: HookRequest) -> list[_Event]:
    """Documented as a list with one event; the API's own description shows the event alone."""
    body = json_of(request)
    if not body.lstrip().startswith(b"["):
        return [read(body, _Event)]
    events = read(body, list[_Event])
    if not events:
        raise Malformed("a list without an event")
    return events


def _text(message: _Message) -> InboundText:
    if message.text is None and not message.media:
        raise Malformed("a text without words and without media")
    return InboundText(
        carrier_ref=readable(message.id, "id"),
        sender=readable(message.sender, "from"),
        to=readable(message.owner, "owner"),
        body=legible(message.text or ""),
        media=references(((url, None) for url in message.media or () if not _lays_out(url)), 4096),
        sent_at=sent(message.time),
        others=others(message.to if isinstance(message.to, list) else [], message.owner),
    )


def _lays_out(url: object) -> bool:
    return isinstance(url, str) and url.partition("?")[0].lower().endswith(_LAYOUT)


def _receipt(event: _Event) -> Receipt:
    sent = read(event.message, _Sent)
    ref, token = readable(sent.id, "id"), sent.tag or None
    if event.type != _FAILED:
        return Receipt(ref, token, STATES[event.type])
    code = None if event.error_code is None else readable(str(event.error_code), "errorCode", 32)
    state = failed_state(code)
    if state not in BROKEN:
        return Receipt(ref, token, state)
    meaning = bandwidth_meaning(code, legible(event.description) if event.description else None)
    return Receipt(ref, token, state, code, meaning.says, meaning.permanent, meaning.opted_out)


def _accepted(answer: Answer) -> SendResult:
    try:
        return SendResult("accepted", readable(msgspec.json.decode(answer.body, type=_Sent).id, "id"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Malformed):
        return unreadable(answer)


def _rejected(answer: Answer) -> SendResult:
    try:
        said = msgspec.json.decode(answer.body, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = _Refused()
    code = (said.type or f"http_{answer.status}")[:64]
    words = [said.description, *(each.description for each in said.fields or [])]
    return refused(code, turned_away(answer.status, bandwidth_meaning(code, " ".join(filter(None, words)))))


def _messages(connection: Connection) -> str:
    account = quote(connection.credentials["account_id"], safe="")
    return f"{connection.api_url or API_URL}/api/v2/users/{account}/messages"


def _login(connection: Connection) -> str:
    return basic(connection.credentials["username"], connection.credentials["password"])
