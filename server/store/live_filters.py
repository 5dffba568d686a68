"""Live filters and who is in them: the membership is a table, and each filter keeps the count of its own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from server.domain.live_filter import Condition
from server.store.database import Row, Transaction, batch


@dataclass(frozen=True, slots=True)
class LiveFilter:
    """`members` is how many contacts are in it; `filled_at` (µs) is when it had looked at every contact, None until then."""

    id: str
    account: str
    name: str
    conditions: tuple[Condition, ...]
    members: int
    changed_at: int
    filled_at: int | None
    created_at: int


async def get(tx: Transaction, account: str, id: str) -> LiveFilter | None:
    row = await tx.one("select * from live_filters where id = :id and account = :account", id=id, account=account)
    return _filter_of(row) if row else None


async def of_accounts(tx: Transaction, accounts: Iterable[str]) -> list[LiveFilter]:
    rows = await tx.all(
        "select * from live_filters where account in (select value ->> 'id' from json_each(:accounts)) order by id",
        accounts=batch({"id": id} for id in set(accounts)),
    )
    return [_filter_of(row) for row in rows]


async def page(tx: Transaction, account: str, after: str, limit: int, contact: str | None = None) -> list[LiveFilter]:
    """In the order in which they were made; with `contact`, those that this contact is in."""
    where, more = "", dict[str, str]()
    if contact is not None:
        where, more = "and id in (select live_filter from live_filter_members where contact = :contact)", {"contact": contact}
    rows = await tx.all(
        f"select * from live_filters where account = :account and id > :after {where} order by id limit :limit",
        account=account,
        after=after,
        limit=limit,
        **more,
    )
    return [_filter_of(row) for row in rows]


async def count(tx: Transaction, account: str) -> int:
    row = await tx.one("select count(*) as n from live_filters where account = :account", account=account)
    return row["n"] if row else 0


async def insert(tx: Transaction, made: LiveFilter) -> None:
    """Raises `Conflict` when the account has one of that name."""
    await tx.run(
        """insert into live_filters (id, account, name, conditions, members, changed_at, filled_at, created_at)
           values (:id, :account, :name, :conditions, :members, :changed_at, :filled_at, :created_at)""",
        id=made.id,
        account=made.account,
        name=made.name,
        conditions=_json(made.conditions),
        members=made.members,
        changed_at=made.changed_at,
        filled_at=made.filled_at,
        created_at=made.created_at,
    )


async def update(tx: Transaction, changed: LiveFilter) -> None:
    """Its name, its rule and whether it is filled; not its count. Raises `Conflict` when the account has one of that name."""
    await tx.run(
        """update live_filters set name = :name, conditions = :conditions, changed_at = :changed_at, filled_at = :filled_at
           where id = :id""",
        id=changed.id,
        name=changed.name,
        conditions=_json(changed.conditions),
        changed_at=changed.changed_at,
        filled_at=changed.filled_at,
    )


async def filled(tx: Transaction, id: str, changed_at: int) -> bool:
    """Says that everybody was looked at; not where its rule changed since `changed_at`."""
    return bool(
        await tx.run(
            "update live_filters set filled_at = :now where id = :id and changed_at = :changed_at", id=id, now=tx.now, changed_at=changed_at
        )
    )


async def unfilled(tx: Transaction, before: int) -> LiveFilter | None:
    """One whose rule was made before `before` (µs) and that has not looked at everybody yet."""
    row = await tx.one(
        "select * from live_filters where filled_at is null and changed_at < :before order by changed_at limit 1", before=before
    )
    return _filter_of(row) if row else None


async def delete(tx: Transaction, id: str) -> None:
    await tx.run("delete from live_filter_members where live_filter = :id", id=id)
    await tx.run("delete from live_filters where id = :id", id=id)


async def filters_of(tx: Transaction, contacts: Iterable[str]) -> set[tuple[str, str]]:
    """(filter, contact) for each filter that one of these contacts is in."""
    rows = await tx.all(
        "select live_filter, contact from live_filter_members where contact in (select value ->> 'id' from json_each(:contacts))",
        contacts=batch({"id": id} for id in contacts),
    )
    return {(row["live_filter"], row["contact"]) for row in rows}


async def members_among(tx: Transaction, id: str, contacts: Iterable[str]) -> set[str]:
    rows = await tx.all(
        """select contact from live_filter_members where live_filter = :id
           and contact in (select value ->> 'id' from json_each(:contacts))""",
        id=id,
        contacts=batch({"id": contact} for contact in contacts),
    )
    return {row["contact"] for row in rows}


async def members(tx: Transaction, id: str, after: str, limit: int) -> list[str]:
    """Ids of contacts, in their order, from behind `after` on."""
    rows = await tx.all(
        "select contact from live_filter_members where live_filter = :id and contact > :after order by contact limit :limit",
        id=id,
        after=after,
        limit=limit,
    )
    return [row["contact"] for row in rows]


async def move(tx: Transaction, entered: Sequence[tuple[str, str]], left: Sequence[tuple[str, str]]) -> Mapping[str, int]:
    """Moves (filter, contact) pairs in and out; how many each filter that they concern holds then. The filters' accounts are locked."""
    if left:
        await tx.run(
            """delete from live_filter_members where (live_filter, contact) in
               (select value ->> 'filter', value ->> 'contact' from json_each(:pairs))""",
            pairs=_pairs(left),
        )
    if entered:
        await tx.run(
            """insert into live_filter_members (live_filter, contact)
               select value ->> 'filter', value ->> 'contact' from json_each(:pairs) where true""",
            pairs=_pairs(entered),
        )
    changes = Counter(filter for filter, _ in entered)
    changes.subtract(filter for filter, _ in left)
    if not changes:
        return {}
    rows = await tx.all(
        """update live_filters set members = members + cast(b.value ->> 'change' as bigint)
           from json_each(:changes) b where live_filters.id = b.value ->> 'filter' returning live_filters.id, live_filters.members""",
        changes=batch({"filter": filter, "change": change} for filter, change in changes.items()),
    )
    return {row["id"]: row["members"] for row in rows}


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return batch({"filter": filter, "contact": contact} for filter, contact in pairs)


def _json(conditions: tuple[Condition, ...]) -> str:
    return msgspec.json.encode(conditions).decode()


def _filter_of(row: Row) -> LiveFilter:
    return LiveFilter(
        id=row["id"],
        account=row["account"],
        name=row["name"],
        conditions=msgspec.json.decode(row["conditions"], type=tuple[Condition, ...]),
        members=row["members"],
        changed_at=row["changed_at"],
        filled_at=row["filled_at"],
        created_at=row["created_at"],
    )
