"""When each user last had a tab open."""

from collections.abc import Iterable

from server.store.database import Transaction, batch


async def seen_now(tx: Transaction, users: Iterable[str]) -> None:
    await tx.run(
        """insert into seen (user_id, at) select value ->> 'id', :now from json_each(:users) where true order by 1
           on conflict (user_id) do update set at = excluded.at""",
        users=batch({"id": id} for id in set(users)),
        now=tx.now,
    )


async def last_seen(tx: Transaction, users: Iterable[str]) -> dict[str, int]:
    """µs UTC by user; those who never had a tab open are left out."""
    rows = await tx.all(
        "select s.user_id, s.at from json_each(:users) k join seen s on s.user_id = k.value ->> 'id'",
        users=batch({"id": id} for id in set(users)),
    )
    return {row["user_id"]: row["at"] for row in rows}
