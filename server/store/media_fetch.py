"""Attachments that are still at a carrier: taken by a fetcher for a while, put off, settled for good."""

from dataclasses import dataclass, field

from server.domain.media import Attachment
from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Away:
    """One that a fetcher holds. `attempt` says which try; `carrier` is None where the number has none any more."""

    id: str
    message: str
    carrier: str | None
    source: str = field(repr=False)
    attempt: int


async def next_due(tx: Transaction) -> int | None:
    """When the next may be taken, µs; None where nothing is away."""
    row = await tx.one("select min(next_at) as at from media where next_at is not null")
    return row["at"] if row else None


async def take(tx: Transaction, until: int, limit: int) -> list[Away]:
    """At most `limit` that are due. Nobody else gets them before `until` (µs), when whoever has them is given up."""
    rows = await tx.all(
        """update media set attempt = attempt + 1, next_at = :until where next_at <= :now and id in
           (select id from media where next_at <= :now order by next_at limit :limit) returning *""",
        until=until,
        now=tx.now,
        limit=limit,
    )
    return [Away(row["id"], row["message"], row["carrier"], row["source"], row["attempt"]) for row in rows]


async def settle(tx: Transaction, away: Away, now_it_is: Attachment) -> bool:
    """False, and nothing is changed, when another attempt has taken over."""
    changed = await tx.run(
        """update media set state = :state, content_type = :content_type, size = :size, width = :width, height = :height, name = :name,
           next_at = null where id = :id and attempt = :attempt and next_at is not null""",
        state=now_it_is.state,
        content_type=now_it_is.content_type,
        size=now_it_is.size,
        width=now_it_is.width,
        height=now_it_is.height,
        name=now_it_is.name,
        id=away.id,
        attempt=away.attempt,
    )
    return changed > 0


async def put_off(tx: Transaction, away: Away, at: int) -> None:
    """Until `at` (µs), unless another attempt has taken over."""
    await tx.run(
        "update media set next_at = :at where id = :id and attempt = :attempt and next_at is not null",
        at=at,
        id=away.id,
        attempt=away.attempt,
    )


async def drop(tx: Transaction, away: Away) -> bool:
    """It is nothing to show. False, and nothing is changed, when another attempt has taken over."""
    gone = await tx.run("delete from media where id = :id and attempt = :attempt and next_at is not null", id=away.id, attempt=away.attempt)
    return gone > 0


async def let_go(tx: Transaction, id: str) -> None:
    """Its message is gone: it is removed like an upload that nobody sent, with whatever was kept of it."""
    await tx.run("update media set message = null, next_at = null where id = :id", id=id)
