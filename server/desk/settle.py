"""What ends or stops a wait by hand: no reply needed, close, reopen, snooze."""

import msgspec

from server.desk.desk import Desk, Once
from server.desk.shapes import OwnConversationShape
from server.desk.verbs import by_rule
from server.domain import conversation as rules
from server.domain.errors import Invalid
from server.domain.thread import Step, Thread
from server.domain.user import User

Shown = OwnConversationShape | msgspec.Raw


async def no_reply_needed(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await by_rule(desk, user, id, once, lambda thread, _: rules.no_reply_needed(thread))


async def close(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await by_rule(desk, user, id, once, rules.close)


async def reopen(desk: Desk, user: User, id: str, once: Once | None = None) -> Shown:
    return await by_rule(desk, user, id, once, lambda thread, _: rules.reopen(thread))


async def snooze(desk: Desk, user: User, id: str, until: int, once: Once | None = None) -> Shown:
    """`until` in µs UTC, after now."""

    def rule(thread: Thread, now: int) -> Step:
        if until <= now:
            raise Invalid("Give a time in the future.", field="until")
        return rules.snooze(thread, until)

    return await by_rule(desk, user, id, once, rule)
