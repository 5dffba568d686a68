"""The users of an account whom work can be handed to."""

from server.domain.user import Role, User
from server.store.database import Transaction


async def colleagues(tx: Transaction, account: str, after: tuple[str, str] | None, limit: int) -> list[User]:
    """At most `limit` users who are not disabled, by name and id, those behind `after`."""
    where, parameters = "", dict[str, str | int](account=account, limit=limit)
    if after is not None:
        where = "and (name, id) > (cast(:name as text), cast(:id as text))"
        parameters |= {"name": after[0], "id": after[1]}
    rows = await tx.all(
        f"""select id, account, name, role from users where account = :account and disabled_at is null {where}
            order by name, id limit :limit""",
        **parameters,
    )
    return [User(row["id"], row["account"], row["name"], Role(row["role"])) for row in rows]
