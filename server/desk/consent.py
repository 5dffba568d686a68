"""What STOP, START and HELP do, in the transaction of the text that said so (PRODUCT rules 21-23)."""

from msgspec.structs import replace

from server.desk.outbound import queued
from server.desk.work import Work
from server.domain.answers import answer
from server.domain.consent import Keyword
from server.domain.conversation import unintroduced
from server.domain.events import EventType
from server.domain.message import Direction, Message, MessageState, Purpose
from server.domain.thread import Happening, Step, Thread
from server.domain.user import Actor
from server.ids import new_id
from server.store import contacts, messages, scheduled
from server.store.accounts import Did
from server.store.contacts import ConsentEntry

HELP_PAUSE_US = 300_000_000
"""HELP is answered once in five minutes, so that two machines never talk to each other for ever."""


async def obey(work: Work, thread: Thread, message: Message, keyword: Keyword, did: Did, actor: Actor, *, confirm: bool) -> None:
    """Applies a handled keyword. `confirm` is false where the carrier answers it itself."""
    c = thread.conversation
    opted_out = work.opted_out(c)
    if keyword is Keyword.STOP:
        await opt_out(work, c.account, c.phone, c.contact, actor, source="keyword", message=message.id, says=message.body)
        purpose, due = Purpose.OPTED_OUT, not opted_out
    elif keyword is Keyword.START:
        await _opt_in(work, thread, message, actor)
        purpose, due = Purpose.OPTED_IN, opted_out
    else:
        purpose, due = Purpose.HELP, not opted_out and not await _helped(work, c.id)
    if due and confirm:
        await _automatic(work, work.staged.threads[c.id], purpose, did)


async def opt_out(
    work: Work,
    account: str,
    number: str,
    contact: str,
    actor: Actor,
    *,
    source: str,
    message: str | None = None,
    says: str | None = None,
) -> None:
    """Opts a number out for the whole account and cancels what has not left. Once opted out, only the ledger grows."""
    entry = ConsentEntry(
        id=new_id(work.now),
        account=account,
        number=number,
        kind="opted_out",
        source=source,
        at=work.now,
        message=message,
        user=actor.id if actor.kind == "user" else None,
        says=says,
    )
    await work.load_opt_outs([(account, number)])
    await contacts.record_consent(work.tx, entry)
    if work.staged.opted_out[(account, number)] is not None:
        return
    work.staged.opted_out[(account, number)] = work.now
    work.tell(account, EventType.CONTACT_OPTED_OUT, actor, contact=contact, message=message, reason=source)
    thread = await work.thread_of(account, number)
    if thread is not None:
        await _cancel_what_has_not_left(work, thread, actor)


async def _cancel_what_has_not_left(work: Work, thread: Thread, actor: Actor) -> None:
    id = thread.conversation.id
    staged = [m for m in work.staged.new_messages.values() if m.conversation == id]
    for stored in [*await messages.leaving(work.tx, id), *await scheduled.in_conversation(work.tx, id), *staged]:
        waiting = work.staged_message(stored)
        later = waiting.state is MessageState.SCHEDULED
        if not later and (waiting.next_at is None or waiting.lease_until is not None):
            continue
        cancelled = replace(
            waiting,
            state=MessageState.CANCELLED,
            next_at=None,
            error_code="opted_out",
            error_says="The contact opted out before this text left.",
        )
        work.rewrite(cancelled)
        step = Step(thread if later else unintroduced(thread, cancelled), (Happening(EventType.MESSAGE_CANCELLED, "opted_out"),))
        thread = work.happen(thread, step, actor, cancelled)


async def _helped(work: Work, conversation: str) -> bool:
    """Whether HELP was answered there in the last minutes, or in this transaction."""
    answers = (m for m in work.staged.new_messages.values() if m.conversation == conversation and m.direction is Direction.OUTBOUND)
    if any(m.purpose is Purpose.HELP for m in answers):
        return True
    return await messages.automatic_since(work.tx, conversation, Purpose.HELP, work.now - HELP_PAUSE_US)


async def _opt_in(work: Work, thread: Thread, message: Message, actor: Actor) -> None:
    c = thread.conversation
    if not work.opted_out(c):
        return
    await contacts.record_consent(
        work.tx,
        ConsentEntry(
            id=new_id(work.now),
            account=c.account,
            number=c.phone,
            kind="opted_in",
            source="keyword",
            at=work.now,
            message=message.id,
            says=message.body,
        ),
    )
    work.staged.opted_out[(c.account, c.phone)] = None
    work.tell(c.account, EventType.CONTACT_OPTED_IN, actor, contact=c.contact, message=message.id, reason="keyword")


async def _automatic(work: Work, thread: Thread, purpose: Purpose, did: Did) -> None:
    account = await work.account(did.account)
    own = {Purpose.OPTED_OUT: account.stop_answer, Purpose.OPTED_IN: account.start_answer, Purpose.HELP: account.help_answer}
    body = answer(purpose, account.name, own[purpose])
    step = Step(thread, (Happening(EventType.MESSAGE_QUEUED, purpose),))
    message = replace(queued(work, step, did, body), purpose=purpose)
    work.write(message)
    latest = replace(step.thread.conversation, last_message=message.seq, active_at=work.now)
    work.happen(thread, Step(Thread(latest, thread.participants), step.happened), message=message)
