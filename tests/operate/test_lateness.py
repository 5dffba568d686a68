"""A process that was held up says so."""

import asyncio
import threading

from server import lateness
from tests.fixtures.logged import Logged
from tests.fixtures.waiting import until


async def test_a_loop_that_was_blocked_is_in_the_log_with_its_seconds_and_a_free_one_is_not(logged: Logged) -> None:
    async with asyncio.TaskGroup() as group:
        watched = lateness.Lateness()
        watching = group.create_task(watched.watch())
        await asyncio.sleep(2 * lateness.LOOK_SECONDS)
        assert "loop.blocked" not in logged.text
        threading.Event().wait(lateness.LATE_SECONDS + lateness.LOOK_SECONDS + 0.1)
        await until(lambda: logged.of("loop.blocked"))
        watching.cancel()
    [line] = logged.of("loop.blocked")
    assert line["level"] == "warning"
    assert sum(watched.spread.counts[-4:]) == 1
    assert 1.0 <= line["seconds"] < 2.0
