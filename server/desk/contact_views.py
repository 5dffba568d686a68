"""Contacts as they are read: with their latest conversation, singly and in lists, in one snapshot."""

from collections.abc import Iterable, Sequence

import msgspec

from server.desk.shapes import ContactShape, UserShape, contact_shape, instant, instant_or_none, user_shape
from server.domain.errors import NotFound
from server.domain.thread import Conversation
from server.domain.user import User
from server.store import accounts, consent, contacts, conversations, messages
from server.store.contacts import Contact
from server.store.database import Transaction

SHOWN = 100
"""Characters of the last text."""


class LatestShape(msgspec.Struct, frozen=True):
    """The last text with a contact, in its most recently active conversation. `direction` is null where that holds none yet."""

    conversation: str
    at: str
    active_at: str
    direction: str | None
    user: UserShape | None
    body: str
    owner: UserShape | None
    waiting_since: str | None
    public_since: str | None


class ReadContactShape(ContactShape, frozen=True):
    """A contact as it is read; events show it without `latest`."""

    latest: LatestShape | None


async def contact(tx: Transaction, user: User, id: str) -> ReadContactShape:
    """Raises `NotFound`, also for another account's."""
    return (await read_shapes(tx, [await contact_of(tx, user, id)]))[0]


async def contact_of(tx: Transaction, user: User, id: str) -> Contact:
    """Raises `NotFound`, also for another account's."""
    found = (await contacts.get(tx, [id])).get(id)
    if found is None or found.account != user.account:
        raise NotFound
    return found


async def contacts_in_order(tx: Transaction, ids: Sequence[str]) -> list[ReadContactShape]:
    """Those of the ids that there are, in their order."""
    found = await contacts.get(tx, ids)
    return await read_shapes(tx, [found[id] for id in ids if id in found])


async def read_shapes(tx: Transaction, found: Sequence[Contact]) -> list[ReadContactShape]:
    """Of contacts of one account."""
    standings = await consent.standings(tx, ((c.account, phone.number) for c in found for phone in c.phones))
    latest = await _latest(tx, [c.id for c in found])
    return [ReadContactShape(**msgspec.structs.asdict(contact_shape(c, standings)), latest=latest.get(c.id)) for c in found]


async def _latest(tx: Transaction, ids: Iterable[str]) -> dict[str, LatestShape]:
    newest: dict[str, Conversation] = {}
    for c in await conversations.of_contacts(tx, ids):
        newest.setdefault(c.contact, c)
    last = await messages.get(tx, ((c.id, c.last_message) for c in newest.values() if c.last_message is not None))
    said = {message.conversation: message for message in last.values()}
    named = {c.owner for c in newest.values() if c.owner} | {message.user for message in said.values() if message.user}
    users = await accounts.users(tx, named)
    shown = {}
    for contact, c in newest.items():
        message = said.get(c.id)
        author = users.get(message.user) if message and message.user else None
        owner = users.get(c.owner) if c.owner else None
        shown[contact] = LatestShape(
            conversation=c.id,
            at=instant(message.created_at if message else c.active_at),
            active_at=instant(c.active_at),
            direction=message.direction if message else None,
            user=user_shape(author) if author else None,
            body=message.body[:SHOWN] if message else "",
            owner=user_shape(owner) if owner else None,
            waiting_since=instant_or_none(c.waiting_since),
            public_since=instant_or_none(c.public_since),
        )
    return shown
