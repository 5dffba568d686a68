"""Those who write are as patient as a carrier: what a proxy answers in its own words, or nobody, is tried again with the same id."""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.writers import Writers


def answer(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Said\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)


NOBODY = answer(502, b"<html>Bad Gateway</html>")
LOST = answer(404, b"<html>Not here</html>")
TAKEN = answer(200, b"{}")
LATE = answer(409, b'{"code":"not_yours"}')


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on this port that gives these answers in turn, and what it was asked."""
    left, asked = list(answers), list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while left:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            asked.append(await reader.readexactly(length))
            writer.write(left.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


def writers_to(port: int) -> Writers:
    """One phone that texts."""
    crew = {
        "lines": {"+12025550100": None},
        "hook": "http://localhost:4000/hooks/generic/c",
        "secret": "whsec_" + base64.b64encode(b"k" * 24).decode(),
        "people": {"ana": {"id": "u", "token": "t", "role": "agent"}},
        "parts": {},
    }
    return Writers(crew, [port], "localhost:4000", random.Random(1), phones=1, run="r")


async def test_a_page_of_a_proxy_that_found_nobody_is_no_answer_and_the_same_text_is_tried_again() -> None:
    async with answering(NOBODY, NOBODY, TAKEN) as (port, asked):
        writers = writers_to(port)
        await writers.fill()
        writers.close()
    assert len(asked) == 3
    assert len(set(asked)) == 1
    assert writers.tally.acknowledged == ["r-1"]
    assert [why for _, why in writers.tally.repeats] == ["502", "502"]
    assert writers.tally.refused == {}


async def test_a_refusal_is_counted_by_its_code_or_without_one_where_it_is_a_page() -> None:
    for said, counted in ((LATE, "409 not_yours"), (LOST, "404")):
        async with answering(said) as (port, _):
            writers = writers_to(port)
            await writers.fill()
            writers.close()
        assert writers.tally.refused == Counter([counted])
        assert writers.tally.acknowledged == []
