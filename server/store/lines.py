"""Carriers with their sealed credentials, the DIDs bound to them, and what came in on them unreadable."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.store.accounts import Did, dids_by_id
from server.store.database import Row, Transaction, stored_text

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of carriers: an account's own access to a provider. `credentials` is sealed by the vault for this id."""

    id: str
    account: str
    kind: str
    name: str
    credentials: str = field(repr=False)
    options: Mapping[str, Any]
    created_at: int


async def add(tx: Transaction, line: Line) -> None:
    await tx.run(
        """insert into carriers (id, account, kind, name, credentials, options, created_at)
           values (:id, :account, :kind, :name, :credentials, :options, :created_at)""",
        account=line.account,
        kind=line.kind,
        created_at=line.created_at,
        **_changeable(line),
    )


async def save(tx: Transaction, line: Line) -> None:
    await tx.run("update carriers set name = :name, credentials = :credentials, options = :options where id = :id", **_changeable(line))


async def line(tx: Transaction, id: str) -> Line | None:
    """A carrier of whatever account, for its webhooks."""
    row = await tx.one("select * from carriers where id = :id", id=id)
    return _line_of(row) if row else None


async def kind_over(tx: Transaction, account: str, ref: str, message: str) -> str | None:
    """The kind of the carrier over which an inbound message came, by its carrier's reference."""
    row = await tx.one(
        """select k.kind from carriers k join inbox i on i.carrier = k.id and i.carrier_ref = :ref
           where k.account = :account and i.message = :message""",
        account=account,
        ref=ref,
        message=message,
    )
    return row["kind"] if row else None


async def get(tx: Transaction, account: str, id: str) -> Line | None:
    found = await line(tx, id)
    return found if found and found.account == account else None


async def lock(tx: Transaction, account: str, id: str) -> Line | None:
    """A carrier of the account as it is now, held to the end of the transaction."""
    row = await tx.one("update carriers set name = name where id = :id and account = :account returning *", id=id, account=account)
    return _line_of(row) if row else None


async def page(tx: Transaction, account: str, after: str, limit: int) -> list[Line]:
    """The account's carriers by id, those after the id `after`."""
    rows = await tx.all(
        "select * from carriers where account = :account and id > :after order by id limit :limit",
        account=account,
        after=after,
        limit=limit,
    )
    return [_line_of(row) for row in rows]


async def remove(tx: Transaction, id: str) -> None:
    """Raises `Conflict` while DIDs or received messages belong to it."""
    await tx.run("delete from malformed where carrier = :id", id=id)
    await tx.run("delete from readings_back where carrier = :id", id=id)
    await tx.run("delete from carriers where id = :id", id=id)


async def add_did(tx: Transaction, did: Did) -> None:
    """Raises `Conflict` when the number is taken, by whatever account."""
    await tx.run(
        """insert into dids (id, account, number, carrier, user_id, capabilities, label, rate, created_at)
           values (:id, :account, :number, :carrier, :user, :capabilities, :label, :rate, :now)""",
        account=did.account,
        number=did.number,
        carrier=did.carrier,
        user=did.user.id if did.user else None,
        capabilities=msgspec.json.encode(did.capabilities).decode(),
        label=did.label,
        rate=did.rate,
        id=did.id,
        now=tx.now,
    )


async def save_did(tx: Transaction, did: Did) -> None:
    """Writes everything that can change but the user."""
    await tx.run(
        "update dids set carrier = :carrier, capabilities = :capabilities, label = :label, rate = :rate where id = :id",
        id=did.id,
        carrier=did.carrier,
        capabilities=msgspec.json.encode(did.capabilities).decode(),
        label=did.label,
        rate=did.rate,
    )


async def assign_did(tx: Transaction, id: str, user: str | None) -> None:
    """Makes a DID this user's caller ID, or the account's."""
    await tx.run("update dids set user_id = :user where id = :id", id=id, user=user)


async def did(tx: Transaction, account: str, id: str) -> Did | None:
    found = (await dids_by_id(tx, [id])).get(id)
    return found if found and found.account == account else None


async def lock_did(tx: Transaction, account: str, id: str) -> Did | None:
    """A DID of the account as it is now, held to the end of the transaction."""
    row = await tx.one("update dids set label = label where id = :id and account = :account returning id", id=id, account=account)
    return (await dids_by_id(tx, [id]))[id] if row else None


async def did_page(tx: Transaction, account: str, after: str, limit: int) -> list[Did]:
    """The account's DIDs by id, those after the id `after`."""
    rows = await tx.all(
        "select id from dids where account = :account and id > :after order by id limit :limit",
        account=account,
        after=after,
        limit=limit,
    )
    found = await dids_by_id(tx, [row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


async def remove_did(tx: Transaction, id: str) -> None:
    """Raises `Conflict` while conversations or messages show it."""
    await tx.run("update accounts set default_did = null where default_did = :id", id=id)
    await tx.run("delete from dids where id = :id", id=id)


async def keep_malformed(tx: Transaction, id: str, carrier: str, raw: bytes) -> None:
    """What was signed well and could not be read, once a day however often the carrier repeats it; bytes that are not UTF-8, and NUL,
    are kept as \\x…."""
    text = raw.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    await tx.run(
        """insert into malformed (id, carrier, digest, raw, received_at)
           select cast(:id as text), cast(:carrier as text), cast(:digest as text), cast(:raw as text), cast(:now as bigint)
           where not exists (select 1 from malformed where carrier = :carrier and digest = :digest and received_at > :since)""",
        id=id,
        carrier=carrier,
        digest=hashlib.sha256(raw).hexdigest(),
        raw=stored_text(text),
        now=tx.now,
        since=tx.now - DAY_US,
    )


async def any_malformed_older(tx: Transaction, than: int) -> bool:
    return await tx.one("select 1 as old from malformed where received_at <= :than limit 1", than=than) is not None


async def prune_malformed(tx: Transaction, older_than: int, limit: int) -> int:
    """Forgets at most `limit` of what came at or before `older_than` (µs), the oldest first; returns how many."""
    return await tx.run(
        """delete from malformed where received_at <= :older_than and id in
           (select id from malformed where received_at <= :older_than order by received_at limit :limit)""",
        older_than=older_than,
        limit=limit,
    )


def _changeable(line: Line) -> dict[str, str]:
    return {
        "id": line.id,
        "name": line.name,
        "credentials": line.credentials,
        "options": msgspec.json.encode(line.options).decode(),
    }


def _line_of(row: Row) -> Line:
    return Line(
        id=row["id"],
        account=row["account"],
        kind=row["kind"],
        name=row["name"],
        credentials=row["credentials"],
        options=msgspec.json.decode(row["options"]),
        created_at=row["created_at"],
    )
