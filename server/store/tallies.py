"""How many of a user's conversations hold something unread."""

from server.store.database import Transaction


async def unread_by_part(tx: Transaction, *, account: str, user: str) -> dict[str, int]:
    """Open conversations with something unread that alerted the user, by the part (`owner`, `subscriber`) that the user has in them."""
    rows = await tx.all(
        """select p.part, count(*) as n from participants p join conversations c on c.id = p.conversation
           where p.user_id = :user and c.account = :account and c.closed_at is null
           and (p.part = 'owner' or p.muted_at is null)
           and exists (select 1 from messages m where m.conversation = p.conversation and m.seq > p.read_seq
                       and (m.user_id is null or m.user_id <> :user)
                       and (m.purpose is null or m.direction = 'inbound'))
           group by p.part""",
        account=account,
        user=user,
    )
    return {row["part"]: row["n"] for row in rows}
