"""Whether a number of ours works: when a text last came and went, and what became of those of the last day."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.did_health import Figures
from server.store.database import Transaction, batch

DAY_US = 86_400_000_000
_AT = "coalesce(m.send_at, m.created_at)"
_LAST = f"""(select {_AT} from messages m where m.did = k.value ->> 'id' and m.direction = '{{}}'
    and m.state not in ('scheduled', 'cancelled') order by {_AT} desc limit 1)"""
_OUT = f"""(select count(*) from messages m where m.did = k.value ->> 'id' and m.direction = 'outbound' and {_AT} > :since
    and m.state {{}})"""
_REFUSED = f"""(select count(*) from messages m where m.did = k.value ->> 'id' and {_AT} > :since and m.state in ('failed', 'undelivered')
    and m.error_says in (select value ->> 'says' from json_each(:{{}})))"""
_STOPPED = """(select count(*) from messages m where m.did = k.value ->> 'id' and m.created_at > :since
    and m.direction = 'inbound' and m.purpose = 'opted_out')"""


@dataclass(frozen=True, slots=True)
class Health:
    """Instants in µs UTC, None for never; `figures` are those of the last 24 hours."""

    last_in: int | None
    last_out: int | None
    figures: Figures
    paused_until: int


async def health(tx: Transaction, ids: Iterable[str], blocking: Iterable[str], opted_out: str) -> dict[str, Health]:
    """By DID, every one of `ids`. `blocking` and `opted_out` are what is said of texts that were refused so."""
    rows = await tx.all(
        f"""select k.value ->> 'id' as id, (select d.paused_until from dids d where d.id = k.value ->> 'id') as paused_until,
                   {_LAST.format("inbound")} as last_in, {_LAST.format("outbound")} as last_out,
                   {_OUT.format("not in ('scheduled', 'cancelled')")} as sent, {_OUT.format("= 'delivered'")} as delivered,
                   {_OUT.format("in ('failed', 'undelivered')")} as failed, {_REFUSED.format("blocking")} as blocked,
                   {_REFUSED.format("opted_out")} + {_STOPPED} as opted_out
            from json_each(:ids) k""",
        ids=batch({"id": id} for id in set(ids)),
        since=tx.now - DAY_US,
        blocking=batch({"says": says} for says in blocking),
        opted_out=batch([{"says": opted_out}]),
    )
    return {
        row["id"]: Health(
            row["last_in"],
            row["last_out"],
            Figures(row["sent"], row["delivered"], row["failed"], row["blocked"], row["opted_out"]),
            row["paused_until"],
        )
        for row in rows
    }
