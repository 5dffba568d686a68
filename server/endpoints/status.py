"""Settings > Status: what `partyline doctor` says, for managers."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from server.clock import Clock
from server.desk.identity import Session
from server.desk.shapes import instant
from server.endpoints.bodies import json
from server.operate.finding import Finding

Examine = Callable[[str], Awaitable[list[Finding]]]
"""Looks at the installation for an account."""


class Examined(msgspec.Struct, frozen=True):
    """`at` is when it was looked at."""

    at: str
    items: list[Finding]


class Status:
    """One look at a time: it opens connections of its own and reads through a small database."""

    def __init__(self, examine: Examine, clock: Clock) -> None:
        self._examine = examine
        self._clock = clock
        self._one = asyncio.Lock()
        self._looks = 0
        self._last: tuple[str, Examined] | None = None

    async def show(self, _request: Request, session: Session) -> Response:
        return json(await self.look(session.user.account))

    async def look(self, account: str) -> Examined:
        """No older than the question. All who ask while somebody looks share the next look."""
        asked = self._looks
        async with self._one:
            if self._looks == asked or self._last is None or self._last[0] != account:
                self._looks += 1
                found = await self._examine(account)
                self._last = account, Examined(instant(self._clock.now()), found)
            return self._last[1]
