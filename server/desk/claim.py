"""Who answers: claim, take the next, release, transfer, and what ends or stops a wait (PRODUCT rules 10, 13-16)."""

from collections.abc import Callable

import msgspec

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.lost import lost_claim
from server.desk.shapes import OwnConversationShape
from server.desk.work import Work
from server.desk.writer import Then
from server.domain import conversation as rules
from server.domain.conversation import Step, Thread
from server.domain.errors import AlreadyClaimed, Invalid, NotFound
from server.domain.user import User
from server.store import accounts, conversations
from server.store.database import Transaction

Shown = OwnConversationShape | msgspec.Raw


async def claim(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    """Raises `AlreadyClaimed` with the winner, or `NotPublic`."""

    async def change(work: Work) -> str:
        return await _claim(work, user, id)

    return await desk.write(change, _shown_to(user), once)


async def take_next(desk: Desk, user: User, once: Once | None = None) -> Shown | None:
    """Claims the longest waiting conversation of the pool; None when the pool is empty."""

    async def change(work: Work) -> str | None:
        for candidate in await conversations.longest_waiting(work.tx, user.account, 200):
            await work.load([candidate])
            if work.staged.threads[candidate].conversation.public:
                return await _claim(work, user, candidate)
        return None

    async def then(tx: Transaction, id: str | None) -> OwnConversationShape | None:
        return None if id is None else await views.conversation(tx, user, id)

    return await desk.write(change, then, once)


async def release(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await _by_rule(desk, user, id, once, lambda thread, now: rules.release(thread, user, now))


async def transfer(desk: Desk, user: User, id: str, to: str, once: Once | None = None) -> Shown:
    """`to` is a user of the account who is not disabled, or `NotFound` is raised."""

    async def change(work: Work) -> str:
        actor = work.know(user)
        thread = await work.thread(user.account, id)
        target = await accounts.working_user(work.tx, user.account, to)
        if target is None:
            raise NotFound("There is no such user to transfer it to.")
        work.know(target)
        work.happen(thread, rules.transfer(thread, user, target.id, work.now), actor)
        work.wake("timer")
        return id

    return await desk.write(change, _shown_to(user), once)


async def no_reply_needed(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await _by_rule(desk, user, id, once, lambda thread, _: rules.no_reply_needed(thread))


async def close(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await _by_rule(desk, user, id, once, rules.close)


async def reopen(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await _by_rule(desk, user, id, once, lambda thread, _: rules.reopen(thread))


async def snooze(desk: Desk, user: User, id: str, until: int, once: Once | None = None) -> Shown:
    """`until` in µs UTC, after now."""

    def rule(thread: Thread, now: int) -> Step:
        if until <= now:
            raise Invalid("Give a time in the future.", field="until")
        return rules.snooze(thread, until)

    return await _by_rule(desk, user, id, once, rule)


async def _claim(work: Work, user: User, id: str) -> str:
    actor = work.know(user)
    thread = await work.thread(user.account, id)
    try:
        step = rules.claim(thread, user, work.now)
    except AlreadyClaimed:
        raise await lost_claim(work, thread.conversation) from None
    work.happen(thread, step, actor)
    return id


async def _by_rule(desk: Desk, user: User, id: str, once: Once | None, rule: Callable[[Thread, int], Step]) -> Shown:
    async def change(work: Work) -> str:
        thread = await work.thread(user.account, id)
        work.happen(thread, rule(thread, work.now), work.know(user))
        return id

    return await desk.write(change, _shown_to(user), once)


def _shown_to(user: User) -> Then[str, OwnConversationShape]:
    return lambda tx, id: views.conversation(tx, user, id)
