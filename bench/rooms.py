"""What each server's tabs say when they open, and what is published for them: the same bytes for the same tabs, in each server's words."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from channels.envelope import Envelope, decode, messages
from channels.frames import events

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The example of RFC 6455; what a server makes of it is not looked at."""
SHORT = 200
"""Bytes of a short event: its numbers and nothing else."""

Step = tuple[bytes, bytes]
"""What a tab waits for, and what it says then. The first waits for nothing, the second for the answer to the handshake."""


@dataclass(frozen=True, slots=True)
class Room:
    """One conversation: the last event that happened in it, and which tabs are in it."""

    name: str
    event: Envelope
    tabs: Sequence[int]


def evened(rooms: Sequence[Room]) -> list[Room]:
    """Events of one length: the text of the shorter ones is made longer, so that the length of a frame tells how many it holds."""
    longest = max(len(room.event.body) for room in rooms)
    return [Room(room.name, _longer(room.event, longest - len(room.event.body)), room.tabs) for room in rooms]


def shortened(rooms: Sequence[Room]) -> list[Room]:
    """The same events without their data."""
    return [Room(room.name, _with_body(room.event, _short(room.event)), room.tabs) for room in rooms]


def size_of(rooms: Sequence[Room]) -> int:
    (size,) = {len(room.event.body) for room in rooms}
    return size


class Ours:
    """Partyline's own websocket: signed in by cookie, envelopes on Redis."""

    overhead = len(events([])) - 2
    """Bytes of a frame's payload without its events."""

    def tab(self, cookie: str, port: int, *, feed: bool) -> list[Step]:
        first = _request("/ws", port, [f"Origin: http://127.0.0.1:{port}", f"Cookie: sid={cookie}", "Sec-WebSocket-Protocol: partyline.v1"])
        resume = (b"", _masked(b'{"op":"resume"}'))
        ready = b'"op":"ready"'
        if not feed:
            return [(b"", first), resume, (ready, b"")]
        return [(b"", first), resume, (ready, _masked(b'{"op":"watch","id":1,"topic":"feed"}')), (b'"op":"ok"', b"")]

    def publishing(self, room: Room) -> bytes:
        return b"".join(_publish(channel, data) for channel, data in messages([room.event]))


class Named:
    """The yardsticks that were written for this: a tab says the names of its rooms, an event is a message on the room's channel."""

    def tab(self, rooms: Sequence[str], port: int) -> list[Step]:
        joining = _masked(" ".join(f"room:{name}" for name in rooms).encode())
        return [(b"", _request("/", port, [])), (b"", joining), (b"ready", b"")]

    def publishing(self, room: Room) -> bytes:
        return _publish(f"room:{room.name}", room.event.body)


class Nchan:
    """A tab subscribes to all its rooms by one address. A message comes by HTTP: Nchan reads nothing from Redis but what it put there."""

    def tab(self, rooms: Sequence[str], port: int) -> list[Step]:
        return [(b"", _request(f"/tab?rooms={','.join(rooms)}", port, [])), (b"", b"")]

    def publishing(self, room: Room) -> bytes:
        head = f"POST /room?name={room.name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(room.event.body)}\r\n\r\n"
        return head.encode() + room.event.body


class SocketIo:
    """The protocol of Socket.IO 4 and of its Redis adapter, as its emitter for other processes publishes. The event travels as a string:
    as an object it would be read and written anew once more."""

    def tab(self, rooms: Sequence[str], port: int) -> list[Step]:
        joining = b"42" + msgspec.json.encode(["join", list(rooms)])
        first = _request("/socket.io/?EIO=4&transport=websocket", port, [])
        return [(b"", first), (b"", b""), (b'0{"sid"', _masked(b"40")), (b'40{"sid"', _masked(joining)), (b'["ready"', b"")]

    def publishing(self, room: Room) -> bytes:
        packet = {"type": 2, "data": ["event", room.event.body.decode()], "nsp": "/"}
        message = ["emitter", packet, {"rooms": [room.name], "except": [], "flags": {}}]
        return _publish(f"socket.io#/#{room.name}#", msgspec.msgpack.encode(message))


def write_tabs(path: Path, tabs: Sequence[list[Step]]) -> None:
    """For `load`: the request first, then for each step what is waited for and what is said then."""
    with path.open("wb") as file:
        file.write(struct.pack("=I", len(tabs)))
        for steps in tabs:
            file.write(struct.pack("=I", len(steps)))
            for needle, say in steps:
                file.write(_counted(needle) + _counted(say))


Speaks = Ours | Named | Nchan | SocketIo


def write_rooms(path: Path, rooms: Sequence[Room], server: Speaks) -> None:
    """For `load`: who is in each room and what is published for it, with the places where the numbers stand."""
    last = max(room.event.position for room in rooms)
    with path.open("wb") as file:
        file.write(struct.pack("=II", len(rooms), last))
        for room in rooms:
            text = server.publishing(room)
            seq, position = room.event.seq or 0, room.event.position
            seqs = [*_places(rb'"seq":()%d\b' % seq, text), *_places(rb'\[[^\n]*?,%d,"[^"]*",()%d,' % (position, seq), text)]
            positions = [*_places(rb'"position":()%d\b' % position, text), *_places(rb'\["[^"]*",()%d,' % position, text)]
            file.write(struct.pack(f"={1 + len(room.tabs)}I", len(room.tabs), *room.tabs))
            file.write(struct.pack("=I", seq) + _counted(text))
            for places in (seqs, positions):
                file.write(struct.pack(f"={1 + len(places)}I", len(places), *places))


def _places(pattern: bytes, text: bytes) -> list[int]:
    return [found.start(1) for found in re.finditer(pattern, text)]


def _counted(data: bytes) -> bytes:
    return struct.pack("=I", len(data)) + data


def _request(path: str, port: int, headers: Sequence[str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13", *headers, "", ""]).encode()


def _masked(text: bytes) -> bytes:
    """A text frame of a tab, with a mask of zeros."""
    size = bytes([0x80 | len(text)]) if len(text) < 126 else struct.pack("!BH", 0x80 | 126, len(text))
    return b"\x81" + size + bytes(4) + text


def _publish(channel: str, data: bytes) -> bytes:
    words = [b"PUBLISH", channel.encode(), data]
    return b"*3\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def _longer(event: Envelope, by: int) -> Envelope:
    return _with_body(event, event.body.replace(b'"body":"', b'"body":"' + b"." * by, 1))


def _short(event: Envelope) -> bytes:
    whole = msgspec.json.decode(event.body)
    short = {name: whole[name] for name in ("type", "conversation", "seq", "position", "at")} | {"actor": None, "alert": [], "data": {}}
    lacking = SHORT - len(msgspec.json.encode(short | {"actor": ""}))
    return msgspec.json.encode(short | {"actor": "." * lacking})


def _with_body(event: Envelope, body: bytes) -> Envelope:
    made = msgspec.structs.replace(event, body=body)
    assert decode(messages([made])[0][1]) == made
    return made
