"""One tab as this process's dispatcher sees it."""

from collections.abc import Callable

from channels.envelope import ACCOUNT, MANAGERS, Envelope
from channels.frames import CUT_BYTES, Outbox, event_frames, frame

Match = Callable[[Envelope], bool]


class Ear:
    """Who listens, and what the tab has been served by a reading of its own and must not get again.

    Nothing up to `since` goes out, and nothing that a `cover` matches up to its position; no event above `careful` needs that look.
    While `held` is a list, events gather there, because something older is being read. `straight` is where the bodies of events go if none
    needs a look; else it is None, and `give` takes the event. `told` is the last N that the tab was told; every event up to it
    that concerns the tab has been pushed before.
    """

    __slots__ = ("_covers", "_held_bytes", "account", "careful", "held", "manager", "outbox", "since", "straight", "told", "user")

    def __init__(self, account: str, user: str, *, manager: bool, outbox: Outbox) -> None:
        self.account = account
        self.user = user
        self.manager = manager
        self.outbox = outbox
        self.straight: list[bytes] | None = outbox.bodies
        self.since = -1
        self.careful = -1
        self.told = -1
        self.held: list[Envelope] | None = None
        self._held_bytes = 0
        self._covers: list[tuple[int, Match]] = []

    def hold(self) -> None:
        """From now on events wait. What waited before is forgotten: whoever holds anew reads it."""
        self.held = []
        self._held_bytes = 0
        self.straight = None

    def forget(self, match: Match) -> None:
        """What waits and matches is read from the database next: it need not wait here."""
        assert self.held is not None
        self.held = [envelope for envelope in self.held if not match(envelope)]
        self._held_bytes = sum(len(envelope.body) for envelope in self.held)

    def serve(self, position: int) -> None:
        """The tab has read for itself all that concerns it up to `position`."""
        self.since = position
        self._look(position)

    def cover(self, position: int, match: Match, floor: int) -> None:
        """The tab has read for itself what matches up to `position`; `floor` is up to where nothing comes any more."""
        self._covers = [old for old in self._covers if old[0] > floor]
        self._covers.append((position, match))
        self._look(position)

    def give(self, some: list[Envelope]) -> None:
        """Events of which some may have been read by the tab, or that have to wait."""
        if self.held is None:
            self.outbox.take(self._unread(some))
            return
        self.held.extend(some)
        self._held_bytes += sum(len(envelope.body) for envelope in some)
        if self._held_bytes > CUT_BYTES:
            self.outbox.cut()
            self.hold()

    def let_go(self) -> None:
        """Sends what was held and not read meanwhile. That is no burst which others would wait for: it is the tab that was late."""
        held, self.held = self.held or [], None
        for made in event_frames(self._unread(held)):
            self.outbox.push(made)
        self.outbox.flush()

    def ease(self, floor: int) -> None:
        """All events up to `floor` have been given."""
        if self.held is None and self.careful <= floor:
            self.straight = self.outbox.bodies

    def gets_unasked(self, envelope: Envelope) -> bool:
        """Whether the event concerns the tab without any watch."""
        reach = envelope.reach
        return reach == ACCOUNT or self.user in envelope.audience or (reach == MANAGERS and self.manager)

    def tell(self, position: int) -> None:
        """`ready`, if that is news."""
        if position > self.told:
            self.told = position
            self.outbox.push(ready(position))

    def reset(self, position: int, why: str) -> None:
        """The tab loads anew what it shows, and is live from `position`. Numbers of before may be another database's."""
        self._covers.clear()
        self.careful = -1
        self.serve(position)
        self.told = position
        self.outbox.push(frame({"op": "reset", "position": position, "why": why}))

    def _look(self, position: int) -> None:
        """At each event up to `position`."""
        self.careful = max(self.careful, position)
        self.straight = None

    def _unread(self, some: list[Envelope]) -> list[bytes]:
        return [
            envelope.body
            for envelope in some
            if envelope.position > self.since
            and not any(envelope.position <= position and match(envelope) for position, match in self._covers)
        ]


def ready(position: int) -> bytes:
    return frame({"op": "ready", "position": position})
