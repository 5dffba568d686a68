"""Internal notes: kept among a conversation's messages, shown to the account's users, never sent. They answer nothing."""

from collections.abc import Sequence

from msgspec import Raw
from msgspec.structs import replace

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.shapes import MessageShape
from server.desk.work import Work
from server.domain.conversation import subscribe
from server.domain.errors import ClientIdConflict, Invalid, NotFound
from server.domain.events import EventType
from server.domain.message import Direction, Kind, Message, MessageState
from server.domain.thread import Happening, Step, Thread
from server.domain.user import User
from server.ids import new_id
from server.store import accounts, messages
from server.store.database import stored_text

LONGEST_NOTE = 5_000
MOST_MENTIONS = 50


async def write_note(
    desk: Desk,
    user: User,
    id: str,
    body: str,
    mentions: Sequence[str] = (),
    client_id: str | None = None,
    once: Once | None = None,
) -> MessageShape | Raw:
    """`mentions` are users of the account who are not disabled: they are alerted, and who took no part becomes a subscriber.

    The same `client_id` twice is one note. Raises `NotFound`, `Invalid`, `ClientIdConflict`.
    """

    async def change(work: Work) -> str:
        if client_id is not None and (again := await _again(work, user, id, body, client_id)) is not None:
            return again
        thread = await work.thread(user.account, id)
        named = await _mentioned(work, user, mentions)
        for other in named:
            thread = work.happen(thread, subscribe(thread, other, reason="mentioned"), work.know(user))
        return add_note(work, thread, user, body, named, client_id).id

    return await desk.write(change, views.message, once, locks=[id])


def add_note(
    work: Work,
    thread: Thread,
    user: User,
    body: str,
    mentions: Sequence[str] = (),
    client_id: str | None = None,
    field: str = "body",
) -> Message:
    """`mentions` are participants; `field` is where the words came from.

    Raises `Invalid` for a note without words or of more than LONGEST_NOTE characters.
    """
    words = stored_text(body).strip()
    if not words or len(words) > LONGEST_NOTE:
        raise Invalid(f"A note has words, and at most {LONGEST_NOTE} characters.", field=field)
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
        client_id=client_id,
        mentions=tuple(mentions),
    )
    work.write(note)
    latest = replace(thread.conversation, active_at=work.now)
    work.happen(thread, Step(Thread(latest, thread.participants), step.happened), work.know(user), note)
    return note


async def _mentioned(work: Work, author: User, ids: Sequence[str]) -> list[str]:
    """The users whom a note names, each once; not its author. They are locked in the order of their ids."""
    wanted = [id for id in dict.fromkeys(ids) if id != author.id]
    if len(wanted) > MOST_MENTIONS:
        raise Invalid(f"A note mentions at most {MOST_MENTIONS} people.", field="mentions")
    for id in sorted(wanted):
        target = await accounts.working_user(work.tx, author.account, id)
        if target is None:
            raise NotFound("There is no such user to mention.")
        work.know(target)
    return wanted


async def _again(work: Work, user: User, conversation: str, body: str, client_id: str) -> str | None:
    """The note that this `client_id` already made. Raises `ClientIdConflict` if it made something else."""
    staged = (m for m in work.staged.new_messages.values() if (m.user, m.client_id) == (user.id, client_id))
    found = next(staged, None) or await messages.by_client_id(work.tx, user.id, client_id)
    if found is None:
        return None
    if (found.kind, found.conversation, found.body) != (Kind.NOTE, conversation, stored_text(body).strip()):
        raise ClientIdConflict("This client_id came with something else before.")
    return found.id
