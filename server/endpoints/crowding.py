"""Nobody is taken on who would be answered too late: that is said at once, while there is still time to come again."""

import random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.crowd import Crowd, Crowds
from server.domain.errors import Refused

ALWAYS = ("/healthz", "/readyz", "/metrics", "/static/")
"""Who looks after the process is answered whatever happens; and what waits for nobody makes nobody wait."""
AGAIN_SECONDS = (1, 4)
"""From and to: those who are sent away together do not come back together."""


class Overloaded(Refused):
    """`retry_after` in seconds."""

    code = "overloaded"


class Crowding:
    """Somebody waits while this process works for them: not while their body is on its way, nor while they read an answer that has begun.
    So nobody takes a place by being slow."""

    def __init__(self, app: ASGIApp, crowds: Crowds) -> None:
        self._app = app
        self._crowds = crowds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        crowd = self._door(scope["path"]) if scope["type"] == "http" else None
        if crowd is None:
            await self._app(scope, receive, send)
            return
        if crowd.full():
            says = "More is being asked than can be answered in time. Nothing was changed."
            raise Overloaded(says, retry_after=random.randint(*AGAIN_SECONDS))
        place = _Place(crowd)

        async def received() -> Message:
            place.leave()
            message = await receive()
            place.take()
            return message

        async def sent(message: Message) -> None:
            place.end()
            await send(message)

        try:
            # Only what is read is streamed: any other answer is away when it has begun.
            await self._app(scope, received, sent if scope["method"] == "GET" else send)
        finally:
            place.end()

    def _door(self, path: str) -> Crowd | None:
        if path.startswith("/hooks/"):
            return self._crowds.hooks
        if path.startswith(ALWAYS):
            return None
        return self._crowds.login if path == "/login" else self._crowds.others


class _Place:
    """One in a crowd, taken when it is made; not taken again after its end."""

    __slots__ = ("_crowd", "_over", "_taken")

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._over = False
        self._taken = True
        crowd.enter()

    def take(self) -> None:
        if not (self._taken or self._over):
            self._taken = True
            self._crowd.enter()

    def leave(self) -> None:
        if self._taken:
            self._taken = False
            self._crowd.leave(answered=False)

    def end(self) -> None:
        self._over = True
        if self._taken:
            self._taken = False
            self._crowd.leave(answered=True)
