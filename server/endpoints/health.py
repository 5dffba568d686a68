"""Liveness and readiness, for whoever starts and stops processes."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from server.desk.answers import database_answers
from server.desk.desk import Desk
from server.endpoints.bodies import json


class Health:
    """`redis_answers` tells how the bus is. Without Redis everything still works, a little later, so it is told and not required.
    `draining`: the process is about to end, and sends everybody away."""

    def __init__(self, desk: Desk, redis_answers: Callable[[], bool], draining: Callable[[], bool]) -> None:
        self._desk = desk
        self._redis_answers = redis_answers
        self._draining = draining

    async def live(self, _request: Request) -> Response:
        return json({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """503 while the database does not answer, and from when the process was told to stop."""
        database = await database_answers(self._desk)
        parts = {"database": "ok" if database else "away", "redis": "ok" if self._redis_answers() else "away"}
        status = "draining" if self._draining() else "ok" if database else "away"
        return json({"status": status, **parts}, 200 if status == "ok" else 503)
