"""What a manager may pick from the feed: kinds of events, a DID, a user."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.domain.events import EventType

KINDS: Mapping[str, Sequence[EventType]] = {
    "in": (EventType.MESSAGE_RECEIVED,),
    "out": (
        EventType.MESSAGE_SCHEDULED,
        EventType.MESSAGE_QUEUED,
        EventType.MESSAGE_SENDING,
        EventType.MESSAGE_SENT,
        EventType.MESSAGE_DELIVERED,
        EventType.MESSAGE_UNDELIVERED,
        EventType.MESSAGE_FAILED,
        EventType.MESSAGE_UNCONFIRMED,
        EventType.MESSAGE_CANCELLED,
    ),
    "claims": (EventType.CONVERSATION_CLAIMED, EventType.CONVERSATION_RELEASED, EventType.CONVERSATION_TRANSFERRED),
    "public": (EventType.CONVERSATION_PUBLIC,),
    "failed": (EventType.MESSAGE_FAILED, EventType.MESSAGE_UNDELIVERED),
    "opt_out": (EventType.CONTACT_OPTED_OUT, EventType.CONTACT_OPTED_IN),
    "notes": (EventType.NOTE_ADDED,),
    "people": (EventType.SUBSCRIBER_ADDED, EventType.SUBSCRIBER_REMOVED, EventType.USER_UPDATED),
    "webhooks": (EventType.WEBHOOK_DISABLED,),
}
"""Together these are not all events: without any kind the feed shows everything."""


def types_of(kinds: Sequence[str]) -> list[EventType] | None:
    """The event types of these kinds, each once; None, which means all, for no kinds."""
    return list(dict.fromkeys(type for kind in kinds for type in KINDS[kind])) if kinds else None


def is_about(actor: str | None, data: Mapping[str, Any], *, did: str | None, user: str | None) -> bool:
    """Whether an event, as it is on the wire, is about this DID and this user; None asks for nothing.

    About a DID: its message went over it, or, without a message, its conversation uses it now. About a user: the person did it, it
    names the person, the text is the person's, or the person owns the conversation.
    """
    message, conversation = data.get("message"), data.get("conversation")
    conversation = conversation if isinstance(conversation, dict) else None
    if did is not None and _id((message or conversation or {}).get("did")) != did:
        return False
    if user is None:
        return True
    people = (data.get("user"), (message or {}).get("user"), (conversation or {}).get("owner"))
    return user in (actor, *(_id(each) for each in people))


def _id(named: Any) -> str | None:
    id: str | None = named["id"] if named else None
    return id
