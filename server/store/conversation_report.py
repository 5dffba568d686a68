"""SMS conversations as a manager looks at them: filtered, sorted by any column, by keyset in both directions, with their figures.

What counts are texts, answered waits and going public, each at its own instant and over its own DID.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.domain.report import NOBODY, Asked
from server.store import conversation_counts
from server.store.database import Row, Transaction, batch
from server.store.lists import NEVER
from server.store.words import FIRST, RARE_TALKS, Wording

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


SHORT_US = 14 * 86_400_000_000
"""What happened in so short a time is read by the time; what happened in a longer one, by the conversation."""
AT = "coalesce(m.send_at, m.created_at)"
TEXT = "m.kind = 'message' and m.state not in ('scheduled', 'cancelled')"
"""What counts as a text: neither a note, nor what has not left yet, nor what never will."""

_STATE = """case when c.public_since is not null then 0 when c.snoozed_until is not null then 2 when c.waiting_since is not null then 1
    when c.closed_at is not null then 4 else 3 end"""
STATES = ("public", "unanswered", "snoozed", "answered", "closed")

_SORTS: Mapping[str, tuple[str, str]] = {
    "contact": ("lower(k.name)", "contact"),
    "did": ("coalesce(d.label || ' ' || d.number, '')", "did"),
    "owner": ("coalesce(lower(u.name), '')", "owner"),
    "subscribers": ("(select count(*) from participants s where s.conversation = c.id and s.part = 'subscriber')", ""),
    "last_message": ("c.active_at", ""),
    "waiting_seconds": (f"coalesce(-c.waiting_since, -{NEVER})", ""),
    "first_reply_seconds": ("coalesce(w.first_reply, -1)", "waits"),
    "waits": ("coalesce(w.waits, 0)", "waits"),
    "in": ("coalesce(t.texts_in, 0)", "texts"),
    "out": ("coalesce(t.texts_out, 0)", "texts"),
    "state": (_STATE, ""),
}
"""Each column's value, by which it is sorted and paged, and what must be joined for it."""
SORTS = tuple(_SORTS)


async def page(tx: Transaction, asked: Asked, *, sort: str, falling: bool, edge: Key | None, backward: bool, limit: int) -> list[Key]:
    """At most `limit` behind `edge`, or before it where `backward` (then nearest first). `sort` is one of SORTS."""
    by, joined = _SORTS[sort]
    source, where, parameters = await _sought(tx, asked)
    way, compare = ("desc", "<") if falling != backward else ("", ">")
    if edge is not None:
        kind = "text" if isinstance(edge[0], str) else "bigint"
        where += f" and ({by}, c.id) {compare} (cast(:edge as {kind}), cast(:id as text))"
        parameters |= {"edge": edge[0], "id": edge[1]}
    rows = await tx.all(
        f"""{_with(joined, asked)} select c.id, {by} as by_value from {source} {_JOINS[joined]}
            where {where} order by by_value {way}, c.id {way} limit :limit""",
        **parameters,
        limit=limit,
    )
    return [(row["by_value"], row["id"]) for row in rows]


async def total(tx: Transaction, asked: Asked) -> int:
    if asked == Asked(asked.account):
        return (await conversation_counts.counted(tx, asked.account)).there
    source, where, parameters = await _sought(tx, asked)
    sql = f"select count(*) as n from {source} where {where}"
    if asked == Asked(asked.account, since=asked.since, until=asked.until, did=asked.did):
        sql = f"select count(*) as n from ({_counting(asked)}) counting"
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
    parameters = {**bounds(asked), "ids": batch({"id": id} for id in ids), "account": asked.account}
    among = "in (select value ->> 'id' from json_each(:ids))"
    texts_of, answered_of, public_of = "messages m", "waits w", "waits w"
    if asked.since is not None and (asked.until or tx.now) - asked.since <= SHORT_US:
        texts_of = f"(select m.* from messages m where m.account = :account and {TEXT}{within(asked, AT, 'm.did')} {FIRST}) m"
        answered_of = f"(select w.* from waits w where w.account = :account and {answered_within(asked)} {FIRST}) w"
        public_of = f"(select w.* from waits w where w.account = :account and {public_within(asked)} {FIRST}) w"
    texts = {row["conversation"]: row for row in await tx.all(_texts(asked, f"m.conversation {among}", texts_of), **parameters)}
    waits = {row["conversation"]: row for row in await tx.all(_answered(asked, f"w.conversation {among}", answered_of), **parameters)}
    public = await tx.all(
        f"select distinct w.conversation from {public_of} where w.conversation {among} and {public_within(asked)}", **parameters
    )
    went_public = {row["conversation"] for row in public}
    return {id: _counted(texts.get(id), waits.get(id), id in went_public) for id in texts.keys() | waits.keys() | went_public}


def _counted(texts: Row | None, waits: Row | None, was_public: bool) -> Counted:
    return Counted(
        texts_in=texts["texts_in"] if texts else 0,
        texts_out=texts["texts_out"] if texts else 0,
        waits=waits["waits"] if waits else 0,
        first_reply=waits["first_reply"] if waits else None,
        was_public=was_public,
    )


async def _sought(tx: Transaction, asked: Asked) -> tuple[str, str, dict[str, Any]]:
    """Where the conversations `c` come from, the conditions, and the parameters of both."""
    source, where, parameters = "conversations c", ["c.account = :account"], {"account": asked.account, **bounds(asked)}
    if asked.bounded:
        where.append(f"c.id in ({_counting(asked)})")
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
    return source, " and ".join(where), parameters


def _counting(asked: Asked) -> str:
    """The conversations, each once, in which anything counts."""
    return f"""select m.conversation from messages m where m.account = :account and {TEXT}{within(asked, AT, "m.did")}
        union select w.conversation from waits w where w.account = :account and {answered_within(asked)}
        union select w.conversation from waits w where w.account = :account and {public_within(asked)}"""


def _states(asked: Asked) -> list[str]:
    where = []
    if asked.answered != "any":
        where.append(f"c.waiting_since is {'not ' if asked.answered == 'unanswered' else ''}null")
    if asked.public == "now":
        where.append("c.public_since is not null")
    elif asked.public == "was":
        where.append(f"exists (select 1 from waits w where w.conversation = c.id and {public_within(asked)})")
    if asked.opted_out is not None:
        negation = "" if asked.opted_out else "not "
        where.append(f"{negation}exists (select 1 from opt_outs o where o.account = c.account and o.number = c.phone)")
    return where


_JOINS: Mapping[str, str] = {
    "": "",
    "contact": "join contacts k on k.id = c.contact",
    "did": "left join dids d on d.id = c.did",
    "owner": "left join users u on u.id = c.owner",
    "texts": "left join t on t.conversation = c.id",
    "waits": "left join w on w.conversation = c.id",
}


def _with(joined: str, asked: Asked) -> str:
    """What is counted for all conversations at once is counted before: SQLite would do it again for each of them."""
    match joined:
        case "texts":
            return f"with t as materialized ({_texts(asked, 'm.account = :account')})"
        case "waits":
            return f"with w as materialized ({_answered(asked, 'w.account = :account')})"
        case _:
            return ""


def bounds(asked: Asked) -> dict[str, Any]:
    named = {"since": asked.since, "until": asked.until, "did": asked.did}
    return {name: value for name, value in named.items() if value is not None}


def within(asked: Asked, at: str, did: str | None) -> str:
    """More conditions: that the instant `at` lies in the time asked for, and `did`, unless None, is the DID asked for."""
    parts = []
    if asked.since is not None:
        parts.append(f" and {at} >= :since")
    if asked.until is not None:
        parts.append(f" and {at} < :until")
    if asked.did is not None and did is not None:
        parts.append(f" and {did} = :did")
    return "".join(parts)


def answered_within(asked: Asked) -> str:
    return f"w.how = 'answered'{within(asked, 'w.ended_at', 'w.did')}"


def public_within(asked: Asked) -> str:
    return f"w.public_at is not null{within(asked, 'w.public_at', 'w.did')}"


def _texts(asked: Asked, where: str, rows: str = "messages m") -> str:
    return f"""select m.conversation, count(case when m.direction = 'inbound' then 1 end) as texts_in,
        count(case when m.direction = 'outbound' then 1 end) as texts_out
        from {rows} where {where} and {TEXT}{within(asked, AT, "m.did")} group by m.conversation"""


def _answered(asked: Asked, where: str, rows: str = "waits w") -> str:
    """Answered waits of each conversation, and the median of their lengths: the middle row, the lower one of two.

    There is one such row of each, and grouping says so: without it SQLite joins this by reading all of it for every conversation.
    """
    return f"""select conversation, max(waits) as waits, max(first_reply) as first_reply from
        (select w.conversation, w.ended_at - w.since as first_reply, count(*) over (partition by w.conversation) as waits,
                row_number() over (partition by w.conversation order by w.ended_at - w.since) as place
         from {rows} where {where} and {answered_within(asked)}) ranked
        where place = (waits + 1) / 2 group by conversation"""
