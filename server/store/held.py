"""Texts that quiet hours hold: which of them are to be looked at again, since something changed that decides when they leave.

A mark is a row of its own: whoever makes one waits for nobody, and need not lock the conversation that it is about.
"""

from collections.abc import Collection

from server.store.database import Transaction, batch


async def look_again(tx: Transaction, account: str, contacts: Collection[str] | None = None) -> None:
    """At all texts of an account that are held and may still leave, or at those to some of its contacts. The timer looks, when this
    transaction is over."""
    to = """and conversation in (select c.id from json_each(:contacts) k join conversations c on c.contact = k.value ->> 'id')"""
    await tx.run(
        f"""insert into held_looks (conversation, at) select distinct conversation, cast(:now as bigint) from messages
            where account = :account and asked_at is not null and state in ('scheduled', 'queued', 'sending')
            {to if contacts is not None else ""} on conflict (conversation, at) do nothing""",
        now=tx.now,
        account=account,
        **({} if contacts is None else {"contacts": batch({"id": id} for id in contacts)}),
    )


async def take_to_look_at(tx: Transaction, limit: int) -> list[tuple[str, int]]:
    """Takes at most `limit` conversations' marks, the oldest first; (conversation, seq) of what is held in them and may still leave.

    Comes before what decides is read: whoever changes that later makes another mark.
    """
    marked = await tx.all(
        """delete from held_looks where (conversation, at) in
           (select conversation, at from held_looks order by at, conversation limit :limit) returning conversation""",
        limit=limit,
    )
    if not marked:
        return []
    rows = await tx.all(
        """select m.conversation, m.seq from json_each(:ids) k join conversations c on c.id = k.value ->> 'id'
           join messages m on m.account = c.account and m.conversation = c.id
           where m.asked_at is not null and m.state in ('scheduled', 'queued', 'sending') order by m.conversation, m.seq""",
        ids=batch({"id": id} for id in {row["conversation"] for row in marked}),
    )
    return [(row["conversation"], row["seq"]) for row in rows]
