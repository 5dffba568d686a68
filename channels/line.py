"""The subscriber's connection to Redis: a plain protocol on hiredis that handles everything one read brought at once.

redis-py's pub/sub loop hands over one message at a time and reconnects without saying so; here a lost line is an event.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Protocol, cast

import hiredis
from redis.asyncio.connection import SSLConnection, parse_url
from redis.crc import key_slot

from channels.address import Node

log = logging.getLogger(__name__)

Message = tuple[bytes, bytes]
"""(channel, data)"""

CHUNK = 500
"""Channels in one SUBSCRIBE."""
READ_BYTES = 1024 * 1024
"""Taken from Redis at once. What comes together leaves together: of much, each tab gets few large writes instead of many small ones."""
SLICE_BYTES = 16 * 1024
"""Given to hiredis at once: it moves all that it has not read yet to the front with every reply or two."""


class Refused(Exception):
    """Redis answered with an error: a wrong password, or a channel that is not allowed."""


class Listener(Protocol):
    """Whoever a line reports to."""

    def received(self, messages: list[Message]) -> None:
        """All messages of one read."""

    def confirmed(self, channel: bytes) -> None:
        """Redis says that it is subscribed."""

    def taken(self, channel: bytes) -> None:
        """Redis says that it is not subscribed any more: asked for, or because another shard has it now."""

    def moved(self, slot: int, node: Node) -> None:
        """Another shard has this slot: what was asked for of it was not subscribed."""


class Line(asyncio.BufferedProtocol):
    """`sharded`: its channels are a Cluster's; `master`: given up when the server turns out to be a replica. `lost` is set at the end."""

    def __init__(self, listener: Listener, node: Node, *, sharded: bool, master: bool) -> None:
        self._listener = listener
        self._node = node
        self._sharded = sharded
        self._master = master
        self._message = b"smessage" if sharded else b"message"
        self._reader = hiredis.Reader()
        self._buffer = bytearray(READ_BYTES)
        self._view = memoryview(self._buffer)
        self._transport: asyncio.Transport | None = None
        self._held = False
        self.since = asyncio.get_running_loop().time()
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self.lost.set()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's name
        """A view: TLS writes into slices of it, and a slice of a bytearray is a copy."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        try:
            messages = self._parse(nbytes)
        except (hiredis.HiredisError, Refused) as error:
            log.warning("Redis line given up: %s", error)
            self.abort()
            return
        if messages:
            self._listener.received(messages)

    def greet(self, username: str, password: str) -> None:
        """Signs in, and asks whether this is the master where that matters."""
        if password:
            self.send(b"AUTH", *(word.encode() for word in (username, password) if word))
        if self._master:
            self.send(b"ROLE")

    def subscribe(self, channels: Iterable[bytes]) -> None:
        self._send_chunked(b"SSUBSCRIBE" if self._sharded else b"SUBSCRIBE", channels)

    def unsubscribe(self, channels: Iterable[bytes]) -> None:
        self._send_chunked(b"SUNSUBSCRIBE" if self._sharded else b"UNSUBSCRIBE", channels)

    def send(self, *words: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(hiredis.pack_command(words))  # type: ignore[arg-type]

    def hold(self, held: bool) -> None:
        """Reads nothing for now, or goes on."""
        if self._transport is not None and not self._transport.is_closing() and self._held != held:
            self._held = held
            (self._transport.pause_reading if held else self._transport.resume_reading)()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send_chunked(self, command: bytes, channels: Iterable[bytes]) -> None:
        """A Cluster takes only channels of one slot together."""
        every: list[list[bytes]] = [list(channels)]
        if self._sharded:
            every = [list(some) for _, some in groupby(sorted(every[0], key=key_slot), key=key_slot)]
        for waiting in every:
            for start in range(0, len(waiting), CHUNK):
                self.send(command, *waiting[start : start + CHUNK])

    def _parse(self, size: int) -> list[Message]:
        feed, gets, message = self._reader.feed, self._reader.gets, self._message
        messages: list[Message] = []
        for at in range(0, size, SLICE_BYTES):
            feed(self._buffer, at, min(SLICE_BYTES, size - at))  # type: ignore[arg-type]
            while (reply := gets()) is not False:
                if type(reply) is list:
                    if reply[0] == message:
                        messages.append((reply[1], reply[2]))
                    else:
                        self._told(reply)
                elif isinstance(reply, hiredis.ReplyError):
                    self._told_off(str(reply))
        return messages

    def _told(self, reply: list[Any]) -> None:
        match reply[0]:
            case b"subscribe" | b"ssubscribe":
                self._listener.confirmed(reply[1])
            case b"sunsubscribe" if reply[1] is not None:
                self._listener.taken(reply[1])
            case b"slave":
                raise Refused("this server is a replica now")

    def _told_off(self, error: str) -> None:
        kind, *words = error.split()
        if kind != "MOVED" or len(words) != 2:
            raise Refused(error)
        host, _, port = words[1].rpartition(":")
        self._listener.moved(int(words[0]), Node(host.strip("[]") or self._node.host, int(port)))


async def dial(url: str, listener: Listener, node: Node, *, sharded: bool = False, master: bool = False) -> Line:
    """Connects to the node and signs in as `url` says. Raises OSError, ssl.SSLError, or `ValueError` for an address that is none."""
    at: dict[str, Any] = dict(parse_url(url))
    loop = asyncio.get_running_loop()

    def make() -> Line:
        return Line(listener, node, sharded=sharded, master=master)

    line: Line
    if path := at.get("path"):
        _, line = await loop.create_unix_connection(make, path)
    else:
        context: ssl.SSLContext | None = None
        if at.get("connection_class") is SSLConnection:
            context = SSLConnection(**{k: v for k, v in at.items() if k != "connection_class"}).ssl_context.get()
        _, line = await loop.create_connection(make, node.host, node.port, ssl=context)
    line.greet(at.get("username", ""), at.get("password", ""))
    return line
