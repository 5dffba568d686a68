"""Each verb by itself: what it makes of a thread, what happened, and what it refuses."""

import pytest
from msgspec.structs import replace

from server.domain import conversation as rules
from server.domain.audience import Part, Participant
from server.domain.clocks import MINUTE_US
from server.domain.conversation import Arrival
from server.domain.errors import AlreadyClaimed, Forbidden, NothingWaits, NotPublic
from server.domain.events import EventType
from server.domain.thread import Conversation, Step, Thread
from server.domain.user import Role, User

ANA, BEN = User("ana", "acme", "Ana", Role.AGENT), User("ben", "acme", "Ben", Role.AGENT)
MIA = User("mia", "acme", "Mia", Role.MANAGER)
NEW = Thread(Conversation("c", "acme", "maria", "+12025550143"), {})
T = 1_000 * MINUTE_US


def types(step: Step) -> list[EventType]:
    return [happening.type for happening in step.happened]


def arrival(at: int = T, *, minutes: int | None = 20, keyword: bool = False, owner: str | None = "ana") -> Arrival:
    return Arrival(at, minutes, keyword, owner)


def numbered(step: Step) -> Thread:
    """The thread as it stands once its events have their numbers."""
    c = step.thread.conversation
    return Thread(replace(c, seq=c.seq + len(step.happened)), step.thread.participants)


@pytest.fixture
def waiting() -> Thread:
    """Ana's, waiting since T."""
    return numbered(rules.receive(NEW, arrival()))


@pytest.fixture
def public(waiting: Thread) -> Thread:
    return numbered(rules.go_public(waiting, T + 20 * MINUTE_US, 20))


def test_a_first_text_opens_the_conversation_and_its_message_has_the_second_number() -> None:
    step = rules.receive(NEW, arrival())
    assert types(step) == [EventType.CONVERSATION_OPENED, EventType.MESSAGE_RECEIVED]
    assert step.seq_of(EventType.MESSAGE_RECEIVED) == 2
    assert step.thread.conversation.clock_start == T
    assert step.thread.participants == {"ana": Participant("ana", Part.OWNER)}


def test_a_text_without_an_owner_is_public_at_once_unless_it_is_a_keyword() -> None:
    assert types(rules.receive(NEW, arrival(owner=None)))[-1] is EventType.CONVERSATION_PUBLIC
    step = rules.receive(NEW, arrival(owner=None, keyword=True))
    assert EventType.CONVERSATION_PUBLIC not in types(step)
    assert step.thread.conversation.waiting_since is None


def test_a_later_text_without_an_owner_goes_public_at_once_too(waiting: Thread) -> None:
    orphan = rules.leave_ownerless(rules.no_reply_needed(waiting).thread, "ana", T).thread
    assert types(rules.receive(orphan, arrival(T + 1)))[-1] is EventType.CONVERSATION_PUBLIC


def test_with_no_minutes_a_wait_never_ends_by_itself_and_with_zero_a_new_one_is_public_at_once(waiting: Thread) -> None:
    assert rules.go_public(waiting, T + 10**6 * MINUTE_US, None).happened == ()
    assert types(rules.receive(NEW, arrival(minutes=0)))[-1] is EventType.CONVERSATION_PUBLIC
    assert EventType.CONVERSATION_PUBLIC not in types(rules.receive(waiting, arrival(T + 1, minutes=0))), "the wait is not new"


def test_it_goes_public_at_its_deadline_to_the_microsecond(waiting: Thread) -> None:
    assert rules.go_public(waiting, T + 20 * MINUTE_US - 1, 20).happened == ()
    assert types(rules.go_public(waiting, T + 20 * MINUTE_US, 20)) == [EventType.CONVERSATION_PUBLIC]


def test_public_is_not_ownerless_and_the_owners_answer_is_no_claim(public: Thread) -> None:
    assert public.conversation.owner == "ana"
    step = rules.answer(public, ANA, T)
    assert types(step) == [EventType.MESSAGE_QUEUED, EventType.CONVERSATION_ANSWERED]
    with pytest.raises(NotPublic):
        rules.claim(step.thread, BEN, T)


def test_anothers_answer_to_a_public_conversation_is_a_claim_and_the_old_owner_subscribes(public: Thread) -> None:
    step = rules.answer(public, BEN, T)
    assert types(step) == [EventType.CONVERSATION_CLAIMED, EventType.MESSAGE_QUEUED, EventType.CONVERSATION_ANSWERED]
    assert step.thread.participants["ana"].part is Part.SUBSCRIBER
    assert step.thread.conversation.owner == "ben"


def test_the_second_to_claim_is_told_who_was_first(public: Thread) -> None:
    won = numbered(rules.claim(public, BEN, T + 5))
    assert won.conversation.claimed_seq == won.conversation.seq
    with pytest.raises(AlreadyClaimed) as lost:
        rules.claim(won, ANA, T + 6)
    assert lost.value.extra == {"owner": "ben", "at": T + 5}


def test_an_owner_takes_a_public_conversation_back_with_a_new_clock(public: Thread) -> None:
    step = rules.claim(public, ANA, T + 30 * MINUTE_US)
    assert step.thread.conversation.clock_start == T + 30 * MINUTE_US
    assert step.thread.participants.keys() == {"ana"}


def test_a_claim_is_forgotten_once_it_is_public_again(public: Thread) -> None:
    won = numbered(rules.claim(public, BEN, T))
    again = rules.go_public(won, T + 20 * MINUTE_US, 20).thread
    assert again.conversation.claimed_by is None
    assert types(rules.claim(again, ANA, T)) == [EventType.CONVERSATION_CLAIMED]


def test_another_who_answers_subscribes_and_whoever_answers_an_ownerless_one_owns_it(waiting: Thread) -> None:
    assert types(rules.answer(waiting, BEN, T))[0] is EventType.SUBSCRIBER_ADDED
    orphan = rules.leave_ownerless(rules.no_reply_needed(waiting).thread, "ana", T).thread
    assert rules.answer(orphan, BEN, T).thread.conversation.owner == "ben"


def test_only_the_owner_or_a_manager_releases_or_hands_over(waiting: Thread) -> None:
    for user in (ANA, MIA):
        assert types(rules.release(waiting, user, T)) == [EventType.CONVERSATION_RELEASED]
        assert types(rules.transfer(waiting, user, "ben", T)) == [EventType.CONVERSATION_TRANSFERRED]
    with pytest.raises(Forbidden):
        rules.release(waiting, BEN, T)
    with pytest.raises(Forbidden):
        rules.transfer(waiting, BEN, "ben", T)


def test_nothing_that_does_not_wait_can_be_released_or_settled(waiting: Thread) -> None:
    settled = rules.no_reply_needed(waiting).thread
    with pytest.raises(NothingWaits):
        rules.release(settled, ANA, T)
    with pytest.raises(NothingWaits):
        rules.no_reply_needed(settled)


def test_a_restored_wait_has_its_old_time_and_the_clock_of_the_last_claim(public: Thread) -> None:
    claimed = rules.claim(public, BEN, T + 25 * MINUTE_US).thread
    answered = rules.answer(claimed, BEN, T + 26 * MINUTE_US).thread
    step = rules.restore_wait(answered, T, T + 27 * MINUTE_US, 20)
    assert step.thread.conversation.waiting_since == T
    assert step.thread.conversation.clock_start == T + 25 * MINUTE_US
    assert types(step) == [EventType.CONVERSATION_WAITING]
    late = rules.restore_wait(answered, T, T + 50 * MINUTE_US, 20)
    assert types(late) == [EventType.CONVERSATION_WAITING, EventType.CONVERSATION_PUBLIC]


def test_an_older_wait_that_runs_already_is_left_alone(waiting: Thread) -> None:
    assert rules.restore_wait(waiting, T + 1, T + 2, 20).happened == ()


def test_snoozing_stops_the_clock_until_the_time_or_the_next_text(waiting: Thread) -> None:
    asleep = rules.snooze(waiting, T + 60 * MINUTE_US).thread
    assert rules.go_public(asleep, T + 59 * MINUTE_US, 20).happened == ()
    assert rules.wake(asleep, T + 59 * MINUTE_US).happened == ()
    awake = rules.wake(asleep, T + 60 * MINUTE_US)
    assert awake.thread.conversation.clock_start == T + 60 * MINUTE_US
    assert EventType.CONVERSATION_WOKEN in types(rules.receive(asleep, arrival(T + 5)))


def test_the_owner_cannot_leave_and_leaving_twice_is_nothing(waiting: Thread) -> None:
    with pytest.raises(Forbidden):
        rules.unsubscribe(waiting, "ana")
    assert rules.unsubscribe(waiting, "ben").happened == ()


def test_a_disabled_owners_waiting_conversation_is_public_and_nobodys(waiting: Thread) -> None:
    assert rules.leave_ownerless(waiting, "ben", T + 1).happened == (), "it is not Ben's"
    step = rules.leave_ownerless(waiting, "ana", T + 1)
    assert types(step) == [EventType.CONVERSATION_PUBLIC]
    assert step.thread.conversation.owner is None
    assert "ana" not in step.thread.participants
