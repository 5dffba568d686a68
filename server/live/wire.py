"""One open websocket on its transport: no task, no queue, and between two messages no parser either.

Messages go straight to the tab. `websockets` reads the frames; what it needs for that lives from a frame's first byte to its last. What is
sent are prepared bytes, which the tab writes to the transport itself. No peer can keep a socket open: a close of either side ends within
`CLOSE_SECONDS`, and a backlog that does not shrink ends the connection.
"""

import asyncio
import logging
import socket
from types import GeneratorType
from typing import Any, Protocol

from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol as Frames
from websockets.protocol import Side, State
from websockets.streams import StreamReader

from channels.frames import QUIET_BYTES, STUCK_SECONDS, reset

MOST_BYTES = 8192
"""Of a message."""
MOST_FRAGMENTS = 128
SLICE_BYTES = 4096
"""Parsed at once: of a flood that one read brings, nothing behind the frame that was one too many."""
CLOSE_SECONDS = 0.5
BEHIND_SECONDS = 0.1
"""For a peer that has not even taken what was written before the close."""
KERNEL_BYTES = 64 * 1024
"""Linux would keep up to 4 MB for a peer that does not read, where nothing sees it; of this it keeps about 96 KiB."""

_quiet = logging.getLogger("uvicorn.error")


class Attached(Protocol):
    """What the wire tells the tab on it."""

    def heard(self, text: str | None) -> None:
        """A message came; None: a binary one."""

    def pinged(self) -> None:
        """A ping or a pong of the websocket protocol came."""

    def took(self) -> None:
        """The peer has taken nearly all of a backlog."""

    def drain(self) -> None:
        """The process stops."""

    def cut(self) -> None:
        """The peer does not read."""

    def gone(self) -> None:
        """Nothing comes any more. May be told twice."""


class Wire(asyncio.Protocol):
    """Without compression. `connections` is uvicorn's set of those that it tells to `shutdown`; `tab` is there before anything comes."""

    __slots__ = (
        "_connections",
        "_ending",
        "_fragments",
        "_frames",
        "_full",
        "_is_binary",
        "_is_paused",
        "_stuck",
        "closing",
        "lost",
        "tab",
        "transport",
    )

    tab: Attached

    def __init__(self, transport: asyncio.Transport, connections: set[Any]) -> None:
        self.transport = transport
        self.closing = False
        self.lost = False
        self._connections = connections
        self._frames: Frames | None = None
        self._fragments: list[bytes] | None = None
        self._is_binary = False
        self._is_paused = False
        self._full: asyncio.Event | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._ending: asyncio.TimerHandle | None = None
        connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._read(data[:SLICE_BYTES])
        for start in range(SLICE_BYTES, len(data), SLICE_BYTES):
            if self.closing:
                self.transport.pause_reading()
                return
            self._read(data[start : start + SLICE_BYTES])

    def eof_received(self) -> None:
        """The peer says no more; asyncio closes, once everything is written."""
        if not self.closing:
            self.closing = True
            self._sever_in(CLOSE_SECONDS)
            self.tab.gone()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self.lost = True
        self._connections.discard(self)
        for timer in (self._ending, self._stuck):
            if timer is not None:
                timer.cancel()
        if self._frames is not None:
            self._frames.parser.close()
        if self._full is not None:
            self._full.set()
        self.tab.gone()
        del self.tab  # they hold each other, and would wait for the collector

    def pause_writing(self) -> None:
        self._full = asyncio.Event()
        self._stuck = asyncio.get_running_loop().call_later(STUCK_SECONDS, self._cut)

    def resume_writing(self) -> None:
        if self._full is not None:
            self._full.set()
            self._full = None
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        if not self.lost:
            self.tab.took()

    async def drained(self) -> None:
        """Returns when the backlog is small, or the socket gone."""
        if self._full is not None:
            await self._full.wait()

    def pause(self) -> None:
        """Reads nothing more for now: not even that the peer is gone."""
        if not self._is_paused and not self.transport.is_closing():
            self._is_paused = True
            self.transport.pause_reading()

    def read_on(self) -> None:
        if self._is_paused and not self.transport.is_closing():
            self._is_paused = False
            self.transport.resume_reading()

    def shutdown(self) -> None:
        """The process stops."""
        self.tab.drain()

    def finish(self, code: int) -> None:
        """The close frame, and the end of the connection soon, whether the peer answers or not. Nothing is heard any more."""
        if self.closing or self.transport.is_closing():
            return
        self.closing = True
        behind = self.transport.get_write_buffer_size() > 0
        frames = self._reading()
        if frames.state is State.OPEN:
            frames.send_close(code)
        self._write(frames)
        self.read_on()
        self._sever_in(BEHIND_SECONDS if behind else CLOSE_SECONDS)

    def sever(self) -> None:
        """Ends the connection at once."""
        if self.transport.get_write_buffer_size():
            reset(self.transport)
        else:
            self.transport.abort()

    def _read(self, data: bytes) -> None:
        frames = self._reading()
        frames.receive_data(data)
        for frame in frames.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode is Opcode.CLOSE:
                self._closed_by_peer(frames)
            elif not self.closing:
                self._take(frame, frames)
        if frames.parser_exc is not None and not self.closing:
            self._end(frames)
        elif frames.state is State.OPEN and _is_between(frames):
            frames.parser.close()  # it holds itself too
            self._frames = None

    def _reading(self) -> Frames:
        if self._frames is None:
            self._frames = Frames(Side.SERVER, state=State.OPEN, max_size=MOST_BYTES, logger=_quiet)
        return self._frames

    def _take(self, frame: Frame, frames: Frames) -> None:
        if frame.opcode in (Opcode.PING, Opcode.PONG):
            self._write(frames)
            self.tab.pinged()
            return
        if frame.opcode is not Opcode.CONT:
            self._is_binary = frame.opcode is Opcode.BINARY
        data = bytes(frame.data)
        if self._fragments is not None:
            self._fragments.append(data)
            if len(self._fragments) > MOST_FRAGMENTS:
                self._fail(1009)
                return
            data = b"".join(self._fragments) if frame.fin else b""
        elif not frame.fin:
            self._fragments = [data]
        if frame.fin:
            self._fragments = None
            self._hear(data)

    def _hear(self, data: bytes) -> None:
        try:
            text = None if self._is_binary else data.decode()
        except UnicodeDecodeError:
            self._fail(1007)
        else:
            self.tab.heard(text)

    def _fail(self, code: int) -> None:
        self.finish(code)
        self.tab.gone()

    def _closed_by_peer(self, frames: Frames) -> None:
        if self.closing:
            self.transport.close()
        else:
            self._end(frames)

    def _end(self, frames: Frames) -> None:
        """`websockets` has answered the peer's close, or its nonsense."""
        self.closing = True
        if not self.transport.is_closing():
            self._write(frames)
            self.transport.close()
            self._sever_in(CLOSE_SECONDS)
        self.tab.gone()

    def _write(self, frames: Frames) -> None:
        self.transport.write(b"".join(frames.data_to_send()))

    def _sever_in(self, seconds: float) -> None:
        self._ending = asyncio.get_running_loop().call_later(seconds, self.sever)

    def _cut(self) -> None:
        self.tab.cut()


def limit_backlog(transport: asyncio.Transport) -> None:
    """So that a peer that does not read costs little, and is seen."""
    transport.set_write_buffer_limits(high=QUIET_BYTES)
    raw: socket.socket = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)


def _is_between(frames: Frames) -> bool:
    """Nothing of a frame or of a message has come whose end has not."""
    parser = frames.parser
    waiting = parser.gi_yieldfrom if isinstance(parser, GeneratorType) else None
    at_a_start = isinstance(waiting, GeneratorType) and waiting.gi_code is StreamReader.at_eof.__code__
    return at_a_start and frames.current_size is None
