"""What becomes of the conversations of a user who was disabled: the one whom a manager named owns them, or nobody."""

from server.desk.work import Work
from server.domain.conversation import inherit, leave_ownerless
from server.domain.thread import Step, Thread
from server.domain.user import SYSTEM, Actor
from server.store import accounts, people


async def give_up(work: Work, thread: Thread, owner: str, actor: Actor = SYSTEM) -> Step:
    """Stages it for one conversation, locked; an heir who is disabled by now gets nothing."""
    named = await people.heir(work.tx, owner)
    heir = await accounts.working_user(work.tx, thread.conversation.account, named) if named else None
    if heir is None:
        step = leave_ownerless(thread, owner, work.now)
    else:
        work.know(heir)
        step = inherit(thread, owner, heir.id, work.now)
    work.happen(thread, step, actor)
    return step
