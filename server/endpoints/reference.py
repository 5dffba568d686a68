"""The two documents of everything public, and a page to read the first one in."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from server.endpoints.asyncapi import asyncapi
from server.endpoints.bodies import json
from server.endpoints.openapi import openapi
from web.render import Renderer


class Reference:
    """Made once, since what they describe does not change while a process runs."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._openapi: dict[str, Any] = {}
        self._asyncapi = asyncapi()

    def describe(self, routes: Sequence[BaseRoute]) -> None:
        """Told every route, its own ones too. Raises LookupError for one that nothing describes."""
        self._openapi = openapi(routes)

    async def openapi(self, _request: Request) -> Response:
        return json(self._openapi)

    async def asyncapi(self, _request: Request) -> Response:
        return json(self._asyncapi)

    async def docs(self, _request: Request) -> Response:
        html = self._renderer.page("reference.html", document=self._openapi, live=self._asyncapi)
        return Response(html, headers=self._renderer.headers)
