"""The states of a message and the order in which they may follow each other (PRODUCT rule 27)."""

from enum import StrEnum


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Kind(StrEnum):
    MESSAGE = "message"
    NOTE = "note"


class MessageState(StrEnum):
    RECEIVED = "received"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    UNCONFIRMED = "unconfirmed"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


_RANK = {
    MessageState.SCHEDULED: 0,
    MessageState.QUEUED: 1,
    MessageState.SENDING: 2,
    MessageState.UNCONFIRMED: 3,
    MessageState.SENT: 4,
    MessageState.FAILED: 5,
    MessageState.UNDELIVERED: 5,
    MessageState.DELIVERED: 6,
}

ANSWERS = frozenset(
    {
        MessageState.QUEUED,
        MessageState.SENDING,
        MessageState.UNCONFIRMED,
        MessageState.SENT,
        MessageState.DELIVERED,
    }
)
"""The states in which a human's outbound message stands as an answer (PRODUCT rule 9)."""

BROKEN = frozenset({MessageState.FAILED, MessageState.UNDELIVERED, MessageState.CANCELLED})
"""The states in which an outbound message is no answer any more."""

WAITING_TO_LEAVE = frozenset({MessageState.SCHEDULED, MessageState.QUEUED})


def moves_forward(old: MessageState, new: MessageState) -> bool:
    """Whether a message in `old` may become `new`. `received` and `cancelled` are final; only what has not left can be cancelled."""
    if new is MessageState.CANCELLED:
        return old in WAITING_TO_LEAVE
    return old in _RANK and new in _RANK and _RANK[new] > _RANK[old]
