"""An answer's head and the beginning of its body leave in one write, and nothing waits for what does not come."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from server.endpoints.heads import HeadProtocol
from tests.fixtures.served import listening, on_a_free_port
from tests.fixtures.waiting import PATIENCE_SECONDS

HEAD = b"HTTP/1.1 200 OK\r\n"


class Counting:
    """A connection's transport, and what was written to it."""

    def __init__(self, transport: asyncio.Transport, written: list[bytes]) -> None:
        self._transport = transport
        self._written = written

    def write(self, data: bytes) -> None:
        self._written.append(bytes(data))
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if path == "/asked":
        message = await receive()
        body = message["body"]
    else:
        body = b"(whole)"
    if path == "/empty":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    if path == "/streamed":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"first", b"second"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    if path == "/fails":
        raise RuntimeError("after the head")
    await send({"type": "http.response.body", "body": body})


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, written: list[bytes]) -> None:
        self._reader = reader
        self._writer = writer
        self.written = written

    async def asks(self, request: bytes, *, until: bytes | None = None) -> bytes:
        """What is told until something that ends with `until`, or until the server ends the connection."""
        self._writer.write(request)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await (self._reader.read() if until is None else self._reader.readuntil(until))


@contextlib.asynccontextmanager
async def talking() -> AsyncIterator[Peer]:
    written: list[bytes] = []

    class Counted(HeadProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(Counting(transport, written))  # type: ignore[arg-type]

    listener = on_a_free_port()
    async with listening(answer, listener, Counted):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            yield Peer(reader, writer, written)
        finally:
            writer.transport.abort()


def request(path: str, *, method: str = "GET", more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


async def test_an_answer_is_one_write_and_so_is_the_next() -> None:
    async with talking() as peer:
        for _ in range(2):
            told = await peer.asks(request("/whole"), until=b"(whole)")
            assert told.startswith(HEAD)
    assert [len(one) for one in peer.written] == [len(told)] * 2


async def test_two_that_were_asked_at_once_are_answered_in_their_order() -> None:
    async with talking() as peer:
        await peer.asks(request("/whole") + request("/streamed"), until=b"\r\n0\r\n\r\n")
    first, second, *_ = peer.written
    assert first.endswith(b"(whole)")
    assert second.startswith(HEAD)


async def test_what_is_streamed_leaves_as_it_comes() -> None:
    async with talking() as peer:
        await peer.asks(request("/streamed"), until=b"\r\n0\r\n\r\n")
    first, *others = peer.written
    assert first.startswith(HEAD)
    assert first.endswith(b"\r\n5\r\nfirst\r\n")
    assert others == [b"6\r\nsecond\r\n", b"0\r\n\r\n"]


async def test_an_answer_without_a_body_is_told() -> None:
    async with talking() as peer:
        assert (await peer.asks(request("/empty"), until=b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
        assert (await peer.asks(request("/whole"), until=b"(whole)")).startswith(HEAD)


async def test_a_head_alone_is_told() -> None:
    async with talking() as peer:
        told = await peer.asks(request("/whole", method="HEAD"), until=b"\r\n\r\n")
        assert told.startswith(HEAD)
        assert b"content-length: 7\r\n" in told
        assert (await peer.asks(request("/whole"), until=b"(whole)")).startswith(HEAD)


@pytest.mark.parametrize("path", ["/whole", "/fails"])
async def test_what_was_said_is_told_before_the_connection_ends(path: str) -> None:
    """Also where the body never comes."""
    async with talking() as peer:
        told = await peer.asks(request(path, more="Connection: close\r\n"))
    assert told.startswith(HEAD)
    assert told.endswith(b"(whole)" if path == "/whole" else b"\r\n\r\n")


async def test_who_waits_to_be_told_to_send_a_body_is_told() -> None:
    async with talking() as peer:
        asked = request("/asked", method="POST", more="Content-Length: 6\r\nExpect: 100-continue\r\n")
        assert await peer.asks(asked, until=b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        told = await peer.asks(b"(body)", until=b"(body)")
    assert told.startswith(HEAD)
    assert len(peer.written) == 2
