"""The AsyncAPI 3.0 document: the frames are written by hand in `asyncapi.json`, the events come from the closed list of them and from
the Structs that the ledger encodes."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from server.desk.live_filters import LiveFilterShape
from server.desk.settings_shape import SettingsShape
from server.desk.shapes import ContactShape, ConversationShape, EventShape, MessageShape, PreferencesShape, UserShape
from server.desk.webhook_shape import WebhookShape
from server.domain.events import PERSONAL, EventType, reach
from server.endpoints.openapi import Shapes

FRAMES = Path(__file__).with_name("asyncapi.json")


class MessageNews(Struct, frozen=True):
    """`message.*` and `note.added`; `reason` says why where there is one to tell."""

    message: MessageShape
    conversation: ConversationShape
    reason: str | UnsetType = UNSET


class ConversationNews(Struct, frozen=True):
    """`conversation.*` and `subscriber.*`; `user` is whom it is about."""

    conversation: ConversationShape
    reason: str | UnsetType = UNSET
    user: UserShape | UnsetType = UNSET


class ReadNews(Struct, frozen=True):
    """The person read up to `read_seq`; `conversation` is an id."""

    conversation: str
    read_seq: int


class ContactNews(Struct, frozen=True):
    """`message` is the text that did it, where one did."""

    contact: ContactShape
    reason: str | UnsetType = UNSET
    message: MessageShape | UnsetType = UNSET


class Named(Struct, frozen=True):
    id: str
    name: str


class MembershipNews(Struct, frozen=True):
    """`count` is how many are in it now."""

    live_filter: Named
    contact: Named
    count: int


class LiveFilterNews(Struct, frozen=True):
    live_filter: LiveFilterShape


class SettingsNews(Struct, frozen=True):
    settings: SettingsShape


class PreferencesNews(Struct, frozen=True):
    preferences: PreferencesShape


class UserNews(Struct, frozen=True):
    user: UserShape
    reason: Literal["created", "changed", "disabled", "signed_out"]


class WebhookNews(Struct, frozen=True):
    """`reason`: no delivery succeeded for a day, or the receiver answered 410."""

    webhook: WebhookShape
    reason: Literal["failing", "gone"]


NEWS: Mapping[str, type[Struct]] = {
    "message": MessageNews,
    "note": MessageNews,
    "conversation": ConversationNews,
    "subscriber": ConversationNews,
    "contact": ContactNews,
    "live_filter": LiveFilterNews,
    EventType.LIVE_FILTER_ENTERED: MembershipNews,
    EventType.LIVE_FILTER_LEFT: MembershipNews,
    "settings": SettingsNews,
    "user": UserNews,
    "preferences": PreferencesNews,
    "webhook": WebhookNews,
}
"""What `data` holds, by the type or else its first word. A test lets everything happen and compares."""

SAYS: Mapping[EventType, str] = {
    EventType.MESSAGE_RECEIVED: "A text came in.",
    EventType.MESSAGE_SCHEDULED: "A text waits for its time.",
    EventType.MESSAGE_QUEUED: "A text was accepted for sending.",
    EventType.MESSAGE_SENDING: "It is being handed to the carrier.",
    EventType.MESSAGE_SENT: "The carrier took it.",
    EventType.MESSAGE_DELIVERED: "It reached the phone.",
    EventType.MESSAGE_UNDELIVERED: "It did not reach the phone.",
    EventType.MESSAGE_FAILED: "The carrier refused it.",
    EventType.MESSAGE_UNCONFIRMED: "The carrier's answer was lost: it may have been sent, and is not sent again.",
    EventType.MESSAGE_CANCELLED: "It will not leave.",
    EventType.MESSAGE_UPDATED: "What came with a text was fetched from its carrier, or will not be; or its words came later.",
    EventType.NOTE_ADDED: "A user wrote an internal note.",
    EventType.CONVERSATION_OPENED: "The first text with this phone.",
    EventType.CONVERSATION_PUBLIC: "It waits in the pool for anybody.",
    EventType.CONVERSATION_CLAIMED: "A user took it from the pool and owns it.",
    EventType.CONVERSATION_RELEASED: "Its owner or a manager put it into the pool.",
    EventType.CONVERSATION_TRANSFERRED: "It has another owner, or none.",
    EventType.CONVERSATION_ANSWERED: "Nothing waits any more.",
    EventType.CONVERSATION_WAITING: "The answer failed: the wait is back with its original time.",
    EventType.CONVERSATION_CLOSED: "It was closed.",
    EventType.CONVERSATION_REOPENED: "It is open again.",
    EventType.CONVERSATION_SNOOZED: "Its clock stands still for a while.",
    EventType.CONVERSATION_WOKEN: "The snooze is over.",
    EventType.CONVERSATION_READ: "The person read it up to a number.",
    EventType.SUBSCRIBER_ADDED: "A user takes part.",
    EventType.SUBSCRIBER_REMOVED: "A user takes part no more.",
    EventType.SUBSCRIBER_MUTED: "The person is alerted of it no more, or again.",
    EventType.CONTACT_CREATED: "A new contact.",
    EventType.CONTACT_UPDATED: "A contact's fields changed.",
    EventType.CONTACT_READY_CHANGED: "A dialer may call this contact, or no longer.",
    EventType.CONTACT_OPTED_OUT: "Nothing may be sent to one of its numbers.",
    EventType.CONTACT_OPTED_IN: "Texts may be sent again.",
    EventType.CONTACT_DELETED: "A contact with which no conversation was held is gone.",
    EventType.LIVE_FILTER_ENTERED: "A contact is in a live filter now.",
    EventType.LIVE_FILTER_LEFT: "A contact is in a live filter no more.",
    EventType.LIVE_FILTER_CREATED: "A live filter was made and has looked at every contact.",
    EventType.LIVE_FILTER_UPDATED: "A live filter's name or rule changed; with a new rule it has looked at every contact anew.",
    EventType.LIVE_FILTER_DELETED: "A live filter is gone.",
    EventType.SETTINGS_CHANGED: "The account's settings changed.",
    EventType.USER_UPDATED: "A user was added, changed or disabled.",
    EventType.PREFERENCES_CHANGED: "The person chose something in one of that person's tabs.",
    EventType.WEBHOOK_DISABLED: "An outbound webhook was switched off, since its receiver takes nothing.",
}


@cache
def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(FRAMES.read_bytes())
    shapes = Shapes([EventShape, UserShape, ReadNews, *dict.fromkeys(NEWS.values())])
    schemas = dict(shapes.components)
    for event in EventType:
        schemas[event] = _schema(event, shapes)
    document["components"]["schemas"] = schemas
    events = document["components"]["messages"]["events"]["payload"]["properties"]["events"]
    events["items"] = {"oneOf": [{"$ref": f"#/components/schemas/{event}"} for event in EventType]}
    return document


def _schema(event: EventType, shapes: Shapes) -> dict[str, Any]:
    """An event of one type: what all have in common, and its own `data`."""
    news = ReadNews if event is EventType.CONVERSATION_READ else NEWS.get(event) or NEWS[event.partition(".")[0]]
    about = event.partition(".")[0] in ("message", "note", "conversation", "subscriber")
    properties: dict[str, Any] = {
        "type": {"const": event},
        "conversation": {"type": "string" if about else "null"},
        "seq": {"type": "integer" if about and event not in PERSONAL else "null"},
        "data": shapes.of(news),
    }
    reaches = f"Reaches: {reach(event)}."
    return {"description": f"{SAYS[event]} {reaches}", "allOf": [shapes.of(EventShape), {"properties": properties}]}
