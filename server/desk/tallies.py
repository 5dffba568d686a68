"""The numbers beside the names of the lists, all from one snapshot."""

import msgspec

from server.desk.desk import Desk
from server.domain.audience import Part
from server.domain.user import User
from server.store import lists, tallies
from server.store.database import Transaction


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
        counted = await lists.counts(tx, account=user.account, user=user.id)
        unread = await tallies.unread_by_part(tx, account=user.account, user=user.id)
        return Tallies(
            mine=Tally(counted["mine"], unread.get(Part.OWNER, 0)),
            subscribed=Tally(counted["subscribed"], unread.get(Part.SUBSCRIBER, 0)),
            pool=counted["pool"],
            unanswered=counted["unanswered"],
            all=counted["all"],
            closed=counted["closed"],
        )

    return await desk.read(read)
