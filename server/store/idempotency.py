"""The answers that were given under an `Idempotency-Key`, for whoever asks again."""

from dataclasses import dataclass, field

from server.store.database import Conflict, Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """The first answer as it was, and the fingerprint of the request that got it. Of what is begun and not answered, `body` is its id."""

    fingerprint: str
    body: str = field(repr=False)


async def find(tx: Transaction, user: str, key: str, newer_than: int) -> Kept | None:
    """What was kept after `newer_than` (µs) under this key of the user."""
    row = await tx.one(
        "select fingerprint, body from idempotency where user_id = :user and key = :key and at > :newer_than",
        user=user,
        key=key,
        newer_than=newer_than,
    )
    return Kept(row["fingerprint"], row["body"]) if row else None


async def keep(tx: Transaction, user: str, key: str, kept: Kept, older_than: int, *, begun: str | None = None) -> None:
    """Takes the place of what was kept at or before `older_than` (µs), or with the fingerprint `begun`. Raises `Conflict` where another
    request has the key by now."""
    written = await tx.run(
        """insert into idempotency (user_id, key, fingerprint, body, at) values (:user, :key, :fingerprint, :body, :now)
           on conflict (user_id, key) do update set fingerprint = excluded.fingerprint, body = excluded.body, at = excluded.at
           where idempotency.at <= :older_than or idempotency.fingerprint = :begun""",
        user=user,
        key=key,
        fingerprint=kept.fingerprint,
        body=kept.body,
        now=tx.now,
        older_than=older_than,
        begun=begun or "",
    )
    if not written:
        raise Conflict("this key came with another request meanwhile")


async def any_older(tx: Transaction, than: int) -> bool:
    return await tx.one("select 1 as old from idempotency where at <= :than limit 1", than=than) is not None


async def prune(tx: Transaction, older_than: int, limit: int) -> int:
    """Forgets at most `limit` of what was kept at or before `older_than` (µs), the oldest first; returns how many."""
    return await tx.run(
        """delete from idempotency where at <= :older_than and (user_id, key) in
           (select user_id, key from idempotency where at <= :older_than order by at limit :limit)""",
        older_than=older_than,
        limit=limit,
    )
