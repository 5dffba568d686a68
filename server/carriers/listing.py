"""Reading a carrier's list over HTTP: one page after the other, patiently where it asks for patience."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlencode

import httpx2
import msgspec

from server.carriers.carrier_json import decode
from server.carriers.logbook import Unanswered

T = TypeVar("T")

Question = tuple[str, Sequence[tuple[str, str]]]
"""An address, and what is asked of it."""

PAGE_SECONDS = 30.0
PAGE_BYTES = 16_777_216
PAGES_MOST = 2_000
ATTEMPTS = 5
LONGEST_WAIT_SECONDS = 30.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Missing(Unanswered):
    """There is no such thing at the carrier, or no longer."""


async def pages(
    http: httpx2.AsyncClient, first: Question, headers: Mapping[str, str], shape: type[T], following: Callable[[T], Question | None]
) -> AsyncGenerator[T, None]:
    """One document after the other, until `following` names none. Raises `Unanswered`, also where it names the same again, or too many."""
    question = first
    for _ in range(PAGES_MOST):
        page = await read(http, *question, headers, shape)
        yield page
        more = following(page)
        if more is None:
            return
        if more == question:
            break
        question = more
    raise Unanswered("the carrier's list does not end")


async def read(http: httpx2.AsyncClient, url: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], shape: type[T]) -> T:
    """One document. Waits and asks again where the carrier answers 429. Raises `Unanswered`, and `Missing` at 404."""
    address = f"{url}?{urlencode(query)}" if query else url
    for _ in range(ATTEMPTS):
        status, wait, content = await _get(http, address, headers)
        if status != 429:
            break
        await asyncio.sleep(min(wait, LONGEST_WAIT_SECONDS))
    if status == 404:
        raise Missing("the carrier answered 404")
    if status != 200:
        raise Unanswered(f"the carrier answered {status}")
    try:
        return decode(content, shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unanswered("the carrier's list is not of its own form") from None


def instant(at: datetime) -> int:
    """µs UTC. A time without a zone is UTC."""
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def moment(at_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at_us)


async def _get(http: httpx2.AsyncClient, url: str, headers: Mapping[str, str]) -> tuple[int, float, bytes]:
    """Status, seconds to wait before the next attempt, body."""
    content = bytearray()
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            asked = {"accept": "application/json", "accept-encoding": "identity", **headers}
            async with http.stream("GET", url, headers=asked, follow_redirects=False) as response:
                async for chunk in response.aiter_raw():
                    content += chunk
                    if len(content) > PAGE_BYTES:
                        raise Unanswered("the carrier's list is longer than a page may be")
    except (httpx2.TransportError, httpx2.InvalidURL, TimeoutError) as error:
        raise Unanswered(f"the carrier cannot be reached: {type(error).__name__}") from None
    wait = response.headers.get("retry-after", "")
    return response.status_code, float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else 1.0, bytes(content)
