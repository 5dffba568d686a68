"""The lists of conversations, each by keyset over its own index."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from server.store.database import Transaction, batch
from server.store.words import RARE_TALKS, Wording

View = Literal["mine", "subscribed", "pool", "unanswered", "answered", "all", "closed"]
VIEWS: tuple[str, ...] = get_args(View)

Key = tuple[int, str]
"""Where a page ended: the value that the list is sorted by (µs) and a conversation's id."""

WEEK_US = 7 * 86_400_000_000
"""As the participants' `active_week` counts them, from 1970."""

NEVER = 2**62
"""Stands for a clock that does not run, so that it sorts last."""


@dataclass(frozen=True, slots=True)
class _List:
    """`by` is the sorting column; `where` may use :account and :user."""

    where: str
    by: str = "c.active_at"
    newest_first: bool = True
    joins: str = ""

    @property
    def way(self) -> str:
        return "desc" if self.newest_first else ""


_SUBSCRIBED = "join participants p on p.conversation = c.id and p.user_id = :user and p.part = 'subscriber'"
_LISTS: dict[str, _List] = {
    "mine": _List("c.owner = :user and c.account = :account and c.closed_at is null"),
    "subscribed": _List("c.account = :account and c.closed_at is null", joins=_SUBSCRIBED),
    "pool": _List("c.account = :account and c.public_since is not null", "c.waiting_since", newest_first=False),
    "unanswered": _List("c.account = :account and c.waiting_since is not null", f"coalesce(c.clock_start, {NEVER})", newest_first=False),
    "answered": _List("c.account = :account and c.waiting_since is null and c.closed_at is null"),
    "all": _List("c.account = :account"),
    "closed": _List("c.account = :account and c.closed_at is not null"),
}


WALKED = 2_000
"""So many of a list are looked at one by one for what many contacts hold, before the index of words narrows it down."""


async def page(tx: Transaction, view: View, *, account: str, user: str, query: str, after: Key | None, limit: int) -> list[tuple[str, int]]:
    """(conversation id, sorting value) of at most `limit` conversations behind `after`. `query` is part of a name or of a number."""
    shown = _LISTS[view]
    where = shown.where
    parameters: dict[str, Any] = {"account": account, "limit": limit}
    if ":user" in shown.where + shown.joins:
        parameters["user"] = user
    if after is not None:
        where += f" and ({shown.by}, c.id) {'<' if shown.newest_first else '>'} (cast(:at as bigint), cast(:id as text))"
        parameters |= {"at": after[0], "id": after[1]}
    if not query and view == "subscribed":
        return await _newest_weeks(tx, shown, where, parameters)
    if not query:
        return await _page(tx, shown, f"conversations c {shown.joins} where {where}", parameters)
    wording = Wording(tx, account, query)
    holds, given = wording.talk
    parameters |= given
    rare = await wording.rare(tx)
    if rare is not None:
        parameters["rare"] = batch({"id": id} for id in rare)
        return await _page(tx, shown, f"{RARE_TALKS} {shown.joins} where {where} and {holds}", parameters)
    if not wording.short:
        order = f"{shown.by} {shown.way}, c.id {shown.way}"
        near = f"(select c.* from conversations c {shown.joins} where {where} order by {order} limit {WALKED}) c where {holds}"
        found = await _page(tx, shown, near, parameters)
        if len(found) == limit:
            return found
        holds = f"c.contact in ({wording.contacts}) and {holds}"
        parameters |= wording.parameters
    return await _page(tx, shown, f"conversations c {shown.joins} where {where} and {holds}", parameters)


async def _newest_weeks(tx: Transaction, shown: _List, where: str, parameters: dict[str, Any]) -> list[tuple[str, int]]:
    """Of a person's conversations, those of the newest weeks that hold some times as many as are wanted: most are seldom closed, or the
    person's own. Where they are, all are looked at."""
    weeks = {"user": parameters["user"], "newest": parameters.get("at", NEVER) // WEEK_US}
    bound = await tx.one(
        """select active_week from participants where user_id = :user and active_week <= :newest
           order by active_week desc limit 1 offset :others""",
        **weeks,
        others=parameters["limit"] * 10,
    )
    if bound is not None:
        mine = "p.user_id = :user and p.part = 'subscriber' and p.active_week between :oldest and :newest"
        parameters |= {"newest": weeks["newest"], "oldest": bound["active_week"]}
        near = f"participants p cross join conversations c where {mine} and c.id = p.conversation and {where}"
        found = await _page(tx, shown, near, parameters)
        if len(found) == parameters["limit"]:
            return found
    return await _page(tx, shown, f"conversations c {shown.joins} where {where}", parameters)


async def _page(tx: Transaction, shown: _List, found: str, parameters: dict[str, Any]) -> list[tuple[str, int]]:
    rows = await tx.all(
        f"select c.id, {shown.by} as by_value from {found} order by {shown.by} {shown.way}, c.id {shown.way} limit :limit", **parameters
    )
    return [(row["id"], row["by_value"]) for row in rows]
