"""Which of many open sessions and tokens still stand, in one reading; and what the others' users may do now."""

from collections.abc import Iterable

from server.domain.user import Role, User
from server.store.database import Transaction, batch


async def still_signed_in(tx: Transaction, ids: Iterable[str]) -> dict[str, User]:
    """By session's or token's id, the user as he or she is now. Those that are over, or whose user is disabled, are not in it."""
    rows = await tx.all(
        """select s.id as session, u.id, u.account, u.name, u.role from sessions s join users u on u.id = s.user_id
           where s.id in (select value ->> 'id' from json_each(:ids)) and s.expires_at > :now and u.disabled_at is null
           union all
           select t.id as session, u.id, u.account, u.name, u.role from tokens t join users u on u.id = t.user_id
           where t.id in (select value ->> 'id' from json_each(:ids)) and u.disabled_at is null""",
        ids=batch({"id": each} for each in ids),
        now=tx.now,
    )
    return {row["session"]: User(row["id"], row["account"], row["name"], Role(row["role"])) for row in rows}


async def roles(tx: Transaction, users: Iterable[str]) -> dict[str, Role]:
    """By user's id; those who are disabled are not in it."""
    rows = await tx.all(
        "select id, role from users where id in (select value ->> 'id' from json_each(:ids)) and disabled_at is null",
        ids=batch({"id": each} for each in users),
    )
    return {row["id"]: Role(row["role"]) for row in rows}
