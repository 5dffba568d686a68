"""Vonage's SMS API, the older of its two: webhooks by GET, form or JSON whose fields are signed, and `/sms/json`.

The signature covers every field but not the address, and in values '&', '=' and '_' count as one letter. `timestamp` is signed, so a
webhook is good for as long as Vonage repeats one. A long text comes in several webhooks, which the desk joins.

Sources: developer.vonage.com/en/messaging/sms/guides (inbound-sms, delivery-receipts), /getting-started/concepts/signing-messages,
/api-errors/sms, and vonage-python-sdk.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import httpx2
import msgspec

from server.carriers.carrier import (
    BadSignature,
    Connection,
    HookRequest,
    InboundText,
    Malformed,
    OutboundText,
    Part,
    Receipt,
    SendResult,
    UnsupportedType,
    legible,
    readable,
)
from server.carriers.carrier_json import JSON, read
from server.carriers.exchange import Answer, basic, submit, unreadable
from server.carriers.form import FORM, asked, in_utf_8
from server.carriers.refusals import MEANINGS, Category, meaning_of, turned_away
from server.carriers.times import sent
from server.domain.message import BROKEN, MessageState
from server.domain.segments import count

REST_URL = "https://rest.nexmo.com"
TEXTS_SECONDS = 25 * 3600
RECEIPTS_SECONDS = 73 * 3600
"""Vonage repeats a text for 24 hours and a receipt for 72."""
AHEAD_SECONDS = 300
CALLBACK_MOST = 100
PARTS_MOST = 255
OUR_REF = "partyline-"
"""Before our token in `client-ref`, so that what other systems of the same account sent is not taken for ours."""

CODES: Mapping[str, Category] = {
    "1": Category.UNKNOWN,
    "2": Category.UNREACHABLE,
    "3": Category.INVALID_NUMBER,
    "4": Category.BLOCKED,
    "5": Category.UNREACHABLE,
    "6": Category.CONTENT_FILTERED,
    "7": Category.UNREACHABLE,
    "8": Category.CARRIER_ERROR,
    "9": Category.OPTED_OUT,
    "10": Category.CARRIER_ERROR,
    "11": Category.UNREACHABLE,
    "12": Category.UNREACHABLE,
    "13": Category.BLOCKED,
    "14": Category.BLOCKED,
    "15": Category.UNREACHABLE,
    "99": Category.CARRIER_ERROR,
}
"""`err-code` of a receipt."""
REFUSALS: Mapping[str, Category] = {
    "1": Category.RATE_LIMITED,
    "4": Category.ACCOUNT_CONFIG,
    "6": Category.INVALID_NUMBER,
    "7": Category.BLOCKED,
    "8": Category.ACCOUNT_CONFIG,
    "9": Category.ACCOUNT_CONFIG,
    "11": Category.ACCOUNT_CONFIG,
    "12": Category.TOO_LONG,
    "14": Category.ACCOUNT_CONFIG,
    "15": Category.ACCOUNT_CONFIG,
    "29": Category.ACCOUNT_CONFIG,
    "32": Category.ACCOUNT_CONFIG,
    "33": Category.INVALID_NUMBER,
}
"""`status` in the answer to a send, which is 200 even for an error."""
_MAYBE_TAKEN = "5"
STATES: Mapping[str, MessageState] = {
    "accepted": MessageState.SENT,
    "buffered": MessageState.SENT,
    "unknown": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "expired": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "rejected": MessageState.FAILED,
}
_HMAC = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


def check(connection: Connection, request: HookRequest, now_us: int) -> None:
    """Raises BadSignature, and UnsupportedType where no fields can be read. The method of signing is told by its length; with 32
    hexadecimal digits it is the plain hash or the HMAC, as the account was set."""
    key = connection.credentials["signature_secret"]
    for fields in _signed_fields(request):
        claimed = fields.pop("sig", "").lower()
        given = claimed.encode("utf-8", "replace")
        if any(hmac.compare_digest(expected.encode(), given) for expected in _sign(fields, key, len(claimed))):
            break
    else:
        raise BadSignature("wrong or no signature")
    if fields.get("api-key", connection.credentials["api_key"]) != connection.credentials["api_key"]:
        raise BadSignature("another account's webhook")
    at, now = fields.get("timestamp", ""), now_us // 1_000_000
    oldest = RECEIPTS_SECONDS if "err-code" in fields else TEXTS_SECONDS
    if not (at.isascii() and at.isdigit() and len(at) <= 12 and now - oldest <= int(at) <= now + AHEAD_SECONDS):
        raise BadSignature("timestamp missing or too far from now")


def inbound(request: HookRequest) -> InboundText:
    fields = _fields(request)
    body = fields.get("text")
    if fields.get("type") == "binary":
        body = f"[Binary message: {fields.get('data', '')}]"
    if body is None:
        raise Malformed("an inbound message without text")
    return InboundText(
        carrier_ref=readable(fields.get("messageId", ""), "messageId"),
        sender=readable(fields.get("msisdn", ""), "msisdn"),
        to=readable(fields.get("to", ""), "to"),
        body=legible(body),
        part=_part(fields),
        sent_at=sent(fields.get("message-timestamp"), utc=True),
    )


def status(request: HookRequest) -> Receipt:
    fields = _fields(request)
    state = STATES.get(fields.get("status", ""))
    if state is None:
        raise Malformed("status is missing or not one that is known")
    ref = readable(fields.get("messageId", ""), "messageId")
    token = request.query.get("token") or our_token(fields.get("client-ref"))
    if state not in BROKEN:
        return Receipt(ref, token, state)
    code = fields.get("err-code") or None
    meaning = meaning_of(CODES, code and readable(code, "err-code", 32))
    return Receipt(ref, token, state, code, meaning.says, meaning.permanent, meaning.opted_out)


def our_token(client_ref: str | None) -> str | None:
    """The token that we gave with a text, from the reference that comes back; None where another system sent it."""
    if client_ref is None or not (client_ref.isascii() and client_ref.startswith(OUR_REF)):
        return None
    return client_ref.removeprefix(OUR_REF)


async def send(connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
    if text.media_urls:
        meaning = MEANINGS[Category.ACCOUNT_CONFIG]
        return SendResult("rejected", code="no_application", says=meaning.says)
    fields = {"to": text.to.removeprefix("+"), "from": text.sender.removeprefix("+"), "text": text.body}
    fields["client-ref"] = OUR_REF + text.token
    fields["type"] = "unicode" if count(text.body).encoding == "UCS-2" else "text"
    # The token is in client-ref: with it in the address too, few would be short enough.
    callback = (text.status_url or "").partition("?")[0]
    if 0 < len(callback) <= CALLBACK_MOST:
        fields |= {"status-report-req": "True", "callback": callback}
    headers = {
        "authorization": basic(connection.credentials["api_key"], connection.credentials["api_secret"]),
        "content-type": FORM,
        "accept": JSON,
    }
    return await submit(http, f"{connection.api_url or REST_URL}/sms/json", urlencode(fields).encode(), headers, _judged, _refused)


class _Sent(msgspec.Struct, rename="kebab"):
    status: str
    message_id: str | None = None
    error_text: str | None = None


class _Answered(msgspec.Struct):
    messages: list[_Sent]


def _judged(answer: Answer) -> SendResult:
    """A long text is answered with one result for each of its parts."""
    try:
        parts = msgspec.json.decode(answer.body, type=_Answered).messages
        refs = [readable(part.message_id or "", "message-id") for part in parts if part.status == "0"]
    except (msgspec.DecodeError, UnicodeDecodeError, Malformed):
        return unreadable(answer)
    wrong = next((part for part in parts if part.status != "0"), None)
    if wrong is None:
        return SendResult("accepted", refs[0]) if refs else unreadable(answer)
    code = wrong.status[:32]
    meaning = meaning_of(REFUSALS, code, wrong.error_text)
    if refs or code == _MAYBE_TAKEN:
        says = "The carrier may have taken only a part of this text. Ask before sending it again."
        return SendResult("unconfirmed", refs[0] if refs else None, code, says)
    again = meaning.category is Category.RATE_LIMITED
    return SendResult("retry" if again else "rejected", code=code, says=meaning.says, permanent=meaning.permanent)


def _refused(answer: Answer) -> SendResult:
    code = f"http_{answer.status}"
    return SendResult("rejected", code=code, says=turned_away(answer.status, meaning_of({}, code)).says)


def _sign(fields: Mapping[str, str], key: str, digits: int) -> Iterator[str]:
    if any("&" in name or "=" in name for name in fields) or digits not in _HMAC:
        return
    text = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(fields.items()))
    signed, secret = text.encode("utf-8", "surrogateescape"), key.encode()
    yield hmac.digest(secret, signed, _HMAC[digits]).hex()
    if digits == 32:
        yield hashlib.md5(signed + secret, usedforsecurity=False).hexdigest()


def _signed_fields(request: HookRequest) -> Iterator[dict[str, str]]:
    """What may be signed: all fields, and all but our own token in the address, which nobody says whether Vonage counts."""
    try:
        fields = _read(request)
    except Malformed:
        raise BadSignature("no fields that could be signed") from None
    query = dict(asked(request))
    yield dict(fields)
    if request.method != "GET":
        yield {**query, **fields}
    elif "token" in fields:
        yield {name: value for name, value in fields.items() if name != "token"}


def _fields(request: HookRequest) -> dict[str, str]:
    in_utf_8(request)
    return _read(request)


def _read(request: HookRequest) -> dict[str, str]:
    """Raises UnsupportedType and Malformed."""
    if request.method == "GET":
        return dict(asked(request))
    if request.media_type == FORM:
        return dict(request.form)
    if request.media_type != JSON:
        raise UnsupportedType("neither a form nor JSON")
    try:
        fields = read(request.body, dict[str, str | int | bool])
    except Malformed:
        raise Malformed("not a flat JSON object in UTF-8") from None
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in fields.items()}


def _part(fields: Mapping[str, str]) -> Part | None:
    if fields.get("concat", "").lower() != "true":
        return None
    ref = readable(fields.get("concat-ref", ""), "concat-ref", 64)
    total, number = _number(fields, "concat-total"), _number(fields, "concat-part")
    if number > total:
        raise Malformed("concat-part is beyond concat-total")
    return Part(ref, number, total) if total > 1 else None


def _number(fields: Mapping[str, str], name: str) -> int:
    value = fields.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) <= 3 and 1 <= int(value) <= PARTS_MOST):
        raise Malformed(f"{name} is missing or no number of parts")
    return int(value)
