"""Texts for numbers that are nobody's, as their carriers brought them."""

from dataclasses import dataclass, field

from server.store.database import Transaction

Key = tuple[int, str, str]
"""When it came (µs), over which carrier, and the carrier's reference."""


@dataclass(frozen=True, slots=True)
class Unrouted:
    """`text` is the carrier's text as JSON."""

    carrier: str
    carrier_ref: str
    sender: str
    recipient: str
    text: str = field(repr=False)
    received_at: int

    @property
    def key(self) -> Key:
        return self.received_at, self.carrier, self.carrier_ref


async def page(tx: Transaction, account: str, after: Key | None, limit: int) -> list[Unrouted]:
    """At most `limit` that came over the account's carriers, newest first, those behind `after`."""
    where, parameters = "", dict[str, str | int](account=account, limit=limit)
    if after is not None:
        where = """and (i.received_at, i.carrier, i.carrier_ref)
                   < (cast(:at as bigint), cast(:carrier as text), cast(:carrier_ref as text))"""
        parameters |= {"at": after[0], "carrier": after[1], "carrier_ref": after[2]}
    rows = await tx.all(
        f"""select i.carrier, i.carrier_ref, i.sender, i.recipient, i.unrouted, i.received_at
            from carriers k join inbox i on i.carrier = k.id
            where k.account = :account and i.unrouted is not null {where}
            order by i.received_at desc, i.carrier desc, i.carrier_ref desc limit :limit""",
        **parameters,
    )
    return [
        Unrouted(row["carrier"], row["carrier_ref"], row["sender"], row["recipient"], row["unrouted"], row["received_at"]) for row in rows
    ]
