"""The head of a request: 3 MB of it, and a header a minute."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send

from server.endpoints.heads import HEAD_BYTES, HeadProtocol
from tests.fixtures.served import listening, on_a_free_port
from tests.fixtures.waiting import PATIENCE_SECONDS

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
MEGABYTES = 3 * 1024 * 1024
READ_NOTHING = b"/at-once"
CHUNKS = 20_000


class Hasty(HeadProtocol):
    seconds = 0.2


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells how long the body was; below READ_NOTHING without reading it."""
    size, more = 0, scope["raw_path"] != READ_NOTHING
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    body = f"({size})".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


class Peer:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self._writer.write(part)
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    async def told(self) -> bytes:
        """One answer with a body in brackets."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._reader.readuntil(b")")

    async def last(self) -> bytes:
        """All until the server ends the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._reader.read()

    async def drip(self) -> bytes:
        """A byte now and then; what came when something did, or the end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                await self.say(b"x")
                try:
                    async with asyncio.timeout(Hasty.seconds / 10):
                        return await self._reader.read(65_536)
                except ConnectionError:
                    return b""
                except TimeoutError:
                    continue


@contextlib.asynccontextmanager
async def talking(protocol: type[HeadProtocol] = HeadProtocol) -> AsyncIterator[Peer]:
    listener = on_a_free_port()
    async with listening(answer, listener, protocol):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            yield Peer(reader, writer)
        finally:
            writer.transport.abort()


@pytest.mark.parametrize("parts", [1, 100])
@pytest.mark.parametrize("before", [b"", GET + b"\r\n"])
async def test_a_head_of_megabytes_is_431_and_the_end_of_the_connection(parts: int, before: bytes) -> None:
    async with talking() as peer:
        if before:
            await peer.say(before)
            assert (await peer.told()).startswith(b"HTTP/1.1 200 ")
        await peer.say(GET + b"a: ", *[b"x" * (MEGABYTES // parts)] * parts, b"\r\n\r\n")
        refused = await peer.last()
    assert refused.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"head_too_large"' in refused
    assert b"\r\nconnection: close\r\n" in refused
    assert b"\r\nx-content-type-options: nosniff\r\n" in refused


async def test_a_head_may_have_as_much_as_is_said_and_no_byte_more() -> None:
    start, end = GET + b"a: ", b"\r\n\r\n"
    most = start + b"x" * (HEAD_BYTES - len(start + end)) + end
    for head in (most, most[:1000], most[:-2]):
        async with talking() as peer:
            await peer.say(head)
            await peer.say(most[len(head) :])
            assert (await peer.told()).endswith(b"(0)")
    more = start + b"x" + most[len(start) :]
    for split in (10, HEAD_BYTES, len(more)):
        async with talking() as peer:
            await peer.say(more[:split], more[split:])
            assert (await peer.last()).startswith(b"HTTP/1.1 431 ")


async def test_a_head_that_comes_drop_by_drop_ends_in_time_also_on_a_kept_connection() -> None:
    async with talking(Hasty) as peer:
        await peer.say(GET + b"a: ")
        slow = await peer.drip()
        assert slow.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"too_slow"' in slow
    async with talking(Hasty) as peer:
        await peer.say(GET + b"\r\n")
        await peer.told()
        await peer.say(GET + b"a: ")
        assert (await peer.drip()).startswith(b"HTTP/1.1 408 ")


async def test_who_is_connected_and_asks_nothing_is_let_go_without_a_word() -> None:
    async with talking(Hasty) as peer:
        assert await peer.last() == b""
    async with talking(Hasty) as peer:
        await peer.say(b"\r\n\r\n")
        assert await peer.last() == b""


async def test_the_rest_of_a_body_that_was_answered_is_not_waited_for_for_ever() -> None:
    async with talking(Hasty) as peer:
        await peer.say(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" % READ_NOTHING)
        await peer.told()
        assert await peer.drip() == b""


async def test_bodies_and_what_follows_them_are_read_as_ever() -> None:
    async with talking() as peer:
        for size in (0, 10, HEAD_BYTES, MEGABYTES):
            await peer.say(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size, b"x" * size)
            assert (await peer.told()).endswith(b"(%d)" % size)
        await peer.say(CHUNKED, b"1\r\nx\r\n" * CHUNKS, b"0\r\nafter: all\r\n\r\n")
        assert (await peer.told()).endswith(b"(%d)" % CHUNKS)
        await peer.say(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (READ_NOTHING, MEGABYTES))
        assert (await peer.told()).endswith(b"(0)")
        await peer.say(b"x" * MEGABYTES, (GET + b"\r\n") * 3)
        for _ in range(3):
            assert (await peer.told()).startswith(b"HTTP/1.1 200 ")


async def test_trailers_are_bounded_too() -> None:
    async with talking() as peer:
        await peer.say(CHUNKED, b"1\r\nx\r\n0\r\na: ", b"x" * MEGABYTES)
        with contextlib.suppress(ConnectionError):
            assert await peer.last() == b""
