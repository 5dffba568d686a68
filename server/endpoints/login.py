"""Signing in and out with a form, and the demo's links that sign in with one click."""

import ipaddress
import re
import secrets
from typing import Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from server.desk.identity import SESSION_US, Identity, TooManyTries, WrongLogin
from server.domain.errors import NotFound
from server.endpoints.bodies import read_form
from server.endpoints.errors import STATUS
from server.endpoints.guard import Forged, Guard
from web.render import Renderer

HOME = "/sms"
_VISIT = re.compile(r"[A-Za-z0-9_-]{22,64}")
_PATH = re.compile(r"/(?![/\\])[!-~]*")


class Login:
    """`renderer` makes the form. The cookies are `sid`, the session, and `visit`, which binds a form to its browser."""

    def __init__(self, identity: Identity, guard: Guard, renderer: Renderer) -> None:
        self._identity = identity
        self._guard = guard
        self._renderer = renderer
        self._visit = "__Host-visit" if identity.secure else "visit"

    async def form(self, request: Request) -> Response:
        visit = self._visit_of(request) or secrets.token_urlsafe(24)
        response = self._page(visit, onward=_inside(request.query_params.get("next", "")))
        self._set(response, self._visit, visit, None, "strict")
        return response

    async def enter(self, request: Request) -> Response:
        """Answers 303 and a new cookie; a failure as a page to a browser, as a problem to a program."""
        form = await read_form(request)
        visit = self._visit_of(request)
        if visit is None:
            raise Forged
        self._guard.check_form(request, form, self._identity.login_csrf(visit))
        email, password, onward = form.get("email", ""), form.get("password", ""), _inside(form.get("next", ""))
        try:
            cookie = await self._identity.sign_in(
                email, password, address_of(request.scope), instead_of=request.cookies.get(self._identity.cookie)
            )
        except (WrongLogin, TooManyTries) as refused:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            response = self._page(visit, onward=onward, status=STATUS[refused.code], error=refused.says, email=email[:254])
            if "retry_after" in refused.extra:
                response.headers["retry-after"] = str(refused.extra["retry_after"])
            return response
        return self._signed_in(cookie, onward)

    async def leave(self, request: Request) -> Response:
        """Ends this session; without one there is nothing to end."""
        form = await read_form(request)
        session = await self._identity.authenticate({}, request.cookies)
        if session is not None:
            self._guard.check_form(request, form, self._identity.csrf(session))
            await self._identity.sign_out(session)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(self._identity.cookie, path="/", secure=self._identity.secure, httponly=True, samesite="lax")
        return response

    async def demo(self, request: Request) -> Response:
        """Signs in whoever follows the link, from this machine alone. Not even routed unless the demo runs."""
        if not _is_loopback(address_of(request.scope)) or request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise NotFound
        return self._signed_in(await self._identity.sign_in_demo(request.path_params["name"]), HOME)

    def _page(self, visit: str, *, onward: str, status: int = 200, error: str | None = None, email: str = "") -> Response:
        csrf = self._identity.login_csrf(visit)
        html = self._renderer.page("login.html", csrf=csrf, error=error, email=email, next=onward)
        return Response(html, status, headers=self._renderer.headers)

    def _signed_in(self, cookie: str, onward: str) -> Response:
        response = RedirectResponse(onward, 303)
        self._set(response, self._identity.cookie, cookie, SESSION_US // 1_000_000, "lax")
        return response

    def _set(self, response: Response, name: str, value: str, seconds: int | None, site: Literal["lax", "strict"]) -> None:
        secure = self._identity.secure
        response.set_cookie(name, value, max_age=seconds, path="/", secure=secure, httponly=True, samesite=site)

    def _visit_of(self, request: Request) -> str | None:
        visit = request.cookies.get(self._visit, "")
        return visit if _VISIT.fullmatch(visit) else None


def address_of(scope: Scope) -> str:
    """The caller's address; the proxy's word for it where a trusted proxy is in between."""
    client = scope.get("client")
    return client[0] if client else "local"


def _inside(path: str) -> str:
    """A path of ours to go to after signing in, never another site's."""
    return path if _PATH.fullmatch(path) and not path.startswith(("/login", "/logout")) else HOME


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "local"
