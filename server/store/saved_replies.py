"""Saved replies: each person's own, and those that are shared with the whole account."""

from dataclasses import dataclass

from server.domain.user import Role, User
from server.store.database import Row, Transaction
from server.store.like import containing


@dataclass(frozen=True, slots=True)
class SavedReply:
    """`user` is its owner; `shared_at` and `updated_at` in µs UTC."""

    id: str
    user: User
    shortcut: str
    body: str
    shared_at: int | None
    updated_at: int


_REPLIES = """select r.*, u.name, u.role from saved_replies r join users u on u.id = r.user_id
    where r.account = :account and (r.user_id = :user or r.shared_at is not null)"""
"""What `:user` may use."""


async def page(tx: Transaction, *, account: str, user: str, query: str, after: tuple[str, str] | None, limit: int) -> list[SavedReply]:
    """At most `limit` by shortcut and id, those behind `after`. `query` is part of a shortcut or of a body."""
    where, parameters = "", dict[str, str | int](account=account, user=user, limit=limit)
    if query:
        where += " and (r.shortcut like :words escape '!' or lower(r.body) like :words escape '!')"
        parameters["words"] = containing(query.lower())
    if after is not None:
        where += " and (r.shortcut, r.id) > (cast(:shortcut as text), cast(:id as text))"
        parameters |= {"shortcut": after[0], "id": after[1]}
    rows = await tx.all(f"{_REPLIES}{where} order by r.shortcut, r.id limit :limit", **parameters)
    return [_reply_of(row) for row in rows]


async def find(tx: Transaction, account: str, user: str, id: str) -> SavedReply | None:
    row = await tx.one(f"{_REPLIES} and r.id = :id", account=account, user=user, id=id)
    return _reply_of(row) if row else None


async def taken(tx: Transaction, owner: str, shortcut: str, but: str) -> bool:
    """Whether another reply of this owner than the one with the id `but` has the shortcut."""
    row = await tx.one(
        "select 1 as found from saved_replies where user_id = :owner and shortcut = :shortcut and id <> :but",
        owner=owner,
        shortcut=shortcut,
        but=but,
    )
    return row is not None


async def save(tx: Transaction, reply: SavedReply) -> None:
    """Raises `Conflict` when its owner has the shortcut by now."""
    await tx.run(
        """insert into saved_replies (id, account, user_id, shortcut, body, shared_at, updated_at)
           values (:id, :account, :user, :shortcut, :body, :shared_at, :updated_at)
           on conflict (id) do update set shortcut = excluded.shortcut, body = excluded.body, shared_at = excluded.shared_at,
           updated_at = excluded.updated_at""",
        id=reply.id,
        account=reply.user.account,
        user=reply.user.id,
        shortcut=reply.shortcut,
        body=reply.body,
        shared_at=reply.shared_at,
        updated_at=reply.updated_at,
    )


async def delete(tx: Transaction, id: str) -> None:
    await tx.run("delete from saved_replies where id = :id", id=id)


def _reply_of(row: Row) -> SavedReply:
    owner = User(row["user_id"], row["account"], row["name"], Role(row["role"]))
    return SavedReply(row["id"], owner, row["shortcut"], row["body"], row["shared_at"], row["updated_at"])
