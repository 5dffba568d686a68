"""What becomes of an outbound message once it left: states only forward, a failed answer gives the wait back (rules 9, 23, 26, 27)."""

from dataclasses import dataclass

from msgspec.structs import replace

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
            await _restore_wait(work, message)
    if news.opted_out:
        thread = await work.thread(message.account, message.conversation)
        await opt_out(work, thread, SYSTEM, source="carrier", message=message.id, says=news.code)
    return message


async def _restore_wait(work: Work, failed: Message) -> None:
    """Rule 9, as this transaction leaves things: the first text after the last answer that stands waits again."""
    thread = work.staged.threads[failed.conversation]
    staged = [m for m in {**work.staged.messages, **work.staged.new_messages}.values() if m.conversation == failed.conversation]
    standing = [m.seq for m in staged if m.human and m.direction is Direction.OUTBOUND and m.state in ANSWERS]
    stored = await messages.last_answer(work.tx, failed.conversation, [m.id for m in staged])
    after = max([stored, thread.conversation.settled_seq, *standing])
    since = await messages.first_to_answer(work.tx, failed.conversation, after)
    for m in staged:
        if since is None and m.direction is Direction.INBOUND and m.purpose is None and m.seq > after:
            since = m.created_at
    if since is not None:
        minutes = (await work.account(failed.account)).public_minutes
        work.happen(thread, restore_wait(thread, since, work.now, minutes), SYSTEM)
        work.wake("timer")
