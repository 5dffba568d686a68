"""Vonage, which has two interfaces for texts: the Messages API, and the older SMS API (`vonage_sms`).

Either may call our webhooks: a bearer token marks the Messages API, a field `sig` the SMS API. A connection with `application_id` and
`private_key` sends over Messages, any other over SMS, which takes no attachments. A token covers the body whole and its own time, not
the address.

Sources: developer.vonage.com/en/api/messages, /getting-started/concepts/webhooks, /api-errors/messages, and vonage-python-sdk.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

import httpx2
import msgspec

from server.carriers import vonage_sms
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
    UnsupportedType,
    legible,
    readable,
    references,
)
from server.carriers.carrier_json import JSON, read
from server.carriers.exchange import Answer, submit, unreadable
from server.carriers.refusals import Category, meaning_of, refused, turned_away
from server.carriers.times import sent
from server.carriers.vonage_token import check, make, read_key
from server.domain.message import BROKEN, MessageState

T = TypeVar("T", bound=msgspec.Struct)

API_URL = "https://api.nexmo.com"
MEDIA_HOSTS = frozenset(
    {"api.nexmo.com", "api-us.nexmo.com", "api-eu.nexmo.com", "api-ap.nexmo.com", "api-us.vonage.com", "api-eu.vonage.com"}
)
MEDIA_MOST = 10

CODES: Mapping[str, Category] = {
    "1000": Category.RATE_LIMITED,
    "1040": Category.INVALID_NUMBER,
    "1050": Category.BLOCKED,
    "1060": Category.ACCOUNT_CONFIG,
    "1070": Category.ACCOUNT_CONFIG,
    "1080": Category.ACCOUNT_CONFIG,
    "1090": Category.TOO_LONG,
    "1100": Category.CARRIER_ERROR,
    "1120": Category.ACCOUNT_CONFIG,
    "1140": Category.ACCOUNT_CONFIG,
    "1160": Category.ACCOUNT_CONFIG,
    "1170": Category.INVALID_NUMBER,
    "1180": Category.UNREACHABLE,
    "1190": Category.INVALID_NUMBER,
    "1200": Category.BLOCKED,
    "1210": Category.CONTENT_FILTERED,
    "1240": Category.OPTED_OUT,
    "1260": Category.UNREACHABLE,
    "1280": Category.BLOCKED,
}
STATES: Mapping[str, MessageState] = {
    "submitted": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "rejected": MessageState.FAILED,
    "undeliverable": MessageState.UNDELIVERED,
}
_OLD = "the Messages API's old format v0.1: set the application to v1"
_NESTED = re.compile(r"got `object` - at `\$\.(from|to)`")


class VonageKeys(Keys, frozen=True):
    """`application_id` and `private_key` come together: with them texts leave over the Messages API."""

    api_key: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}(?![\s\S])")]
    api_secret: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    signature_secret: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    application_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    private_key: Annotated[str, msgspec.Meta(min_length=1, max_length=8192)] | None = None

    def __post_init__(self) -> None:
        if (self.application_id is None) is not (self.private_key is None):
            raise ValueError("application_id and private_key come together or not at all")
        if self.private_key is not None:
            read_key(self.private_key)


class Vonage:
    kind = "vonage"
    methods = frozenset({"GET", "POST"})
    keys = VonageKeys
    max_characters = 1000
    media_limit = 600_000
    usual_rate = 30
    """An API key's, until it is raised (developer.vonage.com, throughput limits)."""

    def __init__(self, now: Callable[[], int]) -> None:
        """`now` gives the instant in microseconds, for the tokens of what is sent."""
        self._now = now

    def verify(self, connection: Connection, request: HookRequest, now_us: int) -> None:
        token = _bearer(request)
        if token is None:
            vonage_sms.check(connection, request, now_us)
        else:
            check(token, connection.credentials, request.body, now_us)

    def inbound(self, _connection: Connection, request: HookRequest) -> list[InboundText]:
        if _bearer(request) is None:
            return [vonage_sms.inbound(request)]
        said = _decode(request, _Received)
        if said.channel not in ("sms", "mms"):
            raise Malformed("a channel other than sms and mms")
        attached = said.attached()
        if said.text is None and not attached:
            raise Malformed("an inbound message without text and media")
        body = said.text if said.text is not None else "\n".join(each.caption for each in attached if each.caption)
        return [
            InboundText(
                carrier_ref=readable(said.message_uuid, "message_uuid"),
                sender=readable(said.sender, "from"),
                to=readable(said.to, "to"),
                body=legible(body),
                media=references((each.url, None) for each in attached),
                sent_at=sent(said.timestamp),
            )
        ]

    def status(self, _connection: Connection, request: HookRequest) -> list[Receipt]:
        if _bearer(request) is None:
            return [vonage_sms.status(request)]
        said = _decode(request, _Status)
        state = STATES.get(said.status)
        if state is None:
            raise Malformed("status is not one that is known")
        ref = readable(said.message_uuid, "message_uuid")
        token = request.query.get("token") or vonage_sms.our_token(said.client_ref)
        if state not in BROKEN:
            return [Receipt(ref, token, state)]
        code = said.error.code if said.error else None
        meaning = meaning_of(CODES, code and readable(code, "error", 64), said.error.detail if said.error else None)
        return [Receipt(ref, token, state, code, meaning.says, meaning.permanent, meaning.opted_out)]

    def acknowledge(self) -> HookAnswer:
        return HookAnswer(200, "text/plain", b"")

    def media_access(self, connection: Connection) -> MediaAccess:
        """An account with Secure Inbound Media gives an attachment to the application alone."""
        login = self._login(connection)
        return MediaAccess(MEDIA_HOSTS, login, MEDIA_HOSTS if login else frozenset())

    async def send(self, connection: Connection, text: OutboundText, http: httpx2.AsyncClient) -> SendResult:
        login = self._login(connection)
        if login is None:
            return await vonage_sms.send(connection, text, http)
        headers = {"authorization": login, "content-type": JSON, "accept": JSON}
        return await submit(
            http, f"{connection.api_url or API_URL}/v1/messages", msgspec.json.encode(_document(text)), headers, _accepted, _rejected
        )

    def _login(self, connection: Connection) -> str | None:
        application, key = connection.credentials.get("application_id"), connection.credentials.get("private_key")
        return f"Bearer {make(application, key, self._now())}" if application and key else None


class _Attached(msgspec.Struct):
    url: object = None
    caption: str | None = None


class _Received(msgspec.Struct):
    """`content` holds several attachments, each of the others one."""

    message_uuid: str
    sender: str = msgspec.field(name="from")
    to: str
    channel: str
    text: str | None = None
    image: _Attached | None = None
    audio: _Attached | None = None
    video: _Attached | None = None
    file: _Attached | None = None
    vcard: _Attached | None = None
    content: list[_Attached | None] | None = None
    timestamp: object = None

    def attached(self) -> list[_Attached]:
        single = (self.image, self.audio, self.video, self.file, self.vcard)
        return [each for each in (*single, *(self.content or ())) if each is not None][:MEDIA_MOST]


class _Error(msgspec.Struct):
    """RFC 9457. `title` or the end of `type` is the number in the list of errors."""

    type: str = ""
    title: str | int = ""
    detail: str | None = None

    @property
    def code(self) -> str | None:
        title, (_, _, fragment) = str(self.title), self.type.rpartition("#")
        return next((word for word in (title, fragment) if word.isascii() and word.isdigit()), None)


class _Status(msgspec.Struct):
    message_uuid: str
    status: str
    sender: str | None = msgspec.field(name="from", default=None)
    client_ref: str | None = None
    error: _Error | None = None


class _Created(msgspec.Struct):
    message_uuid: str


def _bearer(request: HookRequest) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else None


def _decode(request: HookRequest, type: type[T]) -> T:
    if request.media_type != JSON:
        raise UnsupportedType("not JSON")
    try:
        return read(request.body, type)
    except Malformed as error:
        if _NESTED.search(str(error)):
            raise Malformed(_OLD) from None
        raise


def _document(text: OutboundText) -> dict[str, object]:
    """As the SDK writes it: several attachments are `content`, a single one is named by its kind; the text is the first one's caption."""
    document: dict[str, object] = {
        "to": text.to.removeprefix("+"),
        "from": text.sender.removeprefix("+"),
        "client_ref": vonage_sms.OUR_REF + text.token,
    }
    if text.status_url:
        document |= {"webhook_url": text.status_url, "webhook_version": "v1"}
    if not text.media_urls:
        return document | {"channel": "sms", "message_type": "text", "text": text.body}
    items = [{"url": url} for url in text.media_urls]
    if text.body:
        items[0]["caption"] = text.body
    kinds = [_kind(type) for type in text.media_types] + ["file"] * (len(items) - len(text.media_types))
    if len(items) == 1:
        return document | {"channel": "mms", "message_type": kinds[0], kinds[0]: items[0]}
    content = [{"type": kind, **item} for kind, item in zip(kinds, items, strict=True)]
    return document | {"channel": "mms", "message_type": "content", "content": content}


def _kind(type: str | None) -> str:
    """What Vonage calls an attachment of this type."""
    if type == "text/vcard":
        return "vcard"
    family = (type or "").partition("/")[0]
    return family if family in ("image", "audio", "video") else "file"


def _accepted(answer: Answer) -> SendResult:
    try:
        return SendResult("accepted", readable(msgspec.json.decode(answer.body, type=_Created).message_uuid, "message_uuid"))
    except (msgspec.DecodeError, UnicodeDecodeError, Malformed):
        return unreadable(answer)


def _rejected(answer: Answer) -> SendResult:
    try:
        error = msgspec.json.decode(answer.body, type=_Error)
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = _Error()
    code = error.code or f"http_{answer.status}"
    return refused(code, turned_away(answer.status, meaning_of(CODES, code, error.detail or str(error.title))))
