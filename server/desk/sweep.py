"""The timer's work: what is overdue goes public, what was snoozed wakes (PRODUCT rules 11-12, 16)."""

from server.desk.desk import Desk
from server.desk.work import Work
from server.domain.clocks import MINUTE_US, public_at
from server.domain.conversation import go_public, wake
from server.store import accounts, conversations
from server.store.database import Transaction

AT_ONCE = 100


async def sweep(desk: Desk) -> int:
    """One batch of what is due by the database's clock. Returns how many changed; call again while it is AT_ONCE or more."""

    async def change(work: Work) -> int:
        ids = await conversations.snoozes_ended(work.tx, work.now, AT_ONCE)
        for account in await accounts.every_account(work.tx):
            if account.public_minutes and len(ids) < AT_ONCE:
                started_by = work.now - account.public_minutes * MINUTE_US
                ids += await conversations.due(work.tx, started_by, account.id, AT_ONCE - len(ids))
        await work.load(ids)
        changed = 0
        for id in ids:
            thread = work.staged.threads[id]
            minutes = (await work.account(thread.conversation.account)).public_minutes
            for step in (wake(thread, work.now), go_public(thread, work.now, minutes)):
                if step.happened:
                    thread = work.happen(thread, step)
                    changed += 1
                    break
        return changed

    return await desk.change(change)


async def next_due(desk: Desk) -> int | None:
    """Microseconds until something falls due, by the database's clock; None when nothing is planned."""

    async def read(tx: Transaction) -> int | None:
        dues = [await conversations.first_snooze(tx)]
        for account in await accounts.every_account(tx):
            if account.public_minutes:
                dues.append(public_at(await conversations.first_clock(tx, account.id), account.public_minutes))
        return min((max(0, at - tx.now) for at in dues if at is not None), default=None)

    return await desk.read(read)
