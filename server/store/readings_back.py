"""How far each carrier's own list has been read back, and by whom it is being read."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from server.domain.doubtful import Doubt
from server.domain.message import MessageState
from server.store.database import Row, Transaction, batch

SOON_US, LATE_US = 120_000_000, 900_000_000
"""So long after it was handed over a text without an answer is looked for, and once more."""
_LOOKED_FOR = """m.state = 'unconfirmed' and m.handed_at > r.done_at - :late and (
    (m.handed_at <= :soon_before and m.handed_at > r.done_at - :soon) or m.handed_at <= :late_before)"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Instants in µs UTC. Everything up to `known_to` is known. `texts` were found by the last reading that was done, and `cleared` texts
    of ours that had no answer; `failure` is why the last one that was tried was not done."""

    carrier: str
    known_to: int
    done_at: int | None
    tried_at: int | None
    texts: int
    cleared: int
    failure: str | None


@dataclass(frozen=True, slots=True)
class Ours:
    """An outbound message as we know it; `code` where something went wrong."""

    id: str
    state: MessageState
    code: str | None


async def due(tx: Transaction, kinds: Collection[str], before: int, retry_before: int) -> list[tuple[str, str]]:
    """(id, kind) of carriers of these kinds that nobody reads now, whose last reading was before `before` or before a text without an
    answer was to be looked for. After a failure not again until it is older than `retry_before`. Whoever waits longest comes first."""
    # `cross join` tells SQLite to begin with the few DIDs: by itself it reads every text there is, and this is asked all the time.
    rows = await tx.all(
        f"""select k.id, k.kind from carriers k left join readings_back r on r.carrier = k.id
           where k.kind in (select value ->> 'kind' from json_each(:kinds)) and coalesce(r.lease_until, 0) <= :now
           and (r.failure is null or r.tried_at <= :retry_before)
           and (r.done_at is null or r.done_at < :before
               or exists (select 1 from messages m where m.carrier = k.id and {_LOOKED_FOR})
               or exists (select 1 from dids d cross join messages m
                   where d.carrier = k.id and m.did = d.id and m.carrier is null and {_LOOKED_FOR}))
           order by coalesce(r.tried_at, 0), k.id""",
        kinds=batch({"kind": kind} for kind in kinds),
        now=tx.now,
        before=before,
        retry_before=retry_before,
        soon=SOON_US,
        late=LATE_US,
        soon_before=tx.now - SOON_US,
        late_before=tx.now - LATE_US,
    )
    return [(row["id"], row["kind"]) for row in rows]


async def take(tx: Transaction, carrier: str, holder: str, until: int) -> Reading | None:
    """This carrier's reading, `holder`'s alone until `until`; None where another has it. The first begins when the carrier was added."""
    row = await tx.one(
        """insert into readings_back (carrier, known_to, holder, lease_until, tried_at)
           select id, created_at, cast(:holder as text), cast(:until as bigint), cast(:now as bigint) from carriers where id = :carrier
           on conflict (carrier) do update set holder = excluded.holder, lease_until = excluded.lease_until, tried_at = excluded.tried_at
               where coalesce(readings_back.lease_until, 0) <= :now
           returning *""",
        carrier=carrier,
        holder=holder,
        until=until,
        now=tx.now,
    )
    return _reading_of(row) if row else None


async def keep(tx: Transaction, carrier: str, holder: str, until: int) -> None:
    """It takes longer."""
    await tx.run(
        "update readings_back set lease_until = :until where carrier = :carrier and holder = :holder",
        carrier=carrier,
        holder=holder,
        until=until,
    )


async def done(tx: Transaction, carrier: str, holder: str, known_to: int, texts: int, cleared: int) -> None:
    await tx.run(
        """update readings_back set known_to = :known_to, done_at = :now, texts = :texts, cleared = :cleared, failure = null, holder = null,
               lease_until = null where carrier = :carrier and holder = :holder""",
        carrier=carrier,
        holder=holder,
        known_to=known_to,
        texts=texts,
        cleared=cleared,
        now=tx.now,
    )


async def give_back(tx: Transaction, carrier: str, holder: str, failure: str | None) -> None:
    """It was not done; without `failure` another one may begin at once."""
    await tx.run(
        """update readings_back set failure = :failure, holder = null, lease_until = null where carrier = :carrier and holder = :holder""",
        carrier=carrier,
        holder=holder,
        failure=failure,
    )


async def of_carriers(tx: Transaction, carriers: Iterable[str]) -> dict[str, Reading]:
    rows = await tx.all(
        "select * from readings_back where carrier in (select value ->> 'id' from json_each(:ids))",
        ids=batch({"id": id} for id in set(carriers)),
    )
    return {row["carrier"]: _reading_of(row) for row in rows}


async def numbers(tx: Transaction, carrier: str) -> dict[str, int]:
    """When each number over this carrier was added, µs."""
    return {row["number"]: row["created_at"] for row in await tx.all("select number, created_at from dids where carrier = :id", id=carrier)}


async def unheard(tx: Transaction, carrier: str, refs: Iterable[str]) -> set[str]:
    """Those of the carrier's references that never came in."""
    rows = await tx.all(
        """select k.value ->> 'ref' as ref from json_each(:refs) k
           where not exists (select 1 from inbox i where i.carrier = :carrier and i.carrier_ref = k.value ->> 'ref')""",
        refs=batch({"ref": ref} for ref in set(refs)),
        carrier=carrier,
    )
    return {row["ref"] for row in rows}


async def ours(tx: Transaction, carrier: str, refs: Iterable[str]) -> dict[str, Ours]:
    """By the carrier's reference our outbound messages that have one."""
    rows = await tx.all(
        """select m.id, m.carrier_ref, m.state, m.error_code from json_each(:refs) k join messages m on m.carrier_ref = k.value ->> 'ref'
           join dids d on d.id = m.did where m.direction = 'outbound' and coalesce(m.carrier, d.carrier) = :carrier
           order by m.carrier is not null""",
        refs=batch({"ref": ref} for ref in set(refs)),
        carrier=carrier,
    )
    return {row["carrier_ref"]: Ours(row["id"], MessageState(row["state"]), row["error_code"]) for row in rows}


async def doubts(tx: Transaction, carrier: str, since: int) -> list[Doubt]:
    """Texts over this carrier without an answer that were handed over after `since`."""
    rows = await tx.all(
        """select m.id, d.number, c.phone, m.body, m.handed_at, m.error_code in ('not_found', 'sent_again') as judged
           from messages m join dids d on d.id = m.did join conversations c on c.id = m.conversation
           where m.carrier = :carrier and m.state = 'unconfirmed' and m.handed_at > :since
           union all
           select m.id, d.number, c.phone, m.body, m.handed_at, m.error_code in ('not_found', 'sent_again')
           from dids d cross join messages m join conversations c on c.id = m.conversation
           where d.carrier = :carrier and m.did = d.id and m.carrier is null and m.state = 'unconfirmed' and m.handed_at > :since""",
        carrier=carrier,
        since=since,
    )
    return [Doubt(row["id"], row["number"], row["phone"], row["body"], row["handed_at"], bool(row["judged"])) for row in rows]


def _reading_of(row: Row) -> Reading:
    return Reading(row["carrier"], row["known_to"], row["done_at"], row["tried_at"], row["texts"], row["cleared"], row["failure"])
