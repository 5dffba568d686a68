"""Kannel, the open gateway to SMPP centres and modems: its smsbox calls us by GET and takes texts at its sendsms service.

Nothing is signed: who calls is proved by the connection's `hook_token` in the query, which the get-url of Kannel's
configuration and every dlr-url of ours hold. docs/guides/kannel.md has that configuration line by line.

    in        GET …?token=<hook_token>&id=%I&from=%q&to=%Q&text=%b&charset=%C
    receipt   GET …/status?token=<hook_token>&message=<ours>&state=%d&reason=%A

Sources: the Kannel user guide (sms-service, sendsms-user, parameters of get-url), and 1.4.5 running in `tests/whole`.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlsplit

import httpx2
import msgspec

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
)
from server.carriers.exchange import Answer, submit, unreadable
from server.carriers.refusals import Category, Meaning, meaning_of, turned_away
from server.domain.message import MessageState
from server.domain.segments import count

API_URL = "http://127.0.0.1:13013"
SENDSMS = "/cgi-bin/sendsms"
DELIVERED, UNDELIVERED, BUFFERED, TAKEN, REFUSED, EXPIRED = 1, 2, 4, 8, 16, 32
"""The bits of a receipt's %d. Several may stand together: 34 is what some centres say of an expired text."""
WANTED = DELIVERED | UNDELIVERED | TAKEN | REFUSED | EXPIRED
STATES: Mapping[int, MessageState] = {
    DELIVERED: MessageState.DELIVERED,
    REFUSED: MessageState.FAILED,
    EXPIRED: MessageState.UNDELIVERED,
    UNDELIVERED: MessageState.UNDELIVERED,
    TAKEN: MessageState.SENT,
    BUFFERED: MessageState.SENT,
}
"""In the order in which they count."""

CODES: Mapping[str, Category] = {
    # SMPP 3.4, 5.1.3: the centre's command_status, which Kannel repeats in NACK/…
    "0x00000001": Category.TOO_LONG,
    "0x00000008": Category.CARRIER_ERROR,
    "0x0000000a": Category.ACCOUNT_CONFIG,
    "0x0000000b": Category.INVALID_NUMBER,
    "0x00000014": Category.RATE_LIMITED,
    "0x00000058": Category.RATE_LIMITED,
    # bearerbox's own words after NACK/
    "no SMSC": Category.ACCOUNT_CONFIG,
    "no router": Category.ACCOUNT_CONFIG,
    "Retries Exceeded": Category.QUEUE_EXPIRED,
    "validity expired": Category.QUEUE_EXPIRED,
    # SMPP 3.4, appendix B: stat of a receipt
    "EXPIRED": Category.QUEUE_EXPIRED,
    "UNDELIV": Category.UNKNOWN,
    "DELETED": Category.UNKNOWN,
    "REJECTD": Category.UNKNOWN,
    # smsbox, in the body of what it refuses
    "Authorization failed": Category.ACCOUNT_CONFIG,
    "Not routable": Category.ACCOUNT_CONFIG,
    "Number(s) has/have been denied": Category.BLOCKED,
}
_TAKEN = re.compile(rb"(?:[0-9]+: |Sent\.)")
_STAT = re.compile(r"\bstat:(\w{1,10})(?:.*?\berr:(\w{1,10}))?", re.ASCII)
_CHARSETS: Mapping[str, str] = {"utf-16be": "utf-16-be", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}


_Word = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,255}(?![\s\S])")]
"""Nothing but visible ASCII, since it travels in headers and in Kannel's configuration."""


class KannelKeys(Keys, frozen=True):
    """`username` and `password` are those of a sendsms-user; `hook_token` is what get-url says after `token=`."""

    username: _Word
    password: _Word
    hook_token: _Word


class Kannel:
    kind = "kannel"
    methods = frozenset({"GET"})
    keys = KannelKeys
    # ten segments, which its max-messages must allow: what is beyond that one it cuts off without a word
    max_characters = 1530
    media_limit = 0
    usual_rate = None

    def verify(self, connection: Connection, request: HookRequest, _now_us: int) -> None:
        """A token is no signature: it says who calls, and nothing about what is said or when."""
        given = request.query.get("token", "").encode("utf-8", "replace")
        if not hmac.compare_digest(connection.credentials["hook_token"].encode(), given):
            raise BadSignature("no token or a wrong one")

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        fields = _fields(request)
        if "text" not in fields:
            raise Malformed("no text")
        return [
            InboundText(
                carrier_ref=readable(_text(fields.get("id", b"")), "id"),
                sender=readable(_name(fields.get("from", b"")), "from"),
                to=readable(_name(fields.get("to", b"")), "to"),
                body=legible(_text(fields["text"], fields.get("charset", b""))),
            )
        ]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        fields = _fields(request)
        token = readable(_text(fields.get("message", b"")), "message")
        bits = fields.get("state", b"")
        said = int(bits) if bits.isdigit() and len(bits) < 4 else 0
        bit = next((bit for bit in STATES if said & bit), None)
        if bit is None:
            raise Malformed("state is none of Kannel's")
        if bit in (DELIVERED, TAKEN, BUFFERED):
            return [Receipt(None, token, STATES[bit])]
        code, meaning = _reason(bit, legible(_text(fields.get("reason", b""))))
        return [Receipt(None, token, STATES[bit], code, meaning.says, meaning.permanent)]

    def acknowledge(self) -> HookAnswer:
        """Kannel would text anything that stands here to the sender."""
        return HookAnswer(200, "text/plain", b"")

    def media_access(self, _connection: Connection) -> MediaAccess:
        return MediaAccess(frozenset())

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        """By POST, where password, address and text stand in no URL and so in no log of a proxy."""
        url = connection.api_url or API_URL
        if urlsplit(url).path in ("", "/"):
            url = url.rstrip("/") + SENDSMS
        headers = {
            "content-type": "text/plain; charset=UTF-8",
            "x-kannel-username": connection.credentials["username"],
            "x-kannel-password": connection.credentials["password"],
            "x-kannel-from": text.sender,
            "x-kannel-to": text.to,
            # Without it every character that GSM does not have would arrive as a question mark.
            "x-kannel-coding": "2" if count(text.body).encoding == "UCS-2" else "0",
        }
        if text.status_url:
            headers |= {"x-kannel-dlr-mask": str(WANTED), "x-kannel-dlr-url": _dlr_url(connection, text)}
        return await submit(http, url, text.body.encode(), headers, _accepted, _rejected)


def _accepted(answer: Answer) -> SendResult:
    """0: accepted, 3: queued, or the "Sent." of `immediate-sendsms-reply`. None of them names the text."""
    return SendResult("accepted") if _TAKEN.match(answer.body) else unreadable(answer)


def _rejected(answer: Answer) -> SendResult:
    says = _text(answer.body[:300])
    code = f"http_{answer.status}"
    known = next((words for words in CODES if says.startswith(words)), None)
    meaning = turned_away(answer.status, meaning_of(CODES, known or code, says))
    return SendResult("rejected", code=code, says=meaning.says, permanent=meaning.permanent)


def _dlr_url(connection: Connection, text: OutboundText) -> str:
    """Where Kannel reports. It replaces %d and %A when it calls, and leaves alone the %2… to %7… of what is encoded here."""
    place, _, _ = (text.status_url or "").partition("?")
    named = (("token", connection.credentials["hook_token"]), ("message", text.token))
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in named)
    return f"{place}?{query}&state=%d&reason=%A"


def _reason(bit: int, said: str) -> tuple[str, Meaning]:
    """Of `NACK/<code>/<words>` both; of a centre's own receipt stat and err alone, since the text may follow."""
    if said.startswith("NACK/"):
        code, _, words = said.removeprefix("NACK/").partition("/")
        code = code.lower() if code.startswith(("0x", "0X")) else code
        return _shown(code), meaning_of(CODES, code, words or code)
    found = _STAT.search(said)
    if found is None:
        return f"dlr_{bit}", meaning_of(CODES, "EXPIRED" if bit == EXPIRED else None)
    stat, error = found[1].upper(), found[2] or ""
    code = f"{stat} {error}" if error.strip("0") else stat
    return _shown(code), meaning_of(CODES, "EXPIRED" if bit == EXPIRED else stat, f"error {code}")


def _shown(code: str) -> str:
    return "".join(filter(str.isprintable, code))[:64] or "NACK"


def _fields(request: HookRequest) -> Mapping[str, bytes]:
    """The query's values as bytes, since only `charset` says what they are."""
    _, _, query = request.url.partition("?")
    return {name: value.encode("latin-1") for name, value in parse_qsl(query, keep_blank_values=True, encoding="latin-1")}


def _text(value: bytes, charset: bytes = b"") -> str:
    """`charset` is %C: UTF-8 for all that `mo-recode` could turn into it, 8-BIT for what nobody described."""
    coding = _CHARSETS.get(charset.decode("latin-1").lower())
    if coding:
        return value.decode(coding, "replace")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _name(value: bytes) -> str:
    """A sender may be named in any alphabet and with any rubbish; a text is not lost for that."""
    return "".join(character if character.isprintable() else "\ufffd" for character in _text(value).strip())
