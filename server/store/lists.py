"""The lists of conversations, each by keyset over its own index."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from server.store.database import Transaction
from server.store.like import containing, containing_digits

View = Literal["mine", "subscribed", "pool", "unanswered", "answered", "all", "closed"]
VIEWS: tuple[str, ...] = get_args(View)

Key = tuple[int, str]
"""Where a page ended: the value that the list is sorted by (µs) and a conversation's id."""

NEVER = 2**62
"""Stands for a clock that does not run, so that it sorts last."""


@dataclass(frozen=True, slots=True)
class _List:
    """`by` is the sorting column; `where` may use :account and :user."""

    where: str
    by: str = "c.active_at"
    newest_first: bool = True
    joins: str = ""


_PART = "join participants p on p.conversation = c.id and p.user_id = :user and p.part = "
_LISTS: dict[str, _List] = {
    "mine": _List("c.owner = :user and c.account = :account and c.closed_at is null"),
    "subscribed": _List("c.account = :account and c.closed_at is null", joins=_PART + "'subscriber'"),
    "pool": _List("c.account = :account and c.public_since is not null", "c.waiting_since", newest_first=False),
    "unanswered": _List("c.account = :account and c.waiting_since is not null", f"coalesce(c.clock_start, {NEVER})", newest_first=False),
    "answered": _List("c.account = :account and c.waiting_since is null and c.closed_at is null"),
    "all": _List("c.account = :account"),
    "closed": _List("c.account = :account and c.closed_at is not null"),
}


async def page(tx: Transaction, view: View, *, account: str, user: str, query: str, after: Key | None, limit: int) -> list[tuple[str, int]]:
    """(conversation id, sorting value) of at most `limit` conversations behind `after`. `query` is part of a name or of a number."""
    shown = _LISTS[view]
    way, compare = ("desc", "<") if shown.newest_first else ("", ">")
    parameters: dict[str, Any] = {"account": account, "limit": limit}
    if ":user" in shown.where + shown.joins:
        parameters["user"] = user
    where = shown.where
    if after is not None:
        where += f" and ({shown.by}, c.id) {compare} (cast(:at as bigint), cast(:id as text))"
        parameters |= {"at": after[0], "id": after[1]}
    if query:
        where += """ and (c.phone like :number escape '!' or c.contact in
            (select id from contacts where account = :account and lower(name) like :name escape '!'))"""
        parameters |= {"name": containing(query.lower()), "number": containing_digits(query)}
    rows = await tx.all(
        f"""select c.id, {shown.by} as by_value from conversations c {shown.joins}
            where {where} order by {shown.by} {way}, c.id {way} limit :limit""",
        **parameters,
    )
    return [(row["id"], row["by_value"]) for row in rows]


async def counts(tx: Transaction, *, account: str, user: str) -> dict[str, int]:
    """How many conversations the views hold that people watch by number."""
    counted = {}
    for view in ("mine", "subscribed", "pool", "unanswered", "all", "closed"):
        shown = _LISTS[view]
        parameters = {"account": account}
        if ":user" in shown.where + shown.joins:
            parameters["user"] = user
        row = await tx.one(f"select count(*) as n from conversations c {shown.joins} where {shown.where}", **parameters)
        counted[view] = row["n"] if row else 0
    return counted
