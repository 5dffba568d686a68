"""uvicorn's websocket with two things added: the tab may write prepared bytes to the transport, and no peer can keep a socket open.

uvicorn 0.54 waits for a peer that does not read: on `websocket.close`, and whenever it closes a transport that has a backlog. Here every
close ends within `CLOSE_SECONDS`, and a backlog that does not shrink ends the connection.
"""

import asyncio
import socket
from asyncio.transports import BaseTransport
from http import HTTPStatus
from typing import Any, Protocol

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from channels.frames import QUIET_BYTES, STUCK_SECONDS, reset

EXTENSION = "partyline.wire"
"""The key in the ASGI scope's `extensions` under which this object is found."""
CLOSE_SECONDS = 0.5
BEHIND_SECONDS = 0.1
"""For a peer that has not even taken what was written before the close."""
MOST_FRAGMENTS = 128
KERNEL_BYTES = 64 * 1024
"""Linux would keep up to 4 MB for a peer that does not read, where nothing sees it; of this it keeps about 96 KiB."""
_VERSION = "Sec-WebSocket-Version"


class Attached(Protocol):
    """What the wire tells the tab on it."""

    def pinged(self) -> None:
        """A ping of the websocket protocol came."""

    def drain(self) -> None:
        """The process stops."""

    def cut(self) -> None:
        """The peer does not read."""


class WireProtocol(WebSocketsSansIOProtocol):
    """Needs `ws_per_message_deflate=False`, `ws_max_size=8192` and `ws_ping_interval=None`: the pings are the tab's own."""

    tab: Attached | None = None
    _severing: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=QUIET_BYTES)
        raw: socket.socket = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._severing, self._stuck):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        if event.headers.get_all(_VERSION) != ["13"] and event.headers.get("Upgrade", "").lower() == "websocket":
            self._refuse_version()
            return
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self
            self.scope["query_string"] = b""  # never read, and uvicorn would log it
            event.headers.clear()  # the parser would keep them as long as the connection lasts
        else:
            self._sever_later()

    def forget_handshake(self) -> None:
        """What was asked and answered is not kept in memory with the tab, the cookie least of all."""
        self.scope["headers"] = []
        self.response.headers.clear()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_FRAGMENTS:
            self.finish(1009)
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.finish(1007)
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        super().handle_ping()
        if self.tab is not None:
            self.tab.pinged()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._sever_later()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._sever_later()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stuck = self.loop.call_later(STUCK_SECONDS, self._cut)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def shutdown(self) -> None:
        """The process stops."""
        if self.tab is not None and not self.close_sent:
            self.tab.drain()
        else:
            super().shutdown()
            self._sever_later()

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self._sever_later()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # or uvicorn logs an error for every handshake that was refused

    def finish(self, code: int) -> None:
        """The close frame, and the end of the connection soon, whether the peer answers or not. Nothing is read any more."""
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        behind = self.transport.get_write_buffer_size() > 0
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(BEHIND_SECONDS if behind else CLOSE_SECONDS, self.sever)

    def sever(self) -> None:
        """Ends the connection at once."""
        if self.transport.get_write_buffer_size():
            reset(self.transport)
        else:
            self.transport.abort()

    def _cut(self) -> None:
        if self.tab is not None:
            self.tab.cut()
        else:
            self.sever()

    def _sever_later(self) -> None:
        if self._severing is None and self.close_timer is None and not self.disconnected:
            self._severing = self.loop.call_later(CLOSE_SECONDS, self.sever)

    def _refuse_version(self) -> None:
        """RFC 6455 section 4.4; the library would answer 400."""
        self.handshake_complete = self.close_sent = True
        self.response = self.conn.reject(HTTPStatus.UPGRADE_REQUIRED, "")
        self.response.headers[_VERSION] = "13"
        self.response.headers["Upgrade"] = "websocket"
        self.conn.send_response(self.response)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
        self._sever_later()
