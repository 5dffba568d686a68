"""Websocket frames made once for many tabs, and one tab's way out: one write a loop turn, a bounded backlog.

A server's frames are not masked (RFC 6455 section 5.1), so without compression the same bytes serve every tab.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Iterator, Sequence
from struct import pack

import msgspec

from channels.counters import Counters
from channels.lull import Lull

QUIET_BYTES = 64 * 1024
"""Above this backlog a tab gets no more presence."""
CUT_BYTES = 256 * 1024
"""A tab that would have more than this waiting, and has not taken what it was sent before, is cut; it comes back and resumes."""
STUCK_SECONDS = 10.0
"""So is one whose backlog stays above `QUIET_BYTES` for this long."""
FRAME_BYTES = 48 * 1024
"""About the size of a frame when much is sent."""
LARGE_BYTES = 64 * 1024
"""A larger frame becomes several: many clients refuse what browsers take."""

_encode = msgspec.json.Encoder().encode
_RESET = pack("ii", 1, 0)
_AROUND = len(b'{"op":"events","events":[]}')


def text(payload: bytes) -> bytes:
    """One final text frame."""
    return _header(len(payload)) + payload


def _header(size: int) -> bytes:
    if size < 126:
        return pack("!BB", 0x81, size)
    if size < 65536:
        return pack("!BBH", 0x81, 126, size)
    return pack("!BBQ", 0x81, 127, size)


def frame(message: object) -> bytes:
    """`message` as JSON in one frame."""
    return text(_encode(message))


def events(bodies: Sequence[bytes]) -> bytes:
    """One `events` frame, or several if they are many; the bodies are joined, not encoded again."""
    made = _events(bodies)
    return made if len(made) <= LARGE_BYTES else b"".join(event_frames(bodies))


def event_frames(bodies: Iterable[bytes]) -> Iterator[bytes]:
    """The same in frames of about `FRAME_BYTES`."""
    some: list[bytes] = []
    size = 0
    for body in bodies:
        some.append(body)
        size += len(body)
        if size >= FRAME_BYTES:
            yield _events(some)
            some, size = [], 0
    if some:
        yield _events(some)


def _events(bodies: Sequence[bytes]) -> bytes:
    joined = b",".join(bodies)
    return b'%b{"op":"events","events":[%b]}' % (_header(len(joined) + _AROUND), joined)


class Turn:
    """Gathers the ways out that have something to write, and writes them all in the loop's next turn."""

    def __init__(self, counters: Counters) -> None:
        self.counters = counters
        self.lull = Lull()
        self._waiting: set[Outbox] = set()
        self._alone: dict[bytes, bytes] = {}

    def add(self, some: Iterable["Outbox"]) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._write)
        self._waiting.update(some)

    def alone(self, body: bytes) -> bytes:
        """One event in a frame that all tabs share that get nothing else in this turn."""
        made = self._alone.get(body)
        if made is None:
            made = self._alone[body] = events((body,))
        return made

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, set()
        much: list[Outbox] = []
        for outbox in waiting:
            try:
                if outbox.flush() > QUIET_BYTES:
                    much.append(outbox)
            except (OSError, RuntimeError):  # one broken transport must not keep the others waiting
                outbox.cut()
        self._alone.clear()
        if much:
            self.lull.wait_for(much)


class Outbox:
    """What one tab is to be sent, in order. Made on the transport of an open websocket without compression.

    Whoever adds the body of an event to `bodies` says so to the turn, for many tabs at once.
    """

    __slots__ = ("_frames", "_transport", "_turn", "bodies", "closed")

    def __init__(self, transport: asyncio.Transport, turn: Turn) -> None:
        self._transport = transport
        self._turn = turn
        self._frames: list[bytes] = []
        self.bodies: list[bytes] = []
        self.closed = False

    def take(self, bodies: Iterable[bytes]) -> None:
        """Events."""
        self.bodies.extend(bodies)
        self._turn.add((self,))

    def push(self, frame: bytes) -> None:
        if self.bodies:
            self._frame_events()
        self._frames.append(frame)
        self._turn.add((self,))

    def whisper(self, frame: bytes) -> bool:
        """False for a tab with a backlog: the frame is not sent, and whoever wants it sent must come again."""
        transport = self._transport
        if not transport.is_closing() and transport.get_write_buffer_size() > QUIET_BYTES:
            return False
        self.push(frame)
        return True

    @property
    def backlog(self) -> int:
        """Bytes that the peer and the kernel have not taken; 0 when nothing is sent any more."""
        return 0 if self.closed or self._transport.is_closing() else self._transport.get_write_buffer_size()

    def flush(self) -> int:
        """Writes what waits, or cuts the tab that does not read. The bytes that were written."""
        if self.bodies:
            self._frame_events()
        frames = self._frames
        if not frames:
            return 0
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        frames.clear()
        if self.closed or self._transport.is_closing():
            return 0
        backlog = self._transport.get_write_buffer_size()
        if backlog > QUIET_BYTES and backlog + len(data) > CUT_BYTES:
            self.cut()
            return 0
        self._transport.write(data)
        return len(data)

    def cut(self) -> None:
        """Gives the tab up at once: whoever does not read could not be told either."""
        if not self.closed:
            self.closed = True
            self._turn.counters.cut += 1
            reset(self._transport)

    def _frame_events(self) -> None:
        """What was added becomes one frame."""
        bodies = self.bodies
        self._frames.append(events(bodies) if len(bodies) > 1 else self._turn.alone(bodies[0]))
        bodies.clear()


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection at once. What the peer did not read is thrown away, in the kernel too, which would send it for minutes."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None and raw.family != socket.AF_UNIX:
        with contextlib.suppress(OSError):  # it is closed already
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
