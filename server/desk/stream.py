"""Reading events for tabs: where a tab stands, what it missed, and what the sweep finds. The only truth behind everything live."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from channels.envelope import ACCOUNT, MANAGERS, Envelope
from channels.sweep import Swept
from server.desk.together import Together
from server.domain.user import Role, User
from server.failpoints import switched_off
from server.store import replay
from server.store.database import Database, Transaction
from server.store.replay import Recorded
from server.store.seen import seen_now
from server.store.still_signed_in import roles, still_signed_in

REPLAYED = 10_000
"""Events back that are replayed; beyond them a tab loads anew."""
PAGE = 500
SWEPT = 2_000
SHARED, FEW = 2_000, 3
"""Events that are read once for all tabs that missed some of them, where these are not fewer."""
ATTENDED = 1_000
"""Conversations of a user whose channels are attended; the sweep brings the others' events."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events up to the head `position` of one snapshot; `more` when the reading stopped before it, at the last of them."""

    position: int
    epoch: str
    events: Sequence[Envelope]
    more: bool
    too_far: bool = False


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """Events of one conversation up to its last `seq`, and the account's head in the same snapshot."""

    seq: int
    position: int
    events: Sequence[Envelope]
    more: bool
    too_far: bool


Asked = tuple[Page, dict[str, int]]
V = TypeVar("V")


class Stream:
    """A `channels.sweep.Source`, and what a tab reads for itself. Raises `Unavailable` as the database does, and LookupError where what is
    asked for is not there."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._unasked = Together(db, _read_unasked)
        self._everything = Together(db, _read_everything)
        self._seqs = Together(db, replay.conversation_seqs)
        self._conversations = Together(db, _read_conversations)

    async def head(self, account: str) -> tuple[int, str]:
        async def read(tx: Transaction) -> tuple[int, str]:
            return await replay.head(tx, account), await replay.epoch(tx)

        return await self._db.read(read)

    async def after(self, floors: Mapping[str, int]) -> Swept:
        async def read(tx: Transaction) -> Swept:
            epoch = await replay.epoch(tx)
            found = [] if switched_off("sweep") else await replay.after(tx, floors, SWEPT)
            return Swept(epoch, _envelopes(found), more=len(found) == SWEPT)

        return await self._db.read(read)

    async def unasked(self, user: User, after: int | None) -> tuple[Page, dict[str, int]]:
        """What concerns the user without any watch since the position `after` (None: nothing, only where the head is).

        With it, from the same snapshot, what the user takes part in.
        """
        return _there(await self._unasked.ask((user, after)))

    async def everything(self, account: str, after: int | None) -> Page:
        """All events of the account since the position `after`, for a topic."""
        return _there(await self._everything.ask((account, after)))

    async def has(self, account: str, conversation: str) -> bool:
        """Whether the account has this conversation."""
        return await self._seqs.ask((account, conversation)) is not None

    async def conversation(self, account: str, conversation: str, after: int | None) -> ConversationPage:
        """The conversation's events since the seq `after` (None: none). It must be the account's."""
        return _there(await self._conversations.ask((account, conversation, after)))

    async def seen(self, users: Iterable[str]) -> None:
        """Keeps that these users have a tab open now."""
        await self._db.write(lambda tx: seen_now(tx, users))

    async def still_signed_in(self, sessions: Iterable[str]) -> dict[str, User]:
        """Those of these sessions and tokens that stand, by id, each with its user as of now."""
        return await self._db.read(lambda tx: still_signed_in(tx, sessions))

    async def roles(self, users: Iterable[str]) -> dict[str, Role]:
        """Of those of these users who are not disabled."""
        return await self._db.read(lambda tx: roles(tx, users))


async def _read_unasked(tx: Transaction, asked: Collection[tuple[User, int | None]]) -> dict[tuple[User, int | None], Asked]:
    """Events that several tabs missed are read once for all of them."""
    pages = await _pages(tx, {(user.account, after) for user, after in asked})
    asked = [(user, after) for user, after in asked if (user.account, after) in pages]
    parts = await replay.participations(tx, {user.id for user, _ in asked}, ATTENDED)
    missed: dict[str, list[tuple[User, int]]] = {}
    for user, after in asked:
        if after is not None and _missed(pages[user.account, after], after):
            missed.setdefault(user.account, []).append((user, after))
    found = {(user, after): (pages[user.account, after], parts[user.id]) for user, after in asked}
    for account, some in missed.items():
        shared = await _shared(tx, account, [(after, pages[account, after].position) for _, after in some])
        for user, after in some:
            page = pages[account, after]
            if shared is not None and after >= shared.after:
                events = [event for event in shared.since(after) if _concerns(user, event)]
                read = Page(page.position, page.epoch, events, more=False)
            else:
                rows = await replay.since_for(tx, account, user.id, manager=user.manages, position=after, limit=PAGE)
                read = Page(page.position, page.epoch, _envelopes(rows), more=len(rows) == PAGE)
            found[user, after] = (read, parts[user.id])
    return found


async def _read_everything(tx: Transaction, asked: Collection[tuple[str, int | None]]) -> dict[tuple[str, int | None], Page]:
    found = await _pages(tx, asked)
    missed: dict[str, list[int]] = {}
    for (account, after), page in found.items():
        if after is not None and _missed(page, after):
            missed.setdefault(account, []).append(after)
    for account, some in missed.items():
        shared = await _shared(tx, account, [(after, found[account, after].position) for after in some])
        for after in some:
            page = found[account, after]
            if shared is not None and after >= shared.after:
                found[account, after] = Page(page.position, page.epoch, shared.since(after), more=False)
            else:
                rows = await replay.since(tx, account, after, PAGE)
                found[account, after] = Page(page.position, page.epoch, _envelopes(rows), more=len(rows) == PAGE)
    return found


async def _read_conversations(
    tx: Transaction, asked: Collection[tuple[str, str, int | None]]
) -> dict[tuple[str, str, int | None], ConversationPage]:
    seqs = await replay.conversation_seqs(tx, {(account, conversation) for account, conversation, _ in asked})
    heads = await replay.heads(tx, {account for account, _, _ in asked})
    found = {}
    for account, conversation, after in asked:
        if (account, conversation) not in seqs:
            continue
        seq, position = seqs[account, conversation], heads[account]
        if after is None or after >= seq:
            found[account, conversation, after] = ConversationPage(seq, position, (), more=False, too_far=False)
            continue
        rows = [] if seq - after > REPLAYED else await replay.conversation_since(tx, conversation, after, PAGE)
        pruned = not rows or rows[0].seq != after + 1
        found[account, conversation, after] = ConversationPage(seq, position, _envelopes(rows), more=len(rows) == PAGE, too_far=pruned)
    return found


async def _pages(tx: Transaction, asked: Collection[tuple[str, int | None]]) -> dict[tuple[str, int | None], Page]:
    """By account and `after`: head and epoch, and whether `after` is too far back to be replayed; no events yet. An `after` beyond the head
    may be too large for the database: a tab says what it likes."""
    heads, epoch = await replay.heads(tx, {account for account, _ in asked}), await replay.epoch(tx)
    behind: dict[str, set[int]] = {}
    for account, after in asked:
        if after is not None and account in heads and after < heads[account]:
            behind.setdefault(account, set()).add(after)
    kept = {account: await replay.kept(tx, account, {after + 1 for after in some}) for account, some in behind.items()}
    return {
        (account, after): Page(
            heads[account],
            epoch,
            (),
            more=False,
            too_far=after is not None and after < heads[account] and (heads[account] - after > REPLAYED or after + 1 not in kept[account]),
        )
        for account, after in asked
        if account in heads
    }


def _missed(page: Page, after: int) -> bool:
    """Whether there is something to be read."""
    return not page.too_far and after < page.position


@dataclass(frozen=True, slots=True)
class _Shared:
    """All events of an account after a position, in order."""

    after: int
    events: Sequence[Envelope]

    def since(self, after: int) -> Sequence[Envelope]:
        return self.events[bisect_right(self.events, after, key=_position) :]


async def _shared(tx: Transaction, account: str, asked: Sequence[tuple[int, int]]) -> _Shared | None:
    """What several missed who are not far behind; `asked` are their positions, each with the head. None where that is one alone."""
    near = [after for after, head in asked if head - after <= SHARED]
    if len(near) < FEW:
        return None
    return _Shared(min(near), _envelopes(await replay.since(tx, account, min(near), SHARED)))


def _position(event: Envelope) -> int:
    return event.position


def _concerns(user: User, event: Envelope) -> bool:
    """As `replay.since_for` has it."""
    return event.reach == ACCOUNT or (event.reach == MANAGERS and user.manages) or user.id in event.audience


def _there(found: V | None) -> V:
    """Whoever asks for what is gone must not break the reading for those who asked with it."""
    if found is None:
        raise LookupError("It is not there any more.")
    return found


def _envelopes(found: Sequence[Recorded]) -> list[Envelope]:
    return [Envelope(e.account, e.position, e.conversation, e.seq, e.reach, e.pool, e.audience, (), e.body.encode()) for e in found]
