"""The words that carriers use once, and what each of them came with."""

from collections.abc import Mapping
from typing import TypedDict

from server.store.database import Transaction, batch


class NonceRow(TypedDict):
    carrier: str
    nonce: str
    digest: str


Key = tuple[str, str]
"""A connection's id and the nonce."""


async def spend(tx: Transaction, rows: Mapping[Key, NonceRow]) -> dict[Key, str]:
    """Keeps those that are new, and returns for each the digest that it first came with. Who spends the same one in another process is
    waited for; all are taken in one order, so that nobody waits for each other."""
    await tx.run(
        """insert into nonces (carrier, nonce, digest, received_at)
           select value ->> 'carrier', value ->> 'nonce', value ->> 'digest', cast(:now as bigint)
           from json_each(:batch) where true order by 1, 2
           on conflict (carrier, nonce) do nothing""",
        batch=batch(rows.values()),
        now=tx.now,
    )
    kept = await tx.all(
        """select k.value ->> 'carrier' as carrier, k.value ->> 'nonce' as nonce,
                  (select digest from nonces n where n.carrier = k.value ->> 'carrier' and n.nonce = k.value ->> 'nonce') as digest
           from json_each(:batch) k""",
        batch=batch(rows.values()),
    )
    return {(row["carrier"], row["nonce"]): row["digest"] for row in kept}


async def any_older(tx: Transaction, than: int) -> bool:
    return await tx.one("select 1 as old from nonces where received_at <= :than limit 1", than=than) is not None


async def prune(tx: Transaction, older_than: int, limit: int) -> int:
    """Forgets at most `limit` of those that came at or before `older_than` (µs), the oldest first; returns how many."""
    return await tx.run(
        """delete from nonces where received_at <= :older_than and (carrier, nonce) in
           (select carrier, nonce from nonces where received_at <= :older_than order by received_at limit :limit)""",
        older_than=older_than,
        limit=limit,
    )
