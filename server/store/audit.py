"""The audit trail: who changed what in an account. Rows are only ever added."""

from dataclasses import dataclass
from typing import Any

import msgspec

from server.store.database import Row, Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """`what` is `thing.past_participle`; `before` and `after` hold what differs, None where there is no such side. Never a secret."""

    id: str
    account: str
    at: int
    user: str | None
    what: str
    target_kind: str
    target_id: str
    target_name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


async def add(tx: Transaction, entry: Entry) -> None:
    await tx.run(
        """insert into audit (id, account, at, user_id, what, target_kind, target_id, target_name, before, after)
           values (:id, :account, :at, :user, :what, :kind, :target, :name, :before, :after)""",
        id=entry.id,
        account=entry.account,
        at=entry.at,
        user=entry.user,
        what=entry.what,
        kind=entry.target_kind,
        target=entry.target_id,
        name=entry.target_name,
        before=_written(entry.before),
        after=_written(entry.after),
    )


async def newest(tx: Transaction, account: str) -> str | None:
    """The id of the newest entry that this transaction sees."""
    row = await tx.one("select max(id) as id from audit where account = :account", account=account)
    found: str | None = row["id"] if row else None
    return found


async def page(tx: Transaction, account: str, *, user: str | None, what: str | None, before: str | None, limit: int) -> list[Entry]:
    """Newest first; `before` is the id of the last entry of the page before."""
    wanted = {"user_id": user, "what": what}
    where = "".join(f" and {column} = :{column}" for column, value in wanted.items() if value is not None)
    parameters = {column: value for column, value in wanted.items() if value is not None}
    if before is not None:
        where += " and id < :before"
        parameters["before"] = before
    rows = await tx.all(
        f"select * from audit where account = :account{where} order by id desc limit :limit", account=account, limit=limit, **parameters
    )
    return [_entry_of(row) for row in rows]


async def kinds(tx: Transaction, account: str) -> list[str]:
    """Every `what` that there is."""
    rows = await tx.all("select distinct what from audit where account = :account order by what", account=account)
    return [row["what"] for row in rows]


def _written(side: dict[str, Any] | None) -> str | None:
    return None if side is None else msgspec.json.encode(side).decode()


def _entry_of(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        account=row["account"],
        at=row["at"],
        user=row["user_id"],
        what=row["what"],
        target_kind=row["target_kind"],
        target_id=row["target_id"],
        target_name=row["target_name"],
        before=None if row["before"] is None else msgspec.json.decode(row["before"]),
        after=None if row["after"] is None else msgspec.json.decode(row["after"]),
    )
