"""A burst is waited for where tabs take it, and not for long where one does not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from channels.counters import Counters
from channels.frames import QUIET_BYTES, Outbox, Turn
from tests.fixtures.waiting import PATIENCE_SECONDS, until

BURST = b"x" * 4_000_000


@dataclass
class Tabs:
    """Ways out into real sockets whose other ends nobody reads yet. `told` is what was said of lulls."""

    turn: Turn = field(default_factory=lambda: Turn(Counters()))
    told: list[bool] = field(default_factory=list)
    far: list[socket.socket] = field(default_factory=list)
    transports: list[asyncio.Transport] = field(default_factory=list)

    async def open(self) -> Outbox:
        near, far = socket.socketpair()
        far.setblocking(False)
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=near)
        self.transports.append(transport)
        self.far.append(far)
        return Outbox(transport, self.turn)

    async def read_all(self, far: socket.socket, count: int) -> None:
        while count:
            count -= len(await asyncio.get_running_loop().sock_recv(far, 1_000_000))

    @property
    def waited_for(self) -> bool:
        return self.told[-1:] == [True]


@pytest.fixture
async def tabs(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tabs]:
    monkeypatch.setattr("channels.lull.LULL_SECONDS", 60.0)
    tabs = Tabs()
    tabs.turn.lull.told = tabs.told.append
    yield tabs
    for transport in tabs.transports:
        transport.abort()
    for far in tabs.far:
        far.close()
    await asyncio.sleep(0)


async def test_a_burst_is_waited_for_until_every_tab_has_taken_it(tabs: Tabs) -> None:
    one, other = await tabs.open(), await tabs.open()
    for outbox in (one, other):
        outbox.push(BURST)
    await until(lambda: tabs.waited_for)
    await tabs.read_all(tabs.far[0], len(BURST))
    await asyncio.sleep(0.02)
    assert tabs.waited_for
    await tabs.read_all(tabs.far[1], len(BURST))
    await asyncio.wait_for(tabs.turn.lull.over(), PATIENCE_SECONDS)
    assert tabs.told == [True, False]
    assert tabs.turn.counters.cut == 0


async def test_who_does_not_take_it_is_not_waited_for_for_ever(tabs: Tabs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.lull.LULL_SECONDS", 0.1)
    outbox = await tabs.open()
    outbox.push(BURST)
    await until(lambda: tabs.told == [True, False])
    await tabs.turn.lull.over()
    assert outbox.backlog > QUIET_BYTES
    outbox.push(BURST)
    await until(lambda: outbox.closed)


async def test_who_is_gone_is_not_waited_for(tabs: Tabs) -> None:
    outbox = await tabs.open()
    outbox.push(BURST)
    await until(lambda: tabs.waited_for)
    outbox.cut()
    await asyncio.wait_for(tabs.turn.lull.over(), PATIENCE_SECONDS)


async def test_little_is_not_waited_for(tabs: Tabs) -> None:
    """Though a tab is far behind."""
    outbox = await tabs.open()
    for _ in range(40):
        outbox.push(b"x" * 16_000)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert outbox.closed
    assert tabs.told == []
