"""Delivery states only move forward (PRODUCT rule 27)."""

import itertools

import pytest

from server.domain.message import MessageState, moves_forward

ORDER = ("scheduled", "queued", "sending", "unconfirmed", "sent", ("failed", "undelivered"), "delivered")
LEVELS = [tuple([level] if isinstance(level, str) else level) for level in ORDER]


@pytest.mark.parametrize(("low", "high"), list(itertools.combinations(range(len(LEVELS)), 2)))
def test_every_later_state_may_follow_an_earlier_one_and_never_the_other_way(low: int, high: int) -> None:
    for old, new in itertools.product(LEVELS[low], LEVELS[high]):
        assert moves_forward(MessageState(old), MessageState(new))
        assert not moves_forward(MessageState(new), MessageState(old))


def test_no_state_follows_itself_or_its_equal() -> None:
    for state in MessageState:
        assert not moves_forward(state, state)
    assert not moves_forward(MessageState.FAILED, MessageState.UNDELIVERED)


def test_only_what_has_not_left_can_be_cancelled_and_that_is_the_end() -> None:
    can = {state for state in MessageState if moves_forward(state, MessageState.CANCELLED)}
    assert can == {MessageState.SCHEDULED, MessageState.QUEUED, MessageState.SENDING}
    assert not any(moves_forward(MessageState.CANCELLED, state) for state in MessageState)
    assert not any(moves_forward(MessageState.RECEIVED, state) for state in MessageState)
