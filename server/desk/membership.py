"""Who is in which live filter, decided in the transaction of the change: the one place that every changed contact passes.

It runs behind the accounts' lock, which whoever makes or fills a filter takes too (`hold_filters`): so no change is overlooked by a
new filter, and no filter by a change.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from server.desk.work import Pending, Work
from server.domain.events import EventType
from server.domain.live_filter import Facts, compiled
from server.store import accounts, consent, contacts, live_filters
from server.store.contacts import Contact
from server.store.database import Transaction
from server.store.live_filters import LiveFilter

rule_of = lru_cache(maxsize=1024)(compiled)


async def hold_filters(work: Work, account: str) -> None:
    """Until the transaction ends nobody's membership moves but by it."""
    await accounts.lock(work.tx, account)


async def settle(work: Work) -> list[Pending]:
    """Moves the contacts that this transaction changed; returns the events of it, which it staged. The accounts are locked by now."""
    changed = {event.contact: event for event in work.staged.events if event.contact and event.type.startswith("contact.")}
    if not changed:
        return []
    filters = await live_filters.of_accounts(work.tx, {event.account for event in changed.values()})
    if not filters:
        return []
    facts = await facts_of(work.tx, await contacts.get(work.tx, changed))
    before = await live_filters.filters_of(work.tx, changed)
    after = {
        (filter.id, id)
        for filter in filters
        for id, event in changed.items()
        if filter.account == event.account and id in facts and rule_of(filter.conditions)(facts[id])
    }
    entered, left = sorted(after - before), sorted(before - after)
    counts = dict(await live_filters.move(work.tx, entered, left))
    staged = len(work.staged.events)
    moves = [(EventType.LIVE_FILTER_LEFT, -1, pair) for pair in left] + [(EventType.LIVE_FILTER_ENTERED, 1, pair) for pair in entered]
    for _, step, (filter, _) in moves:
        counts[filter] -= step
    known = {filter.id: filter for filter in filters}
    for type, step, (filter, id) in moves:
        counts[filter] += step
        _tell(work, type, known[filter], changed[id], counts[filter])
    return work.staged.events[staged:]


def _tell(work: Work, type: EventType, filter: LiveFilter, because: Pending, count: int) -> None:
    assert because.contact is not None
    contact = work.staged.contacts[because.contact]
    named: dict[str, Any] = {"live_filter": {"id": filter.id, "name": filter.name}, "contact": {"id": contact.id, "name": contact.name}}
    work.tell(filter.account, type, because.actor, data={**named, "count": count})


async def facts_of(tx: Transaction, found: Mapping[str, Contact]) -> dict[str, Facts]:
    """By the contact's id."""
    standings = await consent.standings(tx, ((c.account, phone.number) for c in found.values() for phone in c.phones))
    out = {number for number, standing in standings.items() if standing.opted_out}
    return {
        id: Facts(
            name=c.name,
            ready=c.ready_at is not None,
            tags=c.tags,
            timezone=c.timezone,
            opted_out=any((c.account, phone.number) in out for phone in c.phones),
            kinds=[phone.kind for phone in c.phones],
            fields=c.fields,
        )
        for id, c in found.items()
    }
