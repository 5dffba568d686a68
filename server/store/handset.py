"""What the sandbox's simulated phones show: the account's phones, and what changed in one conversation."""

from dataclasses import dataclass

from server.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Handset:
    """A contact's phone. `did` is the id of the DID that its conversation is held on, None before the first text."""

    number: str
    name: str
    did: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """An event of a conversation: its number, and the event as it went out."""

    seq: int
    body: str


async def has_sandbox(tx: Transaction, account: str) -> bool:
    row = await tx.one("select 1 as found from carriers where account = :account and kind = 'sandbox' limit 1", account=account)
    return row is not None


async def handsets(tx: Transaction, account: str, limit: int) -> list[Handset]:
    """At most `limit` mobile phones of the account's contacts, those that texted last first."""
    rows = await tx.all(
        """select p.number, c.name, v.did from contact_phones p join contacts c on c.id = p.contact
           left join conversations v on v.account = p.account and v.phone = p.number
           where p.account = :account and p.kind = 'mobile'
           order by coalesce(v.active_at, 0) desc, c.name, p.number limit :limit""",
        account=account,
        limit=limit,
    )
    return [Handset(row["number"], row["name"], row["did"]) for row in rows]


async def changes(tx: Transaction, conversation: str, after: int, limit: int) -> list[Change]:
    """At most `limit` events behind the number `after` by which a text came into being or reached the phone, in order."""
    rows = await tx.all(
        """select seq, body from events where conversation = :conversation and seq > :after
           and type in ('message.received', 'message.sent', 'message.delivered') order by seq limit :limit""",
        conversation=conversation,
        after=after,
        limit=limit,
    )
    return [Change(row["seq"], row["body"]) for row in rows]


async def message_of(tx: Transaction, carrier: str, carrier_ref: str) -> str | None:
    """The id of the message that a carrier's text became; None where its number is nobody's."""
    row = await tx.one("select message from inbox where carrier = :carrier and carrier_ref = :ref", carrier=carrier, ref=carrier_ref)
    return row["message"] if row else None
