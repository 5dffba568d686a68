"""The live feed as managers read it: what happened, by position, and the figures of now."""

from collections.abc import Sequence

import msgspec

from server.desk.desk import Desk
from server.desk.ours import must_be_ours
from server.desk.shapes import EventShape, instant_or_none
from server.domain.errors import Invalid
from server.domain.feed import is_about, types_of
from server.domain.user import User
from server.store import feed as store
from server.store import replay
from server.store.database import Transaction

LOOKED_AT = 5_000
"""Events that one page looks through for a DID or a user."""
AT_ONCE = 500
END = 2**62

_event = msgspec.json.Decoder(EventShape).decode


class FeedPage(msgspec.Struct, frozen=True):
    """`items` ascending by position. `position` is the account's head in the same snapshot: a `watch` of the feed goes on after it.

    `next` is the position to go on from in the same direction, null at the end. A page that was asked for a DID or a user may hold
    fewer items than its limit, even none, and still have a `next`.
    """

    items: list[EventShape]
    position: int
    next: int | None


class Agents(msgspec.Struct, frozen=True):
    """People with an open tab, by the status that they chose."""

    available: int = 0
    focus: int = 0
    away: int = 0


class FeedFigures(msgspec.Struct, frozen=True):
    """`texts_per_minute` came and went within the last minute; `oldest_waiting_since` is when the longest wait began."""

    texts_per_minute: int
    unanswered: int
    public: int
    oldest_waiting_since: str | None
    agents: Agents


async def feed(
    desk: Desk,
    by: User,
    *,
    kinds: Sequence[str],
    did: str | None,
    user: str | None,
    after: int | None,
    before: int | None,
    until: int | None,
    limit: int,
) -> FeedPage:
    """The first `limit` behind `after`, or the last ones before `before`, or before the instant `until`, or of all.

    See `domain.feed` for what is asked.

    Raises `NotFound` for a DID or a user that is not the account's.
    """
    if before is not None and after is not None:
        raise Invalid("Give `before` or `after`, not both.")
    forward = after is not None
    mentions = [id for id in (did, user) if id is not None]

    async def read(tx: Transaction) -> FeedPage:
        await must_be_ours(tx, by, did=did, user=user)
        head = await replay.head(tx, by.account)
        edge = after if after is not None else before if before is not None else END
        if until is not None and edge == END:
            edge = await store.position_at(tx, by.account, until, head)
        items: list[EventShape] = []
        looked_at, more = 0, True
        while more and len(items) < limit and looked_at < LOOKED_AT:
            at_once = AT_ONCE if mentions else limit + 1
            found = await store.positions(
                tx, by.account, types=types_of(kinds), edge=edge, forward=forward, mentions=mentions, limit=at_once
            )
            more = len(found) == at_once
            for position, body in found:
                if len(items) == limit:
                    more = True
                    break
                edge, looked_at = position, looked_at + 1
                event = _event(body) if body is not None else None
                if event is not None and is_about(event.actor.id, event.data, did=did, user=user):
                    items.append(event)
        return FeedPage(items if forward else items[::-1], head, edge if more else None)

    return await desk.read(read)


async def feed_figures(desk: Desk, by: User) -> FeedFigures:
    found = await desk.read(lambda tx: store.figures(tx, by.account))
    return FeedFigures(found.texts, found.unanswered, found.public, instant_or_none(found.oldest), Agents(**found.agents))
