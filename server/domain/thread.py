"""A conversation as it is, with its participants; and what a verb of `conversation.py` makes of it."""

import msgspec

from server.domain.audience import Participants
from server.domain.events import EventType


class Conversation(msgspec.Struct, frozen=True):
    """Everything between an account and one contact phone. Instants are µs UTC; `seq` is the number of its last event.

    `anew_at` is when a claim, a transfer or waking last started the clock anew; what is at or below `settled_seq` needs no answer
    any more, because a person said so.
    """

    id: str
    account: str
    contact: str
    phone: str
    seq: int = 0
    owner: str | None = None
    did: str | None = None
    last_message: int | None = None
    waiting_since: int | None = None
    clock_start: int | None = None
    public_since: int | None = None
    claimed_at: int | None = None
    claimed_by: str | None = None
    claimed_seq: int = 0
    closed_at: int | None = None
    snoozed_until: int | None = None
    anew_at: int | None = None
    settled_seq: int = 0
    introduced_at: int | None = None
    texted_at: int | None = None
    active_at: int = 0

    @property
    def public(self) -> bool:
        return self.public_since is not None


class Thread(msgspec.Struct, frozen=True):
    """A conversation with its participants, by user id."""

    conversation: Conversation
    participants: Participants


class Happening(msgspec.Struct, frozen=True):
    """One event to be written: its type, why, and the user that it is about, if any."""

    type: EventType
    reason: str | None = None
    user: str | None = None


class Step(msgspec.Struct, frozen=True):
    """What a verb made of a thread. `happened` is numbered from `thread.conversation.seq + 1` on, in order."""

    thread: Thread
    happened: tuple[Happening, ...] = ()

    def seq_of(self, event: EventType) -> int:
        return self.thread.conversation.seq + 1 + [h.type for h in self.happened].index(event)
