"""The feed: all that happened in an account, newest or oldest first, and the figures above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.store.database import Transaction

MINUTE_US = 60_000_000
TAB_OPEN_US = 75_000_000
"""A process says every 30 s who has a tab open; who was named within this time has one."""


@dataclass(frozen=True, slots=True)
class Figures:
    """`texts` came or went in the last minute; `oldest` is when the longest wait began, µs; `agents` have a tab open, by status."""

    texts: int
    unanswered: int
    public: int
    oldest: int | None
    agents: dict[str, int]


async def positions(
    tx: Transaction, account: str, *, types: Sequence[str] | None, edge: int, forward: bool, mentions: Sequence[str], limit: int
) -> list[tuple[int, str | None]]:
    """(position, body) of at most `limit` events behind `edge`: upward, or downward. Of all types where `types` is None.

    The body is None where it names none of the ids `mentions`. What concerns one person alone is left out.
    """
    way, compare = ("", ">") if forward else ("desc", "<")
    parameters: dict[str, str | int] = {"account": account, "edge": edge, "limit": limit}
    arms = []
    for number, type in enumerate(types if types is not None else [None]):
        wanted = "" if type is None else f"and type = :type_{number}"
        arms.append(
            f"""select * from (select position from events where account = :account {wanted} and position {compare} :edge
                and reach <> 'person' order by position {way} limit :limit) arm_{number}"""
        )
        if type is not None:
            parameters[f"type_{number}"] = type
    named = []
    for number, id in enumerate(mentions):
        named.append(f"e.body like :id_{number}")
        parameters[f"id_{number}"] = f'%"{id}"%'
    body = f"case when {' and '.join(named)} then e.body end" if named else "e.body"
    rows = await tx.all(
        f"""select e.position, {body} as body from ({" union all ".join(arms)}) found
            join events e on e.account = :account and e.position = found.position
            order by e.position {way} limit :limit""",
        **parameters,
    )
    return [(row["position"], row["body"]) for row in rows]


async def position_at(tx: Transaction, account: str, at: int, head: int) -> int:
    """The first position at or behind the instant `at`, µs; `head` + 1 where there is none. By halves, as positions rise with time."""
    low, high = 1, head + 1
    while low < high:
        middle = (low + high) // 2
        row = await tx.one(
            "select position, at from events where account = :account and position >= :middle order by position limit 1",
            account=account,
            middle=middle,
        )
        if row is None or row["at"] >= at:
            high = middle
        else:
            low = int(row["position"]) + 1
    return low


async def figures(tx: Transaction, account: str) -> Figures:
    # No text is of later than now, but a time without an end makes PostgreSQL read every message there is.
    row = await tx.one(
        """select
            (select count(*) from messages where account = :account and kind = 'message' and state not in ('scheduled', 'cancelled')
             and coalesce(send_at, created_at) > :since and coalesce(send_at, created_at) <= :now) as texts,
            (select count(*) from conversations where account = :account and waiting_since is not null) as unanswered,
            (select count(*) from conversations where account = :account and public_since is not null) as public,
            (select min(since) from waits where account = :account and ended_at is null) as oldest""",
        account=account,
        since=tx.now - MINUTE_US,
        now=tx.now,
    )
    assert row is not None
    agents = await tx.all(
        """select coalesce(p.status, 'available') as status, count(*) as n from seen s join users u on u.id = s.user_id
           left join preferences p on p.user_id = u.id
           where u.account = :account and u.disabled_at is null and s.at > :since group by coalesce(p.status, 'available')""",
        account=account,
        since=tx.now - TAB_OPEN_US,
    )
    return Figures(row["texts"], row["unanswered"], row["public"], row["oldest"], {each["status"]: each["n"] for each in agents})
