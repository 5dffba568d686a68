"""What may go out at the same time and what may not: a lane goes one after another, several lanes go side by side."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Lanes(Generic[T]):
    """What waits, in the order in which it came, and the lanes of which one is under way."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, T]] = []
        self._busy: set[str] = set()

    def add(self, lane: str, item: T) -> None:
        self._waiting.append((lane, item))

    def take(self) -> tuple[str, T] | None:
        """The first one whose lane is free, which is busy from now on; None when there is none."""
        for place, (lane, _) in enumerate(self._waiting):
            if lane not in self._busy:
                self._busy.add(lane)
                return self._waiting.pop(place)
        return None

    def free(self, lane: str) -> None:
        self._busy.remove(lane)


class _Named(msgspec.Struct):
    id: str


class _Thread(msgspec.Struct):
    contact: _Named


class _Data(msgspec.Struct):
    contact: _Named | None = None
    conversation: _Thread | str | None = None


class _Event(msgspec.Struct):
    data: _Data


_event = msgspec.json.Decoder(_Event).decode


def contact_of(event: str) -> str:
    """The contact that an event, as it is on the wire, is about: its own or its conversation's. Empty for none, and for a shape that
    nobody foresaw, which must hold nothing up: those are one lane."""
    try:
        data = _event(event).data
    except msgspec.ValidationError:
        return ""
    if data.contact is not None:
        return data.contact.id
    return data.conversation.contact.id if isinstance(data.conversation, _Thread) else ""
