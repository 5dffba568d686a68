"""How many open conversations a person takes part in, and how many of them hold something unread, whatever their number: triggers keep
for each participant whether there is something unread, and note each change as a row of its own, so that nobody waits for anybody; the
timer adds the rows up."""

from collections import Counter
from collections.abc import Iterable

from server.store.database import Transaction, batch

FOLDED_FROM = 50
"""Rows of one person; so many are added up at once."""
AT_ONCE = 200
"""People."""


async def counted(tx: Transaction, user: str) -> dict[str, tuple[int, int]]:
    """Open conversations, and those of them with something unread, by the user's part (`owner`, `subscriber`) in them."""
    rows = await tx.all(
        """select part, cast(sum(there) as bigint) as there, cast(sum(unread) as bigint) as unread from (
               select part, there, unread from participation_counts where user_id = :user
               union all
               select part, there, unread from participation_changes where user_id = :user) counted
           group by part""",
        user=user,
    )
    return {row["part"]: (row["there"], row["unread"]) for row in rows}


async def owned(tx: Transaction, users: Iterable[str]) -> dict[str, int]:
    """How many open conversations each of these users owns; who owns none is left out."""
    rows = await tx.all(
        """select user_id, cast(sum(there) as bigint) as there from (
               select c.user_id, c.there from json_each(:users) k cross join participation_counts c
               where c.user_id = k.value ->> 'id' and c.part = 'owner'
               union all
               select c.user_id, c.there from json_each(:users) k cross join participation_changes c
               where c.user_id = k.value ->> 'id' and c.part = 'owner') counted
           group by user_id having sum(there) > 0""",
        users=batch({"id": user} for user in set(users)),
    )
    return {row["user_id"]: row["there"] for row in rows}


async def to_fold(tx: Transaction) -> list[str]:
    """People with many rows."""
    rows = await tx.all(
        "select user_id from participation_changes group by user_id having count(*) >= :many order by user_id limit :most",
        many=FOLDED_FROM,
        most=AT_ONCE,
    )
    return [row["user_id"] for row in rows]


async def fold(tx: Transaction, users: Iterable[str]) -> None:
    """Adds these people's rows to their counts. What others write or fold meanwhile is theirs: only what was taken away is added."""
    rows = await tx.all(
        """delete from participation_changes where user_id in (select value ->> 'id' from json_each(:users))
           returning user_id, part, there, unread""",
        users=batch({"id": user} for user in users),
    )
    there, unread = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in rows:
        there[row["user_id"], row["part"]] += row["there"]
        unread[row["user_id"], row["part"]] += row["unread"]
    if rows:
        await tx.run(
            """insert into participation_counts (user_id, part, there, unread)
               select value ->> 'user', value ->> 'part', cast(value ->> 'there' as bigint), cast(value ->> 'unread' as bigint)
               from json_each(:batch) where true order by 1, 2
               on conflict (user_id, part) do update
               set there = participation_counts.there + excluded.there, unread = participation_counts.unread + excluded.unread""",
            batch=batch({"user": user, "part": part, "there": there[user, part], "unread": unread[user, part]} for user, part in there),
        )
