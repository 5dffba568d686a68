"""Internal notes: kept among a conversation's messages, shown to the account's users, never sent."""

from server.desk.work import Work
from server.domain.errors import Invalid
from server.domain.events import EventType
from server.domain.message import Direction, Kind, Message, MessageState
from server.domain.thread import Happening, Step, Thread
from server.domain.user import User
from server.ids import new_id
from server.store.database import stored_text

LONGEST_NOTE = 5_000


def add_note(work: Work, thread: Thread, user: User, body: str) -> Thread:
    """Raises `Invalid` for a note without words or of more than LONGEST_NOTE characters."""
    words = stored_text(body).strip()
    if not words or len(words) > LONGEST_NOTE:
        raise Invalid(f"A note has words, and at most {LONGEST_NOTE} characters.", field="note")
    step = Step(thread, (Happening(EventType.NOTE_ADDED),))
    note = Message(
        id=new_id(work.now),
        conversation=thread.conversation.id,
        account=user.account,
        seq=step.seq_of(EventType.NOTE_ADDED),
        kind=Kind.NOTE,
        direction=Direction.OUTBOUND,
        body=words,
        state=MessageState.RECEIVED,
        created_at=work.now,
        user=user.id,
    )
    work.write(note)
    return work.happen(thread, step, work.know(user), note)
