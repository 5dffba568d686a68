"""SMS conversations as a manager looks at them: filtered, sorted by any column, by keyset in both directions, with their figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.domain.report import NOBODY, Asked
from server.store import conversation_counts
from server.store.conversation_figures import AMONG, Figures, answered_within
from server.store.database import Row, Transaction, batch
from server.store.lists import NEVER
from server.store.words import RARE_TALKS, Wording

Key = tuple[int | str, str]
"""The value that the report is sorted by, and the conversation's id."""


@dataclass(frozen=True, slots=True)
class State:
    """`name` is one of STATES; `waiting_since` in µs."""

    name: str
    waiting_since: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """`waits` were answered, half of them within `first_reply` µs (median by nearest rank, None without any)."""

    texts_in: int = 0
    texts_out: int = 0
    waits: int = 0
    first_reply: int | None = None
    was_public: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """`total` is how many there are on all pages, where it was found on the way."""

    keys: list[Key]
    total: int | None


_STATE = """case when c.public_since is not null then 0 when c.snoozed_until is not null then 2 when c.waiting_since is not null then 1
    when c.closed_at is not null then 4 else 3 end"""
STATES = ("public", "unanswered", "snoozed", "answered", "closed")

_SORTS: Mapping[str, tuple[str, str]] = {
    "contact": ("n.name", "totals"),
    "did": ("coalesce(d.label || ' ' || d.number, '')", "did"),
    "owner": ("coalesce(lower(u.name), '')", "owner"),
    "subscribers": ("(select count(*) from participants s where s.conversation = c.id and s.part = 'subscriber')", ""),
    "last_message": ("c.active_at", ""),
    "waiting_seconds": (f"coalesce(-c.waiting_since, -{NEVER})", ""),
    "first_reply_seconds": ("coalesce(w.first_reply, -1)", "replies"),
    "waits": ("f.answered", "figures"),
    "in": ("f.texts_in", "figures"),
    "out": ("f.texts_out", "figures"),
    "state": (_STATE, ""),
}
"""Each column's value, by which it is sorted and paged, and what it is read from."""
SORTS = tuple(_SORTS)
_TOTALS: Mapping[str, str] = {
    "contact": "n.name",
    "first_reply_seconds": "coalesce(n.first_reply, -1)",
    "waits": "n.answered",
    "in": "n.texts_in",
    "out": "n.texts_out",
}
"""The same where all time counts, as far as that is kept."""


async def page(tx: Transaction, asked: Asked, *, sort: str, falling: bool, edge: Key | None, backward: bool, limit: int) -> Listed:
    """At most `limit` behind `edge`, or before it where `backward` (then nearest first). `sort` is one of SORTS."""
    way, compare = ("desc", "<") if falling != backward else ("", ">")
    behind, parameters = "", dict[str, Any](limit=limit)
    if edge is not None:
        kind = "text" if isinstance(edge[0], str) else "bigint"
        behind = f"({{0}}, {{1}}) {compare} (cast(:edge as {kind}), cast(:id as text))"
        parameters |= {"edge": edge[0], "id": edge[1]}
    if asked.bounded:
        found, given = await _found(tx, asked, sort)
        where = f"where {behind.format('by_value', 'id')}" if behind else ""
        sql = f"""{found} select id, by_value, (select count(*) from found) as total from found {where}
            order by by_value {way}, id {way} limit :limit"""
    else:
        by, id, source, conditions, given = await _walked(tx, asked, sort)
        where = " and ".join([*conditions, *([behind.format(by, id)] if behind else [])])
        sql = f"""select {id} as id, {by} as by_value, null as total from {source} where {where}
            order by by_value {way}, {id} {way} limit :limit"""
    rows = await tx.all(sql, **(parameters | given))
    return Listed([(row["by_value"], row["id"]) for row in rows], rows[0]["total"] if rows else None)


async def total(tx: Transaction, asked: Asked) -> int:
    """How many there are on all pages."""
    if asked == Asked(asked.account):
        return (await conversation_counts.counted(tx, asked.account)).there
    if asked == Asked(asked.account, answered="answered"):
        return await total(tx, Asked(asked.account)) - await total(tx, replace(asked, answered="unanswered"))
    if asked.bounded:
        found, parameters = await _found(tx, asked, "last_message")
        sql = f"{found} select count(*) as n from found"
    else:
        source, where, parameters = await _sought(tx, asked)
        sql = f"select count(*) as n from {source} where {' and '.join(where)}"
    row = await tx.one(sql, **parameters)
    return int(row["n"]) if row else 0


async def states(tx: Transaction, ids: Iterable[str]) -> dict[str, State]:
    """What these conversations are now."""
    rows = await tx.all(
        f"select c.id, {_STATE} as state, c.waiting_since from json_each(:ids) k join conversations c on c.id = k.value ->> 'id'",
        ids=batch({"id": id} for id in ids),
    )
    return {row["id"]: State(STATES[row["state"]], row["waiting_since"]) for row in rows}


async def counted(tx: Transaction, asked: Asked, ids: Iterable[str]) -> dict[str, Counted]:
    """The figures of these conversations, those without any left out."""
    if not asked.bounded:
        sql = f"select * from conversation_totals n where n.account = :account and {AMONG.format('n')}"
        return {
            row["conversation"]: _counted(row, row) for row in await tx.all(sql, account=asked.account, ids=batch({"id": id} for id in ids))
        }
    figures = Figures(asked, ids)
    rows = await tx.all(figures.sql, **figures.parameters)
    waits = await tx.all(_answered(asked, AMONG.format("w")), **figures.parameters)
    replies = {row["conversation"]: row for row in waits}
    return {row["conversation"]: _counted(row, replies.get(row["conversation"])) for row in rows}


def _counted(figures: Row, replies: Row | None) -> Counted:
    return Counted(
        texts_in=figures["texts_in"],
        texts_out=figures["texts_out"],
        waits=figures["answered"],
        first_reply=replies["first_reply"] if replies else None,
        was_public=figures["went_public"] > 0,
    )


async def _found(tx: Transaction, asked: Asked, sort: str) -> tuple[str, dict[str, Any]]:
    """Queries named before a statement: `found` has the `id` of each conversation in which anything counts, and its `by_value`."""
    by, needed = _SORTS[sort]
    source, where, parameters = await _sought(tx, asked)
    figures = Figures(asked)
    # What counts is few beside all conversations, and what holds rare words is fewer still: the engine begins with these.
    both = f"f cross join {source}" if source == _ALL else f"{source} cross join f"
    joins, more = _JOINS[needed], ""
    if needed == "replies":
        more = f", w as materialized ({_answered(asked, 'w.account = :account')})"
    counts = figures.sql if needed in ("figures", "replies") or asked.public == "was" else figures.which
    sql = f"""with f as materialized ({counts}){more}, found as materialized
        (select c.id, {by} as by_value from {both} {joins} where c.id = f.conversation and {" and ".join(where)})"""
    return sql, parameters | figures.parameters


async def _walked(tx: Transaction, asked: Asked, sort: str) -> tuple[str, str, str, list[str], dict[str, Any]]:
    """The value, the id, where they come from, the conditions, and the parameters, where all time counts."""
    source, where, parameters = await _sought(tx, asked)
    if sort not in _TOTALS:
        by, needed = _SORTS[sort]
        return by, "c.id", f"{source} {_JOINS[needed]}", where, parameters
    by, id, totals = _TOTALS[sort], "n.conversation", "conversation_totals n"
    if asked == Asked(asked.account):
        return by, id, totals, ["n.account = :account"], parameters
    # Few are sorted; where most are asked for, they come in the order of an index until the page is full.
    both = f"{source} cross join {totals}" if _few(asked) else f"{totals} cross join {source}"
    return by, id, both, [*where, "n.account = :account", "n.conversation = c.id"], parameters


def _few(asked: Asked) -> bool:
    """Whether an index has those that are asked for, and few of all."""
    people = (asked.owner != NOBODY and asked.owner, asked.participant, asked.scope, asked.query)
    return any(people) or asked.answered == "unanswered" or asked.public == "now" or asked.opted_out is True


_ALL = "conversations c"


async def _sought(tx: Transaction, asked: Asked) -> tuple[str, list[str], dict[str, Any]]:
    """Where the conversations `c` come from, the conditions but for time and DID, and the parameters of both."""
    source, where, parameters = _ALL, ["c.account = :account"], dict[str, Any](account=asked.account)
    where += _states(asked)
    for name, user in (("participant", asked.participant), ("scope", asked.scope)):
        if user is not None:
            where.append(f"c.id in (select conversation from participants where user_id = :{name})")
            parameters[name] = user
    if asked.owner == NOBODY:
        where.append("c.owner is null")
    elif asked.owner is not None:
        where.append("c.owner = :owner")
        parameters["owner"] = asked.owner
    if asked.query:
        wording = Wording(tx, asked.account, asked.query)
        holds, given = wording.talk
        parameters |= given
        rare = await wording.rare(tx)
        if rare is not None:
            source, parameters["rare"] = RARE_TALKS, batch({"id": id} for id in rare)
        elif not wording.short:
            where.append(f"c.contact in ({wording.contacts})")
            parameters |= wording.parameters
        where.append(holds)
    return source, where, parameters


def _states(asked: Asked) -> list[str]:
    where = []
    if asked.answered != "any":
        where.append(f"c.waiting_since is {'not ' if asked.answered == 'unanswered' else ''}null")
    if asked.public == "now":
        where.append("c.public_since is not null")
    elif asked.public == "was" and asked.bounded:
        where.append("f.went_public > 0")
    elif asked.public == "was":
        kept = "t.account = :account and t.conversation = c.id and t.went_public > 0"
        where.append(f"exists (select 1 from conversation_totals t where {kept})")
    if asked.opted_out is True:
        where.append("c.phone in (select number from opt_outs where account = :account)")
    elif asked.opted_out is False:
        where.append("not exists (select 1 from opt_outs o where o.account = c.account and o.number = c.phone)")
    return where


_JOINS: Mapping[str, str] = {
    "": "",
    "figures": "",
    "totals": "join conversation_totals n on n.account = c.account and n.conversation = c.id",
    "did": "left join dids d on d.id = c.did",
    "owner": "left join users u on u.id = c.owner",
    "replies": "left join w on w.conversation = c.id",
}


def _answered(asked: Asked, where: str) -> str:
    """The median of how long the answered waits of each conversation lasted: the middle one, the lower one of two.

    There is one such row of each, and grouping says so: without it SQLite joins this by reading all of it for every conversation.
    """
    return f"""select conversation, max(first_reply) as first_reply from
        (select w.conversation, w.ended_at - w.since as first_reply, count(*) over (partition by w.conversation) as waits,
                row_number() over (partition by w.conversation order by w.ended_at - w.since) as place
         from waits w where {where} and {answered_within(asked)}) ranked
        where place = (waits + 1) / 2 group by conversation"""
