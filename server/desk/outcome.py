"""What becomes of an outbound message once it left: states only forward, a failed answer gives the wait back (rules 9, 23, 26, 27)."""

from dataclasses import dataclass, replace

from server.desk.consent import opt_out
from server.desk.work import Work
from server.domain.conversation import Happening, Step, restore_wait
from server.domain.events import state_event
from server.domain.message import ANSWERS, BROKEN, Direction, Message, MessageState, moves_forward
from server.domain.user import SYSTEM
from server.store import messages


@dataclass(frozen=True, slots=True)
class News:
    """A carrier's word about one message. `code` and `says` only where something went wrong."""

    state: MessageState
    code: str | None = None
    says: str | None = None
    opted_out: bool = False


async def apply(work: Work, message: Message, news: News) -> Message:
    """Moves the message forward, or leaves it: an older or repeated word changes nothing. Its conversation must be locked."""
    message = work.staged_message(message)
    if moves_forward(message.state, news.state):
        message = replace(
            message,
            state=news.state,
            error_code=news.code,
            error_says=news.says,
            next_at=None,
            lease_until=None,
        )
        work.rewrite(message)
        thread = await work.thread(message.account, message.conversation)
        thread = work.happen(thread, Step(thread, (Happening(state_event(news.state), news.code),)), SYSTEM, message)
        if news.state in BROKEN and message.human:
            answered = thread.conversation.answered
            if answered is not None and not await _stands(work, message, answered.seq):
                minutes = (await work.account(message.account)).public_minutes
                work.happen(thread, restore_wait(thread, work.now, minutes), SYSTEM)
                work.wake("timer")
    if news.opted_out:
        thread = await work.thread(message.account, message.conversation)
        await opt_out(work, thread, SYSTEM, source="carrier", message=message.id, says=news.code)
    return message


async def _stands(work: Work, failed: Message, after: int) -> bool:
    """Whether another human's text answers the same wait, as this transaction leaves things."""
    others = await messages.answers(work.tx, failed.conversation, after)
    staged = {**work.staged.messages, **work.staged.new_messages}
    mine = [m for m in staged.values() if m.conversation == failed.conversation and m.seq > after]
    known = {m.id: m for m in others} | {m.id: m for m in mine}
    return any(m.human and m.id != failed.id and m.direction is Direction.OUTBOUND and m.state in ANSWERS for m in known.values())
