"""The JSON documents of the `generic` carrier; the sandbox's phones write the same ones.

    {"type": "message.received", "id", "from", "to", "body", "media": [{"url", "content_type"?}], "at"}
    {"type": "message.status", "id", "state", "error"?}          error: {"code", "says"?}, or a code alone
    {"type": "message.send", "id", "from", "to", "body", "media": [{"url"}], "status_url"?}          from us

`id` is the carrier's own; in `message.send` it is ours, the same in every attempt. Fields that are not known here are
passed over, so that a gateway may send more.
"""

from collections.abc import Mapping

import msgspec

from server.carriers.carrier import (
    HookRequest,
    InboundText,
    Malformed,
    OutboundText,
    Receipt,
    legible,
    readable,
    references,
)
from server.carriers.carrier_json import json_of, read
from server.carriers.refusals import Category, meaning_of
from server.carriers.times import sent
from server.domain.message import MessageState

MEDIA_MOST = 10

CODES: Mapping[str, Category] = {category.value: category for category in Category}
"""A gateway says why with the names of our categories; any other code is shown as it is."""

# expired is `undelivered`, rejected is `failed`, read is `delivered`
STATES: Mapping[str, MessageState] = {
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "expired": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "rejected": MessageState.FAILED,
}
_BROKEN = frozenset({MessageState.FAILED, MessageState.UNDELIVERED})


class Media(msgspec.Struct, omit_defaults=True):
    url: str
    content_type: str | None = None


class _Named(msgspec.Struct):
    url: object = None
    content_type: object = None


class Received(msgspec.Struct, tag_field="type", tag="message.received", kw_only=True, omit_defaults=True):
    id: str
    sender: str = msgspec.field(name="from")
    to: str
    body: str = ""
    media: list[_Named | None] | None = []
    at: object = None


class Reason(msgspec.Struct, omit_defaults=True):
    code: str
    says: str | None = None


class Status(msgspec.Struct, tag_field="type", tag="message.status", omit_defaults=True):
    id: str
    state: str
    error: Reason | str | None = None


class _Send(msgspec.Struct, tag_field="type", tag="message.send", kw_only=True, omit_defaults=True):
    id: str
    sender: str = msgspec.field(name="from")
    to: str
    body: str
    media: list[Media]
    status_url: str | None = None


def read_text(request: HookRequest) -> InboundText:
    """Raises UnsupportedType and Malformed."""
    document = _decode(request)
    if not isinstance(document, Received):
        raise Malformed("a message.status at the address for texts")
    media = document.media or []
    if len(media) > MEDIA_MOST:
        raise Malformed(f"more than {MEDIA_MOST} media")
    return InboundText(
        carrier_ref=readable(document.id, "id"),
        sender=readable(document.sender, "from"),
        to=readable(document.to, "to"),
        body=legible(document.body),
        media=references((each.url, each.content_type) for each in media if each),
        sent_at=sent(document.at),
    )


def read_receipt(request: HookRequest) -> Receipt:
    """Raises UnsupportedType and Malformed."""
    document = _decode(request)
    if not isinstance(document, Status):
        raise Malformed("a message.received at the address for receipts")
    state = STATES.get(document.state)
    if state is None:
        raise Malformed("state is not one of " + " ".join(STATES))
    ref, token = readable(document.id, "id"), request.query.get("token")
    if state not in _BROKEN:
        return Receipt(ref, token, state)
    reason = Reason(document.error) if isinstance(document.error, str) else document.error
    code = readable(reason.code, "error code", 64) if reason else None
    meaning = meaning_of(CODES, code, legible(reason.says) if reason and reason.says else None)
    return Receipt(ref, token, state, code, meaning.says, meaning.permanent, meaning.opted_out)


def write_send(text: OutboundText) -> bytes:
    return msgspec.json.encode(
        _Send(
            id=text.message,
            sender=text.sender,
            to=text.to,
            body=text.body,
            media=[Media(url) for url in text.media_urls],
            status_url=text.status_url,
        )
    )


def _decode(request: HookRequest) -> Received | Status:
    try:
        document: Received | Status = read(json_of(request), Received | Status)  # type: ignore[arg-type]
    except Malformed as error:
        # It names the place and the type, but of a type that is not known the value.
        if str(error).startswith("Invalid value"):
            raise Malformed("an unknown type of document") from None
        raise
    return document
