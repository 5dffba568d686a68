"""What is read about contacts: lists of them, their tags, their conversations, what happened to them."""

import msgspec

from server.desk import contact_views, views
from server.desk.contact_views import ReadContactShape
from server.desk.desk import Desk
from server.desk.shapes import EventShape, OwnConversationShape
from server.domain.errors import NotFound
from server.domain.user import User
from server.domain.wanted import Sort, Wanted
from server.store import contact_search, conversations, events, live_filters
from server.store.database import Transaction

ACTIVITY = 100
"""Events of one contact that are shown."""


class ContactPage(msgspec.Struct, frozen=True):
    """`next` is the sorting value and id of the last item, None at the end; `total` how many there are, None for very many."""

    items: list[ReadContactShape]
    next: tuple[int | str, str] | None
    total: int | None


class TagShape(msgspec.Struct, frozen=True):
    """`count` contacts have it."""

    tag: str
    count: int


async def contact_list(
    desk: Desk, user: User, wanted: Wanted, *, sort: Sort = "name", after: tuple[int | str, str] | None = None, limit: int = 50
) -> ContactPage:
    """Raises `NotFound` for a live filter that is not the account's."""

    async def read(tx: Transaction) -> ContactPage:
        if wanted.live_filter is not None and await live_filters.get(tx, user.account, wanted.live_filter) is None:
            raise NotFound
        found = await contact_search.contact_page(tx, user.account, wanted, sort=sort, after=after, limit=limit + 1)
        items = await contact_views.contacts_in_order(tx, [id for _, id in found[:limit]])
        whole = after is None and len(found) <= limit
        counted = len(found) if whole else await contact_search.total(tx, user.account, wanted)
        return ContactPage(items, found[limit - 1][0] if len(found) > limit else None, counted)

    return await desk.read(read)


async def contact(desk: Desk, user: User, id: str) -> ReadContactShape:
    return await desk.read(lambda tx: contact_views.contact(tx, user, id))


async def conversations_of(desk: Desk, user: User, id: str) -> list[OwnConversationShape]:
    """One for each phone that was texted with, newest activity first."""

    async def read(tx: Transaction) -> list[OwnConversationShape]:
        await contact_views.contact_of(tx, user, id)
        return await views.conversation_shapes(tx, user, [c.id for c in await conversations.of_contacts(tx, [id])])

    return await desk.read(read)


async def activity_of(desk: Desk, user: User, id: str) -> list[EventShape]:
    """The last ACTIVITY events of the contact, newest first, as they went out."""

    async def read(tx: Transaction) -> list[EventShape]:
        await contact_views.contact_of(tx, user, id)
        return [msgspec.json.decode(body, type=EventShape) for body in await events.of_contact(tx, id, ACTIVITY)]

    return await desk.read(read)


async def tag_list(desk: Desk, user: User) -> list[TagShape]:
    """By the alphabet."""
    counted = await desk.read(lambda tx: contact_search.tags(tx, user.account))
    return [TagShape(tag, counted[tag]) for tag in sorted(counted, key=lambda tag: (tag.casefold(), tag))]
