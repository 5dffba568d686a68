"""What every answer carries besides its own headers."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.desk.shapes import instant

NO_PAGE = b"default-src 'none'; frame-ancestors 'none'"
"""The content security policy of whatever is no page; pages bring their own."""
SAFE = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cache-control": b"no-store",
    b"content-security-policy": NO_PAGE,
    b"cross-origin-opener-policy": b"same-origin",
}
NOW = b"partyline-now"
"""The instant by the clock that counts (docs/decisions/027), by which a browser sets its countdowns. Not `Date`: a proxy puts
its own machine's there, and uvicorn's is made once a second."""


class SafeHeaders:
    """Adds, to answers that do not say otherwise: no sniffing, no referrer outside, nothing kept, nothing loaded. To those of the API also
    what `now` says, µs since 1970."""

    def __init__(self, app: ASGIApp, *, secure: bool, now: Callable[[], int] | None = None) -> None:
        self._app = app
        self._now = now
        self._headers = dict(SAFE)
        if secure:
            self._headers[b"strict-transport-security"] = b"max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = message["headers"]
                names = {name for name, _ in given}
                message["headers"] = [*given, *((name, value) for name, value in self._headers.items() if name not in names)]
                if self._now and scope["path"].startswith("/api/"):
                    message["headers"].append((NOW, instant(self._now()).encode()))
            await send(message)

        await self._app(scope, receive, with_headers)
