"""What steps in one transaction make of waits, before anything is written."""

from server.domain.conversation import Arrival, close, no_reply_needed, receive, restore_wait
from server.domain.thread import Conversation, Step, Thread
from server.domain.wait import Waits, follow

ID = "conversation"


def thread(**more: object) -> Thread:
    return Thread(Conversation(ID, "account", "contact", "phone", seq=1, owner="ben", **more), {})  # type: ignore[arg-type]


def after(before: Thread, step: Step, at: int, waits: Waits | None = None) -> Waits:
    return follow(waits or {}, before.conversation, step, "ana", at)


def test_a_wait_that_begins_and_ends_in_one_transaction_is_one_row_with_both() -> None:
    before = thread()
    step = receive(before, Arrival(10, 20, keyword=False))
    waits = after(before, step, 10)
    waits = after(step.thread, no_reply_needed(step.thread), 12, waits)
    [wait] = waits.values()
    assert (wait.opened, wait.since, wait.ended_at, wait.ended_by, wait.how) == (True, 10, 12, "ana", "no_reply_needed")


def test_what_neither_starts_nor_ends_a_wait_stages_nothing() -> None:
    before = thread(waiting_since=10, clock_start=10)
    assert after(before, receive(before, Arrival(11, 20, keyword=False)), 11) == {}
    idle = thread()
    assert after(idle, close(idle, 12), 12) == {}


def test_a_wait_that_comes_back_takes_along_what_the_same_transaction_began_after_it() -> None:
    before = thread()
    step = receive(before, Arrival(10, 20, keyword=False))
    waits: Waits = {**after(before, step, 10), **follow({}, Conversation("other", "account", "contact", "phone"), other(), None, 10)}
    back = restore_wait(step.thread, 5, 12, 20)
    waits = after(step.thread, back, 12, waits)
    assert waits.keys() == {("other", 10), (ID, 5)}
    assert (waits[ID, 5].opened, waits[ID, 5].restored, waits[ID, 5].ended_at) == (True, True, None)


def other() -> Step:
    return receive(Thread(Conversation("other", "account", "contact", "phone", seq=1), {}), Arrival(10, 20, keyword=False))
