"""What went to a webhook, as managers see it: the list with its signed headers, one again with the same id, a test event; forgetting."""

from typing import Any

import msgspec
from msgspec import Raw

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import ActorShape, EventShape, instant, instant_or_none
from server.desk.work import Work
from server.domain.errors import NotFound, Refused
from server.domain.user import Actor, User
from server.domain.webhook import DAY_US, TEST
from server.ids import new_id
from server.store import replay, webhook_deliveries, webhooks
from server.store.database import Transaction
from server.store.webhook_deliveries import Delivery

KEPT_US = 7 * DAY_US
AT_ONCE = 500

Edge = tuple[int, str]


class SwitchedOff(Refused):
    """A webhook that is off delivers nothing, neither a test nor one again."""

    code = "switched_off"


class DeliveryShape(msgspec.Struct, frozen=True):
    """`id` is the event's and goes as `webhook-id`. `state` is waiting, delivered or failed, after `attempts`; `next_at` is when the next
    one is. Of the last attempt: `at`, `took_ms`, the answer's `code` and how its body begins, or in `error` why there was none;
    `headers` as they were signed."""

    id: str
    type: str
    position: int
    state: str
    attempts: int
    next_at: str | None
    at: str | None
    code: int | None
    error: str | None
    answer: str | None
    took_ms: int | None
    headers: dict[str, str]
    created_at: str


class WholeDeliveryShape(DeliveryShape, frozen=True):
    """`event` is what is delivered as `data`; null when it is not kept any more."""

    event: dict[str, Any] | None


async def list_deliveries(desk: Desk, by: User, webhook: str, before: Edge | None, limit: int) -> tuple[list[DeliveryShape], Edge | None]:
    """Newest first, and where the page ended, None at the end. Raises `NotFound`."""

    async def read(tx: Transaction) -> tuple[list[DeliveryShape], Edge | None]:
        await _must_be_ours(tx, by, webhook)
        found = await webhook_deliveries.page(tx, webhook, before, limit + 1)
        shown = found[:limit]
        edge = (shown[-1].position, shown[-1].id) if len(found) > limit else None
        return [_shape(delivery) for delivery in shown], edge

    return await desk.read(read)


async def get_delivery(desk: Desk, by: User, webhook: str, id: str) -> WholeDeliveryShape:
    """Raises `NotFound`."""

    async def read(tx: Transaction) -> WholeDeliveryShape:
        await _must_be_ours(tx, by, webhook)
        delivery = await _delivery(tx, webhook, id)
        body = await webhook_deliveries.body_of(tx, by.account, webhook, id)
        event = msgspec.json.decode(body) if body is not None else None
        return WholeDeliveryShape(**msgspec.structs.asdict(_shape(delivery)), event=event)

    return await desk.read(read)


async def deliver_again(desk: Desk, by: User, webhook: str, id: str, once: Once | None = None) -> DeliveryShape | Raw:
    """At once, with the same id, however it ended before. Raises `NotFound` and `SwitchedOff`."""

    async def replay_one(work: Work) -> DeliveryShape:
        await _must_be_on(work.tx, by, webhook)
        if not await webhook_deliveries.again(work.tx, webhook, id):
            raise NotFound
        return _shape(await _delivery(work.tx, webhook, id))

    return await write_once(desk, replay_one, once)


async def send_test(desk: Desk, by: User, webhook: str, once: Once | None = None) -> DeliveryShape | Raw:
    """An event of the type `webhook.test` for this webhook alone, whatever types it wants. Raises `NotFound` and `SwitchedOff`."""

    async def add(work: Work) -> DeliveryShape:
        await _must_be_on(work.tx, by, webhook)
        actor, id = Actor.of(by), f"evt_test_{new_id(work.now)}"
        position = await replay.head(work.tx, by.account)
        event = EventShape(
            type=TEST,
            conversation=None,
            seq=None,
            position=position,
            at=instant(work.now),
            actor=ActorShape(actor.kind, actor.id, actor.name),
            alert=[],
            data={"webhook": webhook},
        )
        await webhook_deliveries.add_test(work.tx, webhook, id, position, TEST, msgspec.json.encode(event).decode())
        return _shape(await _delivery(work.tx, webhook, id))

    return await write_once(desk, add, once)


async def prune_deliveries(desk: Desk) -> int:
    """Forgets at most AT_ONCE that have been over for long; returns how many. Where there is none it only looks."""
    if not await desk.read(lambda tx: webhook_deliveries.any_over(tx, tx.now - KEPT_US)):
        return 0

    async def prune(work: Work) -> int:
        return await webhook_deliveries.prune(work.tx, work.now - KEPT_US, AT_ONCE)

    return await desk.change(prune)


async def _must_be_ours(tx: Transaction, by: User, webhook: str) -> None:
    if await webhooks.get(tx, by.account, webhook) is None:
        raise NotFound


async def _must_be_on(tx: Transaction, by: User, webhook: str) -> None:
    found = await webhooks.lock(tx, by.account, webhook)
    if found is None:
        raise NotFound
    if found.off_at is not None:
        raise SwitchedOff("The webhook is off. Switch it on first.")


async def _delivery(tx: Transaction, webhook: str, id: str) -> Delivery:
    delivery = await webhook_deliveries.get(tx, webhook, id)
    if delivery is None:
        raise NotFound
    return delivery


def _shape(delivery: Delivery) -> DeliveryShape:
    last = delivery.last
    return DeliveryShape(
        id=delivery.id,
        type=delivery.type,
        position=delivery.position,
        state=delivery.state,
        attempts=delivery.attempt,
        next_at=instant_or_none(delivery.next_at),
        at=instant_or_none(delivery.at),
        code=last.code if last else None,
        error=last.error if last else None,
        answer=last.answer if last else None,
        took_ms=round(last.took / 1000) if last else None,
        headers=dict(last.signed) if last else {},
        created_at=instant(delivery.created_at),
    )
