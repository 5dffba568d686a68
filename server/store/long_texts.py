"""Long texts of which not every part has come yet."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from server.store.database import Row, Transaction, batch


@dataclass(frozen=True, slots=True)
class Key:
    """Which long text a part belongs to. `ref` is used again by its sender after some other texts."""

    carrier: str
    sender: str
    recipient: str
    ref: str
    total: int


@dataclass(frozen=True, slots=True)
class LongText:
    """`did` is the one that `key.recipient` names."""

    id: str
    did: str
    key: Key


@dataclass(frozen=True, slots=True)
class KeptPart:
    carrier_ref: str
    body: str = field(repr=False)


async def hold(tx: Transaction, begun: Iterable[LongText]) -> dict[Key, str]:
    """The ids of these long texts, which begin now where they are not there yet, locked to the end of the transaction in one order: of two
    processes with the last two parts the second sees what the first one left."""
    rows = await tx.all(
        """insert into long_texts (id, carrier, sender, recipient, ref, total, did, began_at)
           select value ->> 'id', value ->> 'carrier', value ->> 'sender', value ->> 'recipient', value ->> 'ref',
                  cast(value ->> 'total' as bigint), value ->> 'did', cast(:now as bigint)
           from json_each(:batch) where true order by 2, 3, 4, 5, 6
           on conflict (carrier, sender, recipient, ref, total) do update set total = excluded.total
           returning id, carrier, sender, recipient, ref, total""",
        batch=batch({"id": text.id, "did": text.did, **asdict(text.key)} for text in begun),
        now=tx.now,
    )
    return {_key(row): row["id"] for row in rows}


async def lock(tx: Transaction, id: str) -> bool:
    """Whether this one still waits; then nobody else touches it before the end of the transaction."""
    return await tx.run("update long_texts set total = total where id = :id", id=id) == 1


async def parts(tx: Transaction, ids: Iterable[str]) -> dict[str, dict[int, KeptPart]]:
    """What has come of each, by number."""
    rows = await tx.all(
        """select p.long_text, p.number, p.carrier_ref, p.body from json_each(:ids) i
           join long_text_parts p on p.long_text = i.value ->> 'id'""",
        ids=batch({"id": id} for id in ids),
    )
    found: dict[str, dict[int, KeptPart]] = {}
    for row in rows:
        found.setdefault(row["long_text"], {})[row["number"]] = KeptPart(row["carrier_ref"], row["body"])
    return found


async def add(tx: Transaction, id: str, number: int, part: KeptPart) -> None:
    await tx.run(
        "insert into long_text_parts (long_text, number, carrier_ref, body) values (:id, :number, :carrier_ref, :body)",
        id=id,
        number=number,
        carrier_ref=part.carrier_ref,
        body=part.body,
    )


async def forget(tx: Transaction, id: str) -> None:
    await tx.run("delete from long_text_parts where long_text = :id", id=id)
    await tx.run("delete from long_texts where id = :id", id=id)


async def overdue(tx: Transaction, until: int, limit: int) -> Sequence[LongText]:
    """Those that began at `until` (µs) or before, the oldest first."""
    rows = await tx.all("select * from long_texts where began_at <= :until order by began_at, id limit :limit", until=until, limit=limit)
    return [LongText(row["id"], row["did"], _key(row)) for row in rows]


def _key(row: Row) -> Key:
    return Key(row["carrier"], row["sender"], row["recipient"], row["ref"], row["total"])
