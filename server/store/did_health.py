"""Whether a number of ours works: when a text last came and went, and how many of the last day failed."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.database import Transaction, batch

DAY_US = 86_400_000_000
_AT = "coalesce(m.send_at, m.created_at)"
_LAST = f"""(select {_AT} from messages m where m.did = k.value ->> 'id' and m.direction = '{{}}'
    and m.state not in ('scheduled', 'cancelled') order by {_AT} desc limit 1)"""
_OUT = f"""(select count(*) from messages m where m.did = k.value ->> 'id' and m.direction = 'outbound' and {_AT} > :since
    and m.state {{}})"""


@dataclass(frozen=True, slots=True)
class Health:
    """Instants in µs UTC, None for never; the texts of the last 24 hours, and those of them that did not arrive."""

    last_in: int | None
    last_out: int | None
    out: int
    failed: int


async def health(tx: Transaction, ids: Iterable[str]) -> dict[str, Health]:
    """By DID, every one of `ids`."""
    rows = await tx.all(
        f"""select k.value ->> 'id' as id, {_LAST.format("inbound")} as last_in, {_LAST.format("outbound")} as last_out,
                   {_OUT.format("not in ('scheduled', 'cancelled')")} as sent, {_OUT.format("in ('failed', 'undelivered')")} as failed
            from json_each(:ids) k""",
        ids=batch({"id": id} for id in set(ids)),
        since=tx.now - DAY_US,
    )
    return {row["id"]: Health(row["last_in"], row["last_out"], row["sent"], row["failed"]) for row in rows}
