"""Frames that must not get through, with the exact answers, over real sockets."""

import asyncio
import contextlib
import socket
import struct
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.fixtures.story import Happening
from tests.fixtures.waiting import until
from tests.live.conftest import House, Node, Tab

BAD = '{"op":"error","code":"bad_request"}'


async def a_tab(house: House, node: Node) -> Tab:
    return await house.live_tab(node, await house.story.user(await house.story.account()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "null",
        '"op"',
        "7",
        "[" * 1000 + "]" * 1000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        '{"op":"pong","x":' + "[" * 4000 + "]" * 4000 + "}",
        '{"op":"pong","op":"pong"}',
        '{"op":"pong","x":1e999}',
        '{"op":"pong","x":NaN}',
        '{"op":"pong","x":-Infinity}',
        '{"op":"pong","x":' + "9" * 5000 + "}",
        '{"op":"evil"}',
        '{"op":null}',
        '{"op":["watch"]}',
        "{}",
    ],
    ids=lambda text: text[:20] or "empty",
)
async def test_what_makes_no_sense_is_refused_three_times_and_then_closed(house: House, text: str) -> None:
    tab = await a_tab(house, await house.node())
    for _ in range(3):
        await tab.socket.send(text)
        assert await tab.socket.recv() == BAD
    assert await tab.closed() == 4400
    assert tab.events == []


async def test_a_frame_before_resume_makes_no_sense(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    tab = await house.connect(node, await story.user(account))
    await tab.send(op="watch", id=1, conversation=await story.conversation(account))
    assert await tab.next() == {"op": "error", "code": "bad_request"}


async def test_a_binary_frame_closes_with_1003(house: House) -> None:
    tab = await a_tab(house, await house.node())
    await tab.socket.send(b'{"op":"pong"}')
    assert await tab.closed() == 1003


async def test_text_that_is_not_utf_8_closes_with_1007(house: House) -> None:
    tab = await a_tab(house, await house.node())
    await tab.socket.send(b'{"op":"\xff\xfe"}', text=True)
    assert await tab.closed() == 1007


async def test_more_than_8192_bytes_close_with_1009_also_in_fragments(house: House) -> None:
    node = await house.node()
    tab = await a_tab(house, node)
    await tab.socket.send('{"op":"pong","x":"' + "x" * (8192 - 20) + '"}')
    await tab.quiet()
    await tab.socket.send("x" * 8193)
    assert await tab.closed() == 1009
    fragmented = await a_tab(house, node)
    await fragmented.socket.send(["x" * 4000, "x" * 4000, "x" * 193])
    assert await fragmented.closed() == 1009


async def test_a_message_in_very_many_fragments_closes_with_1009(house: House) -> None:
    tab = await a_tab(house, await house.node())
    await tab.socket.send(["x"] + [""] * 1000)
    assert await tab.closed() == 1009


async def test_more_than_twenty_frames_a_second_for_three_seconds_close_with_4429(house: House) -> None:
    """Whatever is late on a busy machine is sent together: it is thirty a second, however seldom this test is given its turn."""
    tab = await a_tab(house, await house.node())
    sent, began = 0, time.monotonic()
    with contextlib.suppress(ConnectionClosed):
        while True:
            for _ in range(sent, round((time.monotonic() - began) * 30)):
                await tab.send(op="pong")
                sent += 1
            await asyncio.sleep(1 / 30)
    assert await tab.closed() == 4429
    assert sent > 60


async def test_a_burst_beyond_what_a_returning_tab_needs_closes_with_4429(house: House) -> None:
    tab = await a_tab(house, await house.node())
    for _ in range(300):
        await tab.send(op="pong")
    assert await tab.closed() == 4429


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG])
async def test_a_flood_of_pings_or_pongs_closes_with_4429(house: House, opcode: Opcode) -> None:
    tab = await a_tab(house, await house.node())
    for _ in range(300):
        tab.socket.transport.write(Frame(opcode, b"x").serialize(mask=True))
    assert await tab.closed() == 4429


async def test_who_says_nothing_is_closed_with_4408(house: House) -> None:
    story = house.story
    node = await house.node(first_frame_seconds=0.3)
    tab = await house.connect(node, await story.user(await story.account()))
    assert await tab.closed() == 4408


async def test_who_is_pinged_and_does_not_answer_is_closed_with_4408_and_who_answers_is_not(house: House) -> None:
    story = house.story
    node = await house.node(ping_seconds=0.2, pong_seconds=0.5)
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    silent, alive = await house.live_tab(node, me), await house.live_tab(node, me)
    node.bus.publish(await story.happen(Happening(account, conversation, audience=(me.id,))))
    pings = []
    for _ in range(15):
        pings.append(await alive.until("ping"))
        await alive.send(op="pong")
    assert pings[0]["position"] in (0, 1)
    assert pings[-1] == {"op": "ping", "position": 1}
    assert await silent.closed() == 4408
    await alive.quiet()


async def test_a_process_that_stood_still_closes_nobody_for_it(house: House) -> None:
    node = await house.node(ping_seconds=0.2, pong_seconds=0.5)
    tab = await a_tab(house, node)
    threading.Event().wait(0.8)
    for _ in range(3):
        await tab.until("ping")
        await tab.send(op="pong")


async def test_other_frames_are_no_pong(house: House) -> None:
    story = house.story
    node = await house.node(ping_seconds=0.2, pong_seconds=0.5)
    tab = await house.live_tab(node, await story.user(await story.account()))

    async def chatter() -> None:
        while True:
            await tab.send(op="viewing", conversation=None)
            await asyncio.sleep(0.1)

    async with asyncio.TaskGroup() as group:
        chatting = group.create_task(chatter())
        code = await tab.closed()
        chatting.cancel()
    assert code == 4408


@pytest.mark.alone
async def test_a_frame_after_the_close_is_ignored_and_the_socket_is_gone_within_a_second(house: House) -> None:
    """A peer that neither reads nor answers the close frame cannot keep its socket."""
    node = await house.node()
    tab = await a_tab(house, node)
    raw = tab.socket.transport
    raw.pause_reading()
    for _ in range(3):
        raw.write(Frame(Opcode.TEXT, b"{}").serialize(mask=True))
    await until(lambda: not node.live.tabs)
    raw.write(Frame(Opcode.TEXT, b'{"op":"pong"}').serialize(mask=True))
    await until(lambda: not node.server.server_state.connections, within=1.0)
    raw.resume_reading()
    assert await tab.closed() == 4400


async def test_a_tab_that_does_not_read_is_cut_and_the_others_are_not_held_up(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    stuck, well = await house.live_tab(node, me), await house.live_tab(node, me)
    server_side = next(iter(node.live.tabs[me.id])).ear.outbox
    stuck.socket.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.socket.transport.pause_reading()
    largest, written = 0, 0
    while not server_side.closed:
        node.bus.publish(await story.happen(*[Happening(account, conversation, audience=(me.id,), note="x" * 4000) for _ in range(40)]))
        written += 40
        await well.until_position(written)
        largest = max(largest, server_side._transport.get_write_buffer_size())
    assert largest <= 256 * 1024
    assert node.bus.counters.cut == 1
    await until(lambda: len(node.live.tabs[me.id]) == 1)
    assert well.positions == list(range(1, written + 1))
    stuck.socket.transport.abort()


async def test_a_backlog_that_does_not_shrink_ends_the_connection(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.live.wire.STUCK_SECONDS", 0.5)
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,), note="x" * 4000) for _ in range(4000)])
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0)
    await asyncio.sleep(0)
    tab.socket.transport.pause_reading()
    await until(lambda: node.bus.counters.cut == 1)
    await until(lambda: not node.live.tabs)
    tab.socket.transport.abort()


@pytest.mark.alone
async def test_a_close_frame_from_a_peer_that_does_not_read_ends_the_connection(house: House) -> None:
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,), note="x" * 4000) for _ in range(4000)])
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0)
    tab.socket.transport.pause_reading()
    await until(lambda: node.live.tabs[me.id][0].ear.outbox._transport.get_write_buffer_size() > 0)
    tab.socket.transport.write(Frame(Opcode.CLOSE, struct.pack("!H", 1000)).serialize(mask=True))
    await until(lambda: not node.server.server_state.connections, within=2.0)
    await until(lambda: not node.live.tabs)


async def test_a_peer_that_says_no_more_and_reads_nothing_cannot_keep_its_socket(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has shut down its side, and what was written to it waits for ever."""
    monkeypatch.setattr("server.live.wire.STUCK_SECONDS", 600)
    story, node = house.story, await house.node()
    account = await story.account()
    me = await story.user(account)
    conversation = await story.conversation(account, me)
    await story.happen(*[Happening(account, conversation, audience=(me.id,), note="x" * 4000) for _ in range(4000)])
    tab = await house.connect(node, me)
    await tab.send(op="resume", position=0)
    tab.socket.transport.pause_reading()
    await until(lambda: node.live.tabs[me.id][0].ear.outbox._transport.get_write_buffer_size() > 0)
    tab.socket.transport.write_eof()
    await until(lambda: not node.server.server_state.connections)
    await until(lambda: not node.live.tabs)
    tab.socket.transport.abort()
