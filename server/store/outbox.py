"""What is to leave: which numbers have texts that wait, which of those may be taken, and how fast each number goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.domain.pace import Pace
from server.store.database import Row, Transaction, batch

_FIRST = """not exists (select 1 from messages e where e.conversation = m.conversation
    and (e.lease_until is not null or e.next_at is not null) and (e.seq < m.seq or (e.lease_until is not null and e.seq <> m.seq))
    and (e.asked_at is null or e.lease_until is not null or e.next_at <= :now))"""
"""No earlier text of its conversation is on its way out, and none is in a sender's hands. One that quiet hours hold lets others pass."""
_WAITING = f"""with recursive waiting(did) as (
        select min(did) from messages where next_at is not null
        union all
        select (select min(m.did) from messages m where m.next_at is not null and m.did > w.did) from waiting w where w.did is not null)
    select d.id, d.carrier, d.rate, d.spent_until, d.paused_until, (select m.next_at from messages m
        where m.did = d.id and m.next_at is not null and m.lease_until is null and {_FIRST} order by m.next_at limit 1) as due
    from waiting w join dids d on d.id = w.did"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A number of ours over which texts wait. `due` is when the first of them may leave by its own time, µs."""

    did: str
    carrier: str
    pace: Pace
    due: int

    @property
    def opens_at(self) -> int:
        return max(self.due, self.pace.opens_at)


async def waiting(tx: Transaction) -> list[Waiting]:
    """Each number is one look by index, however many texts wait behind it; the longest due comes first."""
    rows = await tx.all(_WAITING, now=tx.now)
    found = [Waiting(row["id"], row["carrier"], _pace_of(row), row["due"]) for row in rows if row["due"] is not None]
    return sorted(found, key=lambda each: (each.due, each.did))


async def ready(tx: Transaction, did: str, now: int, limit: int) -> list[tuple[str, int]]:
    """(conversation, seq) of texts that may leave over this number now: due, and the first unsent of their conversation. Oldest first."""
    rows = await tx.all(
        f"""select m.conversation, m.seq from messages m
            where m.did = :did and m.next_at <= :now and m.lease_until is null and {_FIRST}
            order by m.next_at, m.conversation, m.seq limit :limit""",
        did=did,
        now=now,
        limit=limit,
    )
    return [(row["conversation"], row["seq"]) for row in rows]


async def leases_ended(tx: Transaction, now: int, limit: int) -> list[tuple[str, int]]:
    """(conversation, seq) of texts whose sender did not come back."""
    rows = await tx.all(
        "select conversation, seq from messages where lease_until <= :now order by lease_until limit :limit",
        now=now,
        limit=limit,
    )
    return [(row["conversation"], row["seq"]) for row in rows]


async def first_lease(tx: Transaction) -> int | None:
    """When the first lease ends, µs."""
    row = await tx.one("select min(lease_until) as at from messages where lease_until is not null")
    return row["at"] if row else None


async def lease_left(tx: Transaction, message: str, attempt: int) -> int:
    """For how long the lease of this try still holds, µs; 0 and less where it is over."""
    row = await tx.one("select lease_until from messages where id = :message and attempt = :attempt", message=message, attempt=attempt)
    return 0 if row is None or row["lease_until"] is None else int(row["lease_until"]) - tx.now


async def hold_paces(tx: Transaction, dids: Iterable[str]) -> dict[str, Pace]:
    """The paces as they are now, held to the end of the transaction. Whoever locks conversations too locks them before."""
    held = {}
    for did in sorted(set(dids)):
        row = await tx.one("update dids set spent_until = spent_until where id = :id returning rate, spent_until, paused_until", id=did)
        if row is not None:
            held[did] = _pace_of(row)
    return held


async def save_paces(tx: Transaction, paces: Mapping[str, Pace]) -> None:
    if paces:
        await tx.run(
            """update dids set spent_until = cast(b.value ->> 'until' as bigint) from json_each(:batch) b
               where dids.id = b.value ->> 'id'""",
            batch=batch({"id": id, "until": pace.spent_until} for id, pace in paces.items()),
        )


async def pause(tx: Transaction, did: str, until: int) -> None:
    """Nothing leaves over this number before `until` (µs); a longer pause stays."""
    await tx.run("update dids set paused_until = :until where id = :id and paused_until < :until", id=did, until=until)


def _pace_of(row: Row) -> Pace:
    return Pace(row["rate"], row["spent_until"], row["paused_until"])
