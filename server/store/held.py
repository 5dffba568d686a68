"""Texts that quiet hours hold: which of them are to be looked at again, since something changed that decides when they leave.

A mark is a row of its own: whoever makes one waits for nobody, and need not lock the conversation that it is about.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from server.store.database import Transaction, batch


@dataclass(frozen=True, slots=True)
class _Mark:
    """Texts up to the number `done_to` were looked at. `place` is its own among all."""

    place: int
    conversation: str
    at: int
    done_to: int


async def look_again(tx: Transaction, account: str, contacts: Collection[str] | None = None) -> None:
    """At all texts of an account that are held and may still leave, or at those to some of its contacts. The timer looks, when this
    transaction is over."""
    to = """and conversation in (select c.id from json_each(:contacts) k join conversations c on c.contact = k.value ->> 'id')"""
    await tx.run(
        f"""insert into held_looks (conversation, at) select distinct conversation, cast(:now as bigint) from messages
            where account = :account and asked_at is not null and state in ('scheduled', 'queued', 'sending')
            {to if contacts is not None else ""} on conflict (conversation, at) do update set done_to = 0""",
        now=tx.now,
        account=account,
        **({} if contacts is None else {"contacts": batch({"id": id} for id in contacts)}),
    )


async def look_at(tx: Transaction, conversations: Collection[str]) -> None:
    """At all texts of some conversations that are held."""
    await tx.run(
        """insert into held_looks (conversation, at) select k.value ->> 'id', cast(:now as bigint) from json_each(:conversations) k
           where true on conflict (conversation, at) do update set done_to = 0""",
        now=tx.now,
        conversations=batch({"id": id} for id in sorted(conversations)),
    )


async def any_to_look_at(tx: Transaction) -> bool:
    return await tx.one("select 1 as mark from held_looks limit 1") is not None


async def take_to_look_at(tx: Transaction, limit: int) -> list[tuple[str, int]] | None:
    """Takes the oldest marks: (conversation, seq) of at most `limit` texts that are held in their conversations and may still leave. A mark
    with more texts than that stays, for the others. None when there is no mark.

    Comes before what decides is read: whoever changes that later makes another mark.
    """
    taken = await tx.all(
        """delete from held_looks where (conversation, at) in
           (select conversation, at from held_looks order by at, conversation limit :limit) returning conversation, at, done_to""",
        limit=limit,
    )
    if not taken:
        return None
    marks: dict[str, _Mark] = {}
    for row in sorted(taken, key=lambda row: (row["at"], row["conversation"])):
        # One look serves all marks of a conversation, if it begins where the least was done.
        mark = marks.setdefault(row["conversation"], _Mark(len(marks), row["conversation"], row["at"], row["done_to"]))
        marks[mark.conversation] = replace(mark, done_to=min(mark.done_to, row["done_to"]))
    rows = await tx.all(
        """select m.conversation, m.seq from json_each(:marks) k join conversations c on c.id = k.value ->> 'conversation'
           join messages m on m.account = c.account and m.conversation = c.id
           where m.asked_at is not null and m.state in ('scheduled', 'queued', 'sending') and m.seq > cast(k.value ->> 'done_to' as bigint)
           order by cast(k.value ->> 'place' as bigint), m.seq limit :limit""",
        marks=batch(marks.values()),
        limit=limit,
    )
    if len(rows) == limit:
        last = marks[rows[-1]["conversation"]]
        await _put_back(tx, [replace(last, done_to=rows[-1]["seq"]), *(mark for mark in marks.values() if mark.place > last.place)])
    return [(row["conversation"], row["seq"]) for row in rows]


async def _put_back(tx: Transaction, marks: Sequence[_Mark]) -> None:
    await tx.run(
        """insert into held_looks (conversation, at, done_to)
           select value ->> 'conversation', cast(value ->> 'at' as bigint), cast(value ->> 'done_to' as bigint) from json_each(:marks)""",
        marks=batch(marks),
    )
