"""The only place where a refusal or a fault becomes an HTTP answer: RFC 9457 problems, and a page for browsers."""

import contextlib
import secrets
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.desk.hear import BadSignature, HookRefused, Malformed, Unavailable, UnknownConnection, UnsupportedType, WrongMethod
from server.domain.errors import Refused
from server.log import get_logger
from web.render import Renderer

log = get_logger(__name__)

STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "host": 400,
    "session": 401,
    "login": 401,
    "csrf": 403,
    "forbidden": 403,
    "not_found": 404,
    "too_slow": 408,
    "already_claimed": 409,
    "already_exists": 409,
    "claim_limit": 409,
    "has_conversation": 409,
    "in_use": 409,
    "last_manager": 409,
    "not_public": 409,
    "not_scheduled": 409,
    "not_unconfirmed": 409,
    "nothing_to_decide": 409,
    "nothing_waits": 409,
    "opted_out": 409,
    "quiet_hours": 409,
    "switched_off": 409,
    "too_late": 409,
    "unseen_message": 409,
    "too_large": 413,
    "content_encoding": 415,
    "media_type": 415,
    "client_id_conflict": 422,
    "idempotency_conflict": 422,
    "invalid": 422,
    "no_mms": 422,
    "no_number": 422,
    "not_repliable": 422,
    "too_long": 422,
    "unknown_field": 422,
    "too_many_requests": 429,
    "overloaded": 503,
}
"""The status of every code that a `Refused` can have; a test walks all of them."""

_HOOKS: Mapping[type[HookRefused], int] = {
    UnknownConnection: 404,
    BadSignature: 403,
    WrongMethod: 405,
    UnsupportedType: 415,
    Malformed: 400,
}
_ROUTER: Mapping[int, tuple[str, str]] = {
    404: ("not_found", "There is no such thing here."),
    405: ("method_not_allowed", "This address does not answer to that method."),
}
_BUSY_SECONDS = 2
SILENT = "The database does not answer. Try again."
"""Nothing is said of what was changed: the connection may have ended while the commit was under way."""


def problem(status: int, code: str, detail: str, extra: Mapping[str, object] | None = None) -> Response:
    """RFC 9457. `retry_after` in `extra`, in seconds, is the header too."""
    extra = extra or {}
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    response = Response(msgspec.json.encode({**extra, **body}), status, media_type="application/problem+json")
    if "retry_after" in extra:
        response.headers["retry-after"] = str(extra["retry_after"])
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    if code == "too_slow":
        response.headers["connection"] = "close"
    return response


class Faults:
    """`renderer` makes the pages for browsers; `sandbox` is what the page's frame wants to know.

    `session` finds out who asks for an address that no route guards, so that a page which is not there has the person's own frame.
    """

    def __init__(self, renderer: Renderer, *, sandbox: bool, session: Callable[[Request], Awaitable[object]] | None = None) -> None:
        self._renderer = renderer
        self._sandbox = sandbox
        self._session = session

    def answer(self, scope: Scope, error: Exception) -> Response:
        if isinstance(error, HookRefused):
            return _to_carrier(error)
        status, code, detail, extra = _reading(error)
        wanted = _for_browser(scope)
        answer = self._page(scope, status, detail, extra) if wanted else problem(status, code, detail, extra)
        if isinstance(error, HTTPException):
            answer.headers.update(error.headers or {})
        return answer

    async def of_router(self, request: Request, error: Exception) -> Response:
        """For Starlette's `exception_handlers`, which would answer an unknown address in plain text."""
        if self._session and _for_browser(request.scope):
            with contextlib.suppress(Refused):
                await self._session(request)
        return self.answer(request.scope, error)

    def _page(self, scope: Scope, status: int, detail: str, extra: Mapping[str, object]) -> Response:
        known = scope.get("partyline.session")
        html = self._renderer.page(
            "error.html",
            user=known.session.user if known else None,
            csrf=known.csrf if known else "",
            sandbox=self._sandbox,
            status=status,
            title=HTTPStatus(status).phrase,
            detail=detail,
            ref=extra.get("ref"),
        )
        response = Response(html, status, headers=self._renderer.headers)
        if "retry_after" in extra:
            response.headers["retry-after"] = str(extra["retry_after"])
        return response


class Boundary:
    """The outermost loop of every request: whatever comes out of the rooms below is answered here, and logged."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            await self._faults.answer(scope, error)(scope, receive, send)


def _reading(error: Exception) -> tuple[int, str, str, Mapping[str, object]]:
    """Status, code, detail and what else is told."""
    match error:
        case Refused() if error.code in STATUS:
            return STATUS[error.code], error.code, error.says, error.extra
        case Unavailable():
            log.error("database.unavailable", reason=str(error))
            return 503, "unavailable", SILENT, {"retry_after": _BUSY_SECONDS}
        case HTTPException() if error.status_code in _ROUTER:
            return error.status_code, *_ROUTER[error.status_code], {}
        case _:
            ref = secrets.token_hex(6)
            log.error("request.failed", ref=ref, exc_info=error)
            return 500, "internal", "Something went wrong here. The log has it under this reference.", {"ref": ref}


def _to_carrier(error: HookRefused) -> Response:
    response = Response(b"", _HOOKS[type(error)])
    if isinstance(error, WrongMethod):
        response.headers["allow"] = ", ".join(sorted(error.allowed))
    return response


def _for_browser(scope: Scope) -> bool:
    """Whether a page is wanted: not under `/api`, and only where HTML is asked for by name."""
    if scope["type"] != "http" or scope["path"].startswith(("/api/", "/hooks/")):
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
