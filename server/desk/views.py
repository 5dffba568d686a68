"""What one user is shown, read in one snapshot: messages and conversations, singly and in lists."""

from collections.abc import Sequence
from typing import Any

from server.desk.shapes import (
    MessageShape,
    OwnConversationShape,
    conversation_fields,
    message_shape,
)
from server.domain.audience import Part
from server.domain.errors import NotFound
from server.domain.message import Message
from server.domain.phone import read_sender
from server.domain.thread import Thread
from server.domain.user import User
from server.store import accounts, consent, contacts, conversations, drafts, messages, tallies
from server.store.consent import Standing
from server.store.database import Transaction

DRAFT_SHOWN = 100


async def message(tx: Transaction, id: str) -> MessageShape:
    found = await messages.by_id(tx, id)
    if found is None:
        raise NotFound
    return (await message_shapes(tx, [found]))[0]


async def message_shapes(tx: Transaction, found: Sequence[Message]) -> list[MessageShape]:
    users = await accounts.users(tx, {u for m in found for u in m.people})
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
    standings = await consent.standings(tx, ((user.account, t.conversation.phone) for t in threads))
    last = await messages.get(
        tx, ((t.conversation.id, t.conversation.last_message) for t in threads if t.conversation.last_message is not None)
    )
    shapes = await message_shapes(tx, list(last.values()))
    shown = {shape.conversation: shape for shape in shapes}
    dids = await accounts.dids_by_id(tx, {t.conversation.did for t in threads if t.conversation.did})
    counted = await tallies.unread_by_conversation(tx, user.id, (t.conversation.id for t in threads))
    begun = await drafts.beginnings(tx, user.id, (t.conversation.id for t in threads), DRAFT_SHOWN)
    people = loaded.people
    return [
        OwnConversationShape(
            **conversation_fields(
                t.conversation,
                contact=found[t.conversation.contact],
                standing=standings.get((user.account, t.conversation.phone), Standing()),
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
            **_own(t, user, counted, begun),
        )
        for t in threads
    ]


def _own(thread: Thread, user: User, counted: dict[str, int], begun: dict[str, str]) -> dict[str, Any]:
    mine = thread.participants.get(user.id)
    return {
        "unread": counted.get(thread.conversation.id, 0),
        "muted": mine is not None and mine.muted_at is not None,
        "role": mine.part.value if mine else None,
        "draft": begun.get(thread.conversation.id),
    }
