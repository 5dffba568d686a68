"""What one user is shown, read in one snapshot: messages and conversations, singly and in lists."""

from collections.abc import Iterable, Sequence
from typing import Any

from server.desk.shapes import (
    MessageShape,
    OwnConversationShape,
    conversation_fields,
    message_shape,
)
from server.domain.audience import Part
from server.domain.conversation import Thread
from server.domain.errors import NotFound
from server.domain.message import Message
from server.domain.phone import read_sender
from server.domain.user import User
from server.store import accounts, contacts, conversations, messages
from server.store.database import Transaction, batch


async def message(tx: Transaction, id: str) -> MessageShape:
    found = await messages.by_id(tx, id)
    if found is None:
        raise NotFound
    return (await message_shapes(tx, [found]))[0]


async def message_shapes(tx: Transaction, found: Sequence[Message]) -> list[MessageShape]:
    users = await accounts.users(tx, {m.user for m in found if m.user})
    dids = await accounts.dids_by_id(tx, {m.did for m in found if m.did})
    return [message_shape(m, users, dids) for m in found]


async def conversation(tx: Transaction, user: User, id: str) -> OwnConversationShape:
    """Raises `NotFound`, also for another account's."""
    shown = await conversation_shapes(tx, user, [id])
    if not shown:
        raise NotFound
    return shown[0]


async def conversation_shapes(tx: Transaction, user: User, ids: Sequence[str]) -> list[OwnConversationShape]:
    """Those of `ids` that are the user's account's, in the order of `ids`."""
    loaded = await conversations.read(tx, ids)
    threads = [loaded.threads[id] for id in ids if id in loaded.threads]
    threads = [thread for thread in threads if thread.conversation.account == user.account]
    if not threads:
        return []
    account = (await accounts.accounts(tx, [user.account]))[user.account]
    found = await contacts.get(tx, (t.conversation.contact for t in threads))
    out = await contacts.opt_outs(tx, ((user.account, t.conversation.phone) for t in threads))
    last = await messages.get(
        tx, ((t.conversation.id, t.conversation.last_message) for t in threads if t.conversation.last_message is not None)
    )
    shapes = await message_shapes(tx, list(last.values()))
    shown = {shape.conversation: shape for shape in shapes}
    dids = await accounts.dids_by_id(tx, {t.conversation.did for t in threads if t.conversation.did})
    counted = await unread(tx, user, [t.conversation.id for t in threads])
    people = loaded.people
    return [
        OwnConversationShape(
            **conversation_fields(
                t.conversation,
                contact=found[t.conversation.contact],
                opted_out=(user.account, t.conversation.phone) in out,
                owner=people[t.conversation.owner] if t.conversation.owner else None,
                subscribers=sorted(
                    (people[p.user] for p in t.participants.values() if p.part is Part.SUBSCRIBER),
                    key=lambda person: (person.name, person.id),
                ),
                did=dids.get(t.conversation.did) if t.conversation.did else None,
                last_message=shown.get(t.conversation.id),
                public_minutes=account.public_minutes,
                repliable=read_sender(t.conversation.phone).repliable,
            ),
            **_own(t, user, counted),
        )
        for t in threads
    ]


async def unread(tx: Transaction, user: User, ids: Iterable[str]) -> dict[str, int]:
    """How many messages and notes of others each conversation has above what the user read; only where the user is alerted."""
    rows = await tx.all(
        """select p.conversation, count(*) as unread from json_each(:ids) k
           join participants p on p.conversation = k.value ->> 'id' and p.user_id = :user
           join messages m on m.conversation = p.conversation and m.seq > p.read_seq
           where (p.part = 'owner' or p.muted_at is null) and (m.user_id is null or m.user_id <> :user)
           and (m.purpose is null or m.direction = 'inbound')
           group by p.conversation""",
        ids=batch({"id": id} for id in ids),
        user=user.id,
    )
    return {row["conversation"]: row["unread"] for row in rows}


def _own(thread: Thread, user: User, counted: dict[str, int]) -> dict[str, Any]:
    mine = thread.participants.get(user.id)
    return {
        "unread": counted.get(thread.conversation.id, 0),
        "muted": mine is not None and mine.muted_at is not None,
        "role": mine.part.value if mine else None,
    }
