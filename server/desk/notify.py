"""Outbound webhooks, step by step: hold one, take what is due in order, record what became of it. No transaction is open meanwhile.

A webhook's cursor and the deliveries that come of the events up to it are written in one transaction, so no event is lost and none is
two deliveries; a delivery whose record was cut off is made again, with the same id (at least once).
"""

import random
import secrets
from dataclasses import dataclass, field, replace

import msgspec

from server.desk.desk import Desk
from server.desk.trail import trace_own
from server.desk.webhook_shape import webhook_shape, webhook_target
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.user import SYSTEM
from server.domain.webhook import DAY_US, LANES, RESTS_AFTER, TYPES, DeliveryState, Order, Why, event_id, gives_up, rest_until, retry_at
from server.store import replay, webhook_deliveries, webhooks
from server.store.vault import Vault
from server.store.webhook_deliveries import Attempted, Due
from server.store.webhooks import Webhook

LEASE_US = 30_000_000
"""For so long a webhook is held: twice as long as an attempt may take. Every step holds it on."""
AT_ONCE = 20
IN_HAND = 100
"""Deliveries that are in hand at the most where several lanes go side by side."""
LOOK = 500
"""Events that one transaction looks through."""
KEPT_US = 7 * DAY_US
"""Events older than this are not delivered any more, when a webhook was off for so long; deliveries are kept as long."""


@dataclass(frozen=True, slots=True)
class Held:
    """A webhook in the hands of one notifier, for as long as its address stays."""

    id: str
    account: str
    holder: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is to be posted, in this order: one after another, or `at_once` so many contacts' where there are several `lanes`. `more`: there
    may be more behind it. `secrets` sign, the newest first."""

    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    due: list[Due]
    more: bool
    at_once: int = 1
    lanes: bool = False


NOTHING = Batch("", (), [], False, 0)


async def hold(desk: Desk, limit: int) -> list[Held]:
    """At most `limit` webhooks that have something to deliver, or events to look through; only this caller has them for a while."""
    if limit <= 0 or not await desk.read(webhooks.any_ready):
        return []
    holder = secrets.token_hex(8)

    async def take_hold(work: Work) -> list[Webhook]:
        return await webhooks.hold(work.tx, holder, work.now + LEASE_US, limit)

    return [Held(webhook.id, webhook.account, holder, webhook.url) for webhook in await desk.change(take_hold)]


async def take(desk: Desk, held: Held) -> Batch:
    """Turns events behind the cursor into deliveries while few are due, and returns those that are, by position: those too that were
    returned before and have no record yet."""

    async def step(work: Work) -> Batch:
        webhook = await webhooks.keep(work.tx, held.id, held.holder, work.now + LEASE_US)
        if webhook is None or webhook.off_at is not None or webhook.url != held.url:
            return NOTHING
        lanes = webhook.order is Order.CONTACT
        # A receiver that is down is asked by one at a time, whatever it bears when it is up.
        at_once = LANES if lanes and webhook.failures < RESTS_AFTER else 1
        most = IN_HAND if at_once > 1 else AT_ONCE
        due = await webhook_deliveries.due(work.tx, webhook.id, webhook.account, most)
        more = len(due) == most
        # While nothing succeeds the events stay where they are: their deliveries would only wait.
        if not due or (not more and webhook.failures < RESTS_AFTER):
            more = await _look(work, webhook, most)
            due = await webhook_deliveries.due(work.tx, webhook.id, webhook.account, most)
        return Batch(webhook.url, _secrets(desk, webhook, work.now), due, more, at_once, lanes)

    return await desk.change(step)


async def record(desk: Desk, held: Held, due: Due, attempted: Attempted) -> bool:
    """Writes what became of an attempt, and whether the webhook rests or is given up; whether it goes on, to this address."""

    async def step(work: Work) -> bool:
        webhook = await webhooks.keep(work.tx, held.id, held.holder, work.now + LEASE_US)
        if webhook is None:
            return False
        if attempted.taken:
            await webhook_deliveries.record(work.tx, held.id, due.id, attempted, DeliveryState.DELIVERED, None)
            if webhook.failures:
                await webhooks.save(work.tx, replace(webhook, failures=0, failing_since=None, rests_until=None))
            goes_on = webhook.off_at is None
        else:
            goes_on = await _failed(work, webhook, due, attempted)
        return goes_on and webhook.url == held.url

    return await desk.change(step)


async def release(desk: Desk, held: Held) -> None:
    async def step(work: Work) -> None:
        await webhooks.release(work.tx, held.id, held.holder)

    await desk.change(step)


async def _look(work: Work, webhook: Webhook, most: int) -> bool:
    """Makes at most `most` deliveries of the next events that the webhook wants, and moves its cursor; whether there may be more events."""
    found = await webhook_deliveries.events_after(work.tx, webhook.account, webhook.position, LOOK)
    if not found:
        return False
    epoch, wanted = await replay.epoch(work.tx), frozenset(webhook.types or TYPES)
    chosen = [event for event in found if event.type in wanted and event.at > work.now - KEPT_US]
    more = len(found) == LOOK or len(chosen) > most
    position = chosen[most - 1].position if len(chosen) > most else found[-1].position
    ids = [(event_id(epoch, webhook.account, event.position), event.position, event.type) for event in chosen[:most]]
    await webhook_deliveries.add(work.tx, webhook.id, ids)
    await webhooks.move(work.tx, webhook.id, position)
    return more


async def _failed(work: Work, webhook: Webhook, due: Due, attempted: Attempted) -> bool:
    """Whether the next one is tried meanwhile: one event that a receiver cannot bear holds up no other."""
    since = webhook.failing_since if webhook.failing_since is not None else work.now
    first_at = due.first_at if due.first_at is not None else work.now
    why = gives_up(since, work.now, attempted.code)
    next_at = None if why is Why.GONE else retry_at(due.attempt + 1, first_at, work.now, random.random())
    state = DeliveryState.FAILED if next_at is None else DeliveryState.WAITING
    await webhook_deliveries.record(work.tx, webhook.id, due.id, attempted, state, next_at)
    failures, rests = webhook.failures + 1, webhook.rests_until
    if rests is not None and rests > work.now:
        failures -= 1  # it was under way when the rest began, which others' failures are not to make longer
    else:
        rests = rest_until(failures, work.now, random.random())
    now = replace(webhook, failures=failures, failing_since=since, rests_until=rests)
    if why is not None and webhook.off_at is None:
        now = replace(now, off_at=work.now, off_why=why)
        data = {"webhook": msgspec.to_builtins(webhook_shape(now, work.now)), "reason": why.value}
        work.tell(webhook.account, EventType.WEBHOOK_DISABLED, SYSTEM, data=data)
        await trace_own(work, webhook.account, "switched_off", webhook_target(now), {"enabled": True}, {"enabled": False, "reason": why})
    await webhooks.save(work.tx, now)
    return now.off_at is None and rests is None


def _secrets(desk: Desk, webhook: Webhook, now: int) -> tuple[str, ...]:
    vault = Vault(desk.settings.secret_key.get_secret_value())
    sealed = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_secret_until is not None and webhook.old_secret_until > now:
        sealed.append(webhook.old_secret)
    return tuple(vault.open(each, webhook.id).decode() for each in sealed)
