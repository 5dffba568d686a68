"""What carriers delivered: one row for each of their message ids, and receipts that wait for their message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from server.domain.message import NO_WORDS, MessageState
from server.store.database import Transaction, batch


class InboxRow(TypedDict):
    """`message` is the id of the message that it becomes; `unrouted` the text as JSON where its number is nobody's."""

    carrier: str
    carrier_ref: str
    message: str | None
    sender: str
    recipient: str
    unrouted: str | None
    received_at: int


@dataclass(frozen=True, slots=True)
class ParkedReceipt:
    """A receipt that came before its message was known by its reference; `message` and `conversation` are that message's."""

    id: str
    message: str
    conversation: str
    state: MessageState
    code: str | None
    says: str | None
    opted_out: bool


PARKED_US = 600_000_000
"""For so long a parked receipt is looked at again; after that its message is not ours."""


async def insert(tx: Transaction, rows: Sequence[InboxRow]) -> set[tuple[str, str]]:
    """Keeps what is new, the first of equals; returns the (carrier, carrier_ref) of those that were not there before."""
    kept = await tx.all(
        """insert into inbox (carrier, carrier_ref, message, sender, recipient, unrouted, received_at)
           select value ->> 'carrier', value ->> 'carrier_ref', value ->> 'message', value ->> 'sender',
                  value ->> 'recipient', value ->> 'unrouted', cast(value ->> 'received_at' as bigint)
           from json_each(:batch) where true order by 1, 2
           on conflict (carrier, carrier_ref) do nothing returning carrier, carrier_ref""",
        batch=batch({(row["carrier"], row["carrier_ref"]): row for row in reversed(rows)}.values()),
    )
    return {(row["carrier"], row["carrier_ref"]) for row in kept}


async def became(tx: Transaction, carrier: str, refs: Sequence[str], message: str) -> None:
    """What the carrier delivered under several references is one message."""
    await tx.run(
        """update inbox set message = :message
           where carrier = :carrier and carrier_ref in (select value ->> 'ref' from json_each(:refs))""",
        carrier=carrier,
        refs=batch({"ref": ref} for ref in refs),
        message=message,
    )


async def without_words(tx: Transaction, texts: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Of these (carrier, carrier_ref, sender) those that were read back without their words, by (carrier, carrier_ref): message and
    conversation. A message that this transaction will only write has no conversation yet, and may have words."""
    rows = await tx.all(
        """select i.carrier, i.carrier_ref, i.message, m.conversation
           from json_each(:keys) k
           join inbox i on i.carrier = k.value ->> 'carrier' and i.carrier_ref = k.value ->> 'ref' and i.sender = k.value ->> 'sender'
           left join messages m on m.id = i.message
           where i.message is not null and (m.id is null or m.error_code = :no_words)""",
        keys=batch({"carrier": carrier, "ref": ref, "sender": sender} for carrier, ref, sender in set(texts)),
        no_words=NO_WORDS,
    )
    return {(row["carrier"], row["carrier_ref"]): (row["message"], row["conversation"]) for row in rows}


async def park_receipt(
    tx: Transaction, id: str, carrier: str, carrier_ref: str, state: MessageState, code: str | None, says: str | None, opted_out: bool
) -> None:
    await tx.run(
        """insert into receipts (id, carrier, carrier_ref, state, code, says, opted_out, received_at)
           values (:id, :carrier, :carrier_ref, :state, :code, :says, :opted_out, :at)""",
        id=id,
        carrier=carrier,
        carrier_ref=carrier_ref,
        state=state,
        code=code,
        says=says,
        opted_out=int(opted_out),
        at=tx.now,
    )


async def known_by_now(tx: Transaction, limit: int) -> list[ParkedReceipt]:
    """Parked receipts whose reference belongs to an outbound message by now, in the order in which they came."""
    rows = await tx.all(
        """select r.id, r.state, r.code, r.says, r.opted_out, m.id as message, m.conversation from receipts r
           join messages m on m.carrier_ref = r.carrier_ref and m.direction = 'outbound'
           join dids d on d.id = m.did and coalesce(m.carrier, d.carrier) = r.carrier
           where r.applied_at is null and r.received_at > :since order by r.received_at, r.id, m.carrier is null limit :limit""",
        since=tx.now - PARKED_US,
        limit=limit,
    )
    return [
        ParkedReceipt(
            row["id"], row["message"], row["conversation"], MessageState(row["state"]), row["code"], row["says"], bool(row["opted_out"])
        )
        for row in rows
    ]


async def any_stray(tx: Transaction, older_than: int) -> bool:
    """Whether a parked receipt came at or before `older_than`, µs, and its message was never found."""
    sql = "select 1 as stray from receipts where applied_at is null and received_at <= :older_than limit 1"
    return await tx.one(sql, older_than=older_than) is not None


async def forget_stray(tx: Transaction, older_than: int, limit: int) -> int:
    """Forgets at most `limit` of those, the oldest first; returns how many."""
    return await tx.run(
        """delete from receipts where applied_at is null and id in (select id from receipts where applied_at is null
           and received_at <= :older_than order by received_at limit :limit)""",
        older_than=older_than,
        limit=limit,
    )


async def take(tx: Transaction, id: str) -> bool:
    """Whether this parked receipt was still to be applied; it is not any more."""
    return await tx.run("update receipts set applied_at = :now where id = :id and applied_at is null", now=tx.now, id=id) == 1
