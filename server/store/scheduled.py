"""Texts that wait for their time: by when they leave, by whom they are, by conversation."""

from server.domain.message import Message
from server.store.database import Transaction
from server.store.messages import message_of

Key = tuple[int, str]
"""Where a page ended: when the last text leaves (µs) and its id."""

FREE = """not exists (select 1 from conversations c join consent_reviews r on r.account = c.account and r.number = c.phone
    where c.id = m.conversation)"""
"""Nobody has to decide first whether its number was opted out."""


async def due(tx: Transaction, now: int, limit: int) -> list[tuple[str, int]]:
    """(conversation, seq) of the texts of all accounts whose time has come, the earliest first; not those that wait for a review."""
    rows = await tx.all(
        f"""select m.conversation, m.seq from messages m where m.state = 'scheduled' and m.send_at <= :now and {FREE}
            order by m.send_at, m.conversation, m.seq limit :limit""",
        now=now,
        limit=limit,
    )
    return [(row["conversation"], row["seq"]) for row in rows]


async def first(tx: Transaction) -> int | None:
    """When the next one leaves that waits for nothing else, µs, or None."""
    row = await tx.one(f"select m.send_at as at from messages m where m.state = 'scheduled' and {FREE} order by m.send_at limit 1")
    return row["at"] if row else None


async def in_conversation(tx: Transaction, conversation: str) -> list[Message]:
    rows = await tx.all(
        "select * from messages where conversation = :conversation and state = 'scheduled' order by seq", conversation=conversation
    )
    return [message_of(row) for row in rows]


async def page(tx: Transaction, account: str, user: str | None, after: Key | None, limit: int) -> list[Message]:
    """At most `limit` of an account's, the earliest first, those behind `after`; of one `user`, or of all."""
    where, parameters = "", dict[str, str | int](account=account, limit=limit)
    if user is not None:
        where += " and user_id = :user"
        parameters["user"] = user
    if after is not None:
        where += " and (send_at, id) > (cast(:at as bigint), cast(:id as text))"
        parameters |= {"at": after[0], "id": after[1]}
    rows = await tx.all(
        f"select * from messages where account = :account and state = 'scheduled'{where} order by send_at, id limit :limit", **parameters
    )
    return [message_of(row) for row in rows]
