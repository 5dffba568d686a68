"""What a person says of a text that may have been sent: it arrived, or another one goes in its place, as it may for one that did not
arrive."""

from collections.abc import Iterable

from msgspec import Raw
from msgspec.structs import replace

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.shapes import MessageShape
from server.desk.work import Work
from server.domain.errors import NotFound, NotUnconfirmed
from server.domain.events import EventType
from server.domain.message import BROKEN, Message, MessageState
from server.domain.thread import Happening, Step
from server.domain.user import User
from server.store import messages, repeated

SENT_AGAIN = "sent_again"


async def arrived(desk: Desk, user: User, id: str, once: Once | None = None) -> MessageShape | Raw:
    """It is `sent`, as if the carrier had said so; what the carrier says later still counts. Raises `NotFound` and `NotUnconfirmed`."""

    async def change(work: Work) -> str:
        text = await _mine(work, user, id)
        _still_doubtful(text)
        _say(work, user, replace(text, state=MessageState.SENT, error_code=None, error_says=None), EventType.MESSAGE_SENT, "by_hand")
        return id

    async def where(work: Work) -> Iterable[str]:
        found = await messages.by_id(work.tx, id)
        return [] if found is None else [found.conversation]

    return await desk.write(change, views.message, once, locks=where)


async def sent_again(work: Work, user: User, conversation: str, id: str) -> Message:
    """The text in whose place another one goes, once, whatever the carrier says of either later. An `unconfirmed` one stays so and says
    it; what became of one that failed is known. Raises `NotFound` and `NotUnconfirmed`."""
    text = await _mine(work, user, id)
    if text.conversation != conversation:
        raise NotFound
    if text.state not in BROKEN:
        _still_doubtful(text)
    if not await repeated.repeat(work.tx, text.id):
        raise NotUnconfirmed("This text was sent again already.")
    if text.state in BROKEN:
        return text
    _say(work, user, replace(text, error_code=SENT_AGAIN, error_says="It was sent again."), EventType.MESSAGE_UNCONFIRMED, SENT_AGAIN)
    return text


async def _mine(work: Work, user: User, id: str) -> Message:
    text = await work.message(id)
    if text is None or text.account != user.account:
        raise NotFound
    return text


def _still_doubtful(text: Message) -> None:
    if text.state is not MessageState.UNCONFIRMED:
        raise NotUnconfirmed("The carrier has said by now what became of this text.")


def _say(work: Work, user: User, text: Message, event: EventType, reason: str) -> None:
    work.rewrite(text)
    thread = work.staged.threads[text.conversation]
    work.happen(thread, Step(thread, (Happening(event, reason),)), work.know(user), text)
