"""Taking part: follow, unfollow, mute, read, unread; a manager adds and removes others."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.shapes import OwnConversationShape
from server.desk.work import Work
from server.domain import conversation as rules
from server.domain.audience import Part
from server.domain.errors import Forbidden, NotFound
from server.domain.events import EventType
from server.domain.message import Direction
from server.domain.thread import Happening, Step, Thread
from server.domain.user import User
from server.store import accounts, tallies

Shown = OwnConversationShape | msgspec.Raw


async def follow(desk: Desk, user: User, id: str, muted: bool | None, once: Once | None = None) -> Shown:
    """Takes part, and with `muted` true or false is alerted or not. An owner can be muted in name only: owners are alerted."""

    def step(work: Work, thread: Thread) -> Thread:
        actor = work.know(user)
        thread = work.happen(thread, rules.subscribe(thread, user.id), actor)
        mine = thread.participants[user.id]
        if muted is None or muted == (mine.muted_at is not None):
            return thread
        if muted and mine.part is Part.OWNER:
            raise Forbidden("The owner is always alerted.")
        parts = {**thread.participants, user.id: replace(mine, muted_at=work.now if muted else None)}
        event = Happening(EventType.SUBSCRIBER_MUTED, "muted" if muted else "unmuted", user.id)
        return work.happen(thread, Step(Thread(thread.conversation, parts), (event,)), actor)

    return await _change(desk, user, id, once, step)


async def unfollow(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    """Raises `Forbidden` for the owner."""
    return await _change(
        desk, user, id, once, lambda work, thread: work.happen(thread, rules.unsubscribe(thread, user.id), work.know(user))
    )


async def add_subscriber(desk: Desk, manager: User, id: str, other: str, once: Once | None = None) -> Shown:
    async def change(work: Work) -> str:
        actor = work.know(manager)
        thread = await work.thread(manager.account, id)
        target = await accounts.working_user(work.tx, manager.account, other)
        if target is None:
            raise NotFound("There is no such user to add.")
        work.know(target)
        work.happen(thread, rules.subscribe(thread, target.id, reason="added"), actor)
        return id

    return await desk.write(change, lambda tx, _: views.conversation(tx, manager, id), once, locks=[id])


async def remove_subscriber(desk: Desk, manager: User, id: str, other: str, once: Once | None = None) -> Shown:
    return await _change(
        desk, manager, id, once, lambda work, thread: work.happen(thread, rules.unsubscribe(thread, other), work.know(manager))
    )


async def read(desk: Desk, user: User, id: str, seq: int, once: Once | None = None) -> Shown:
    """The person read up to `seq`; shared by that person's tabs, nobody else sees it. Never moves back."""

    def step(work: Work, thread: Thread) -> Thread:
        mine = thread.participants.get(user.id)
        upto = min(seq, thread.conversation.seq)
        if mine is None or upto <= mine.read_seq:
            return thread
        now = Thread(thread.conversation, {**thread.participants, user.id: replace(mine, read_seq=upto)})
        return work.happen(thread, Step(now, (Happening(EventType.CONVERSATION_READ, user=user.id),)), work.know(user))

    return await _change(desk, user, id, once, step)


async def unread(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    """Marks the newest message that alerted the person unread again. Nothing changes where there is none, or one is unread."""

    async def change(work: Work) -> str:
        thread = await work.thread(user.account, id)
        mine = thread.participants.get(user.id)
        newest = await _newest_alert(work, user, id)
        if mine is not None and newest is not None and newest <= mine.read_seq:
            now = Thread(thread.conversation, {**thread.participants, user.id: replace(mine, read_seq=newest - 1)})
            work.happen(thread, Step(now, (Happening(EventType.CONVERSATION_READ, user=user.id),)), work.know(user))
        return id

    return await desk.write(change, lambda tx, _: views.conversation(tx, user, id), once, locks=[id])


async def _newest_alert(work: Work, user: User, id: str) -> int | None:
    """As this transaction leaves things: what it wrote is not stored yet."""
    staged = [
        m.seq
        for m in work.staged.new_messages.values()
        if m.conversation == id and m.user != user.id and (m.purpose is None or m.direction is Direction.INBOUND)
    ]
    stored = await tallies.newest_alert(work.tx, user.id, id)
    return max(staged, default=stored)


async def _change(desk: Desk, user: User, id: str, once: Once | None, step: Callable[[Work, Thread], Thread]) -> Shown:
    async def change(work: Work) -> str:
        step(work, await work.thread(user.account, id))
        return id

    return await desk.write(change, lambda tx, _: views.conversation(tx, user, id), once, locks=[id])
