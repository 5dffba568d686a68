"""Reading events for tabs: where a tab stands, what it missed, and what the sweep finds. The only truth behind everything live."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from channels.envelope import Envelope
from channels.sweep import Swept
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


class Stream:
    """A `channels.sweep.Source`, and what a tab reads for itself. Raises `Unavailable` as the database does."""

    def __init__(self, db: Database) -> None:
        self._db = db

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

        async def read(tx: Transaction) -> tuple[Page, dict[str, int]]:
            parts = await replay.participations(tx, user.id, ATTENDED)
            page = await _page(tx, user.account, after)
            if after is None or page.too_far or after >= page.position:
                return page, parts
            found = await replay.since_for(tx, user.account, user.id, manager=user.manages, position=after, limit=PAGE)
            return Page(page.position, page.epoch, _envelopes(found), more=len(found) == PAGE), parts

        return await self._db.read(read)

    async def everything(self, account: str, after: int | None) -> Page:
        """All events of the account since the position `after`, for a topic."""

        async def read(tx: Transaction) -> Page:
            page = await _page(tx, account, after)
            if after is None or page.too_far or after >= page.position:
                return page
            found = await replay.since(tx, account, after, PAGE)
            return Page(page.position, page.epoch, _envelopes(found), more=len(found) == PAGE)

        return await self._db.read(read)

    async def has(self, account: str, conversation: str) -> bool:
        """Whether the account has this conversation."""
        return await self._db.read(lambda tx: replay.conversation_seq(tx, account, conversation)) is not None

    async def conversation(self, account: str, conversation: str, after: int | None) -> ConversationPage:
        """The conversation's events since the seq `after` (None: none). It must be the account's."""

        async def read(tx: Transaction) -> ConversationPage:
            seq = await replay.conversation_seq(tx, account, conversation)
            assert seq is not None, "conversations are never deleted"
            position = await replay.head(tx, account)
            if after is None or after >= seq:
                return ConversationPage(seq, position, (), more=False, too_far=False)
            found = [] if seq - after > REPLAYED else await replay.conversation_since(tx, conversation, after, PAGE)
            pruned = not found or found[0].seq != after + 1
            return ConversationPage(seq, position, _envelopes(found), more=len(found) == PAGE, too_far=pruned)

        return await self._db.read(read)

    async def seen(self, users: Iterable[str]) -> None:
        """Keeps that these users have a tab open now."""
        await self._db.write(lambda tx: seen_now(tx, users))

    async def still_signed_in(self, sessions: Iterable[str]) -> dict[str, User]:
        """Those of these sessions and tokens that stand, by id, each with its user as of now."""
        return await self._db.read(lambda tx: still_signed_in(tx, sessions))

    async def roles(self, users: Iterable[str]) -> dict[str, Role]:
        """Of those of these users who are not disabled."""
        return await self._db.read(lambda tx: roles(tx, users))


async def _page(tx: Transaction, account: str, after: int | None) -> Page:
    """Head and epoch, and whether `after` is too far back to be replayed."""
    position, epoch = await replay.head(tx, account), await replay.epoch(tx)
    too_far = after is not None and after < position and (position - after > REPLAYED or not await replay.kept(tx, account, after + 1))
    return Page(position, epoch, (), more=False, too_far=too_far)


def _envelopes(found: Sequence[Recorded]) -> list[Envelope]:
    return [Envelope(e.account, e.position, e.conversation, e.seq, e.reach, e.pool, e.audience, (), e.body.encode()) for e in found]
