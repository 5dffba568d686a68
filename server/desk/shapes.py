"""What goes out over HTTP and the websocket, field by field as the contract names it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import asdict

from server.domain.clocks import public_at
from server.domain.media import Attachment, MediaState, attachments
from server.domain.message import Message
from server.domain.preferences import Preferences, SendKey, Status, Theme, as_of
from server.domain.thread import Conversation
from server.domain.user import User
from server.store.accounts import Did
from server.store.consent import Standing
from server.store.contacts import Contact


class UserShape(msgspec.Struct, frozen=True):
    id: str
    name: str
    role: str


class DidShape(msgspec.Struct, frozen=True):
    id: str
    number: str
    label: str


class ErrorShape(msgspec.Struct, frozen=True):
    code: str
    says: str


class MediaShape(msgspec.Struct, frozen=True):
    """An attachment. `state` is pending (still at the carrier), ready, blocked, too_large, or failed where the carrier did not hand it
    over; `url` is None unless it is ready, `thumbnail_url`, `width` and `height` unless it is a picture too."""

    id: str
    content_type: str | None
    size: int | None
    state: str
    url: str | None
    name: str | None
    width: int | None
    height: int | None
    thumbnail_url: str | None


class MessageShape(msgspec.Struct, frozen=True):
    id: str
    conversation: str
    seq: int
    kind: str
    direction: str
    body: str
    media: list[MediaShape]
    did: DidShape | None
    user: UserShape | None
    client_id: str | None
    state: str
    error: ErrorShape | None
    encoding: str
    segments: int
    send_at: str | None
    held_until: str | None
    created_at: str
    sent_at: str | None
    mentions: list[UserShape]
    also_to: list[str]


class ConversationContactShape(msgspec.Struct, frozen=True):
    """The contact as a conversation shows it: `phone` is the conversation's."""

    id: str
    name: str
    phone: str
    ready: bool
    opted_out: bool


class ConversationShape(msgspec.Struct, frozen=True):
    """`consent_review`: since when somebody has to decide whether a text was an opt-out; automatic and scheduled ones wait meanwhile.
    `consent_review_why`: `sounds_like` one, or `no_words`, which the carrier's list did not have."""

    id: str
    contact: ConversationContactShape
    owner: UserShape | None
    subscribers: list[UserShape]
    did: DidShape | None
    seq: int
    last_message: MessageShape | None
    waiting_since: str | None
    clock_start: str | None
    public_at: str | None
    public_since: str | None
    claimed_at: str | None
    closed_at: str | None
    snoozed_until: str | None
    active_at: str
    opted_out: bool
    repliable: bool
    introduced: bool
    consent_review: str | None
    consent_review_why: str | None


class OwnConversationShape(ConversationShape, frozen=True):
    """As one user sees it. `unread` counts what alerts that user above its read seq; `draft` is how what was begun there begins."""

    unread: int
    muted: bool
    role: str | None
    draft: str | None


class PhoneShape(msgspec.Struct, frozen=True):
    """`consent_review` and its why as of a conversation."""

    number: str
    kind: str
    opted_out: bool
    consent_review: str | None
    consent_review_why: str | None


class ContactShape(msgspec.Struct, frozen=True):
    """`opted_out`: one of its numbers is."""

    id: str
    name: str
    phones: list[PhoneShape]
    ready: bool
    tags: list[str]
    timezone: str | None
    fields: dict[str, str]
    opted_out: bool
    created_at: str
    updated_at: str


class PreferencesShape(msgspec.Struct, frozen=True):
    theme: Theme
    send_key: SendKey
    single_keys: bool
    sound: bool
    desktop: bool
    private_notifications: bool
    pool_alerts: bool
    repeat_unread: bool
    status: Status
    focus_until: str | None


class ActorShape(msgspec.Struct, frozen=True):
    kind: str
    id: str | None
    name: str


class EventShape(msgspec.Struct, frozen=True):
    type: str
    conversation: str | None
    seq: int | None
    position: int
    at: str
    actor: ActorShape
    alert: list[str]
    data: dict[str, Any]


@lru_cache(maxsize=4096)
def instant(us: int) -> str:
    """RFC 3339, UTC, with microseconds."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{us % 1_000_000:06d}Z"


def instant_or_none(us: int | None) -> str | None:
    return None if us is None else instant(us)


def preferences_shape(kept: Preferences, now: int) -> PreferencesShape:
    chosen = as_of(kept, now)
    return PreferencesShape(**asdict(chosen) | {"focus_until": instant_or_none(chosen.focus_until)})


def user_shape(user: User) -> UserShape:
    return UserShape(user.id, user.name, user.role)


def did_shape(did: Did) -> DidShape:
    return DidShape(did.id, did.number, did.label)


def media_shape(attached: Attachment) -> MediaShape:
    url = f"/api/v1/media/{attached.id}" if attached.state is MediaState.READY else None
    return MediaShape(
        id=attached.id,
        content_type=attached.content_type,
        size=attached.size,
        state=attached.state,
        url=url,
        name=attached.name,
        width=attached.width,
        height=attached.height,
        thumbnail_url=f"{url}?thumbnail=1" if url and attached.width is not None else None,
    )


def message_shape(m: Message, users: dict[str, User], dids: dict[str, Did]) -> MessageShape:
    user, did = users.get(m.user or ""), dids.get(m.did or "")
    return MessageShape(
        id=m.id,
        conversation=m.conversation,
        seq=m.seq,
        kind=m.kind,
        direction=m.direction,
        body=m.body,
        media=[media_shape(attached) for attached in attachments(m.media)],
        did=did_shape(did) if did else None,
        user=user_shape(user) if user else None,
        client_id=m.client_id,
        state=m.state,
        error=ErrorShape(m.error_code, m.error_says or "") if m.error_code else None,
        encoding=m.encoding,
        segments=m.segments,
        send_at=instant_or_none(m.send_at),
        held_until=instant_or_none(m.held_until),
        created_at=instant(m.created_at),
        sent_at=instant_or_none(m.sent_at),
        mentions=[user_shape(users[id]) for id in m.mentions],
        also_to=list(m.also_to),
    )


def contact_shape(contact: Contact, standings: Mapping[tuple[str, str], Standing]) -> ContactShape:
    """`standings` holds those of the contact's numbers that there is something to say of."""
    stand = [(phone, standings.get((contact.account, phone.number), Standing())) for phone in contact.phones]
    phones = [PhoneShape(phone.number, phone.kind, at.opted_out, instant_or_none(at.review_at), at.review_why) for phone, at in stand]
    return ContactShape(
        id=contact.id,
        name=contact.name,
        phones=phones,
        ready=contact.ready_at is not None,
        tags=list(contact.tags),
        timezone=contact.timezone,
        fields=dict(contact.fields),
        opted_out=any(phone.opted_out for phone in phones),
        created_at=instant(contact.created_at),
        updated_at=instant(contact.updated_at),
    )


def conversation_fields(
    c: Conversation,
    *,
    contact: Contact,
    standing: Standing,
    owner: User | None,
    subscribers: list[User],
    did: Did | None,
    last_message: MessageShape | None,
    public_minutes: int | None,
    repliable: bool,
) -> dict[str, Any]:
    """The fields that everybody sees, for `ConversationShape` and `OwnConversationShape`."""
    return {
        "id": c.id,
        "contact": ConversationContactShape(contact.id, contact.name, c.phone, contact.ready_at is not None, standing.opted_out),
        "owner": user_shape(owner) if owner else None,
        "subscribers": [user_shape(user) for user in subscribers],
        "did": did_shape(did) if did else None,
        "seq": c.seq,
        "last_message": last_message,
        "waiting_since": instant_or_none(c.waiting_since),
        "clock_start": instant_or_none(c.clock_start),
        "public_at": instant_or_none(public_at(c.clock_start, public_minutes, c.waiting_since)),
        "public_since": instant_or_none(c.public_since),
        "claimed_at": instant_or_none(c.claimed_at),
        "closed_at": instant_or_none(c.closed_at),
        "snoozed_until": instant_or_none(c.snoozed_until),
        "active_at": instant(c.active_at),
        "opted_out": standing.opted_out,
        "repliable": repliable,
        "introduced": c.introduced_at is not None,
        "consent_review": instant_or_none(standing.review_at),
        "consent_review_why": standing.review_why,
    }
