"""Contacts and their phones."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from server.store.database import Row, Transaction, batch


class Phone(msgspec.Struct, frozen=True):
    number: str
    kind: str = "mobile"


class Contact(msgspec.Struct, frozen=True):
    """A person we text. `ready_at` is since when it is ready (µs), or None. `phones` in their order; `fields` are custom ones."""

    id: str
    account: str
    name: str
    ready_at: int | None = None
    timezone: str | None = None
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = {}
    phones: tuple[Phone, ...] = ()
    created_at: int = 0
    updated_at: int = 0


async def of_phones(tx: Transaction, phones: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Contact ids by (account, number). The numbers are held: until the transaction ends nobody else takes one from its contact."""
    rows = await tx.all(
        """select p.account, p.number, p.contact from json_each(:keys) k
           join contact_phones p on p.account = k.value ->> 'account' and p.number = k.value ->> 'number'
           order by p.account, p.number for update""",
        keys=batch({"account": account, "number": number} for account, number in set(phones)),
    )
    return {(row["account"], row["number"]): row["contact"] for row in rows}


async def owners(tx: Transaction, phones: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """As `of_phones`, without holding them."""
    rows = await tx.all(
        """select p.account, p.number, p.contact from json_each(:keys) k
           join contact_phones p on p.account = k.value ->> 'account' and p.number = k.value ->> 'number'""",
        keys=batch({"account": account, "number": number} for account, number in set(phones)),
    )
    return {(row["account"], row["number"]): row["contact"] for row in rows}


async def get(tx: Transaction, ids: Iterable[str]) -> dict[str, Contact]:
    wanted = batch({"id": id} for id in set(ids))
    phones: dict[str, list[Phone]] = {}
    for row in await tx.all(
        """select p.contact, p.number, p.kind from json_each(:ids) k
           join contact_phones p on p.contact = k.value ->> 'id' order by p.contact, p.place""",
        ids=wanted,
    ):
        phones.setdefault(row["contact"], []).append(Phone(row["number"], row["kind"]))
    rows = await tx.all("select * from contacts where id in (select value ->> 'id' from json_each(:ids))", ids=wanted)
    return {row["id"]: _contact_of(row, tuple(phones.get(row["id"], ()))) for row in rows}


async def hold(tx: Transaction, account: str, ids: Iterable[str]) -> dict[str, Contact]:
    """Those of the ids that are contacts of the account, as they are now, held to the end of the transaction in the order of the ids.

    Unlike `for update` it does not stop others from opening conversations with them.
    """
    held = await tx.all(
        """select id from contacts where account = :account and id in (select value ->> 'id' from json_each(:ids))
           order by id for no key update""",
        account=account,
        ids=batch({"id": id} for id in set(ids)),
    )
    return await get(tx, [row["id"] for row in held])


async def no_longer_ready(tx: Transaction, id: str, now: int) -> Contact | None:
    """Turns `ready` off: the contact as it is then, or None where it was off already. Touches nothing that others may have changed."""
    row = await tx.one(
        "update contacts set ready_at = null, updated_at = :now where id = :id and ready_at is not null returning id", id=id, now=now
    )
    return (await get(tx, [id]))[id] if row else None


async def insert(tx: Transaction, contacts: Sequence[Contact]) -> None:
    """Raises `Conflict` when a phone is another contact's of the account."""
    if not contacts:
        return
    await tx.run(
        """insert into contacts (id, account, name, ready_at, timezone, tags, fields, created_at, updated_at)
           select value ->> 'id', value ->> 'account', value ->> 'name', cast(value ->> 'ready_at' as bigint),
                  value ->> 'timezone', value ->> 'tags', value ->> 'fields',
                  cast(value ->> 'created_at' as bigint), cast(value ->> 'updated_at' as bigint)
           from json_each(:batch) where true""",
        batch=batch(_values(contact) for contact in contacts),
    )
    await _insert_phones(tx, contacts)


async def update(tx: Transaction, contacts: Sequence[Contact], *, phones: Collection[str] = ()) -> None:
    """Writes contacts as they are now, and those of the ids `phones` with their phones. Raises `Conflict` as `insert` does."""
    if not contacts:
        return
    await tx.run(
        """update contacts set name = b.value ->> 'name', ready_at = cast(b.value ->> 'ready_at' as bigint),
               timezone = b.value ->> 'timezone', tags = b.value ->> 'tags', fields = b.value ->> 'fields',
               updated_at = cast(b.value ->> 'updated_at' as bigint)
           from json_each(:batch) b where contacts.id = b.value ->> 'id' and contacts.account = b.value ->> 'account'""",
        batch=batch(_values(contact) for contact in contacts),
    )
    renumbered = [contact for contact in contacts if contact.id in phones]
    if renumbered:
        await _delete_phones(tx, phones)
        await _insert_phones(tx, renumbered)


async def delete(tx: Transaction, ids: Collection[str]) -> None:
    """Contacts with their phones. What their numbers consented to stays in the ledger."""
    await _delete_phones(tx, ids)
    await tx.run("delete from contacts where id in (select value ->> 'id' from json_each(:ids))", ids=batch({"id": id} for id in ids))


async def _delete_phones(tx: Transaction, contacts: Iterable[str]) -> None:
    await tx.run(
        "delete from contact_phones where contact in (select value ->> 'id' from json_each(:ids))",
        ids=batch({"id": id} for id in contacts),
    )


async def _insert_phones(tx: Transaction, contacts: Sequence[Contact]) -> None:
    phones = [
        {"account": c.account, "number": p.number, "contact": c.id, "kind": p.kind, "place": place}
        for c in contacts
        for place, p in enumerate(c.phones)
    ]
    await tx.run(
        """insert into contact_phones (account, number, contact, kind, place)
           select value ->> 'account', value ->> 'number', value ->> 'contact', value ->> 'kind',
                  cast(value ->> 'place' as bigint) from json_each(:batch) where true order by 1, 2""",
        batch=batch(phones),
    )


def _values(c: Contact) -> dict[str, object]:
    return {
        "id": c.id,
        "account": c.account,
        "name": c.name,
        "ready_at": c.ready_at,
        "timezone": c.timezone,
        "tags": msgspec.json.encode(c.tags).decode(),
        "fields": _fields(c.fields),
        "created_at": c.created_at,
        "updated_at": c.updated_at,
    }


def _fields(fields: Mapping[str, str]) -> str:
    """As JSON with the e-mail address last, where the search looks for it."""
    if "email" in fields:
        fields = {**{name: value for name, value in fields.items() if name != "email"}, "email": fields["email"]}
    return msgspec.json.encode(fields).decode()


def _contact_of(row: Row, phones: tuple[Phone, ...]) -> Contact:
    return Contact(
        id=row["id"],
        account=row["account"],
        name=row["name"],
        ready_at=row["ready_at"],
        timezone=row["timezone"],
        tags=tuple(msgspec.json.decode(row["tags"])),
        fields=msgspec.json.decode(row["fields"]),
        phones=phones,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
