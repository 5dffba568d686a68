"""Writing what a tab missed, which may be much, at the pace at which it reads."""

from collections.abc import Iterable

from channels.ear import Ear
from channels.envelope import Envelope
from channels.frames import event_frames
from server.live.wire import Wire


class Over(Exception):
    """The socket is gone."""


async def write(ear: Ear, wire: Wire, events: Iterable[Envelope]) -> None:
    """Ahead of everything that the ear holds. Raises `Over`."""
    for made in event_frames(event.body for event in events):
        ear.outbox.push(made)
        ear.outbox.flush()
        await wire.drained()
        if ear.outbox.closed or wire.lost:
            raise Over
