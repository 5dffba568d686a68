"""How much is unread: messages and notes of others above what a person read, where that person is alerted: not
where it was muted, unless the note mentions that person."""

from collections.abc import Iterable

from server.store.database import Transaction, batch

_ALERTS = """m.conversation = p.conversation and (p.part = 'owner' or p.muted_at is null or m.mentions like :mine)
    and (m.user_id is null or m.user_id <> :user) and (m.purpose is null or m.direction = 'inbound')"""
_UNREAD = f"m.seq > p.read_seq and {_ALERTS}"


async def unread_by_conversation(tx: Transaction, user: str, ids: Iterable[str]) -> dict[str, int]:
    """The number of unread messages in each of these conversations; those without any are left out."""
    rows = await tx.all(
        f"""select p.conversation, count(*) as unread from json_each(:ids) k
            join participants p on p.conversation = k.value ->> 'id' and p.user_id = :user join messages m on {_UNREAD}
            group by p.conversation""",
        ids=batch({"id": id} for id in ids),
        user=user,
        mine=f'%"{user}"%',
    )
    return {row["conversation"]: row["unread"] for row in rows}


async def newest_alert(tx: Transaction, user: str, conversation: str) -> int | None:
    """The seq of the newest message or note that alerted the user there, read or not; None where there is none."""
    row = await tx.one(
        f"""select m.seq from participants p join messages m on {_ALERTS}
            where p.conversation = :conversation and p.user_id = :user order by m.seq desc limit 1""",
        conversation=conversation,
        user=user,
        mine=f'%"{user}"%',
    )
    return row["seq"] if row else None
