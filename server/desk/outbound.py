"""A text of ours as it enters the outbox, a person's or an automatic one."""

import secrets

from server.desk.work import Work
from server.domain.events import EventType
from server.domain.message import Direction, Kind, Message, MessageState
from server.domain.segments import count
from server.domain.thread import Step
from server.ids import new_id
from server.store.accounts import Did


def queued(work: Work, step: Step, did: Did, body: str) -> Message:
    """A text that may leave at once, numbered by the `message.queued` of `step`. Whose it is and why it is sent is the caller's to add."""
    counted = count(body)
    work.dids[did.id] = did
    work.wake("sender")
    return Message(
        id=new_id(work.now),
        conversation=step.thread.conversation.id,
        account=did.account,
        seq=step.seq_of(EventType.MESSAGE_QUEUED),
        kind=Kind.MESSAGE,
        direction=Direction.OUTBOUND,
        body=body,
        state=MessageState.QUEUED,
        created_at=work.now,
        did=did.id,
        encoding=counted.encoding,
        segments=counted.segments,
        token=secrets.token_urlsafe(24),
        next_at=work.now,
    )
