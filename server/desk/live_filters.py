"""Live filters: made, changed, removed, filled, and read by a dialer."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from server.desk import contact_views
from server.desk.contact_views import ReadContactShape
from server.desk.desk import Desk, Once
from server.desk.membership import facts_of, hold_filters, rule_of
from server.desk.once import write_once
from server.desk.shapes import instant
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.desk.writer import Change
from server.domain.errors import AlreadyExists, Invalid, NotFound
from server.domain.events import EventType
from server.domain.live_filter import Condition, compiled
from server.domain.time_zone import zone_of
from server.domain.user import SYSTEM, Actor, User
from server.domain.wanted import Wanted
from server.ids import new_id
from server.store import contact_search, contacts, live_filters
from server.store.database import Conflict, Transaction, stored_text
from server.store.live_filters import LiveFilter

LONGEST_NAME = 100
MOST_FILTERS = 100
AT_ONCE = 500
"""Contacts that a filter looks at in one transaction: others are let in between."""
ABANDONED_US = 60_000_000
"""A filter that is not full after this long has lost the process that filled it."""


class LiveFilterShape(msgspec.Struct, frozen=True):
    """`count` contacts are in it."""

    id: str
    name: str
    conditions: Sequence[Condition]
    count: int
    created_at: str


class NewLiveFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All conditions must hold."""

    name: str
    conditions: list[Condition]


class LiveFilterChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays; `conditions` are replaced whole."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    conditions: list[Condition] | msgspec.UnsetType = msgspec.UNSET


class MemberPage(msgspec.Struct, frozen=True):
    """`next` is the last contact's id, None at the end; `count` how many are in the filter."""

    items: list[ReadContactShape]
    next: str | None
    count: int


async def live_filter_list(desk: Desk, user: User, after: str, limit: int, contact: str | None = None) -> list[LiveFilterShape]:
    """In the order in which they were made; with `contact`, those that this contact is in. Raises `NotFound`, also for another
    account's contact."""

    async def read(tx: Transaction) -> list[LiveFilter]:
        if contact is not None:
            await contact_views.contact_of(tx, user, contact)
        return await live_filters.page(tx, user.account, after, limit, contact)

    return [_shape(filter) for filter in await desk.read(read)]


async def live_filter(desk: Desk, user: User, id: str) -> LiveFilterShape:
    return _shape(await desk.read(lambda tx: _mine(tx, user, id)))


async def members(desk: Desk, user: User, id: str, after: str, limit: int) -> MemberPage:
    """By the contacts' ids, so that who enters or leaves meanwhile moves nobody else."""

    async def read(tx: Transaction) -> MemberPage:
        filter = await _mine(tx, user, id)
        found = await live_filters.members(tx, id, after, limit + 1)
        items = await contact_views.contacts_in_order(tx, found[:limit])
        return MemberPage(items, found[limit - 1] if len(found) > limit else None, filter.members)

    return await desk.read(read)


async def add_live_filter(desk: Desk, user: User, new: NewLiveFilter, once: Once | None = None) -> LiveFilterShape | msgspec.Raw:
    """Raises `AlreadyExists` for a name that is taken, and `Invalid` for what is no rule."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    _fitting(new.conditions)

    async def begins(work: Work, begun: str | None) -> str:
        if begun is not None:
            return begun
        await hold_filters(work, user.account)
        if await live_filters.count(work.tx, user.account) >= MOST_FILTERS:
            raise Invalid(f"An account has at most {MOST_FILTERS} live filters.")
        id, name = new_id(work.now), _name(new.name)
        made = LiveFilter(id, user.account, name, tuple(map(_stored, new.conditions)), 0, work.now, None, work.now)
        await _named(work, live_filters.insert(work.tx, made))
        await trace(work, user, "added", Target("live_filter", made.id, made.name), after=_facts(made))
        return made.id

    id = await desk.begin(begins, once, alone=True)
    if isinstance(id, msgspec.Raw):
        return id
    made = await desk.read(lambda tx: _mine(tx, user, id))
    if made.filled_at is None:
        await fill(desk, made, user)

    async def answer(work: Work) -> LiveFilterShape:
        return _shape(await _mine(work.tx, user, id))

    return await write_once(desk, answer, once)


async def change_live_filter(
    desk: Desk, user: User, id: str, changes: LiveFilterChanges, once: Once | None = None
) -> LiveFilterShape | msgspec.Raw:
    """As `add_live_filter`. Whom a new rule lets in or out is not told one by one: `live_filter.updated` has the count."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    if changes.conditions is not msgspec.UNSET:
        _fitting(changes.conditions)

    async def change(work: Work) -> LiveFilter:
        await hold_filters(work, user.account)
        before = after = await _mine(work.tx, user, id)
        if changes.name is not msgspec.UNSET:
            after = replace(after, name=_name(changes.name))
        if changes.conditions is not msgspec.UNSET:
            conditions = tuple(map(_stored, changes.conditions))
            if conditions != before.conditions:
                after = replace(after, conditions=conditions, changed_at=max(work.now, before.changed_at + 1), filled_at=None)
        await _named(work, live_filters.update(work.tx, after))
        if _untold(before) and not _untold(after):
            work.tell(user.account, EventType.LIVE_FILTER_CREATED, work.know(user), data={"live_filter": _shape(before)})
        await trace(work, user, "changed", Target("live_filter", after.id, after.name), _facts(before), _facts(after))
        return after

    changed = await desk.change(change, alone=True)
    if changed.filled_at is None:
        await fill(desk, changed, user)

    async def tell(work: Work) -> LiveFilterShape:
        shape = _shape(await _mine(work.tx, user, id))
        work.tell(user.account, EventType.LIVE_FILTER_UPDATED, work.know(user), data={"live_filter": shape})
        return shape

    return await write_once(desk, tell, once)


async def remove_live_filter(desk: Desk, user: User, id: str, once: Once | None = None) -> None:
    """Raises `NotFound`."""

    async def change(work: Work) -> None:
        await hold_filters(work, user.account)
        gone = await _mine(work.tx, user, id)
        await live_filters.delete(work.tx, id)
        await trace(work, user, "removed", Target("live_filter", gone.id, gone.name), before=_facts(gone))
        work.tell(user.account, EventType.LIVE_FILTER_DELETED, work.know(user), data={"live_filter": _shape(gone)})

    await write_once(desk, change, once, alone=True)


async def fill(desk: Desk, filter: LiveFilter, by: User | None = None) -> None:
    """Looks at every contact of the account, some in each transaction, and tells of a new filter. Ends where the filter's rule has changed
    meanwhile, or somebody else has filled it."""
    after: str | None = ""
    while after is not None:
        after = await desk.change(_filling(filter, after, by), alone=True)


async def fill_abandoned(desk: Desk) -> bool:
    """Fills one filter whose process was lost while it did, and tells of it, since that process did not; False where there is none."""
    found = await desk.read(lambda tx: live_filters.unfilled(tx, tx.now - ABANDONED_US))
    if found is None:
        return False
    await fill(desk, found)
    if _untold(found):
        return True

    async def tell(work: Work) -> None:
        full = await live_filters.get(work.tx, found.account, found.id)
        if full is not None:
            work.tell(found.account, EventType.LIVE_FILTER_UPDATED, SYSTEM, data={"live_filter": _shape(full)})

    await desk.change(tell)
    return True


def _filling(filter: LiveFilter, after: str, by: User | None) -> Change[str | None]:
    """One transaction of it; the last id that it looked at, None at the end."""

    async def change(work: Work) -> str | None:
        await hold_filters(work, filter.account)
        now = await live_filters.get(work.tx, filter.account, filter.id)
        if now is None or now.changed_at != filter.changed_at or now.filled_at is not None:
            return None
        ids = await contact_search.ids(work.tx, filter.account, Wanted(), after=after, limit=AT_ONCE)
        facts = await facts_of(work.tx, await contacts.get(work.tx, ids))
        rule = rule_of(filter.conditions)
        fitting = {id for id in ids if rule(facts[id])}
        inside = await live_filters.members_among(work.tx, filter.id, ids)
        await live_filters.move(
            work.tx, [(filter.id, id) for id in sorted(fitting - inside)], [(filter.id, id) for id in sorted(inside - fitting)]
        )
        if len(ids) == AT_ONCE:
            return ids[-1]
        await live_filters.filled(work.tx, filter.id, filter.changed_at)
        if _untold(now):
            actor: Actor = work.know(by) if by is not None else SYSTEM
            full = await live_filters.get(work.tx, filter.account, filter.id)
            assert full is not None
            work.tell(filter.account, EventType.LIVE_FILTER_CREATED, actor, data={"live_filter": _shape(full)})
        return None

    return change


def _untold(filter: LiveFilter) -> bool:
    """Whoever fills it for the first time tells that it is there; or whoever gives it another rule before."""
    return filter.filled_at is None and filter.changed_at == filter.created_at


async def _mine(tx: Transaction, user: User, id: str) -> LiveFilter:
    found = await live_filters.get(tx, user.account, id)
    if found is None:
        raise NotFound
    return found


async def _named(work: Work, writing: Awaitable[None]) -> None:
    try:
        async with work.tx.savepoint():
            await writing
    except Conflict:
        raise AlreadyExists("There is a live filter of that name.", field="name") from None


def _name(text: str) -> str:
    name = stored_text(text).strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"A live filter needs a name of at most {LONGEST_NAME} characters.", field="name")
    return name


def _fitting(conditions: Sequence[Condition]) -> None:
    """Raises `Invalid`. A time zone is looked up here alone: a filter goes on with one that has left the data base since."""
    compiled(conditions)
    for place, condition in enumerate(conditions):
        if condition.field == "timezone" and zone_of(str(condition.value)) is None:
            raise Invalid("That is no time zone such as America/New_York.", field=f"conditions[{place}].value")


def _stored(condition: Condition) -> Condition:
    value = condition.value if isinstance(condition.value, bool) else stored_text(condition.value)
    return Condition(stored_text(condition.field), condition.op, value)


def _facts(filter: LiveFilter) -> dict[str, Any]:
    return {"name": filter.name, "conditions": filter.conditions}


def _shape(filter: LiveFilter) -> LiveFilterShape:
    return LiveFilterShape(filter.id, filter.name, filter.conditions, filter.members, instant(filter.created_at))
