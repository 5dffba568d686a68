"""Reports > SMS conversations: every conversation with its figures, a page at a time, or all of them for a spreadsheet."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from server.desk import views
from server.desk.desk import Desk
from server.desk.ours import must_be_ours
from server.desk.shapes import ConversationContactShape, DidShape, MessageShape, OwnConversationShape, UserShape
from server.domain.report import NOBODY, Asked
from server.domain.response_times import seconds_or_none
from server.domain.user import User
from server.store import conversation_report as store
from server.store.conversation_report import Counted, Key, State
from server.store.database import Transaction

SORTS = store.SORTS
AT_ONCE = 500
"""Lines of a spreadsheet that are read together."""
ORDERED_AT_ONCE = 10_000
"""Lines of which the order is found together: for some orders everything is counted to find it."""


class LastText(msgspec.Struct, frozen=True):
    direction: str
    at: str
    body: str
    user: UserShape | None


class ReportedConversation(msgspec.Struct, frozen=True):
    """`conversation` is its id. `in`, `out`, `waits` and `first_reply_seconds` count what lies in the time and went over the DID that
    were asked for: texts, waits that a person answered, and the median (nearest rank) of how long those waited. `was_public`: it went
    public then. `waiting_seconds` is as of now."""

    conversation: str
    contact: ConversationContactShape
    did: DidShape | None
    owner: UserShape | None
    subscribers: list[UserShape]
    last_message: LastText | None
    waiting_since: str | None
    waiting_seconds: int | None
    first_reply_seconds: int | None
    waits: int
    texts_in: int = msgspec.field(name="in")
    texts_out: int = msgspec.field(name="out")
    state: str
    was_public: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """By one of SORTS; `falling` from the largest."""

    column: str = "last_message"
    falling: bool = True


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a page begins: behind `key`, or before it where `backward`."""

    key: Key
    backward: bool


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`next` and `previous` are where the pages beside this one begin, None where there is none."""

    items: list[ReportedConversation]
    next: Edge | None
    previous: Edge | None
    total: int


async def conversation_report(desk: Desk, by: User, asked: Asked, sort: Sort, edge: Edge | None, limit: int) -> ReportPage:
    """A manager sees all; an agent what the agent takes part in. Raises `NotFound` for ids that are not the account's."""
    asked = _scoped(by, asked)

    async def read(tx: Transaction) -> ReportPage:
        await _check(tx, by, asked)
        found, more, total = await _page(tx, asked, sort, edge, limit)
        backward = edge is not None and edge.backward
        before = more if backward else edge is not None
        behind = True if backward else more
        return ReportPage(
            await _items(tx, by, asked, found),
            next=Edge(found[-1], backward=False) if found and behind else None,
            previous=Edge(found[0], backward=True) if found and before else None,
            total=await store.total(tx, asked) if total is None else total,
        )

    return await desk.read(read)


async def check_report(desk: Desk, by: User, asked: Asked) -> None:
    """Raises what `conversation_report` raises, before the first line of a spreadsheet is sent."""
    await desk.read(lambda tx: _check(tx, by, asked))


async def whole_report(desk: Desk, by: User, asked: Asked, sort: Sort) -> AsyncIterator[ReportedConversation]:
    """All of it, AT_ONCE by AT_ONCE, each from a snapshot of its own."""
    asked = _scoped(by, asked)
    edge: Edge | None = None

    async def order(tx: Transaction) -> tuple[list[Key], bool, int | None]:
        return await _page(tx, asked, sort, edge, ORDERED_AT_ONCE)

    more = True
    while more:
        keys, more, _ = await desk.read(order)
        for start in range(0, len(keys), AT_ONCE):
            for item in await desk.read(_part(by, asked, keys[start : start + AT_ONCE])):
                yield item
        edge = Edge(keys[-1], backward=False) if keys else None


def _part(by: User, asked: Asked, keys: Sequence[Key]) -> Callable[[Transaction], Awaitable[list[ReportedConversation]]]:
    return lambda tx: _items(tx, by, asked, keys)


def _scoped(by: User, asked: Asked) -> Asked:
    return asked if by.manages else replace(asked, scope=by.id)


async def _check(tx: Transaction, by: User, asked: Asked) -> None:
    await must_be_ours(tx, by, did=asked.did, user=asked.participant)
    await must_be_ours(tx, by, user=asked.owner if asked.owner != NOBODY else None)


async def _page(tx: Transaction, asked: Asked, sort: Sort, edge: Edge | None, limit: int) -> tuple[list[Key], bool, int | None]:
    """A page in the order of the report, whether there are more in the direction of reading, and how many in all, where that is known."""
    backward = edge is not None and edge.backward
    listed = await store.page(
        tx,
        asked,
        sort=sort.column,
        falling=sort.falling,
        edge=edge.key if edge else None,
        backward=backward,
        limit=limit + 1,
    )
    shown = listed.keys[:limit]
    return shown[::-1] if backward else shown, len(listed.keys) > limit, listed.total


async def _items(tx: Transaction, by: User, asked: Asked, keys: Sequence[Key]) -> list[ReportedConversation]:
    ids = [id for _, id in keys]
    states, counted = await store.states(tx, ids), await store.counted(tx, asked, ids)
    shapes = await views.conversation_shapes(tx, by, ids)
    return [_item(shape, states[shape.id], counted.get(shape.id, Counted()), tx.now) for shape in shapes]


def _item(shape: OwnConversationShape, state: State, counted: Counted, now: int) -> ReportedConversation:
    return ReportedConversation(
        conversation=shape.id,
        contact=shape.contact,
        did=shape.did,
        owner=shape.owner,
        subscribers=shape.subscribers,
        last_message=_last(shape.last_message),
        waiting_since=shape.waiting_since,
        waiting_seconds=None if state.waiting_since is None else seconds_or_none(max(0, now - state.waiting_since)),
        first_reply_seconds=seconds_or_none(counted.first_reply),
        waits=counted.waits,
        texts_in=counted.texts_in,
        texts_out=counted.texts_out,
        state=state.name,
        was_public=counted.was_public,
    )


def _last(message: MessageShape | None) -> LastText | None:
    return LastText(message.direction, message.created_at, message.body, message.user) if message else None
