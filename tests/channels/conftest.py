"""A bus that runs, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import uvloop

from channels.bus import Bus
from tests.fixtures.waiting import until

Running = Callable[..., AbstractAsyncContextManager[Bus]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that serves."""
    return {"uvloop": uvloop.new_event_loop}


@asynccontextmanager
async def running(url: str, *, healthy: bool = True) -> AsyncIterator[Bus]:
    """The bus until the end of the block; `healthy` waits for the first canary."""
    bus = Bus(url)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bus.run())
        if healthy:
            await until(lambda: bus.healthy)
        try:
            yield bus
        finally:
            task.cancel()


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    async with running(redis_url) as bus:
        yield bus
