"""What happened to a conversation between its messages: who took it, who came and went, and what became of its contact's consent."""

import msgspec

from server.desk.desk import Desk
from server.desk.shapes import EventShape
from server.domain.errors import NotFound
from server.domain.user import User
from server.store import conversations, history
from server.store.database import Transaction

END = 2**62

_event = msgspec.json.Decoder(EventShape).decode


class HistoryPage(msgspec.Struct, frozen=True):
    """Events in order. `more` says that there are older ones: ask again with `before`, the lowest `seq` among these."""

    items: list[EventShape]
    more: bool


async def conversation_history(desk: Desk, user: User, id: str, *, before: int | None, limit: int) -> HistoryPage:
    """The last `limit` events of `conversation.*` and `subscriber.*` below the number `before`, and from the first of them on, without a
    number, all of its contact's changes of readiness and consent: no later page could ask for those. Raises `NotFound`."""

    async def read(tx: Transaction) -> HistoryPage:
        thread = (await conversations.read(tx, [id])).threads.get(id)
        if thread is None or thread.conversation.account != user.account:
            raise NotFound
        edge = END if before is None else before
        found = await history.lines(tx, id, edge, limit + 1)
        lines = found[-limit:]
        if not lines:
            return HistoryPage([], more=False)
        until = await history.position_of(tx, id, edge)
        of_contact = await history.of_contact(tx, thread.conversation.contact, lines[0].position, END if until is None else until)
        together = sorted([*lines, *of_contact], key=lambda line: line.position)
        return HistoryPage([_event(line.body) for line in together], more=len(found) > limit)

    return await desk.read(read)
