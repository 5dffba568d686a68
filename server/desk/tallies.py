"""The numbers beside the names of the lists, all from one snapshot."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from server.desk.desk import Desk
from server.desk.work import Work
from server.domain.audience import Part
from server.domain.user import User
from server.store import conversation_counts, participation_counts
from server.store.database import Transaction

TOGETHER = 10
"""People whose numbers are added up in one transaction."""


class Tally(msgspec.Struct, frozen=True):
    """`all` conversations of a list, and how many of them hold something unread."""

    all: int
    unread: int


class Tallies(msgspec.Struct, frozen=True):
    """Conversations in each view. Unread is personal, so only one's own lists have it."""

    mine: Tally
    subscribed: Tally
    pool: int
    unanswered: int
    all: int
    closed: int


async def tally(desk: Desk, user: User) -> Tallies:
    async def read(tx: Transaction) -> Tallies:
        counted = await conversation_counts.counted(tx, user.account)
        own = await participation_counts.counted(tx, user.id)
        return Tallies(
            mine=Tally(*own.get(Part.OWNER, (0, 0))),
            subscribed=Tally(*own.get(Part.SUBSCRIBER, (0, 0))),
            pool=counted.pool,
            unanswered=counted.unanswered,
            all=counted.there,
            closed=counted.closed,
        )

    return await desk.read(read)


async def fold_counts(desk: Desk) -> None:
    """Adds up what was counted since, an account and some people at a time: so that reading it stays quick."""
    for account in await desk.read(conversation_counts.to_fold):
        await desk.change(_folding(account))
    people = await desk.read(participation_counts.to_fold)
    for first in range(0, len(people), TOGETHER):
        await desk.change(_folding_of(people[first : first + TOGETHER]))


def _folding(account: str) -> Callable[[Work], Awaitable[None]]:
    return lambda work: conversation_counts.fold(work.tx, account)


def _folding_of(people: Sequence[str]) -> Callable[[Work], Awaitable[None]]:
    return lambda work: participation_counts.fold(work.tx, people)
