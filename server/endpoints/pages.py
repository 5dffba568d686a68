"""The pages behind the sign-in form, and the static files that they load."""

from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.opening import Opening, opening
from server.domain.errors import NotFound
from server.endpoints.bodies import id_in_path
from server.endpoints.guard import Act, Guard, NoSession, known
from web.render import Renderer


@dataclass(frozen=True, slots=True)
class Place:
    """One address of the live pages. `current` is its mark in the bar."""

    title: str
    current: str
    skip: str


SMS = Place("SMS", "sms", "Skip to conversations")
POOL = Place("Pool", "pool", "Skip to the pool")
CONTACTS = Place("Contacts", "contacts", "Skip to contacts")
FEED = Place("Live", "feed", "Skip to the feed")
CONVERSATIONS_REPORT = Place("SMS conversations", "reports", "Skip to the report")
RESPONSE_TIMES = Place("Response times", "reports", "Skip to the report")
SETTINGS = Place("Settings", "settings", "Skip to the settings")


class Pages:
    def __init__(self, desk: Desk, guard: Guard, renderer: Renderer) -> None:
        self._desk = desk
        self._guard = guard
        self._renderer = renderer

    async def home(self, request: Request) -> Response:
        try:
            await self._guard.session(request)
        except NoSession:
            return RedirectResponse("/login", 303)
        return RedirectResponse("/sms", 303)

    def at(self, place: Place) -> Act:
        """The live page of `place`."""

        async def show(request: Request, session: Session) -> Response:
            return await self._live(place, request, session)

        return show

    async def conversation(self, request: Request, session: Session) -> Response:
        return await self._live(SMS, request, session, id_in_path(request))

    async def sandbox(self, request: Request, session: Session) -> Response:
        start = await opening(self._desk, session.user)
        if not start.sandbox:
            raise NotFound
        return self._page("sandbox.html", request, start)

    async def static(self, request: Request) -> Response:
        asset = self._renderer.assets.find(request.path_params["path"])
        if asset is None:
            raise NotFound
        body, headers = asset.answer(request.headers.get("accept-encoding", ""))
        return Response(body, headers=headers)

    async def _live(self, place: Place, request: Request, session: Session, conversation: str | None = None) -> Response:
        start = await opening(self._desk, session.user, conversation)
        return self._page("live.html", request, start, place=place)

    def _page(self, template: str, request: Request, start: Opening, **more: object) -> Response:
        """What the templates need is written in `web/render.py`."""
        html = self._renderer.page(
            template,
            user=start.user,
            csrf=known(request).csrf,
            account=start.account,
            sandbox=start.sandbox,
            boot=msgspec.to_builtins(start),
            **more,
        )
        return Response(html, headers=self._renderer.headers)
