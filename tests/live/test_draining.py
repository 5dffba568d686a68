"""A process that stops sends its tabs away one after the other, so that the others are not met by all of them at once."""

import asyncio
import json
import os
import re
import select
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from server.roles import events_of_signals
from tests.fixtures.forks import Forks
from tests.fixtures.processes import Partyline
from tests.fixtures.story import Happening
from tests.fixtures.waiting import PATIENCE_SECONDS, until, wait_until
from tests.live.conftest import House, Node, Tab

TABS = 20
FOREVER = 3600.0
ASKED = 400
FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
ANSWER = re.compile(rb'HTTP/1.1 (\d+) .*?"status":"(\w+)"', re.DOTALL)


@asynccontextmanager
async def draining(
    node: Node, hurry: asyncio.Event, *, admitted_per_second: float, drain_seconds: float
) -> AsyncIterator[asyncio.Task[None]]:
    """From here on the process stops, at this pace."""
    node.live.pace = replace(node.live.pace, admitted_per_second=admitted_per_second, drain_seconds=drain_seconds)
    async with asyncio.TaskGroup() as group:
        yield group.create_task(node.live.drain(hurry))


async def test_a_tab_that_waits_for_its_turn_to_go_has_everything_and_a_hurry_sends_all_that_are_left(house: House) -> None:
    story, node, hurry = house.story, await house.node(), asyncio.Event()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    tabs = [await house.live_tab(node, me) for _ in range(TABS)]
    async with draining(node, hurry, admitted_per_second=0.01, drain_seconds=FOREVER):
        await until(lambda: node.live.count() == TABS - 1)
        node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
        assert sum([await _sees(tab, 1) for tab in tabs]) == TABS - 1
        assert node.live.draining
        hurry.set()
    assert {await tab.closed() for tab in tabs} == {4503}


async def test_tabs_go_evenly_within_the_time_that_a_stop_may_take_and_come_back_at_half_the_rate_at_which_they_are_let_in(
    house: House,
) -> None:
    story, node, seen = house.story, await house.node(), set[int]()
    me = await story.user(await story.account())
    tabs = [await house.live_tab(node, me) for _ in range(TABS)]
    async with draining(node, asyncio.Event(), admitted_per_second=4.0, drain_seconds=1.0) as drain:
        while not drain.done():
            seen.add(node.live.count())
            await asyncio.sleep(0)
    waits = sorted([(await tab.until("bye"))["retry_ms"] for tab in tabs])
    assert {await tab.closed() for tab in tabs} == {4503}
    assert len(seen - {TABS, 0}) > 2, "they went a few at a time"
    assert waits[0] <= 2_000, "the first one need not wait for the others"
    assert waits[-1] > 4_000, "twenty tabs at two a second"
    assert len(set(waits)) > TABS / 2


async def test_a_few_tabs_do_not_hold_up_the_stop(house: House) -> None:
    story, node = house.story, await house.node()
    me = await story.user(await story.account())
    tabs = [await house.live_tab(node, me) for _ in range(3)]
    async with draining(node, asyncio.Event(), admitted_per_second=node.live.pace.admitted_per_second, drain_seconds=FOREVER):
        pass
    assert [await tab.closed() for tab in tabs] == [4503] * 3


async def test_a_real_process_that_is_told_to_stop_says_goodbye_to_each_tab_and_ends_well(partyline: Partyline) -> None:
    words = ("--account", "Acme", "--email", "ada@example.com", "--password", "correct horse battery", "--json")
    token = json.loads((await asyncio.to_thread(partyline.call, "init", *words)).stdout)["token"]
    running = await asyncio.to_thread(partyline.start, "web")
    async with AsyncExitStack() as stack:
        opened = [
            connect(f"ws://127.0.0.1:{running.port}/ws", additional_headers={"Authorization": f"Bearer {token}"}, ping_interval=None)
            for _ in range(TABS)
        ]
        tabs = [Tab(await stack.enter_async_context(one)) for one in opened]
        for tab in tabs:
            await tab.until("hello")
        assert await asyncio.to_thread(running.stop, signal.SIGTERM) == 0
        assert {(await tab.until("bye"))["code"] for tab in tabs} == {4503}
        assert {await tab.closed() for tab in tabs} == {4503}
    assert [line["event"] for line in running.log() if line["level"] in ("error", "critical")] == []
    assert running.log()[-1]["event"] == "roles.stopped"


def test_a_process_that_is_told_to_stop_says_so_over_a_connection_that_was_open_and_takes_no_other(
    partyline: Partyline, forks: Forks
) -> None:
    """It stands still while it is told and asked, again and again, and somebody's form is on its way, so that it cannot end before."""
    partyline.forks = forks
    running = partyline.start("web")
    host = f"Host: 127.0.0.1:{running.port}\r\n"
    ask = f"GET /readyz HTTP/1.1\r\n{host}\r\n".encode()
    with _connected(running.port) as slow, _connected(running.port) as kept:
        slow.sendall(f"POST /login HTTP/1.1\r\n{host}{FORM}Content-Length: 2\r\n\r\n".encode())
        kept.sendall(ask)
        assert ANSWER.findall(kept.recv(4096)) == [(b"200", b"ok")]
        running.freeze()
        os.kill(running.pid, signal.SIGTERM)
        kept.sendall(ask * ASKED)
        running.thaw()
        answers = ANSWER.findall(b"".join(iter(lambda: kept.recv(4096), b"")))
        assert answers[-1] == (b"503", b"draining")
        assert set(answers) <= {(b"200", b"ok"), (b"503", b"draining")}
        wait_until(lambda: _refuses(running.port))
        assert select.select([slow], [], [], 0)[0] == [], "it is still waited for"
        slow.sendall(b"a=")
        assert slow.recv(4096).startswith(b"HTTP/1.1 ")
    wait_until(lambda: running.ended == 0)


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)


def _refuses(port: int) -> bool:
    try:
        _connected(port).close()
    except ConnectionRefusedError:
        return True
    return False


async def test_the_first_signal_stops_a_process_and_the_second_one_hurries_it() -> None:
    stop, hurry = events_of_signals()
    try:
        for told in (stop, hurry):
            assert not told.is_set()
            signal.raise_signal(signal.SIGTERM)
            await until(told.is_set)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)


async def _sees(tab: Tab, position: int) -> bool:
    """False when it is gone."""
    try:
        await tab.until_position(position)
    except ConnectionClosed:
        return False
    return True
