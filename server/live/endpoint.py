"""`/ws`: every handshake is answered here, before anything is subscribed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from server.desk.identity import Session
from server.live.live import Live
from server.live.protocol import SUBPROTOCOL
from server.live.upgrade import EXTENSION, UpgradeProtocol
from server.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: HTTPStatus
    code: str
    says: str
    headers: Mapping[str, str]


_UPGRADE = _Refusal(
    HTTPStatus.UPGRADE_REQUIRED,
    "upgrade_required",
    "This address speaks the websocket protocol, version 13.",
    {"sec-websocket-version": "13", "upgrade": "websocket", "connection": "Upgrade"},
)
_SESSION = _Refusal(HTTPStatus.UNAUTHORIZED, "session", "Sign in first.", {})
_ORIGIN = _Refusal(HTTPStatus.FORBIDDEN, "origin", "This page may not open a websocket here.", {})


class Endpoint:
    """An ASGI application for `/ws`, for the websocket and for plain HTTP."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _refuse(send, "http.response", _UPGRADE)
            return
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        answer = await self._admit(HTTPConnection(scope))
        if isinstance(answer, _Refusal):
            await _refuse(send, "websocket.http.response", answer)
            return
        upgrade: UpgradeProtocol = scope["extensions"][EXTENSION]
        opened = upgrade.accept(SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None)
        if opened is not None:
            log.info("tab.opened", user=answer.user.id, address=_address(scope))
            self._live.serve(*opened, answer)

    async def _admit(self, asked: HTTPConnection) -> Session | _Refusal:
        """A session that may open a socket now. Nothing of the address's query is ever looked at."""
        live, now = self._live, asyncio.get_running_loop().time()
        if live.draining or live.admission.full(now):
            return self._later()
        try:
            session = await live.authenticate(asked.headers, asked.cookies)
        except Exception:
            # The request's outermost loop: the database is away or worse. The tab comes back.
            log.warning("A handshake could not be checked", exc_info=True)
            return self._later()
        if session is None:
            wait = live.admission.refuse(_address(asked.scope), now)
            return _SESSION if wait is None else _too_many(wait)
        if session.kind == "cookie" and asked.headers.getlist("origin") != [live.origin]:
            return _ORIGIN
        if not live.admission.admit(now):
            return self._later()
        try:
            await live.hub.account(session.user.account)
        except Exception:
            # As above.
            log.warning("An account could not be looked up", exc_info=True)
            return self._later()
        return session

    def _later(self) -> _Refusal:
        wait = str(self._live.pace.retry_after_seconds)
        return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Come back in a moment.", {"retry-after": wait})


def _address(scope: Scope) -> str:
    client: tuple[str, int] | None = scope["client"]
    return client[0] if client else ""


def _too_many(wait_seconds: int) -> _Refusal:
    says = "Too many handshakes without a valid session."
    return _Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", says, {"retry-after": str(wait_seconds)})


async def _refuse(send: Send, kind: str, refusal: _Refusal) -> None:
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": refusal.status.phrase,
            "status": int(refusal.status),
            "detail": refusal.says,
            "code": refusal.code,
        }
    )
    headers = {
        "content-type": "application/problem+json",
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        **refusal.headers,
    }
    coded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": f"{kind}.start", "status": int(refusal.status), "headers": coded})
    await send({"type": f"{kind}.body", "body": body})
