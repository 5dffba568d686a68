"""Wakes a role that sleeps: at once in this process, through Redis in others. A wake is a hint; every role also looks by itself."""

import asyncio
import contextlib
from functools import partial

from channels import names
from channels.bus import Bus

CHANNELS = {"timer": names.WAKE_TIMER, "sender": names.WAKE_SENDER, "chores": names.WAKE_CHORES, "fetcher": names.WAKE_FETCHER}


class Wakes:
    """One a process. `wait` is for the role itself, `wake` for whoever gave it something to do."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._events = {role: asyncio.Event() for role in CHANNELS}
        for role, event in self._events.items():
            bus.on(CHANNELS[role], partial(_set, event))

    def wake(self, role: str) -> None:
        self._events[role].set()
        self._bus.send(CHANNELS[role], b"1")

    async def wait(self, role: str, stop: asyncio.Event, seconds: float) -> None:
        """Until the role is woken, `stop` is set, or `seconds` have passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as either:
                waiting = [either.create_task(event.wait()) for event in (self._events[role], stop)]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in waiting:
                    task.cancel()
        self._events[role].clear()


def _set(event: asyncio.Event, _: bytes) -> None:
    event.set()
