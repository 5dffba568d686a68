"""How much waits, and since when, of all accounts together: each is one look at an index that holds only what waits."""

from dataclasses import dataclass

from server.store.conversations import first_due
from server.store.database import Transaction
from server.store.inbox import PARKED_US
from server.store.scheduled import FREE

RECENT_US = 300_000_000

_QUEUES = {
    "outbox": "select count(*) as waiting, min(next_at) as oldest from messages where next_at is not null and next_at <= :now",
    "scheduled": f"""select count(*) as waiting, min(m.send_at) as oldest from messages m
        where m.state = 'scheduled' and m.send_at <= :now and {FREE}""",
    "sending": "select count(*) as waiting, min(handed_at) as oldest from messages where lease_until is not null",
    "unconfirmed": "select count(*) as waiting, min(handed_at) as oldest from messages where state = 'unconfirmed'",
    "receipts": f"""select count(*) as waiting, min(received_at) as oldest from receipts
        where applied_at is null and received_at > cast(:now as bigint) - {PARKED_US}""",
    "attachments": "select count(*) as waiting, min(next_at) as oldest from media where next_at is not null and next_at <= :now",
    "webhooks": "select count(*) as waiting, min(created_at) as oldest from webhook_deliveries where next_at is not null",
    "imports": "select count(*) as waiting, min(created_at) as oldest from contact_imports where state = 'running'",
    "pool": "select count(*) as waiting, min(public_since) as oldest from conversations where public_since is not null",
}


@dataclass(frozen=True, slots=True)
class Queue:
    """`oldest` in µs: for so long the first of them has waited, 0 where none waits."""

    name: str
    waiting: int
    oldest: int


async def queues(tx: Transaction) -> list[Queue]:
    found = []
    for name, sql in _QUEUES.items():
        row = await tx.one(sql, now=tx.now) if ":now" in sql else await tx.one(sql)
        assert row is not None
        found.append(Queue(name, row["waiting"], 0 if row["oldest"] is None else max(0, tx.now - row["oldest"])))
    return found


async def timer_late(tx: Transaction) -> int:
    """For how long the conversation that is longest overdue has not gone public, µs: more than a second says that no timer runs."""
    due = await first_due(tx)
    return 0 if due is None else max(0, tx.now - due)


async def recent_texts(tx: Transaction) -> list[tuple[str, str, int]]:
    """(direction, state, how many) of the texts of the last five minutes; not those that were cancelled."""
    # `cross join` tells SQLite to begin with the accounts: by itself it reads every text there is.
    rows = await tx.all(
        """select m.direction, m.state, count(*) as texts from accounts a cross join messages m
           where m.account = a.id and m.kind = 'message' and m.state not in ('scheduled', 'cancelled')
           and coalesce(m.send_at, m.created_at) > :since and coalesce(m.send_at, m.created_at) <= :now
           group by m.direction, m.state order by m.direction, m.state""",
        since=tx.now - RECENT_US,
        now=tx.now,
    )
    return [(row["direction"], row["state"], row["texts"]) for row in rows]
