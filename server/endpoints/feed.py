"""The API's live feed: what happened, and the figures of now."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk import feed
from server.desk.desk import Desk
from server.desk.identity import Session
from server.domain.feed import KINDS
from server.endpoints.asked import id_in, number_in, some_of
from server.endpoints.bodies import json, limit_of
from server.endpoints.span import span_in


class Feed:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list(self, request: Request, session: Session) -> Response:
        page = await feed.feed(
            self._desk,
            session.user,
            kinds=some_of(request, "kinds", tuple(KINDS)),
            did=id_in(request, "did"),
            user=id_in(request, "user"),
            after=number_in(request, "after"),
            before=number_in(request, "before"),
            until=span_in(request).until,
            limit=limit_of(request),
        )
        return json(page)

    async def figures(self, _request: Request, session: Session) -> Response:
        return json(await feed.feed_figures(self._desk, session.user))
