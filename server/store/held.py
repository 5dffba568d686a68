"""Texts that quiet hours hold: which of them are to be looked at again, since something changed that decides when they leave."""

from collections.abc import Collection

from server.store.database import Transaction, batch


async def look_again(tx: Transaction, account: str, contacts: Collection[str] | None = None) -> None:
    """At all texts of an account that are held and may still leave, or at those to some of its contacts. The timer looks, when this
    transaction is over."""
    to = """and conversation in (select c.id from json_each(:contacts) k join conversations c on c.contact = k.value ->> 'id')"""
    await tx.run(
        f"""update messages set look_at = :now where account = :account and asked_at is not null
            and state in ('scheduled', 'queued', 'sending') {to if contacts is not None else ""}""",
        now=tx.now,
        account=account,
        **({} if contacts is None else {"contacts": batch({"id": id} for id in contacts)}),
    )


async def take_to_look_at(tx: Transaction, limit: int) -> list[tuple[str, int]]:
    """(conversation, seq) of those that wait for a look, the longest first; they are marked no longer.

    Comes before what decides is read: whoever changes that later marks the text again.
    """
    rows = await tx.all(
        """update messages set look_at = null where look_at is not null and (conversation, seq) in
           (select conversation, seq from messages where look_at is not null order by look_at, conversation, seq limit :limit)
           returning conversation, seq""",
        limit=limit,
    )
    return sorted((row["conversation"], row["seq"]) for row in rows)
