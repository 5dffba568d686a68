"""The system's clock, and the one that tests move by hand."""

import asyncio
import time

import pytest

from server.clock import SystemClock
from tests.fixtures.clocks import HandClock


@pytest.mark.alone
async def test_the_system_clock_counts_microseconds_since_1970() -> None:
    clock = SystemClock()
    before = time.time()
    now = clock.now()
    assert before - 0.001 <= now / 1_000_000 <= time.time() + 0.001
    began = clock.monotonic()
    await clock.sleep(0.01)
    assert 0.009 < clock.monotonic() - began < 1


async def test_a_day_of_sweeps_takes_no_time_and_none_is_left_out(clock: HandClock) -> None:
    seen: list[int] = []

    async def sweep() -> None:
        while True:
            await clock.sleep(60)
            seen.append(clock.now())

    start = clock.now()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sweep())
        await clock.advance(86_400)
        task.cancel()
    assert seen == [start + minute * 60_000_000 for minute in range(1, 1_441)]
    assert clock.monotonic() == 86_400


async def test_sleepers_wake_in_the_order_of_their_deadlines(clock: HandClock) -> None:
    woken: list[str] = []

    async def sleep(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async with asyncio.TaskGroup() as group:
        for name, seconds in [("late", 3), ("soon", 1), ("same", 1), ("now", 0)]:
            group.create_task(sleep(name, seconds))
        await clock.advance(2)
        assert woken == ["now", "soon", "same"]
        await clock.advance(1)
    assert woken == ["now", "soon", "same", "late"]
