"""The timer's work: what is overdue goes public, what was snoozed wakes."""

import time

from server.desk.departure import give_up
from server.desk.desk import Desk
from server.desk.work import Work
from server.domain.conversation import go_public, wake
from server.store import accounts, conversations
from server.store.database import Transaction

AT_ONCE = 100
FEWEST, FIRST = 10, 20
LASTING_SECONDS = 0.03
"""A transaction of the timer is to take no longer where much is due: whoever claims meanwhile waits for one of them."""
TURN_SECONDS = 0.3
"""So long at a stretch; then the timer's other work has its turn."""


class Portion:
    """How many of those that are due fit into one transaction, going by how long the last one took."""

    def __init__(self) -> None:
        self.most = FIRST

    def took(self, seconds: float) -> None:
        fitting = round(self.most * LASTING_SECONDS / max(seconds, 0.0001))
        self.most = min(AT_ONCE, 2 * self.most, max(FEWEST, fitting))


async def sweep_on(desk: Desk, portion: Portion, seconds: float = TURN_SECONDS) -> bool:
    """What is due, a portion in each transaction, at least one, for so long. Whether there may be more. Where nothing is, nobody is kept
    from writing."""
    until = time.monotonic() + seconds
    if not await desk.read(lambda tx: overdue(tx, 1)):
        return False
    while True:
        most, began = portion.most, time.monotonic()
        if await sweep(desk, most) < most:
            return False
        portion.took(time.monotonic() - began)
        if time.monotonic() >= until:
            return True


async def sweep(desk: Desk, most: int = AT_ONCE) -> int:
    """One batch of what is due by the database's clock, in a transaction of its own. Returns how many changed; call again while it is
    `most` or more."""
    found: list[str] = []

    async def due(work: Work) -> list[str]:
        found[:] = await overdue(work.tx, most)
        return found

    async def change(work: Work) -> int:
        return sum([await _step(work, id) for id in found])

    return await desk.change(change, locks=due, alone=True)


async def overdue(tx: Transaction, most: int) -> list[str]:
    """Conversations to look at now: snoozes that ended, deadlines that came, owners who were disabled; `most` of each."""
    found = await conversations.snoozes_ended(tx, tx.now, most)
    found += await conversations.due(tx, tx.now, most)
    found += await conversations.of_disabled_owners(tx, most)
    return list(dict.fromkeys(found))


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
