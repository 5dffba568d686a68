"""Who answers: claim, take the next, release, transfer. One winner; every loser is told who won and when."""

import msgspec

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.lost import lost_claim
from server.desk.notes import add_note
from server.desk.shapes import OwnConversationShape
from server.desk.verbs import by_rule
from server.desk.work import Work
from server.desk.writer import Then
from server.domain import conversation as rules
from server.domain.errors import AlreadyClaimed, NotFound, Refused
from server.domain.user import User
from server.store import accounts, conversations, people, unanswered
from server.store.database import Transaction


class ClaimLimit(Refused):
    """The user owns as many unanswered conversations as the account lets anybody who claims; `limit` and `has` say how many."""

    code = "claim_limit"


Shown = OwnConversationShape | msgspec.Raw

CANDIDATES = 20
"""How many of the pool `take_next` looks at together."""


async def claim(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    """Raises `AlreadyClaimed` with the winner, `NotPublic`, or `ClaimLimit`."""

    async def change(work: Work) -> str:
        return await _claim(work, user, id)

    return await desk.write(change, _shown_to(user), once, locks=[id])


async def take_next(desk: Desk, user: User, once: Once | None = None) -> Shown | None:
    """Claims the longest waiting conversation of the pool; None when the pool is empty."""

    async def longest_waiting(work: Work) -> list[str]:
        return await conversations.longest_waiting(work.tx, user.account, CANDIDATES + len(work.staged.threads))

    async def change(work: Work) -> str | None:
        # Others may have taken all of the first candidates while their locks were waited for: then there are new ones.
        while candidates := [id for id in await longest_waiting(work) if id not in work.staged.threads or _public(work, id)]:
            await work.load(candidates)
            for id in candidates:
                if _public(work, id):
                    return await _claim(work, user, id)
        return None

    async def then(tx: Transaction, id: str | None) -> OwnConversationShape | None:
        return None if id is None else await views.conversation(tx, user, id)

    return await desk.write(change, then, once, locks=longest_waiting)


async def release(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await by_rule(desk, user, id, once, lambda thread, now: rules.release(thread, user, now))


async def transfer(desk: Desk, user: User, id: str, to: str, note: str | None = None, once: Once | None = None) -> Shown:
    """`to` is a user of the account who is not disabled, or `NotFound` is raised. A `note` goes into the conversation with it."""

    async def change(work: Work) -> str:
        actor = work.know(user)
        thread = await work.thread(user.account, id)
        target = await accounts.working_user(work.tx, user.account, to)
        if target is None:
            raise NotFound("There is no such user to transfer it to.")
        work.know(target)
        thread = work.happen(thread, rules.transfer(thread, user, target.id, work.now), actor)
        if note is not None:
            add_note(work, thread, user, note, field="note")
        work.wake("timer")
        return id

    return await desk.write(change, _shown_to(user), once, locks=[id])


async def _claim(work: Work, user: User, id: str) -> str:
    actor = work.know(user)
    thread = await work.thread(user.account, id)
    try:
        step = rules.claim(thread, user, work.now)
    except AlreadyClaimed:
        raise await lost_claim(work, thread.conversation) from None
    await _within_the_limit(work, user, id)
    work.happen(thread, step, actor)
    return id


async def _within_the_limit(work: Work, user: User, id: str) -> None:
    """Raises `ClaimLimit`. What the user owns already is not counted against taking it back."""
    limit = (await work.account(user.account)).claim_limit
    if limit is None:
        return
    # Two claims of one person take turns here, whatever process each is in.
    await people.lock(work.tx, user.account, user.id)
    staged = work.staged.threads
    has = await unanswered.owned_by(work.tx, user.id, {id, *staged})
    mine = (t.conversation for t in staged.values() if t.conversation.id != id and t.conversation.owner == user.id)
    has += sum(c.waiting_since is not None for c in mine)
    if has >= limit:
        raise ClaimLimit(f"You have {has} unanswered conversation{'s' * (has != 1)}; the limit is {limit}.", limit=limit, has=has)


def _public(work: Work, id: str) -> bool:
    thread = work.staged.threads.get(id)
    return thread is not None and thread.conversation.public


def _shown_to(user: User) -> Then[str, OwnConversationShape]:
    return lambda tx, id: views.conversation(tx, user, id)
