"""The closed list of events and how far each reaches without being asked for."""

from enum import StrEnum
from functools import cache


class EventType(StrEnum):
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SCHEDULED = "message.scheduled"
    MESSAGE_QUEUED = "message.queued"
    MESSAGE_SENDING = "message.sending"
    MESSAGE_SENT = "message.sent"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_UNDELIVERED = "message.undelivered"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_UNCONFIRMED = "message.unconfirmed"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_UPDATED = "message.updated"
    NOTE_ADDED = "note.added"
    CONVERSATION_OPENED = "conversation.opened"
    CONVERSATION_PUBLIC = "conversation.public"
    CONVERSATION_CLAIMED = "conversation.claimed"
    CONVERSATION_RELEASED = "conversation.released"
    CONVERSATION_TRANSFERRED = "conversation.transferred"
    CONVERSATION_ANSWERED = "conversation.answered"
    CONVERSATION_WAITING = "conversation.waiting"
    CONVERSATION_CLOSED = "conversation.closed"
    CONVERSATION_REOPENED = "conversation.reopened"
    CONVERSATION_SNOOZED = "conversation.snoozed"
    CONVERSATION_WOKEN = "conversation.woken"
    CONVERSATION_READ = "conversation.read"
    SUBSCRIBER_ADDED = "subscriber.added"
    SUBSCRIBER_REMOVED = "subscriber.removed"
    SUBSCRIBER_MUTED = "subscriber.muted"
    CONTACT_CREATED = "contact.created"
    CONTACT_UPDATED = "contact.updated"
    CONTACT_READY_CHANGED = "contact.ready_changed"
    CONTACT_OPTED_OUT = "contact.opted_out"
    CONTACT_OPTED_IN = "contact.opted_in"
    CONTACT_DELETED = "contact.deleted"
    LIVE_FILTER_ENTERED = "live_filter.entered"
    LIVE_FILTER_LEFT = "live_filter.left"
    LIVE_FILTER_CREATED = "live_filter.created"
    LIVE_FILTER_UPDATED = "live_filter.updated"
    LIVE_FILTER_DELETED = "live_filter.deleted"
    SETTINGS_CHANGED = "settings.changed"
    USER_UPDATED = "user.updated"
    PREFERENCES_CHANGED = "preferences.changed"
    WEBHOOK_DISABLED = "webhook.disabled"


class Reach(StrEnum):
    """Who receives an event without watching anything."""

    PARTICIPANTS = "participants"
    ACCOUNT = "account"
    MANAGERS = "managers"
    PERSON = "person"


_ACCOUNT_WIDE = frozenset(
    {
        EventType.CONVERSATION_PUBLIC,
        EventType.CONVERSATION_CLAIMED,
        EventType.CONVERSATION_RELEASED,
        EventType.SETTINGS_CHANGED,
        EventType.USER_UPDATED,
    }
)
PERSONAL = frozenset({EventType.CONVERSATION_READ, EventType.SUBSCRIBER_MUTED, EventType.PREFERENCES_CHANGED})
"""Events that concern one person alone and carry no `seq`."""
RENEWING = frozenset(
    {
        EventType.CONTACT_UPDATED,
        EventType.CONTACT_READY_CHANGED,
        EventType.CONTACT_OPTED_OUT,
        EventType.CONTACT_OPTED_IN,
        EventType.SETTINGS_CHANGED,
        EventType.USER_UPDATED,
    }
)
"""Events of a change of what others show too: a contact, a number, a person, a setting."""


@cache
def reach(event: EventType) -> Reach:
    if event in PERSONAL:
        return Reach.PERSON
    if event in _ACCOUNT_WIDE or event.startswith("contact."):
        return Reach.ACCOUNT
    if event.startswith(("live_filter.", "webhook.")):
        return Reach.MANAGERS
    return Reach.PARTICIPANTS


def state_event(state: str) -> EventType:
    """The event that says that an outbound message reached `state`."""
    return EventType(f"message.{state}")
