"""What every answer carries besides its own headers."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_PAGE = b"default-src 'none'; frame-ancestors 'none'"
"""The content security policy of whatever is no page; pages bring their own."""
SAFE = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cache-control": b"no-store",
    b"content-security-policy": NO_PAGE,
    b"cross-origin-opener-policy": b"same-origin",
}


class SafeHeaders:
    """Adds, to answers that do not say otherwise: no sniffing, no referrer outside, nothing kept, nothing loaded."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(SAFE)
        if secure:
            self._headers[b"strict-transport-security"] = b"max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = message["headers"]
                names = {name for name, _ in given}
                message["headers"] = [*given, *((name, value) for name, value in self._headers.items() if name not in names)]
            await send(message)

        await self._app(scope, receive, with_headers)
