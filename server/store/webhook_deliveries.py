"""What goes to each webhook: one row a delivery, with what became of its last attempt. The events themselves stay where they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from server.domain.webhook import DeliveryState
from server.store.database import Row, Transaction, batch, stored_text


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of an attempt: the answer's `code` and the beginning of its body, or in `error` why there was none. `took` in µs."""

    signed: Mapping[str, str] = field(repr=False)
    code: int | None
    error: str | None
    answer: str = field(repr=False)
    took: int

    @property
    def taken(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class Delivery:
    """`id` is the event's. `attempt` counts those made; `next_at` is None when it is over; `at` is when the last attempt ended, µs UTC."""

    webhook: str
    id: str
    position: int
    type: str
    state: DeliveryState
    attempt: int
    next_at: int | None
    first_at: int | None
    at: int | None
    last: Attempted | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come. `body` is the event's JSON as the socket sends it, None when it is not kept any more."""

    id: str
    position: int
    attempt: int
    first_at: int | None
    body: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """An event that is looked at: does the webhook want it?"""

    position: int
    type: str
    at: int


async def events_after(tx: Transaction, account: str, position: int, limit: int) -> list[Listed]:
    """The account's events behind a position, in order and of every type: also those that no webhook gets."""
    rows = await tx.all(
        "select position, type, at from events where account = :account and position > :after order by position limit :limit",
        account=account,
        after=position,
        limit=limit,
    )
    return [Listed(row["position"], row["type"], row["at"]) for row in rows]


async def add(tx: Transaction, webhook: str, found: Sequence[tuple[str, int, str]]) -> None:
    """(id, position, type) of each event that is to be delivered, at once."""
    if found:
        await tx.run(
            """insert into webhook_deliveries (webhook, id, position, type, state, attempt, next_at, created_at)
               select :webhook, value ->> 'id', cast(value ->> 'position' as bigint), value ->> 'type', 'waiting', 0, :now, :now
               from json_each(:batch) where true""",
            webhook=webhook,
            now=tx.now,
            batch=batch({"id": id, "position": position, "type": type} for id, position, type in found),
        )


async def add_test(tx: Transaction, webhook: str, id: str, position: int, type: str, body: str) -> None:
    await tx.run(
        """insert into webhook_deliveries (webhook, id, position, type, body, state, attempt, next_at, created_at)
           values (:webhook, :id, :position, :type, :body, 'waiting', 0, :now, :now)""",
        webhook=webhook,
        id=id,
        position=position,
        type=type,
        body=body,
        now=tx.now,
    )


async def due(tx: Transaction, webhook: str, account: str, limit: int) -> list[Due]:
    """Those whose time has come, by position."""
    rows = await tx.all(
        """select d.id, d.position, d.attempt, d.first_at, coalesce(d.body, e.body) as body
           from (select * from webhook_deliveries where webhook = :webhook and next_at <= :now order by position, id limit :limit) d
           left join events e on e.account = :account and e.position = d.position order by d.position, d.id""",
        webhook=webhook,
        account=account,
        now=tx.now,
        limit=limit,
    )
    return [Due(row["id"], row["position"], row["attempt"], row["first_at"], row["body"]) for row in rows]


async def record(tx: Transaction, webhook: str, id: str, attempted: Attempted, state: DeliveryState, next_at: int | None) -> None:
    await tx.run(
        """update webhook_deliveries set state = :state, attempt = attempt + 1, next_at = :next_at, first_at = coalesce(first_at, :now),
                  at = :now, signed = :signed, code = :code, error = :error, answer = :answer, took = :took
           where webhook = :webhook and id = :id""",
        webhook=webhook,
        id=id,
        state=state,
        next_at=next_at,
        now=tx.now,
        signed=msgspec.json.encode(attempted.signed).decode(),
        code=attempted.code,
        error=attempted.error,
        answer=stored_text(attempted.answer),
        took=attempted.took,
    )


async def again(tx: Transaction, webhook: str, id: str) -> bool:
    """Delivers it anew, at once, with a day of its own; whether there is one."""
    written = await tx.run(
        f"update webhook_deliveries set {_ANEW} where webhook = :webhook and id = :id", webhook=webhook, id=id, now=tx.now
    )
    return bool(written)


async def all_again(tx: Transaction, webhook: str, failed_since: int | None) -> None:
    """Everything that waits, and what was given up at `failed_since` (µs) or later, is delivered anew, at once."""
    await tx.run(
        f"update webhook_deliveries set {_ANEW} where webhook = :webhook and (next_at is not null or (state = 'failed' and at >= :since))",
        webhook=webhook,
        since=failed_since if failed_since is not None else tx.now + 1,
        now=tx.now,
    )


async def get(tx: Transaction, webhook: str, id: str) -> Delivery | None:
    row = await tx.one("select * from webhook_deliveries where webhook = :webhook and id = :id", webhook=webhook, id=id)
    return _delivery_of(row) if row else None


async def body_of(tx: Transaction, account: str, webhook: str, id: str) -> str | None:
    """The event's JSON."""
    row = await tx.one(
        """select coalesce(d.body, e.body) as body from webhook_deliveries d
           left join events e on e.account = :account and e.position = d.position where d.webhook = :webhook and d.id = :id""",
        account=account,
        webhook=webhook,
        id=id,
    )
    found: str | None = row["body"] if row else None
    return found


async def page(tx: Transaction, webhook: str, before: tuple[int, str] | None, limit: int) -> list[Delivery]:
    """Newest first; `before` is (position, id) of the last one of the page before."""
    position, id = before or (2**62, "")
    rows = await tx.all(
        """select * from webhook_deliveries where webhook = :webhook and (position < :position or (position = :position and id < :id))
           order by position desc, id desc limit :limit""",
        webhook=webhook,
        position=position,
        id=id,
        limit=limit,
    )
    return [_delivery_of(row) for row in rows]


async def any_over(tx: Transaction, than: int) -> bool:
    return (
        await tx.one("select 1 as old from webhook_deliveries where next_at is null and created_at <= :than limit 1", than=than) is not None
    )


async def prune(tx: Transaction, older_than: int, limit: int) -> int:
    """Forgets at most `limit` of those that are over and were made at or before `older_than` (µs); returns how many."""
    return await tx.run(
        """delete from webhook_deliveries where next_at is null and (webhook, id) in
           (select webhook, id from webhook_deliveries where next_at is null and created_at <= :older_than
            order by created_at limit :limit)""",
        older_than=older_than,
        limit=limit,
    )


_ANEW = "state = 'waiting', attempt = 0, first_at = null, next_at = :now"


def _delivery_of(row: Row) -> Delivery:
    last = None
    if row["signed"] is not None:
        last = Attempted(msgspec.json.decode(row["signed"]), row["code"], row["error"], row["answer"], row["took"])
    return Delivery(
        webhook=row["webhook"],
        id=row["id"],
        position=row["position"],
        type=row["type"],
        state=DeliveryState(row["state"]),
        attempt=row["attempt"],
        next_at=row["next_at"],
        first_at=row["first_at"],
        at=row["at"],
        last=last,
        created_at=row["created_at"],
    )
