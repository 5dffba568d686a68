"""What has happened in the demo's account since it was made: the things that a newcomer tries."""

from server.store.database import Transaction


async def opened_at(tx: Transaction, account: str) -> int:
    """The position at which the account first had a default number, which is the last thing that seeding does."""
    row = await tx.one(
        """select min(position) as position from events where account = :account and type = 'settings.changed'
           and body like '%"default_did":"%'""",
        account=account,
    )
    return (row["position"] or 0) if row else 0


async def events_since(tx: Transaction, account: str, position: int, limit: int) -> list[str]:
    """At most `limit` of the events after `position` that may be a step of the tour, as they went on the wire, oldest first."""
    rows = await tx.all(
        """select body from events where account = :account and position > :position
           and type in ('message.queued', 'conversation.public', 'conversation.claimed', 'contact.opted_out', 'contact.ready_changed')
           order by position limit :limit""",
        account=account,
        position=position,
        limit=limit,
    )
    return [row["body"] for row in rows]
