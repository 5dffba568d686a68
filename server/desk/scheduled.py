"""Scheduled texts: listed, taken back, sent before their time, and let go when it has come."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import asdict, replace

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.outbound import leave
from server.desk.outcome import News, apply
from server.desk.quiet_hours import hold, must_wait, opening, overrides, refusal, trace_override
from server.desk.shapes import ConversationContactShape, MessageShape
from server.desk.work import Work
from server.desk.writer import Locks
from server.domain.errors import Forbidden, NotFound, NotScheduled, OptedOut
from server.domain.events import EventType
from server.domain.message import Message, MessageState
from server.domain.thread import Happening, Step
from server.domain.user import Actor, User
from server.store import messages, people, scheduled
from server.store.database import Transaction
from server.store.scheduled import Key

AT_ONCE = 100

Shown = MessageShape | msgspec.Raw


class ScheduledShape(MessageShape, frozen=True):
    """A text that waits for its `send_at`, and whom it is for. While somebody has to decide whether the contact opted out, since
    `consent_review`, it does not leave by itself."""

    contact: ConversationContactShape
    consent_review: str | None


class ScheduledPage(msgspec.Struct, frozen=True):
    """`next` is the instant (µs) and the id of the last item, None at the end."""

    items: list[ScheduledShape]
    next: Key | None


async def scheduled_list(desk: Desk, user: User, after: Key | None, limit: int, *, everybodys: bool = False) -> ScheduledPage:
    """The user's own, the earliest first; `everybodys` for managers alone. Raises `Forbidden`."""
    if everybodys and not user.manages:
        raise Forbidden("Everybody's scheduled texts are for managers.")

    async def read(tx: Transaction) -> ScheduledPage:
        found = await scheduled.page(tx, user.account, None if everybodys else user.id, after, limit + 1)
        shown = found[:limit]
        shapes = await views.message_shapes(tx, shown)
        held = await views.conversation_shapes(tx, user, list(dict.fromkeys(m.conversation for m in shown)))
        of = {conversation.id: conversation for conversation in held}
        items = [
            ScheduledShape(**asdict(shape), contact=of[shape.conversation].contact, consent_review=of[shape.conversation].consent_review)
            for shape in shapes
        ]
        return ScheduledPage(items, (shown[-1].send_at or 0, shown[-1].id) if len(found) > limit else None)

    return await desk.read(read)


async def cancel(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    """Takes a scheduled text back, before it leaves. Raises `NotFound`, `NotScheduled`, `Forbidden`."""

    async def change(work: Work) -> str:
        text = await _waiting(work, user, id)
        thread = work.staged.threads[text.conversation]
        taken_back = replace(text, state=MessageState.CANCELLED, asked_at=None)
        work.rewrite(taken_back)
        work.happen(thread, Step(thread, (Happening(EventType.MESSAGE_CANCELLED, "taken_back"),)), work.know(user), taken_back)
        return id

    return await desk.write(change, views.message, once, locks=_where(id))


async def send_now(desk: Desk, user: User, id: str, once: Once | None = None, *, override_quiet_hours: bool = False) -> Shown:
    """Lets a scheduled text leave before its time, as its author's. Raises `NotFound`, `NotScheduled`, `Forbidden`, `OptedOut`,
    `InQuietHours`."""

    async def change(work: Work) -> str:
        text = await _waiting(work, user, id)
        c = work.staged.threads[text.conversation].conversation
        if work.opted_out(c):
            raise OptedOut("The contact opted out. Texts cannot be sent until the contact texts START.")
        author = await _author(work, text)
        if author is None:
            raise Forbidden("Whoever wrote it is disabled, so it will not leave.")
        any_hour_at = await overrides(work, user, c, override_quiet_hours)
        opens = await opening(work, c, work.now)
        if opens is not None and any_hour_at is None:
            raise refusal(work.now, opens)
        # The reports count a text when it left.
        gone = replace(text, send_at=work.now, any_hour_at=any_hour_at)
        await leave(work, gone, author, work.know(user))
        if any_hour_at is not None:
            await trace_override(work, user, gone, opens)
        return id

    return await desk.write(change, views.message, once, locks=_where(id))


async def leave_due(desk: Desk) -> int:
    """One batch of texts whose time has come by the database's clock; call again while it is AT_ONCE or more.

    Each is looked at again under its conversation's lock, so that of many processes one lets it go. Where the contact opted out or the
    author is disabled it is cancelled; where somebody has to decide whether the contact opted out it waits, and so it does in quiet hours.
    """
    if not await desk.read(lambda tx: scheduled.due(tx, tx.now, 1)):
        return 0  # without keeping anybody from writing
    keys: list[tuple[str, int]] = []

    async def due(work: Work) -> list[str]:
        keys[:] = await scheduled.due(work.tx, work.now, AT_ONCE)
        return [conversation for conversation, _ in keys]

    async def change(work: Work) -> int:
        found = await messages.get(work.tx, keys)
        gone = 0
        for key in keys:
            text = work.staged_message(found[key])
            conversation = work.staged.threads[text.conversation].conversation
            if text.state is MessageState.SCHEDULED and work.standing(conversation).review_at is None:
                await _let_go(work, text)
                gone += 1
        return gone

    return await desk.change(change, locks=due)


async def next_leaving(desk: Desk) -> int | None:
    """Microseconds until a scheduled text is due, by the database's clock; None when there is none."""

    async def read(tx: Transaction) -> int | None:
        at = await scheduled.first(tx)
        return None if at is None else max(0, at - tx.now)

    return await desk.read(read)


async def _let_go(work: Work, text: Message) -> None:
    thread = work.staged.threads[text.conversation]
    author = await _author(work, text)
    if work.opted_out(thread.conversation):
        await apply(work, text, News(MessageState.CANCELLED, "opted_out", "The contact opted out before this text left."))
    elif author is None:
        await apply(work, text, News(MessageState.CANCELLED, "user_disabled", "Whoever wrote it was disabled before it left."))
    elif (opens := await must_wait(work, text)) is not None:
        hold(work, text, opens.at)
    else:
        await leave(work, text, author, Actor.of(author))


async def _author(work: Work, text: Message) -> User | None:
    """None where the author is disabled."""
    person = await people.get(work.tx, text.account, text.user or "")
    return person.user if person is not None and person.works else None


async def _waiting(work: Work, user: User, id: str) -> Message:
    """A scheduled text that this user may decide about, its conversation locked."""
    text = await work.message(id)
    if text is None or text.account != user.account:
        raise NotFound
    if text.state is not MessageState.SCHEDULED:
        raise NotScheduled("This text does not wait for its time any more.")
    owner = work.staged.threads[text.conversation].conversation.owner
    if not (user.manages or user.id in (text.user, owner)):
        raise Forbidden("Only its author, the owner of the conversation or a manager may decide about it.")
    return text


def _where(id: str) -> Locks:
    """The conversation that a message is in, to be locked before it is read."""

    async def conversation(work: Work) -> Iterable[str]:
        found = await messages.by_id(work.tx, id)
        return [] if found is None else [found.conversation]

    return conversation
