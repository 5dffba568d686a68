"""What carriers delivered: one row for each of their message ids, receipts that wait for their message, and attachments to fetch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from server.domain.message import MessageState
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


class MediaRow(TypedDict):
    """An attachment of a message that is still at the carrier, at `source`."""

    id: str
    account: str
    message: str
    place: int
    source: str
    content_type: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class ParkedReceipt:
    """A receipt that came before its message was known by its reference."""

    id: str
    state: MessageState
    code: str | None
    says: str | None
    opted_out: bool


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


async def insert_media(tx: Transaction, rows: Sequence[MediaRow]) -> None:
    await tx.run(
        """insert into media (id, account, message, place, source, content_type, state, created_at)
           select value ->> 'id', value ->> 'account', value ->> 'message', cast(value ->> 'place' as bigint),
                  value ->> 'source', value ->> 'content_type', 'pending', cast(value ->> 'created_at' as bigint)
           from json_each(:batch) where true""",
        batch=batch(rows),
    )


async def keep_malformed(tx: Transaction, id: str, carrier: str, raw: str) -> None:
    """A body that could not be read after its signature was good; `raw` in base64."""
    await tx.run(
        "insert into malformed (id, carrier, raw, received_at) values (:id, :carrier, :raw, :at)",
        id=id,
        carrier=carrier,
        raw=raw,
        at=tx.now,
    )


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


async def take_parked(tx: Transaction, carrier: str, carrier_ref: str) -> list[ParkedReceipt]:
    """The receipts that waited for this reference, in the order in which they came; they wait no more."""
    rows = await tx.all(
        """update receipts set applied_at = :now where carrier = :carrier and carrier_ref = :carrier_ref and applied_at is null
           returning id, state, code, says, opted_out""",
        now=tx.now,
        carrier=carrier,
        carrier_ref=carrier_ref,
    )
    return [
        ParkedReceipt(row["id"], MessageState(row["state"]), row["code"], row["says"], bool(row["opted_out"]))
        for row in sorted(rows, key=lambda row: str(row["id"]))
    ]
