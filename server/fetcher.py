"""Fetches what came with texts, in the sender role: after the webhook was answered, several at a time. Any number may run."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import httpx2

from server.carriers.attachment import NotNow, TooLong, fetch
from server.desk.media_fetch import Intake, lease, next_look, put_off, refuse
from server.domain.media import MediaState
from server.log import get_logger
from server.parts import Parts
from server.public_http import Forbidden, open_public_client, place_of
from server.store.database import Unavailable
from server.store.media_fetch import Away

LONGEST_PAUSE_SECONDS = 0.5
AT_ONCE = 8
"""Attachments that one process has in its hands at the most: each may have 5 MB."""
FINISH_SECONDS = 3.0

log = get_logger(__name__)

OpenClient = Callable[[frozenset[str]], httpx2.AsyncClient]


async def run(parts: Parts, stop: asyncio.Event, open_client: OpenClient = open_public_client) -> None:
    """Until `stop` is set; then what is under way may finish for a few seconds. What is cut off is taken up again."""
    async with AsyncExitStack() as ends, asyncio.TaskGroup() as tasks:
        fetcher = _Fetcher(parts, Intake(parts.desk), ends, open_client)
        under_way: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            pause = LONGEST_PAUSE_SECONDS
            try:
                for away in await lease(parts.desk, AT_ONCE - len(under_way)):
                    task = tasks.create_task(fetcher.fetch(away))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                due = await next_look(parts.desk)
                if due is not None and len(under_way) < AT_ONCE:
                    pause = min(LONGEST_PAUSE_SECONDS, due / 1_000_000)
            except Unavailable as error:
                log.error("fetcher.database_unavailable", reason=str(error))
            except Exception:
                log.exception("fetcher.failed")
            await parts.wakes.wait("fetcher", stop, pause)
        if under_way:
            await asyncio.wait(under_way, timeout=FINISH_SECONDS)
        for task in under_way:
            task.cancel()


class _Fetcher:
    def __init__(self, parts: Parts, intake: Intake, ends: AsyncExitStack, open_client: OpenClient) -> None:
        self._parts = parts
        self._intake = intake
        self._ends = ends
        self._open_client = open_client
        self._clients: dict[str | None, httpx2.AsyncClient] = {}

    async def fetch(self, away: Away) -> None:
        """One try and its record. Never raises: without a record the lease ends, and it is tried again."""
        desk = self._parts.desk
        try:
            try:
                await self._intake.take_in(away, await self._content(away))
            except Forbidden as error:
                log.warning("media.blocked", media=away.id, reason=str(error))
                await refuse(desk, away, MediaState.BLOCKED)
            except TooLong:
                log.info("media.too_large", media=away.id)
                await refuse(desk, away, MediaState.TOO_LARGE)
            except (NotNow, Unavailable) as error:
                log.warning("media.not_fetched", media=away.id, attempt=away.attempt, reason=str(error))
                await put_off(desk, away)
        except Unavailable as error:
            log.error("fetcher.database_unavailable", media=away.id, reason=str(error))
        except Exception as error:  # noqa: BLE001 - its kind alone is told: what it says may hold an address, which may be a key
            log.error("media.failed", media=away.id, attempt=away.attempt, kind=type(error).__name__)

    async def _content(self, away: Away) -> bytes:
        connection = await self._parts.connections.get(away.carrier) if away.carrier else None
        if connection is None:
            raise NotNow("its carrier is not there")
        access = self._parts.desk.carriers[connection.kind].media_access(connection)
        own = place_of(httpx2.URL(connection.api_url)) if connection.api_url else None
        inside = frozenset(self._parts.settings.inside_addresses) | ({own} if own else set())
        return await fetch(away.source, access, self._client(own, inside), inside, own)

    def _client(self, own: str | None, inside: frozenset[str]) -> httpx2.AsyncClient:
        """One for each place, however many ask at once: nothing is awaited between the look and the keeping."""
        client = self._clients.get(own)
        if client is None:
            client = self._clients[own] = self._open_client(inside)
            self._ends.push_async_callback(client.aclose)
        return client
