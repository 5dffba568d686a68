"""What an open socket keeps while nothing happens on it: nearly nothing, so that many fit into a process."""

import asyncio
import gc
from collections.abc import Mapping

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol

from server.desk.identity import Session
from server.live.tab import Tab
from server.live.upgrade import UpgradeProtocol
from tests.fixtures.waiting import until
from tests.live.conftest import House


async def test_an_idle_tab_has_no_task_and_nothing_of_its_handshake_waits_for_the_collector(house: House) -> None:
    node = await house.node()
    user = await house.story.user(await house.story.account())
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            await house.live_tab(node, user)
        await until(lambda: not node.server.server_state.tasks)
        kept = [each for each in gc.get_objects() if isinstance(each, UpgradeProtocol | HttpToolsProtocol)]
        parsers = [each for each in gc.get_objects() if type(each) is Protocol]
    finally:
        gc.enable()
    assert (kept, parsers) == ([], [])
    assert not [task for task in asyncio.all_tasks() if "Tab." in repr(task.get_coro())]


async def test_a_tab_that_is_gone_leaves_nothing_behind(house: House) -> None:
    node = await house.node(ping_seconds=0.1)
    user = await house.story.user(await house.story.account())
    gc.collect()
    gc.disable()
    try:
        tab = await house.live_tab(node, user)
        await tab.until("ping")
        await tab.socket.close()
        await until(lambda: not any(isinstance(each, Tab) for each in gc.get_objects()))
    finally:
        gc.enable()
    assert not node.live.tabs
    assert not node.server.server_state.connections


async def test_a_message_that_comes_byte_by_byte_and_in_fragments_is_heard(house: House) -> None:
    node = await house.node()
    tab = await house.live_tab(node, await house.story.user(await house.story.account()))
    wire = next(iter(node.server.server_state.connections))
    first = Frame(Opcode.TEXT, b'{"op":"unwatch","id":7,', fin=False).serialize(mask=True)
    rest = Frame(Opcode.PING, b"!").serialize(mask=True) + Frame(Opcode.CONT, b'"topic":"pool"}').serialize(mask=True)
    for byte in first + rest:
        wire.data_received(bytes([byte]))
    assert await tab.next() == {"op": "ok", "id": 7}


async def test_while_a_tab_has_more_than_one_question_open_nothing_is_read_of_it(house: House) -> None:
    node = await house.node()
    user = await house.story.user(await house.story.account())
    tab = await house.live_tab(node, user)
    there, wire = node.live.tabs[user.id][0], next(iter(node.server.server_state.connections))
    reading = [wire.transport.is_reading()]
    for number in (1, 2):
        there.heard(f'{{"op":"unwatch","id":{number},"topic":"pool"}}')
        reading.append(wire.transport.is_reading())
    assert reading == [True, True, False]
    assert [(await tab.next())["id"] for _ in range(2)] == [1, 2]
    await until(wire.transport.is_reading)


async def test_what_a_tab_says_before_it_is_let_in_is_heard_afterwards(house: House) -> None:
    node = await house.node()
    _, token = await house.story.token(await house.story.user(await house.story.account()))
    checked, let = node.live.authenticate, asyncio.Event()

    async def at_leisure(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Session | None:
        await let.wait()
        return await checked(headers, cookies)

    node.live.authenticate = at_leisure
    opening = connect(f"ws://127.0.0.1:{node.port}/ws", additional_headers={"Authorization": f"Bearer {token}"})
    async with asyncio.TaskGroup() as group:
        opened = group.create_task(opening.__aenter__())
        await until(lambda: any(isinstance(one, UpgradeProtocol) for one in node.server.server_state.connections))
        upgrade = next(iter(node.server.server_state.connections))
        upgrade.data_received(Frame(Opcode.TEXT, b'{"op":"resume"}').serialize(mask=True))
        let.set()
    socket = opened.result()
    assert [(await socket.recv())[:14] for _ in range(2)] == ['{"op":"hello",', '{"op":"ready",']
    await socket.close()


async def test_a_request_with_too_many_headers_is_answered_and_its_connection_ends(house: House) -> None:
    node = await house.node()
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    headers = ["GET /ws HTTP/1.1", "Host: x", *upgrade, *(f"X-{number}: y" for number in range(200)), "", ""]
    writer.write("\r\n".join(headers).encode())
    async with asyncio.timeout(5):
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()
    await writer.wait_closed()


async def test_nothing_is_written_behind_the_close_frame_for_too_many_fragments(house: House) -> None:
    node = await house.node()
    user = await house.story.user(await house.story.account())
    tab = await house.live_tab(node, user)
    there, wire = node.live.tabs[user.id][0], next(iter(node.server.server_state.connections))
    some = [Frame(Opcode.TEXT, b"x", fin=False), *[Frame(Opcode.CONT, b"", fin=False)] * 200]
    wire.data_received(b"".join(frame.serialize(mask=True) for frame in some))
    assert there.ear.outbox.closed
    assert await tab.closed() == 1009


async def test_of_a_flood_that_one_read_brings_only_the_beginning_is_looked_at(house: House) -> None:
    node = await house.node()
    tab = await house.live_tab(node, await house.story.user(await house.story.account()))
    wire = next(iter(node.server.server_state.connections))
    wire.data_received(Frame(Opcode.PONG, b"").serialize(mask=True) * 40_000)
    assert not wire.transport.is_reading()
    assert await tab.closed() == 4429
