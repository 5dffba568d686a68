"""Catching up from a carrier's own list: what came while nobody listened, and what became of texts without an answer.

Nothing is ever sent from here. What is read twice is one text: a carrier's reference is one row of the inbox.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from msgspec.structs import replace

from server.carriers.carrier import Connection, InboundText
from server.carriers.logbook import Logbook, LoggedText, Unanswered
from server.desk.desk import Desk
from server.desk.dispatch import give_up_leases
from server.desk.outcome import News, apply
from server.desk.receive import receive_texts
from server.desk.work import Work
from server.desk.writer import Locks
from server.domain.doubtful import Doubt, Entry, judge
from server.domain.events import EventType
from server.domain.message import Direction, MessageState, moves_forward
from server.domain.phone import read_sender
from server.domain.thread import Happening, Step
from server.store import messages, readings_back
from server.store.database import Transaction
from server.store.readings_back import Ours, Reading

HOUR_US = 3_600_000_000
OVERLAP_US = 600_000_000
"""So much of what is known is read again: a carrier may list a text late."""
LONGEST_BACK_US = 7 * 24 * HOUR_US
RETRY_US = 300_000_000
LEASE_US = 120_000_000
KEEP_SECONDS = 40.0
"""A carrier may take longer for one page than the lease lasts."""
SURE_US = 900_000_000
"""What the list does not show so long after it was handed over was probably not sent."""
LATE_US = 60_000_000
"""What comes so late says when it was sent."""
AT_ONCE = 50
SIFTED_AT_ONCE = 1000
PATIENCE = 3
"""A carrier that will not tell so many texts, one after the other, is gone."""
NOT_FOUND = "not_found"


@dataclass(slots=True)
class _Log:
    """What a list says that may be news, and why it was not read to its end."""

    inbound: list[LoggedText] = field(default_factory=list)
    outbound: list[LoggedText] = field(default_factory=list)
    failure: str | None = None


async def due_readings(desk: Desk, since: int) -> list[tuple[str, str]]:
    """(id, kind) of connections whose list is to be read now: not read since `since` (µs) or for an hour, or with a text to look for."""
    kinds = [kind for kind, carrier in desk.carriers.items() if isinstance(carrier, Logbook)]

    async def read(tx: Transaction) -> list[tuple[str, str]]:
        return await readings_back.due(tx, kinds, max(since, tx.now - HOUR_US), tx.now - RETRY_US)

    return await desk.read(read)


async def read_back(desk: Desk, connection: Connection, holder: str, http: httpx2.AsyncClient) -> Reading | None:
    """Reads one connection's list and takes in what it says; None where somebody else does. What was found stays found, however it ends.

    What dead senders held is doubtful before the doubts are taken: the next reading may look for none that was handed over long before.
    """

    async def take(work: Work) -> tuple[Reading | None, int, dict[str, int], list[Doubt]]:
        reading = await readings_back.take(work.tx, connection.id, holder, work.now + LEASE_US)
        doubts = await readings_back.doubts(work.tx, connection.id, work.now - LONGEST_BACK_US)
        return reading, work.now, await readings_back.numbers(work.tx, connection.id), doubts

    while await give_up_leases(desk):
        pass
    reading, now, numbers, doubts = await desk.change(take)
    if reading is None:
        return None
    failure: str | None = "Something failed here. The log says what."
    try:
        sought = {doubt.id: doubt.handed_at for doubt in doubts if _is_sought(doubt, reading)}
        since = max(min([reading.known_to, *sought.values()]) - OVERLAP_US, now - LONGEST_BACK_US)
        async with kept(desk, connection, holder):
            log = await _read(desk, connection, (since, now), numbers, doubts, http)
            texts = await _take_in(desk, connection, log, http, now)
            cleared = await _clear_up(desk, connection, log, doubts, sought, now)
        failure = log.failure
        if failure is None:
            await desk.change(lambda work: readings_back.done(work.tx, connection.id, holder, now, texts, cleared))
    except asyncio.CancelledError:
        failure = None
        raise
    finally:
        # After `done` it is nobody's any more, and this changes nothing.
        await desk.change(lambda work: readings_back.give_back(work.tx, connection.id, holder, failure))
    return (await desk.read(lambda tx: readings_back.of_carriers(tx, [connection.id])))[connection.id]


def _is_sought(doubt: Doubt, reading: Reading) -> bool:
    """Whether the list is read from before it was handed over. Once a reading that was sure of it is done, another one would tell no more:
    a carrier that keeps no words may never say which of two texts it has."""
    return not doubt.judged and doubt.handed_at >= reading.known_to - SURE_US


@asynccontextmanager
async def kept(desk: Desk, connection: Connection, holder: str) -> AsyncIterator[None]:
    """The lease lasts as long as this does, however long the carrier takes."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            await desk.change(lambda work: readings_back.keep(work.tx, connection.id, holder, work.now + LEASE_US))

    try:
        async with asyncio.TaskGroup() as tasks:
            keeper = tasks.create_task(keep())
            yield
            keeper.cancel()
    except ExceptionGroup as several:
        # Whoever called is told what failed, not that it was in a group.
        raise several.exceptions[0] from None


async def _read(
    desk: Desk, connection: Connection, span: tuple[int, int], numbers: dict[str, int], doubts: Sequence[Doubt], http: httpx2.AsyncClient
) -> _Log:
    """What concerns our numbers: an account at a carrier may have others, and texts from before a number was ours are not ours."""
    book = desk.carriers[connection.kind]
    assert isinstance(book, Logbook), "only such connections are due"
    log, doubtful = _Log(), {doubt.id for doubt in doubts}
    # What is in doubt was handed over here, though its number may leave over another connection by now.
    ours = {doubt.sender: 0 for doubt in doubts} | numbers
    listed: list[LoggedText] = []
    try:
        async for logged in book.logged(connection, *span, http):
            came = logged.direction is Direction.INBOUND
            since = numbers.get(read_sender(logged.to).text) if came else ours.get(read_sender(logged.sender).text)
            if since is not None and logged.at >= since:
                listed.append(logged)
            if len(listed) == SIFTED_AT_ONCE:
                await _sift(desk, connection, log, listed, doubtful)
                listed = []
    except Unanswered as error:
        log.failure = str(error)
    await _sift(desk, connection, log, listed, doubtful)
    return log


async def _sift(desk: Desk, connection: Connection, log: _Log, listed: Sequence[LoggedText], doubtful: Collection[str]) -> None:
    """Most of a list is known, and is let go at once."""
    inbound = [text for text in listed if text.direction is Direction.INBOUND]
    outbound = [text for text in listed if text.direction is not Direction.INBOUND]

    async def read(tx: Transaction) -> tuple[set[str], dict[str, Ours]]:
        unheard = await readings_back.unheard(tx, connection.id, (text.carrier_ref for text in inbound))
        return unheard, await readings_back.ours(tx, connection.id, (text.carrier_ref for text in outbound))

    unheard, ours = await desk.read(read)
    log.inbound += (text for text in inbound if text.carrier_ref in unheard)
    for text in outbound:
        known = ours.get(text.carrier_ref)
        if known is None or known.id in doubtful or _is_news(known, text):
            log.outbound.append(text)


def _is_news(known: Ours, text: LoggedText) -> bool:
    """A transaction for each text of a list, each hour anew, would be too much. What a sender still holds is not told that it is `sent`."""
    if known.state is MessageState.UNCONFIRMED:
        return True
    if text.state is None or text.state is MessageState.SENT:
        return False
    return moves_forward(known.state, text.state) or (text.opted_out and text.code != known.code)


async def _take_in(desk: Desk, connection: Connection, log: _Log, http: httpx2.AsyncClient, now: int) -> int:
    """In the order in which they were sent; the carrier is asked for the whole of new ones alone. Returns how many came in."""
    book = desk.carriers[connection.kind]
    assert isinstance(book, Logbook), "only such connections are due"
    listed = {text.carrier_ref: text for text in log.inbound}
    new = await desk.read(lambda tx: readings_back.unheard(tx, connection.id, listed))
    fresh = sorted((listed[ref] for ref in new), key=lambda text: (text.at, text.carrier_ref))
    came = refused = 0
    for first in range(0, len(fresh), AT_ONCE):
        texts: list[InboundText] = []
        for text in fresh[first : first + AT_ONCE]:
            try:
                texts.append(_inbound(await book.whole(connection, text, http), now))
                refused = 0
            except Unanswered as error:
                # One that cannot be told keeps no other waiting.
                log.failure, refused = str(error), refused + 1
                if refused == PATIENCE:
                    break
        await receive_texts(desk, connection, texts, now)
        came += len(texts)
        if refused == PATIENCE:
            break
    return came


def _inbound(text: LoggedText, now: int) -> InboundText:
    return InboundText(
        carrier_ref=text.carrier_ref,
        sender=text.sender,
        to=text.to,
        body=text.body or "",
        media=text.media,
        sent_at=text.at if text.at < now - LATE_US else None,
        wordless=text.body is None,
    )


async def _clear_up(desk: Desk, connection: Connection, log: _Log, doubts: Sequence[Doubt], sought: Mapping[str, int], now: int) -> int:
    """Applies the states of our texts, and finds those that had no answer. Returns how many of these have one now. Only of those `sought`,
    by when they were handed over, does it mean anything that the list does not show them."""
    outbound = log.outbound

    async def read(tx: Transaction) -> dict[str, Ours]:
        by_ref = await readings_back.ours(tx, connection.id, (text.carrier_ref for text in outbound))
        named = [text for text in outbound if text.carrier_ref not in by_ref and (text.token or text.message)]
        for text in named:
            found = await (messages.by_token(tx, text.token) if text.token else messages.by_id(tx, text.message or ""))
            if found is not None and found.account == connection.account:
                by_ref[text.carrier_ref] = Ours(found.id, found.state, found.error_code)
        return by_ref

    known = await desk.read(read)
    # A sender may still be about to write down whose these are.
    strange = [text for text in outbound if text.carrier_ref not in known and text.at < now - LATE_US]
    entries = [Entry(t.carrier_ref, read_sender(t.sender).text, read_sender(t.to).text, t.body, t.at) for t in strange]
    listed = {ours.id for ours in known.values()}
    waiting = [doubt for doubt in doubts if doubt.id not in listed]
    verdict = judge(waiting, entries)
    by_ref = {text.carrier_ref: text for text in outbound}
    told = {ours.id: by_ref[ref] for ref, ours in known.items() if _is_news(ours, by_ref[ref])}
    cleared = {ours.id for ours in known.values() if ours.state is MessageState.UNCONFIRMED} | verdict.found.keys()
    for id, text in (told | {id: by_ref[ref] for id, ref in verdict.found.items()}).items():
        await _tell(desk, id, text)
    if log.failure is None:
        for id in verdict.missing:
            if id in sought and sought[id] < now - SURE_US:
                await _not_found(desk, id)
    return len(cleared)


async def _tell(desk: Desk, id: str, text: LoggedText) -> None:
    """The carrier has it: that is `sent` at the least."""

    async def change(work: Work) -> None:
        message = await work.message(id)
        if message is None:
            return
        if message.carrier_ref is None:
            message = replace(message, carrier_ref=text.carrier_ref)
            work.rewrite(message)
        await apply(work, message, News(text.state or MessageState.SENT, text.code, text.says, text.opted_out))

    await desk.change(change, locks=_where(id))


async def _not_found(desk: Desk, id: str) -> None:
    """It stays `unconfirmed`, and says what is known. Told once."""

    async def change(work: Work) -> None:
        message = await work.message(id)
        if message is None or message.state is not MessageState.UNCONFIRMED or message.error_code in (NOT_FOUND, "sent_again"):
            return
        says = "The carrier's list does not show this text: it was probably not sent."
        message = replace(message, error_code=NOT_FOUND, error_says=says)
        work.rewrite(message)
        thread = work.staged.threads[message.conversation]
        work.happen(thread, Step(thread, (Happening(EventType.MESSAGE_UNCONFIRMED, NOT_FOUND),)), message=message)

    await desk.change(change, locks=_where(id))


def _where(id: str) -> Locks:
    async def conversation(work: Work) -> list[str]:
        found = await messages.by_id(work.tx, id)
        return [] if found is None else [found.conversation]

    return conversation
