"""What is to leave: which numbers have texts that wait, which of those may be taken, and how fast each number goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.domain.pace import Pace
from server.store.database import Row, Transaction, batch

PREFIX = 200
"""So many texts of a number are looked at in the order of their time; where none of them may leave, each conversation is looked at once."""
LAST = 2**62
"""No text has this number."""
_HEAD = """(select e.seq from messages e where e.conversation = {conversation} and (e.lease_until is not null or e.next_at is not null)
    and (e.asked_at is null or e.lease_until is not null or e.next_at <= :now) order by e.seq limit 1)"""
"""The first text of a conversation that is on its way out. One that quiet hours hold lets others pass."""
_IN_HANDS = "exists (select 1 from messages h where h.conversation = {conversation} and h.lease_until is not null)"
_FIRST = f"""not {_IN_HANDS.format(conversation="p.conversation")}
    and coalesce({_HEAD.format(conversation="p.conversation")}, p.seq) >= p.seq"""
_WAITING = f"""with recursive waiting(did) as (
        select min(did) from messages where next_at is not null
        union all
        select (select min(m.did) from messages m where m.next_at is not null and m.did > w.did) from waiting w where w.did is not null)
    select d.id, d.carrier, d.rate, d.spent_until, d.paused_until, (select min(p.next_at) from (
        select m.conversation, m.seq, m.next_at from messages m where m.did = d.id and m.next_at is not null and m.lease_until is null
        order by m.next_at limit {PREFIX}) p where {_FIRST}) as due
    from waiting w join dids d on d.id = w.did"""
_CONVERSATIONS = f"""with recursive talks(id) as (
        select min(conversation) from messages where did = :did and next_at is not null
        union all
        select (select min(m.conversation) from messages m where m.did = :did and m.next_at is not null and m.conversation > t.id)
        from talks t where t.id is not null),
    heads(id, seq) as (select t.id, {_HEAD.format(conversation="t.id")} from talks t
        where t.id is not null and not {_IN_HANDS.format(conversation="t.id")})"""
"""Every conversation with texts that wait over one number and none in a sender's hands, and its first; one look by index for each."""


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
    found = []
    for row in await tx.all(_WAITING, now=tx.now):
        due = row["due"] if row["due"] is not None else await _first_due(tx, row["id"])
        if due is not None:
            found.append(Waiting(row["id"], row["carrier"], _pace_of(row), due))
    return sorted(found, key=lambda each: (each.due, each.did))


async def ready(tx: Transaction, did: str, now: int, limit: int) -> list[tuple[str, int]]:
    """(conversation, seq) of texts that may leave over this number now: due, and the first unsent of their conversation. Oldest first;
    where there are some, there may be more."""
    rows = await tx.all(
        f"""select p.conversation, p.seq, p.next_at from (
                select m.conversation, m.seq, m.next_at from messages m where m.did = :did and m.next_at <= :now and m.lease_until is null
                order by m.next_at, m.conversation, m.seq limit {PREFIX}) p where {_FIRST}""",
        did=did,
        now=now,
    )
    due = [(row["next_at"], row["conversation"], row["seq"]) for row in rows] or await _due_heads(tx, did, now)
    return [(conversation, seq) for _, conversation, seq in sorted(due)[:limit]]


async def _due_heads(tx: Transaction, did: str, now: int) -> list[tuple[int, str, int]]:
    """(when it may leave, conversation, seq) of the first texts that are due over this number, one of each conversation."""
    heads = await tx.all(
        f"""{_CONVERSATIONS} select h.id, h.seq, (select m.did from messages m where m.conversation = h.id and m.seq = h.seq) as did,
                (select m.next_at from messages m where m.conversation = h.id and m.seq = h.seq) as next_at
            from heads h where h.seq is not null""",
        did=did,
        now=now,
    )
    return [(row["next_at"], row["id"], row["seq"]) for row in heads if row["did"] == did and row["next_at"] <= now]


async def _first_due(tx: Transaction, did: str) -> int | None:
    """When the first text over this number may leave by its own time, µs."""
    # With the sum no engine walks along the times to find the least of them, past all that wait behind.
    row = await tx.one(
        f"""{_CONVERSATIONS} select min((select min(m.next_at + 0) from messages m where m.conversation = h.id and m.did = :did
                and m.next_at is not null and m.seq <= coalesce(h.seq, {LAST}))) as due from heads h""",
        did=did,
        now=tx.now,
    )
    return row["due"] if row else None


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
