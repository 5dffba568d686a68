"""What becomes of an outbound message once it left: states only forward, a failed answer gives the wait back."""

from dataclasses import dataclass

from msgspec.structs import replace

from server.desk.consent import opt_out
from server.desk.work import Work
from server.domain.conversation import answered_after_all, restore_wait, unintroduced
from server.domain.events import state_event
from server.domain.message import ANSWERS, BROKEN, Direction, Message, MessageState, moves_forward
from server.domain.thread import Happening, Step, Thread
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
    """Moves the message forward, or leaves it: an older or repeated word changes nothing. Take the message from `Work.message`."""
    before, known = message.state, message.error_code
    forward = moves_forward(before, news.state)
    if forward:
        message = replace(
            message,
            state=news.state,
            error_code=news.code,
            error_says=news.says,
            next_at=None,
            asked_at=None,
            lease_until=None,
        )
        work.rewrite(message)
        thread = await work.thread(message.account, message.conversation)
        gone = news.state in BROKEN or (news.state is MessageState.CANCELLED and before is not MessageState.SCHEDULED)
        after = unintroduced(thread, message) if gone else thread
        work.happen(thread, Step(after, (Happening(state_event(news.state), news.code),)), SYSTEM, message)
        if message.human and (news.state in BROKEN or before in BROKEN):
            await _wait_again_or_no_more(work, message)
    # The same word again is no new opt-out: the contact may have texted START since.
    if news.opted_out and (forward or news.code != known):
        thread = await work.thread(message.account, message.conversation)
        c = thread.conversation
        await opt_out(work, (c.account, c.phone), c.contact, SYSTEM, source="carrier", message=message.id, says=news.code, did=message.did)
    return message


async def _wait_again_or_no_more(work: Work, message: Message) -> None:
    """Rule 9: the first text after the last answer that stands waits; an answer that arrived after all ends its wait."""
    thread = work.staged.threads[message.conversation]
    since = await unanswered_since(work, thread)
    if since is not None:
        minutes = (await work.account(message.account)).public_minutes
        step = restore_wait(thread, since, work.now, minutes)
    else:
        step = answered_after_all(thread, message.user)
    work.happen(thread, step, SYSTEM)
    work.wake("timer")


async def unanswered_since(work: Work, thread: Thread) -> int | None:
    """When the first text came that no human's text answers, as this transaction leaves things; µs."""
    id = thread.conversation.id
    staged = [m for m in {**work.staged.messages, **work.staged.new_messages}.values() if m.conversation == id]
    standing = [m.said_seq for m in staged if m.human and m.direction is Direction.OUTBOUND and m.state in ANSWERS]
    stored = await messages.last_answer(work.tx, id, [m.id for m in staged])
    after = max([stored, thread.conversation.settled_seq, *standing])
    mine = [m.created_at for m in staged if m.direction is Direction.INBOUND and m.purpose is None and m.seq > after]
    since = await messages.first_to_answer(work.tx, id, after, [m.id for m in staged])
    return min([*mine, *([] if since is None else [since])], default=None)
