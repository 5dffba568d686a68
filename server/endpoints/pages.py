"""The pages behind the sign-in form, and the static files that they load."""

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.opening import opening
from server.domain.errors import NotFound
from server.endpoints.bodies import id_in_path
from server.endpoints.guard import Guard, NoSession, known
from web.render import Renderer


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

    async def sms(self, request: Request, session: Session) -> Response:
        return await self._page("sms.html", request, session)

    async def conversation(self, request: Request, session: Session) -> Response:
        return await self._page("sms.html", request, session, id_in_path(request))

    async def pool(self, request: Request, session: Session) -> Response:
        return await self._page("pool.html", request, session)

    async def sandbox(self, request: Request, session: Session) -> Response:
        return await self._page("sandbox.html", request, session, needs_sandbox=True)

    async def static(self, request: Request) -> Response:
        asset = self._renderer.assets.find(request.path_params["path"])
        if asset is None:
            raise NotFound
        body, headers = asset.answer(request.headers.get("accept-encoding", ""))
        return Response(body, headers=headers)

    async def _page(
        self, template: str, request: Request, session: Session, conversation: str | None = None, *, needs_sandbox: bool = False
    ) -> Response:
        """What the templates need is written in `web/render.py`."""
        start = await opening(self._desk, session.user, conversation)
        if needs_sandbox and not start.sandbox:
            raise NotFound
        html = self._renderer.page(
            template,
            user=start.user,
            csrf=known(request).csrf,
            account=start.account,
            sandbox=start.sandbox,
            boot=msgspec.to_builtins(start),
        )
        return Response(html, headers=self._renderer.headers)
