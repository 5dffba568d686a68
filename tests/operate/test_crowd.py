"""Who is taken on and who is not, by how long they would wait."""

from collections import deque
from dataclasses import dataclass, field

import pytest

from server.crowd import BURST_SECONDS, LOOK_SECONDS, STANDING_SECONDS, TOLD_SECONDS, Crowd
from tests.fixtures.clocks import HandClock
from tests.fixtures.logged import Logged

FEW, MOST = 8, 4_000
PER_SECOND = 100
"""What the process in these tests answers."""


@dataclass
class Process:
    """One that answers PER_SECOND in the order in which they came. `waited`: seconds of each, by when it was answered."""

    clock: HandClock
    crowd: Crowd
    waiting: deque[float] = field(default_factory=deque)
    waited: list[tuple[float, float]] = field(default_factory=list)

    def go_on(self, seconds: float, coming: int, answering: int = PER_SECOND) -> None:
        """For so long, in steps of a tenth of a second."""
        for _ in range(round(seconds * 10)):
            for _ in range(coming // 10):
                if not self.crowd.full():
                    self.crowd.enter()
                    self.waiting.append(self.clock.monotonic())
            self.clock._at_us += 100_000
            for _ in range(min(answering // 10, len(self.waiting))):
                self.crowd.leave(answered=True)
                now = self.clock.monotonic()
                self.waited.append((now, now - self.waiting.popleft()))

    def longest(self, after: float = 0) -> float:
        return max(seconds for at, seconds in self.waited if at > after)


@pytest.fixture
def crowd(clock: HandClock) -> Crowd:
    return Crowd("hooks", clock, burst=BURST_SECONDS, standing=STANDING_SECONDS, few=FEW, most=MOST)


@pytest.fixture
def process(clock: HandClock, crowd: Crowd) -> Process:
    return Process(clock, crowd)


def test_a_few_may_take_as_long_as_they_like_and_others_are_taken_on(process: Process, crowd: Crowd) -> None:
    for _ in range(FEW):
        crowd.enter()
    process.go_on(600, coming=90)
    process.go_on(600, coming=10, answering=10)
    assert crowd.refused == 0


def test_a_disk_that_stands_still_for_a_moment_costs_nobody_anything(process: Process, crowd: Crowd) -> None:
    process.go_on(60, coming=20)
    process.go_on(BURST_SECONDS - 0.5, coming=20, answering=0)
    process.go_on(60, coming=20)
    assert crowd.refused == 0
    process.go_on(BURST_SECONDS + 1, coming=20, answering=0)
    assert crowd.refused > 0


@pytest.mark.parametrize("times", [2, 10])
def test_a_burst_is_taken_on_as_far_as_it_is_answered_in_time(process: Process, crowd: Crowd, times: int) -> None:
    process.go_on(60, coming=50)
    process.go_on(2, coming=times * PER_SECOND)
    process.go_on(60, coming=50)
    assert (crowd.refused > 0) == (times == 10)
    assert process.longest() <= BURST_SECONDS + LOOK_SECONDS


@pytest.mark.parametrize("times", [2, 10])
def test_where_a_crowd_stands_nobody_waits_for_long_and_as_many_are_answered_as_can_be(process: Process, crowd: Crowd, times: int) -> None:
    process.go_on(60, coming=times * PER_SECOND)
    settled = 3 * BURST_SECONDS
    assert process.longest() <= BURST_SECONDS + LOOK_SECONDS
    assert process.longest(after=settled) <= STANDING_SECONDS + LOOK_SECONDS
    assert len(process.waited) == 60 * PER_SECOND, "it was never without work"
    process.go_on(2, coming=0)
    assert crowd.here == 0
    before = crowd.refused
    process.go_on(60, coming=90)
    assert crowd.refused == before, "it is over at once"


def test_a_process_that_becomes_slow_takes_on_less(process: Process) -> None:
    process.go_on(60, coming=200)
    process.go_on(60, coming=200, answering=20)
    assert process.longest(after=80) <= STANDING_SECONDS + LOOK_SECONDS


def test_no_more_are_taken_on_than_there_is_memory_for(crowd: Crowd) -> None:
    for _ in range(MOST):
        assert not crowd.full()
        crowd.enter()
    assert crowd.full()


def test_that_somebody_was_refused_is_in_the_log_but_not_for_each(crowd: Crowd, clock: HandClock, logged: Logged) -> None:
    for _ in range(MOST):
        crowd.enter()
    for _ in range(10):
        assert crowd.full()
    clock._at_us += round(TOLD_SECONDS * 1_000_000)
    assert crowd.full()
    lines = logged.of("requests.refused")
    assert [(line["level"], line["door"], line["waiting"], line["refused"]) for line in lines] == [
        ("warning", "hooks", MOST, 1),
        ("warning", "hooks", MOST, 11),
    ]
