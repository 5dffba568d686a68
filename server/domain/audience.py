"""Who takes part in a conversation, who is alerted, and who receives an event."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from server.domain.events import EventType


class Part(StrEnum):
    OWNER = "owner"
    SUBSCRIBER = "subscriber"


class Participant(msgspec.Struct, frozen=True):
    """One user's part in one conversation. `muted_at` in µs UTC or None; `read_seq` is the last seq that the person read."""

    user: str
    part: Part
    muted_at: int | None = None
    read_seq: int = 0


Participants = Mapping[str, Participant]
"""By user id."""


def audience(before: Participants, after: Participants) -> tuple[str, ...]:
    """Participants before or after the change, so that a removed one still gets the removal."""
    return tuple(sorted(before.keys() | after.keys()))


def alerted(participants: Participants, *, but: str | None = None) -> tuple[str, ...]:
    """The owner and every unmuted subscriber, but not the sender itself. An owner who muted is alerted all the same."""
    return tuple(sorted(p.user for p in participants.values() if p.user != but and (p.part is Part.OWNER or p.muted_at is None)))


def alerts(
    event: EventType, people: Participants, *, actor: str | None, sender: str | None, mentioned: tuple[str, ...] = (), told: bool = False
) -> tuple[str, ...]:
    """Whom an event alerts, decided once, when it is written. `actor` caused it; `sender` wrote the message that it is about.

    Who is `mentioned` in a note is alerted, muted or not. `told`: of this text the participants were alerted when it was accepted.
    """
    match event:
        case EventType.MESSAGE_RECEIVED | EventType.CONVERSATION_WAITING | EventType.CONVERSATION_PUBLIC:
            return alerted(people)
        case EventType.NOTE_ADDED if sender:
            return tuple(sorted({*alerted(people, but=sender), *mentioned} - {sender}))
        case EventType.MESSAGE_QUEUED | EventType.MESSAGE_SCHEDULED if sender:
            return () if told else alerted(people, but=sender)
        case EventType.MESSAGE_CANCELLED if sender and sender != actor:
            return (sender,)
        case EventType.CONVERSATION_CLAIMED | EventType.CONVERSATION_TRANSFERRED | EventType.CONVERSATION_RELEASED:
            return alerted(people, but=actor)
        case EventType.MESSAGE_FAILED | EventType.MESSAGE_UNDELIVERED | EventType.MESSAGE_UNCONFIRMED if sender:
            return (sender,)
        case _:
            return ()
