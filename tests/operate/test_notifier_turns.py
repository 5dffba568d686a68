"""Receivers that answer slowly hold no other webhook up for long."""

import pytest

from server import notifier
from server.desk.notify import hold
from tests.fixtures.receiver import Receiver


async def test_a_slow_receiver_gives_way_to_others_when_its_turn_is_over(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier, "TURN_SECONDS", 0.0)
    await receiver.subscribe()
    await receiver.office.text("Hello")
    slow = receiver.id
    assert await receiver.deliver() == 1
    assert len(receiver.api.seen) == 1
    await receiver.subscribe()
    await receiver.office.text("Hello again")
    assert [held.id for held in await hold(receiver.office.desk, 1)] == [receiver.id], "whose turn is the longest ago"
    assert [held.id for held in await hold(receiver.office.desk, 1)] == [slow]
