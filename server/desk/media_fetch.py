"""Attachments of inbound texts: leased, looked at, kept, and shown in place of what stood for them."""

from msgspec.structs import replace

from server.desk.desk import Desk
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.media import PICTURES, Attachment, MediaState, attachments, is_layout, kept, shown_name, type_of
from server.domain.thread import Happening, Step
from server.domain.user import SYSTEM
from server.store import media_fetch, messages
from server.store.database import Transaction
from server.store.files import open_files
from server.store.media_fetch import Away
from server.store.pictures import Broken, Studio, TooManyPixels

MINUTE_US = 60_000_000
PAUSES_US = (MINUTE_US, 5 * MINUTE_US, 30 * MINUTE_US)
"""Before the second try, the third and the last."""
LEASE_US = 2 * MINUTE_US
"""Longer than a try takes: 15 seconds for the carrier, as many for a picture, and their queues."""
NAME = "attachment"
"""What carriers call it is a number of theirs, or nothing."""


async def lease(desk: Desk, most: int) -> list[Away]:
    """Takes at most `most` that are due. Committed before anything is fetched. A try whose fetcher died is over after LEASE_US."""
    if most < 1 or await next_look(desk) != 0:
        return []

    async def take(work: Work) -> list[Away]:
        return await media_fetch.take(work.tx, work.now + LEASE_US, most)

    leased = await desk.change(take)
    worn_out = [away for away in leased if away.attempt > len(PAUSES_US) + 1]
    for away in worn_out:
        await refuse(desk, away, MediaState.FAILED)
    return [away for away in leased if away not in worn_out]


async def next_look(desk: Desk) -> int | None:
    """Microseconds until one falls due, by the database's clock; None when nothing is away."""

    async def read(tx: Transaction) -> int | None:
        at = await media_fetch.next_due(tx)
        return None if at is None else max(0, at - tx.now)

    return await desk.read(read)


async def put_off(desk: Desk, away: Away) -> None:
    """The carrier did not hand it over, and may later; after the last try it `failed`."""
    if away.attempt > len(PAUSES_US):
        return await refuse(desk, away, MediaState.FAILED)

    async def later(work: Work) -> None:
        await media_fetch.put_off(work.tx, away, work.now + PAUSES_US[away.attempt - 1])

    return await desk.change(later)


async def refuse(desk: Desk, away: Away, state: MediaState) -> None:
    """For good."""
    await _settle(desk, away, state)


class Intake:
    """One a process. What was fetched is kept before it is shown, so a process that dies between the two fetches it again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._files = open_files(desk.settings.media_url)
        self._studio = Studio()

    async def take_in(self, away: Away, content: bytes) -> None:
        """Durable when it returns, whatever it turned out to be. Raises `Unavailable`, also where it cannot be kept."""
        type = type_of(content)
        if type is None:
            return await _settle(self._desk, away, None if is_layout(content) else MediaState.BLOCKED)
        try:
            picture = await self._studio.look(content) if type in PICTURES else None
        except TooManyPixels:
            return await _settle(self._desk, away, MediaState.TOO_LARGE)
        except Broken:
            return await _settle(self._desk, away, MediaState.BLOCKED)
        await self._files.write(away.id, content, picture.thumbnail if picture else None)
        ready = Attachment(
            id=away.id,
            content_type=type,
            state=MediaState.READY,
            size=len(content),
            name=shown_name(NAME, type),
            width=picture.width if picture else None,
            height=picture.height if picture else None,
        )
        return await _settle(self._desk, away, ready)


async def _settle(desk: Desk, away: Away, became: Attachment | MediaState | None) -> None:
    """Row, message and event in one transaction. `became` None: it is nothing to show, and its place closes."""

    async def conversation(work: Work) -> list[str]:
        found = await messages.by_id(work.tx, away.message)
        return [found.conversation] if found else []

    async def change(work: Work) -> None:
        message = await work.message(away.message)
        attached = {each.id: each for each in attachments(message.media)} if message else {}
        if message is None or away.id not in attached:
            return await media_fetch.let_go(work.tx, away.id)
        if became is None:
            settled = await media_fetch.drop(work.tx, away)
            del attached[away.id]
        else:
            attached[away.id] = replace(attached[away.id], state=became) if isinstance(became, MediaState) else became
            settled = await media_fetch.settle(work.tx, away, attached[away.id])
        if not settled:
            return None
        message = replace(message, media=kept([*attached.values()]))
        work.rewrite(message)
        thread = work.staged.threads[message.conversation]
        work.happen(thread, Step(thread, (Happening(EventType.MESSAGE_UPDATED, "media"),)), SYSTEM, message)
        return None

    await desk.change(change, locks=conversation)
