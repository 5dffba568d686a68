"""A wait as the reports count it: from the first text that nobody answered to what ended it."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from server.domain.events import EventType
from server.domain.thread import Conversation, Step

ANSWERED = "answered"
CLOSED = "closed"
_HOW = {"message": ANSWERED, "delivered_after_all": ANSWERED}
"""Why `conversation.answered` happened -> how the wait ended; any other reason is its own name."""


class Wait(Struct, frozen=True):
    """What one transaction makes of a wait. `conversation` and `since` (µs) name it: it is one wait however often it comes back.

    `opened`: it began or came back here. `restored`: it came back, and whatever waits began after it are part of it again. `public_at`
    is when it went public here. `ended_at`, `ended_by` (a user) and `how` say what ended it, None while it runs.
    """

    conversation: str
    since: int
    account: str
    did: str | None
    opened: bool = False
    restored: bool = False
    public_at: int | None = None
    ended_at: int | None = None
    ended_by: str | None = None
    how: str | None = None


Waits = Mapping[tuple[str, int], Wait]
"""By conversation and `since`."""


def follow(waits: Waits, before: Conversation, step: Step, by: str | None, at: int) -> Waits:
    """`waits` with what a step did to the wait of its conversation. `by` is the user who did it, `at` when (µs)."""
    after = step.thread.conversation
    went_public = after.public and not before.public
    if before.waiting_since == after.waiting_since and not went_public:
        return waits
    if after.waiting_since is None:
        return waits if before.waiting_since is None else _with(waits, _ended(waits, before, before.waiting_since, step, by, at))
    wait = waits.get((after.id, after.waiting_since)) or Wait(after.id, after.waiting_since, after.account, after.did)
    if before.waiting_since != after.waiting_since:
        wait = replace(wait, opened=True, ended_at=None, ended_by=None, how=None)
        if any(h.type is EventType.CONVERSATION_WAITING for h in step.happened):
            wait = replace(wait, restored=True)
            waits = {key: other for key, other in waits.items() if key[0] != after.id or key[1] <= wait.since}
    return _with(waits, replace(wait, public_at=wait.public_at or after.public_since))


def _ended(waits: Waits, c: Conversation, since: int, step: Step, by: str | None, at: int) -> Wait:
    wait = waits.get((c.id, since)) or Wait(c.id, since, c.account, c.did)
    for happened in step.happened:
        if happened.type is EventType.CONVERSATION_ANSWERED:
            how = _HOW.get(happened.reason or "", happened.reason)
            return replace(wait, ended_at=at, ended_by=happened.user or by, how=how)
    return replace(wait, ended_at=at, ended_by=by, how=CLOSED)


def _with(waits: Waits, wait: Wait) -> Waits:
    return {**waits, (wait.conversation, wait.since): wait}
