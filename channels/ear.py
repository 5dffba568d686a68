"""One tab as this process's dispatcher sees it."""

from collections.abc import Callable

from channels.envelope import ACCOUNT, MANAGERS, Envelope
from channels.frames import CUT_BYTES, Outbox, event_frames, events, frame


class Ear:
    """Who listens, and from where on: `since` is the position up to which the tab has been served by its own reading.

    While `held` is a list, events gather there instead of going out, because something older is being read for the tab. `told` is
    the last N that the tab was told; every event up to it that concerns the tab has been pushed before.
    """

    __slots__ = ("_held_bytes", "account", "held", "manager", "outbox", "since", "told", "user")

    def __init__(self, account: str, user: str, *, manager: bool, outbox: Outbox) -> None:
        self.account = account
        self.user = user
        self.manager = manager
        self.outbox = outbox
        self.since = -1
        self.told = -1
        self.held: list[Envelope] | None = None
        self._held_bytes = 0

    def hold(self) -> None:
        if self.held is None:
            self.held = []
            self._held_bytes = 0

    def give(self, some: list[Envelope]) -> None:
        """Events of which some may be older than `since`, or that have to wait."""
        fresh = [envelope for envelope in some if envelope.position > self.since]
        if self.held is None:
            if fresh:
                self.outbox.push(events([envelope.body for envelope in fresh]))
            return
        self.held.extend(fresh)
        self._held_bytes += sum(len(envelope.body) for envelope in fresh)
        if self._held_bytes > CUT_BYTES:
            self.outbox.cut()
            self.held = []

    def let_go(self, read: Callable[[Envelope], bool] | None = None) -> None:
        """Sends what was held, but nothing up to `since` and nothing that the tab has `read` for itself meanwhile."""
        held, self.held = self.held or [], None
        late = [envelope.body for envelope in held if envelope.position > self.since and not (read is not None and read(envelope))]
        for made in event_frames(late):
            self.outbox.push(made)

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
        self.since = self.told = position
        self.outbox.push(frame({"op": "reset", "position": position, "why": why}))


def ready(position: int) -> bytes:
    return frame({"op": "ready", "position": position})
