"""What was done to many contacts at once, and how each of them was before: kept for as long as it can be undone."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.database import Transaction, batch

FORGOTTEN_AT_ONCE = 2_000
GIVEN_BACK = ""
"""In the place of how a contact was, once it is so again."""


@dataclass(frozen=True, slots=True)
class BulkChange:
    """`kind` is JSON of what was done. `done_at` (µs) is None until all of it was, `undone_at` until all of it was undone."""

    id: str
    account: str
    user: str
    kind: str
    done_at: int | None
    undone_at: int | None


async def insert(tx: Transaction, made: BulkChange) -> None:
    """One that is there goes on, and is as if begun now for `forget`."""
    await tx.run(
        """insert into bulk_changes (id, account, user_id, kind, done_at, undone_at, created_at)
           values (:id, :account, :user, :kind, null, null, :now)
           on conflict (id) do update set created_at = excluded.created_at""",
        id=made.id,
        account=made.account,
        user=made.user,
        kind=made.kind,
        now=tx.now,
    )


async def get(tx: Transaction, account: str, id: str) -> BulkChange | None:
    row = await tx.one("select * from bulk_changes where id = :id and account = :account", id=id, account=account)
    return BulkChange(row["id"], row["account"], row["user_id"], row["kind"], row["done_at"], row["undone_at"]) if row else None


async def done(tx: Transaction, id: str) -> None:
    await tx.run("update bulk_changes set done_at = :now where id = :id", id=id, now=tx.now)


async def can_be_undone(tx: Transaction, id: str, since: int) -> bool:
    """Whether it was done after `since` (µs) and not undone yet."""
    sql = "select 1 as can from bulk_changes where id = :id and undone_at is null and done_at > :since"
    return await tx.one(sql, id=id, since=since) is not None


async def undone(tx: Transaction, id: str) -> None:
    await tx.run("update bulk_changes set undone_at = :now where id = :id", id=id, now=tx.now)


async def remember(tx: Transaction, id: str, were: Iterable[tuple[str, str]]) -> None:
    """(contact, JSON of how it was or GIVEN_BACK). What is remembered of a contact stays."""
    await tx.run(
        """insert into bulk_change_items (bulk_change, contact, was)
           select :id, value ->> 'contact', value ->> 'was' from json_each(:items) where true
           on conflict (bulk_change, contact) do nothing""",
        id=id,
        items=batch({"contact": contact, "was": was} for contact, was in were),
    )


async def remembered(tx: Transaction, id: str, after: str, limit: int) -> list[str]:
    """JSON of how each contact was that is not given back, in the order of the contacts' ids from behind `after` on."""
    rows = await tx.all(
        """select was from bulk_change_items where bulk_change = :id and contact > :after and was <> :given_back
           order by contact limit :limit""",
        id=id,
        given_back=GIVEN_BACK,
        after=after,
        limit=limit,
    )
    return [row["was"] for row in rows]


async def contacts(tx: Transaction, id: str) -> set[str]:
    """Whom it has changed by now."""
    return {row["contact"] for row in await tx.all("select contact from bulk_change_items where bulk_change = :id", id=id)}


async def count(tx: Transaction, id: str) -> int:
    row = await tx.one("select count(*) as n from bulk_change_items where bulk_change = :id", id=id)
    return int(row["n"]) if row else 0


async def take(tx: Transaction, id: str, contacts: Iterable[str]) -> set[str]:
    """Forgets how these contacts were; those of them that nobody else has given back."""
    rows = await tx.all(
        """delete from bulk_change_items where bulk_change = :id and was <> :given_back
           and contact in (select value ->> 'id' from json_each(:contacts)) returning contact""",
        id=id,
        given_back=GIVEN_BACK,
        contacts=batch({"id": contact} for contact in contacts),
    )
    return {row["contact"] for row in rows}


async def given_back(tx: Transaction, id: str) -> int:
    sql = "select count(*) as n from bulk_change_items where bulk_change = :id and was = :given_back"
    row = await tx.one(sql, id=id, given_back=GIVEN_BACK)
    return row["n"] if row else 0


async def forget(tx: Transaction, account: str, before: int) -> bool:
    """What the account did before `before` (µs). True where there is more to forget: no more than FORGOTTEN_AT_ONCE contacts go at once."""
    which = "select id from bulk_changes where account = :account and created_at < :before"
    gone = await tx.run(
        f"""delete from bulk_change_items where (bulk_change, contact) in
            (select bulk_change, contact from bulk_change_items where bulk_change in ({which}) limit :limit)""",
        account=account,
        before=before,
        limit=FORGOTTEN_AT_ONCE,
    )
    if gone == FORGOTTEN_AT_ONCE:
        return True
    await tx.run(f"delete from bulk_changes where id in ({which})", account=account, before=before)
    return False
