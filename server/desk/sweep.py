"""The timer's work: what is overdue goes public, what was snoozed wakes (PRODUCT rules 11-12, 16)."""

from server.desk.departure import give_up
from server.desk.desk import Desk
from server.desk.work import Work
from server.domain.conversation import go_public, wake
from server.store import accounts, conversations
from server.store.database import Transaction

AT_ONCE = 100


async def sweep(desk: Desk) -> int:
    """One batch of what is due by the database's clock. Returns how many changed; call again while it is AT_ONCE or more."""
    found: list[str] = []

    async def due(work: Work) -> list[str]:
        found[:] = await conversations.snoozes_ended(work.tx, work.now, AT_ONCE)
        found.extend(await conversations.due(work.tx, work.now, AT_ONCE))
        found.extend(await conversations.of_disabled_owners(work.tx, AT_ONCE))
        return found

    async def change(work: Work) -> int:
        return sum([await _step(work, id) for id in dict.fromkeys(found)])

    return await desk.change(change, locks=due)


async def next_due(desk: Desk) -> int | None:
    """Microseconds until something falls due, by the database's clock; None when nothing is planned."""

    async def read(tx: Transaction) -> int | None:
        dues = [await conversations.first_snooze(tx), await conversations.first_due(tx)]
        return min((max(0, at - tx.now) for at in dues if at is not None), default=None)

    return await desk.read(read)


async def _step(work: Work, id: str) -> bool:
    """Whether anything happened: it is looked at again under its lock."""
    thread = work.staged.threads[id]
    c = thread.conversation
    minutes = (await work.account(c.account)).public_minutes
    step = wake(thread, work.now)
    if not step.happened:
        step = go_public(thread, work.now, minutes)
    if not step.happened and c.owner is not None and await accounts.working_user(work.tx, c.account, c.owner) is None:
        return bool((await give_up(work, thread, c.owner)).happened)
    work.happen(thread, step)
    return bool(step.happened)
