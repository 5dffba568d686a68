"""The subscriber's connection to Redis: a plain protocol on hiredis that handles everything one read brought at once.

redis-py's pub/sub loop hands over one message at a time and reconnects without saying so; here a lost line is an event.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Iterable
from typing import Any, cast

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url

log = logging.getLogger(__name__)

Message = tuple[bytes, bytes]
"""(channel, data)"""

CHUNK = 500
"""Channels in one SUBSCRIBE."""


class Refused(Exception):
    """Redis answered with an error: a wrong password, or a channel that is not allowed."""


class Line(asyncio.Protocol):
    """`on_messages` gets all messages of one read; `on_confirmed` each channel that Redis says is subscribed; `lost` is set at the end."""

    def __init__(self, on_messages: Callable[[list[Message]], None], on_confirmed: Callable[[bytes], None]) -> None:
        self._on_messages = on_messages
        self._on_confirmed = on_confirmed
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self.since = asyncio.get_running_loop().time()
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        try:
            messages = self._parse(data)
        except (hiredis.HiredisError, Refused) as error:
            log.warning("Redis line given up: %s", error)
            self.abort()
            return
        if messages:
            self._on_messages(messages)

    def subscribe(self, channels: Iterable[bytes]) -> None:
        self._send_chunked(b"SUBSCRIBE", channels)

    def unsubscribe(self, channels: Iterable[bytes]) -> None:
        self._send_chunked(b"UNSUBSCRIBE", channels)

    def send(self, *words: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(hiredis.pack_command(words))  # type: ignore[arg-type]

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send_chunked(self, command: bytes, channels: Iterable[bytes]) -> None:
        waiting = list(channels)
        for start in range(0, len(waiting), CHUNK):
            self.send(command, *waiting[start : start + CHUNK])

    def _parse(self, data: bytes) -> list[Message]:
        reader = self._reader
        reader.feed(data)
        gets = reader.gets
        messages: list[Message] = []
        while (reply := gets()) is not False:
            if type(reply) is list:
                if reply[0] == b"message":
                    messages.append((reply[1], reply[2]))
                elif reply[0] == b"subscribe":
                    self._on_confirmed(reply[1])
            elif isinstance(reply, hiredis.ReplyError):
                raise Refused(str(reply))
        return messages


async def dial(url: str, make: Callable[[], Line]) -> Line:
    """Connects and signs in. Raises OSError, ssl.SSLError, or `ValueError` for an address that is none. Sentinel will be found here."""
    at: dict[str, Any] = dict(parse_url(url))
    loop = asyncio.get_running_loop()
    line: Line
    if path := at.get("path"):
        _, line = await loop.create_unix_connection(make, path)
    else:
        host, port = at.get("host", "localhost"), at.get("port", 6379)
        context: ssl.SSLContext | None = None
        if at.get("connection_class") is SSLConnection:
            context = SSLConnection(**{k: v for k, v in at.items() if k != "connection_class"}).ssl_context.get()
        _, line = await loop.create_connection(make, host, port, ssl=context)
    password = at.get("password")
    if password:
        words = [at["username"], password] if at.get("username") else [password]
        line.send(b"AUTH", *(word.encode() for word in words))
    return line
