"""Liveness and readiness, for whoever starts and stops processes."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from server.desk.answers import database_answers
from server.desk.desk import Desk
from server.endpoints.bodies import json


class Health:
    """`redis_answers` tells how the bus is. Without Redis everything still works, a little later, so it is told and not required."""

    def __init__(self, desk: Desk, redis_answers: Callable[[], bool]) -> None:
        self._desk = desk
        self._redis_answers = redis_answers

    async def live(self, _request: Request) -> Response:
        return json({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """503 while the database does not answer."""
        database = await database_answers(self._desk)
        parts = {"database": "ok" if database else "away", "redis": "ok" if self._redis_answers() else "away"}
        return json({"status": "ok" if database else "away", **parts}, 200 if database else 503)
