"""Who asks. The only place where a request gets its user, and where a write from a browser is checked for forgery."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.desk.identity import Identity, Session
from server.domain.errors import Forbidden, Refused

Endpoint = Callable[[Request], Awaitable[Response]]
Act = Callable[[Request, Session], Awaitable[Response]]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NoSession(Refused):
    """No session or token, an unknown one, or one that is over: the same for all."""

    code = "session"

    def __init__(self) -> None:
        super().__init__("Sign in first.")


class Forged(Refused):
    code = "csrf"

    def __init__(self) -> None:
        super().__init__("This request does not come from a page of ours. Reload the page and try again.")


@dataclass(frozen=True, slots=True)
class Known:
    """What `scope["partyline.session"]` holds once a request is known: for pages, error pages included."""

    session: Session
    csrf: str


class Guard:
    """`origin` is BASE_URL's."""

    def __init__(self, identity: Identity, origin: str) -> None:
        self._identity = identity
        self._origin = origin

    def agent(self, act: Act) -> Endpoint:
        """`act` for whoever is signed in."""

        async def guarded(request: Request) -> Response:
            return await act(request, await self.session(request))

        return guarded

    def manager(self, act: Act) -> Endpoint:
        """`act` for managers; agents are told that it is not theirs."""

        async def guarded(request: Request) -> Response:
            session = await self.session(request)
            _must_manage(session)
            return await act(request, session)

        return guarded

    def page(self, act: Act, *, manager: bool = False) -> Endpoint:
        """`act` for a browser's page: who is not signed in is sent to the sign-in form, and from there back here."""

        async def guarded(request: Request) -> Response:
            try:
                session = await self.session(request)
            except NoSession:
                here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/login?next={quote(here, safe='/')}", 303)
            if manager:
                _must_manage(session)
            return await act(request, session)

        return guarded

    async def session(self, request: Request) -> Session:
        """Raises `NoSession`, and `Forged` for a write with a cookie that has no right `X-CSRF-Token` and `Origin`.

        A bearer call needs neither: no browser sends its token by itself.
        """
        session = await self._identity.authenticate(request.headers, request.cookies)
        if session is None:
            raise NoSession
        csrf = self._identity.csrf(session)
        if session.kind == "cookie" and request.method not in SAFE:
            if request.headers.get("origin") != self._origin:
                raise Forged
            _must_match(request.headers.get("x-csrf-token", ""), csrf)
        request.scope["partyline.session"] = Known(session, csrf)
        return session

    def check_form(self, request: Request, form: Mapping[str, str], token: str) -> None:
        """Raises `Forged` unless the form brings its token and comes from a page of ours.

        A form without any `Origin` comes from a program or an old browser; there the token decides, unless the browser says that
        the form is another site's.
        """
        origin = request.headers.get("origin")
        ours = origin == self._origin if origin is not None else request.headers.get("sec-fetch-site") in (None, "same-origin", "none")
        if not ours:
            raise Forged
        _must_match(form.get("csrf", ""), token)


def known(request: Request) -> Known:
    """The session of a guarded request with its CSRF token, for pages."""
    found = request.scope["partyline.session"]
    assert isinstance(found, Known)
    return found


def _must_manage(session: Session) -> None:
    if not session.user.manages:
        raise Forbidden("This is for managers.")


def _must_match(given: str, token: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode()):
        raise Forged
