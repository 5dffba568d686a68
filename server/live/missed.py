"""Writing what a tab missed, which may be much, at the pace at which it reads."""

from collections.abc import Iterable

from channels.ear import Ear
from channels.envelope import Envelope
from channels.frames import event_frames
from server.desk.stream import Page, Stream
from server.domain.user import User
from server.live.protocol import Resume
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


async def catch_up(ear: Ear, wire: Wire, stream: Stream, user: User, asked: Resume) -> tuple[Page, str | None, dict[str, int]]:
    """Writes what came unasked since then: the last reading of it, why the tab must load anew instead, and what the user takes part in.

    The ear holds what comes meanwhile. Raises `Over`, and as the database does.
    """
    page, parts = await stream.unasked(user, asked.position)
    why = _why_not(asked, page)
    while why is None:
        await write(ear, wire, page.events)
        if not page.more:
            ear.serve(page.position)
            return page, None, parts
        ear.hold()
        page, _ = await stream.unasked(user, page.events[-1].position)
        why = "too_far" if page.too_far else None
    ear.reset(page.position, why)
    return page, why, parts


def _why_not(asked: Resume, page: Page) -> str | None:
    """Why the tab must load anew: it comes from another database, from the future, or from too long ago."""
    if asked.epoch is not None and asked.epoch != page.epoch:
        return "epoch"
    if asked.position is not None and asked.position > page.position:
        return "epoch"
    return "too_far" if page.too_far else None
