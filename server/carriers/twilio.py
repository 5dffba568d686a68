"""Twilio's Programmable Messaging: urlencoded webhooks signed with HMAC-SHA1, and the Messages resource of 2010-04-01.

Sources: twilio.com/docs/usage/security, /docs/messaging/guides/webhook-request, /docs/api/errors, and twilio-python.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from typing import Annotated
from urllib.parse import quote, urlencode

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
from server.carriers.form import FORM, fields_of
from server.carriers.logbook import LoggedText
from server.carriers.refusals import meaning_of, refused, turned_away
from server.carriers.twilio_codes import CODES, STATES
from server.carriers.twilio_log import read_log, with_media
from server.domain.message import BROKEN

API_URL = "https://api.twilio.com"

_ANSWERED: Mapping[str, Answered] = {"STOP": "stop", "START": "start", "HELP": "help"}
# The signed text has nothing between names and values, so whoever has one signed request could move the end of a value
# into the next name: a real id with a tail would be a new id under an old signature.
_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}|(?!(?:SM|MM)[0-9a-f]{32})[\w.-]{1,64}", re.ASCII)


class TwilioKeys(Keys, frozen=True):
    account_sid: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{1,64}(?![\s\S])")]
    auth_token: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Twilio:
    kind = "twilio"
    methods = frozenset({"POST"})
    keys = TwilioKeys
    max_characters = 1600
    media_limit = 5_000_000
    usual_rate = 1
    """An unregistered long code's (twilio.com, rate limits and message queues)."""

    def verify(self, connection: Connection, request: HookRequest, _now_us: int) -> None:
        """Twilio signs no time: a replay is met by the message's unique id, so the instant is not looked at."""
        given = request.headers.get("x-twilio-signature")
        if not given:
            raise BadSignature("no signature")
        if request.media_type != FORM:
            raise UnsupportedType("not a urlencoded form")
        key = connection.credentials["auth_token"].encode()
        fields = "".join(map("".join, sorted(set(request.form)))).encode("utf-8", "surrogateescape")
        claimed = given.encode("utf-8", "replace")
        for url in (request.url, _other_spelling(request.url)):
            if hmac.compare_digest(b64encode(hmac.digest(key, url.encode() + fields, "sha1")), claimed):
                return
        raise BadSignature("wrong signature")

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        fields = fields_of(request)
        if "Body" not in fields and "MediaUrl0" not in fields:
            raise Malformed("an inbound message without Body and without media")
        return [
            InboundText(
                carrier_ref=_sid(fields),
                sender=readable(fields.get("From", ""), "From"),
                to=readable(fields.get("To", ""), "To"),
                body=legible(fields.get("Body", "")),
                media=_media(fields) if "MediaUrl0" in fields else (),
                carrier_answered=_ANSWERED.get(fields.get("OptOutType", "")),
            )
        ]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        fields = fields_of(request)
        state = STATES.get(fields.get("MessageStatus", ""))
        if state is None:
            raise Malformed("MessageStatus is missing or not one that is known")
        receipt = Receipt(_sid(fields), request.query.get("token"), state)
        if state not in BROKEN:
            return [receipt]
        code = readable(fields["ErrorCode"], "ErrorCode", 32) if fields.get("ErrorCode") else None
        meaning = meaning_of(CODES, code)
        return [Receipt(receipt.carrier_ref, receipt.token, state, code, meaning.says, meaning.permanent, meaning.opted_out)]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, "text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response/>')

    def media_access(self, connection: Connection) -> MediaAccess:
        hosts = frozenset({"api.twilio.com"})
        return MediaAccess(hosts, _login(connection), hosts)

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        sid = connection.credentials["account_sid"]
        url = f"{connection.api_url or API_URL}/2010-04-01/Accounts/{quote(sid, safe='')}/Messages.json"
        fields = [("To", text.to), ("From", text.sender)]
        if text.status_url:
            fields.append(("StatusCallback", text.status_url))
        if text.body or not text.media_urls:
            fields.append(("Body", text.body))
        fields.extend(("MediaUrl", media) for media in text.media_urls)
        headers = {"authorization": _login(connection), "content-type": FORM, "accept": "application/json"}
        return await submit(http, url, urlencode(fields).encode(), headers, _accepted, _rejected)

    def logged(self, connection: Connection, since: int, until: int, http: httpx2.AsyncClient) -> AsyncIterator[LoggedText]:
        base = connection.api_url or API_URL
        return read_log(base, connection.credentials["account_sid"], _login(connection), since, until, http)

    async def whole(self, connection: Connection, text: LoggedText, http: httpx2.AsyncClient) -> LoggedText:
        return await with_media(connection.api_url or API_URL, connection.credentials["account_sid"], _login(connection), text, http)


class _Created(msgspec.Struct):
    sid: str
    status: str | None = None
    error_code: int | str | None = None
    error_message: str | None = None


class _Refused(msgspec.Struct):
    code: int | str | None = None
    message: str | None = None


def _login(connection: Connection) -> str:
    return basic(connection.credentials["account_sid"], connection.credentials["auth_token"])


def _accepted(answer: Answer) -> SendResult:
    try:
        created = msgspec.json.decode(answer.body, type=_Created)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unreadable(answer)
    if not _SID.fullmatch(created.sid):
        return unreadable(answer)
    # No callback comes for the state that is already in this answer.
    if STATES.get(created.status or "") in BROKEN:
        code = None if created.error_code is None else str(created.error_code)
        meaning = meaning_of(CODES, code, created.error_message)
        return SendResult("rejected", created.sid, code, meaning.says, permanent=meaning.permanent, opted_out=meaning.opted_out)
    return SendResult("accepted", created.sid)


def _rejected(answer: Answer) -> SendResult:
    try:
        said = msgspec.json.decode(answer.body, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = _Refused()
    code = f"http_{answer.status}" if said.code is None else str(said.code)
    return refused(code, turned_away(answer.status, meaning_of(CODES, code, said.message)))


def _sid(fields: Mapping[str, str]) -> str:
    sid = fields.get("MessageSid", "")
    if not _SID.fullmatch(sid):
        raise Malformed("MessageSid is missing or not readable")
    return sid


def _media(fields: Mapping[str, str]) -> tuple[MediaRef, ...]:
    named: list[tuple[str, str | None]] = []
    while (url := fields.get(f"MediaUrl{len(named)}")) is not None:
        named.append((url, fields.get(f"MediaContentType{len(named)}")))
    return references(named)


def _other_spelling(url: str) -> str:
    """The same address without its port, or with the default one: Twilio signs now one, now the other, and its own
    validator takes both."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":")
    if not (colon and port.isdigit()):
        host = f"{authority}:{443 if scheme == 'https' else 80}"
    return f"{scheme}://{host}{slash}{path}"
