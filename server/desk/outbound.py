"""A text of ours as it enters the outbox, a person's or an automatic one; at once, or when its time has come."""

import secrets

from msgspec.structs import replace

from server.desk.work import Work
from server.domain.conversation import answer
from server.domain.events import EventType
from server.domain.message import Direction, Kind, Message, MessageState
from server.domain.segments import count
from server.domain.thread import Step, Thread
from server.domain.user import Actor, User
from server.ids import new_id
from server.store.accounts import Did


def queued(work: Work, step: Step, did: Did, body: str) -> Message:
    """A text that may leave at once, numbered by the `message.queued` of `step`. Whose it is and why it is sent is the caller's to add."""
    work.wake("sender")
    return replace(_made(work, step, EventType.MESSAGE_QUEUED, did, body), next_at=work.now)


def scheduled(work: Work, step: Step, did: Did, body: str, send_at: int, held_until: int | None) -> Message:
    """A text that leaves at `send_at` (µs), or when quiet hours are over; numbered by the `message.scheduled` of `step`."""
    work.wake("timer")
    made = _made(work, step, EventType.MESSAGE_SCHEDULED, did, body)
    return replace(made, state=MessageState.SCHEDULED, send_at=held_until or send_at, asked_at=send_at if held_until else None)


async def leave(work: Work, text: Message, author: User, actor: Actor) -> None:
    """A scheduled text enters the outbox: it answers, claims and carries the opt-out line as if it had been written now."""
    thread = work.staged.threads[text.conversation]
    step = answer(thread, author, work.now)
    asked = text.body_asked or ""
    line = "" if thread.conversation.introduced_at is not None else (await work.account(text.account)).opt_out_text
    body = with_opt_out(asked, line)
    counted = count(body)
    leaving = replace(
        text,
        state=MessageState.QUEUED,
        body=body,
        encoding=counted.encoding,
        segments=counted.segments if text.media == "[]" else text.segments,
        next_at=work.now,
        asked_at=None,
        left_seq=step.seq_of(EventType.MESSAGE_QUEUED),
    )
    work.rewrite(leaving)
    work.wake("sender")
    said = spoken(work, step.thread, leaving)
    work.happen(thread, replace(step, thread=said), actor, leaving)


def spoken(work: Work, thread: Thread, text: Message) -> Thread:
    """The thread once this text of a person is on its way: its last message, introduced, and on a number if it had none to reply from."""
    c = thread.conversation
    latest = replace(
        c,
        last_message=text.seq,
        active_at=work.now,
        introduced_at=c.introduced_at or work.now,
        did=text.did if c.texted_at is None else c.did,
    )
    return Thread(latest, thread.participants)


def with_opt_out(body: str, line: str) -> str:
    """As the browser counts it beforehand (`withOptOut` in segments.js)."""
    return f"{body.rstrip()} {line}".lstrip() if line else body


def _made(work: Work, step: Step, event: EventType, did: Did, body: str) -> Message:
    counted = count(body)
    work.dids[did.id] = did
    return Message(
        id=new_id(work.now),
        conversation=step.thread.conversation.id,
        account=did.account,
        seq=step.seq_of(event),
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        body=body,
        state=MessageState.QUEUED,
        created_at=work.now,
        did=did.id,
        encoding=counted.encoding,
        segments=counted.segments,
        token=secrets.token_urlsafe(24),
    )
