"""uvicorn's websocket as far as the handshake goes. Once a tab is let in, nothing of it stays: an idle tab would pay for it in memory."""

import asyncio
from asyncio.transports import BaseTransport
from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from server.live.wire import CLOSE_SECONDS, Wire, limit_backlog
from server.log import get_logger

log = get_logger(__name__)

EXTENSION = "partyline.upgrade"
"""The key in the ASGI scope's `extensions` under which this object is found."""
_VERSION = "Sec-WebSocket-Version"


class UpgradeProtocol(WebSocketsSansIOProtocol):
    """Needs `ws_per_message_deflate=False` and `ws_ping_interval=None`: the pings are the tab's own.

    What comes before the answer waits unread. A handshake that was refused ends its connection within `CLOSE_SECONDS`: uvicorn 0.54
    would wait for a peer that does not read.
    """

    _wire: Wire | None = None
    _severing: asyncio.TimerHandle | None = None
    _early: bytes = b""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        limit_backlog(self.transport)
        before = transport.get_protocol()
        if isinstance(before, HttpToolsProtocol):
            del before.parser  # they hold each other, and would wait for the collector

    def connection_lost(self, exc: Exception | None) -> None:
        if self._severing is not None:
            self._severing.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated:
            self._early += data
            self.transport.pause_reading()
        else:
            super().data_received(data)
            if self.conn.handshake_exc is not None and not self.transport.is_closing():
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.transport.close()
                self._sever_later()

    def handle_connect(self, event: Request) -> None:
        if event.headers.get_all(_VERSION) != ["13"] and event.headers.get("Upgrade", "").lower() == "websocket":
            self._refuse_version()
            return
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self
            self.scope["query_string"] = b""  # never read, and uvicorn would log it
        else:
            self._sever_later()

    def accept(self, subprotocol: str | None) -> tuple[Wire, bytes] | None:
        """The open socket, and the answer, which must be the first that is written to it; its `tab` must be set at once.

        None if the peer is gone.
        """
        if self.disconnected or self.transport.is_closing():
            return None
        if subprotocol is not None:
            self.response.headers["Sec-WebSocket-Protocol"] = subprotocol
        self.conn.send_response(self.response)
        answer = b"".join(self.conn.data_to_send())
        self.handshake_complete = True
        self.connections.discard(self)
        self._wire = wire = Wire(self.transport, self.connections)
        self.transport.set_protocol(wire)
        self.conn.parser.close()  # as above
        del self.scope["extensions"][EXTENSION]
        if self._early:
            self.loop.call_soon(self._pass_on, wire)
        return wire, answer

    async def run_asgi(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except ClientDisconnected:
            pass
        except Exception:
            # The handshake's outermost loop. What went wrong after it was answered ends the connection too.
            log.error("A handshake failed", exc_info=True)
            self.send_500_response()
            self._wire = None
        if self._wire is None:
            self.transport.close()
            self._sever_later()

    def shutdown(self) -> None:
        super().shutdown()
        self._sever_later()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True  # or uvicorn logs an error for every handshake that was refused

    def _pass_on(self, wire: Wire) -> None:
        if not wire.transport.is_closing():
            wire.transport.resume_reading()
            wire.data_received(self._early)

    def _sever_later(self) -> None:
        if self._severing is None and not self.disconnected:
            self._severing = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

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
