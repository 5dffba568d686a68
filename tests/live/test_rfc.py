"""RFC 6455 from a peer's side: what it may send is heard, and what it may not ends the connection with the code that is due."""

import struct

import pytest
from websockets.frames import Frame, Opcode

from tests.live.conftest import House, Tab

TEXT, CONT, BINARY, PING, PONG, CLOSE = Opcode.TEXT, Opcode.CONT, Opcode.BINARY, Opcode.PING, Opcode.PONG, Opcode.CLOSE


def frame(first: int, payload: bytes = b"") -> bytes:
    """Masked with zeros, so that the payload stands as it is; `first` is the byte with FIN, the reserved bits and the opcode."""
    assert len(payload) < 65536
    size = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BH", 0x80 | 126, len(payload))
    return bytes([first]) + size + bytes(4) + payload


def whole(opcode: Opcode, payload: bytes = b"") -> bytes:
    return frame(0x80 | opcode, payload)


def close(code: int, reason: bytes = b"") -> bytes:
    return whole(CLOSE, struct.pack("!H", code) + reason)


WRONG = {
    "not masked": (Frame(TEXT, b"{}").serialize(mask=False), 1002),
    **{f"reserved bit {bit:x}": (frame(0x80 | bit | TEXT, b"{}"), 1002) for bit in (0x40, 0x20, 0x10)},
    **{f"opcode {opcode:x}": (frame(0x80 | opcode), 1002) for opcode in (0x3, 0x7, 0xB, 0xF)},
    "a ping of 126 bytes": (whole(PING, b"x" * 126), 1002),
    "a ping in fragments": (frame(PING, b"x"), 1002),
    "a close in fragments": (frame(CLOSE, struct.pack("!H", 1000)), 1002),
    "the rest of nothing": (whole(CONT, b"{}"), 1002),
    "a text within a text": (frame(TEXT, b"{") + whole(TEXT, b"}"), 1002),
    "bytes within a text": (frame(TEXT, b"{") + frame(BINARY, b"}"), 1002),
    "a close within a text": (frame(TEXT, b"{") + close(1000), 1002),
    "half a close code": (whole(CLOSE, b"\x03"), 1002),
    **{f"close code {code}": (close(code), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)},
    "a reason that is not UTF-8": (close(1000, b"\xff"), 1007),
    "a character that its second half does not end": (frame(TEXT, b"\xc3") + whole(CONT, b"\x28"), 1007),
    "a surrogate": (whole(TEXT, b"\xed\xa0\x80"), 1007),
    "longer than any message": (bytes([0x81, 0xFF]) + struct.pack("!Q", 2**62), 1009),
    "longer than a length may be": (bytes([0x81, 0xFF]) + struct.pack("!Q", 2**64 - 1), 1009),
}


async def tabs(house: House, count: int) -> list[Tab]:
    """Of several people: one may have no more than twenty."""
    node, account = await house.node(), await house.story.account()
    people = [await house.story.user(account) for _ in range(-(-count // 20))]
    return [await house.live_tab(node, people[number // 20]) for number in range(count)]


async def test_what_a_peer_must_not_send_ends_the_connection_with_the_code_that_is_due(house: House) -> None:
    found = {}
    for (name, (sent, _)), tab in zip(WRONG.items(), await tabs(house, len(WRONG)), strict=True):
        tab.socket.transport.write(sent)
        found[name] = await tab.closed()
    assert found == {name: code for name, (_, code) in WRONG.items()}


async def test_a_close_is_answered_with_its_own_code_and_nothing_behind_it_is_heard(house: House) -> None:
    codes = (1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999)
    found = []
    for code, tab in zip(codes, await tabs(house, len(codes)), strict=True):
        tab.socket.transport.write(close(code, "Tschüß".encode()) + whole(TEXT, b'{"op":"unwatch","id":1,"topic":"pool"}'))
        found.append(await tab.closed())
        assert [frame["op"] for frame in tab.frames] == ["hello", "ready"]
    assert found == list(codes)
    (silent,) = await tabs(house, 1)
    silent.socket.transport.write(whole(CLOSE))
    assert await silent.closed() == 1005


@pytest.mark.parametrize("size", [1, 7, 4096])
async def test_what_a_peer_may_send_is_heard_however_it_is_cut_into_pieces(house: House, size: int) -> None:
    node = await house.node()
    tab = await house.live_tab(node, await house.story.user(await house.story.account()))
    wire = next(iter(node.server.server_state.connections))
    sent = [
        whole(PONG, b"nobody asked"),
        frame(TEXT, b'{"op":"unwatch","id":1,"topic":"pool","x":"'),
        *(frame(CONT, bytes([byte])) for byte in "Ü€😀".encode()),
        whole(PING, b"between"),
        frame(CONT),
        whole(CONT, b'"}'),
        whole(TEXT, b'{"op":"unwatch","id":2,"topic":"pool","x":"' + b"x" * 8000 + b'"}'),
        whole(PING, b"y" * 125),
    ]
    data = b"".join(sent)
    for start in range(0, len(data), size):
        wire.data_received(data[start : start + size])
    assert [await tab.next() for _ in range(2)] == [{"op": "ok", "id": 1}, {"op": "ok", "id": 2}]
    await (await tab.socket.ping(b"z" * 125))
