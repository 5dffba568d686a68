"""Texts of the account that hold some words, newest first; and the index that finds them, kept up by the timer."""

import msgspec

from server.desk import views
from server.desk.desk import Desk
from server.desk.shapes import ConversationContactShape, MessageShape, instant
from server.desk.work import Work
from server.domain.user import User
from server.store import message_search, messages, words
from server.store.database import Transaction
from server.store.message_search import Key

FEWEST = words.FEWEST


class FoundMessage(msgspec.Struct, frozen=True):
    """`contact` is whom the conversation is with."""

    message: MessageShape
    contact: ConversationContactShape


class FoundPage(msgspec.Struct, frozen=True):
    """`next` is where another page goes on, None at the end. `looked_back_to` is set where it has fewer items than were asked for, and
    there may be more behind this instant."""

    items: list[FoundMessage]
    next: Key | None
    looked_back_to: str | None


async def message_search_page(desk: Desk, user: User, query: str, after: Key | None, limit: int) -> FoundPage:
    """At most `limit`; nothing for an empty query."""
    if not query:
        return FoundPage([], None, None)

    async def read(tx: Transaction) -> FoundPage:
        found = await message_search.page(tx, user.account, query, after, limit)
        held = await messages.by_ids(tx, [id for _, id in found.keys])
        shapes = await views.message_shapes(tx, held)
        talks = await views.conversation_shapes(tx, user, list(dict.fromkeys(m.conversation for m in held)))
        contacts = {talk.id: talk.contact for talk in talks}
        items = [FoundMessage(shape, contacts[shape.conversation]) for shape in shapes]
        return FoundPage(items, found.next, instant(found.next[0]) if found.next and not found.full else None)

    return await desk.read(read)


async def index_words(desk: Desk) -> int:
    """Lets searches find what was written since: at most `words.AT_ONCE` contacts and texts each. Returns how many there were."""
    if not await desk.read(words.any_to_index):
        return 0

    async def index(work: Work) -> int:
        return await words.index_contacts(work.tx) + await words.index_texts(work.tx)

    return await desk.change(index)
