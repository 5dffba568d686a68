"""Who takes part in a conversation, who is alerted, and who receives an event (PRODUCT rules 5-7, CONTRACT websocket)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    OWNER = "owner"
    SUBSCRIBER = "subscriber"


@dataclass(frozen=True, slots=True)
class Participant:
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
    return tuple(
        sorted(
            p.user
            for p in participants.values()
            if p.user != but and (p.part is Part.OWNER or p.muted_at is None)
        )
    )


def owner_of(participants: Iterable[Participant]) -> str | None:
    return next((p.user for p in participants if p.part is Part.OWNER), None)
