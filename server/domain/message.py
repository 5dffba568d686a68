"""The states of a message and the order in which they may follow each other."""

from enum import StrEnum

import msgspec


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Kind(StrEnum):
    MESSAGE = "message"
    NOTE = "note"


class Purpose(StrEnum):
    """Why an automatic text is sent; and of an inbound one, which handled keyword it is. Any other text has none."""

    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    HELP = "help"


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
"""The states in which a human's outbound message stands as an answer."""

NO_WORDS = "no_words"
"""The `error_code` of a text that came in and whose words the carrier's list does not have."""
BROKEN = frozenset({MessageState.FAILED, MessageState.UNDELIVERED})
"""The states in which an answer failed for good. A cancelled one did not fail: the contact opted out, or its author took it back."""

SILENT = frozenset({MessageState.FAILED, MessageState.CANCELLED})
"""What the contact never got and will not get: nobody needs to have seen it."""

CANCELLABLE = frozenset({MessageState.SCHEDULED, MessageState.QUEUED, MessageState.SENDING})
"""What may be cancelled; a text in `sending` only between two attempts, when no sender holds it."""


def moves_forward(old: MessageState, new: MessageState) -> bool:
    """Whether a message in `old` may become `new`. `received` and `cancelled` are final."""
    if new is MessageState.CANCELLED:
        return old in CANCELLABLE
    return old in _RANK and new in _RANK and _RANK[new] > _RANK[old]


class Message(msgspec.Struct, frozen=True):
    """One SMS or MMS, or a note. `seq` is the number of the event that created it; instants are µs UTC.

    `attempt` counts how often a sender took it; `next_at` is when it may be taken, None while it is scheduled and once nothing is
    left to do; `lease_until` is set while a sender holds it. `token` comes back in the carrier's receipts. An automatic text has
    a `purpose` and no `user`; so has an inbound keyword.
    `body_asked` is what the author wrote, without the opt-out text. `mentions` are the users whom a note names;
    `also_to` whom else the contact sent an inbound text to. `left_seq` is the
    number by which a scheduled text was queued: from there on it stands as an answer. `handed_at` is when a sender last took it, and
    `carrier` the connection that it is handed to, None of texts from before that was kept; `sent_at` when the contact sent a text that
    reached us late, None where it came at once. `asked_at` is when it was to leave, while quiet hours hold it until `send_at` or
    `next_at`; from `any_hour_at` on it may leave in them, since a manager said so.
    """

    id: str
    conversation: str
    account: str
    seq: int
    kind: Kind
    direction: Direction
    body: str
    state: MessageState
    created_at: int
    did: str | None = None
    user: str | None = None
    client_id: str | None = None
    body_asked: str | None = None
    encoding: str = "GSM-7"
    segments: int = 0
    send_at: int | None = None
    error_code: str | None = None
    error_says: str | None = None
    token: str | None = None
    attempt: int = 0
    next_at: int | None = None
    lease_until: int | None = None
    carrier_ref: str | None = None
    media: str = "[]"
    purpose: Purpose | None = None
    mentions: tuple[str, ...] = ()
    also_to: tuple[str, ...] = ()
    left_seq: int | None = None
    handed_at: int | None = None
    sent_at: int | None = None
    asked_at: int | None = None
    any_hour_at: int | None = None
    carrier: str | None = None

    @property
    def held_until(self) -> int | None:
        """Until when quiet hours hold it, µs; None where they do not."""
        if self.asked_at is None:
            return None
        return self.send_at if self.state is MessageState.SCHEDULED else self.next_at

    @property
    def human(self) -> bool:
        return self.user is not None

    @property
    def said_seq(self) -> int:
        """The number from which it was said: a scheduled text is said when it is queued."""
        return self.left_seq or self.seq

    @property
    def people(self) -> tuple[str, ...]:
        """The users whom it shows: its author, and whom it mentions."""
        return self.mentions if self.user is None else (self.user, *self.mentions)
