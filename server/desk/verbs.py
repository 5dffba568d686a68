"""A verb of the domain done to one conversation, and the answer to whoever did it."""

from collections.abc import Callable

import msgspec

from server.desk import views
from server.desk.desk import Desk, Once
from server.desk.shapes import OwnConversationShape
from server.desk.work import Work
from server.domain.thread import Step, Thread
from server.domain.user import User

Rule = Callable[[Thread, int], Step]
"""The thread and the database's clock, µs -> what becomes of it; raises `Refused`."""


async def by_rule(desk: Desk, user: User, id: str, once: Once | None, rule: Rule) -> OwnConversationShape | msgspec.Raw:
    """Raises what the rule refuses, and `NotFound`."""

    async def change(work: Work) -> str:
        thread = await work.thread(user.account, id)
        work.happen(thread, rule(thread, work.now), work.know(user))
        return id

    return await desk.write(change, lambda tx, _: views.conversation(tx, user, id), once, locks=[id])
