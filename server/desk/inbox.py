"""What people read: lists of conversations, one conversation, its messages; each from one snapshot."""

import msgspec

from server.desk import views
from server.desk.desk import Desk
from server.desk.shapes import MessageShape, OwnConversationShape
from server.domain.errors import Invalid, NotFound
from server.domain.user import User
from server.store import conversations, lists, messages
from server.store.database import Transaction
from server.store.lists import Key, View


class Page(msgspec.Struct, frozen=True):
    """`next` is the sorting value and id of the last item, None at the end."""

    items: list[OwnConversationShape]
    next: Key | None


class MessagePage(msgspec.Struct, frozen=True):
    """`seq` of the conversation, `position` and `epoch` of the account, as of the same snapshot."""

    items: list[MessageShape]
    seq: int
    position: int
    epoch: str


async def conversation_list(desk: Desk, user: User, view: View, query: str, after: Key | None, limit: int) -> Page:
    """A page of at most `limit`; see `lists` for each view's order."""

    async def read(tx: Transaction) -> Page:
        found = await lists.page(tx, view, account=user.account, user=user.id, query=query, after=after, limit=limit + 1)
        shown = found[:limit]
        items = await views.conversation_shapes(tx, user, [id for id, _ in shown])
        return Page(items, (shown[-1][1], shown[-1][0]) if len(found) > limit else None)

    return await desk.read(read)


async def conversation(desk: Desk, user: User, id: str) -> OwnConversationShape:
    return await desk.read(lambda tx: views.conversation(tx, user, id))


async def message_list(
    desk: Desk, user: User, id: str, *, before: int | None = None, after: int | None = None, limit: int = 50
) -> MessagePage:
    """Ascending by seq: the first `limit` above `after`, or the last `limit` (below `before`)."""
    if before is not None and after is not None:
        raise Invalid("Give `before` or `after`, not both.")

    async def read(tx: Transaction) -> MessagePage:
        thread = (await conversations.read(tx, [id])).threads.get(id)
        if thread is None or thread.conversation.account != user.account:
            raise NotFound
        found = await messages.page(tx, id, before=before, after=after, limit=limit)
        row = await tx.one("select a.position, e.value from accounts a, epoch e where a.id = :account", account=user.account)
        assert row is not None
        return MessagePage(await views.message_shapes(tx, found), thread.conversation.seq, row["position"], row["value"])

    return await desk.read(read)
