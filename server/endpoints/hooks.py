"""Carriers' webhooks: verified, read, made durable, and only then acknowledged (CONTRACT, carrier webhooks)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from server.clock import Clock
from server.desk.desk import Desk
from server.desk.hear import Call, Ear, Heard, HookRefused, UnknownConnection
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.endpoints.limits import Knocks
from server.endpoints.login import address_of
from server.log import get_logger

T = TypeVar("T")

log = get_logger(__name__)


class Hooks:
    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._ear = Ear(desk, clock)
        self._clock = clock
        self._knocks = Knocks(clock)

    async def texts(self, request: Request) -> Response:
        """Inbound texts."""
        heard = await self._hear(request, self._ear.texts)
        if isinstance(heard, Response):
            return heard
        await receive_texts(self._desk, heard.connection, heard.items, self._clock.now())
        return _acknowledged(heard)

    async def status(self, request: Request) -> Response:
        """Delivery receipts."""
        heard = await self._hear(request, self._ear.receipts)
        if isinstance(heard, Response):
            return heard
        await apply_receipts(self._desk, heard.connection, heard.items)
        return _acknowledged(heard)

    async def _hear(self, request: Request, hear: Callable[..., Awaitable[Heard[T]]]) -> Heard[T] | Response:
        kind, id = request.path_params["kind"], request.path_params["connection"]
        address = address_of(request)
        try:
            carrier, connection = await self._ear.connection(kind, id, request.method)
        except UnknownConnection:
            seconds = self._knocks.count(address)
            if seconds:
                return Response(b"", 429, headers={"retry-after": str(seconds)})
            raise
        try:
            return await hear(carrier, connection, await _call(request))
        except HookRefused as refused:
            log.warning("webhook.refused", carrier=id, kind=kind, why=type(refused).__name__, reason=str(refused), address=address)
            raise


async def _call(request: Request) -> Call:
    scope = request.scope
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(request.method, target.decode("latin-1"), headers, await request.body())


def _acknowledged(heard: Heard[T]) -> Response:
    answer = heard.answer
    return Response(answer.body, answer.status, headers={"content-type": answer.content_type})
