"""Carriers' webhooks: verified, read, made durable, and only then acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.clock import Clock
from server.desk.desk import Desk
from server.desk.hear import Call, Ear, Heard, HookRefused, InboundText, Receipt, Unavailable, UnknownConnection
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.endpoints.limits import Knocks
from server.endpoints.login import address_of
from server.endpoints.turns import Turns
from server.log import get_logger

T = TypeVar("T")

ANSWER_SECONDS = 7.0
"""From a webhook's last byte until it is answered, 503 at the latest: before the proxy gives up (docs/operate/nginx.conf), and so that
the answer of the second process that it asks reaches carriers too, which wait for no more than fifteen."""

log = get_logger(__name__)

TEXTS_A_TURN = 4
"""Calls that are verified in one turn of the event loop: what was asked of the database is not kept waiting for a whole burst of them."""


class Hooks:
    """Plain ASGI, since this is the busiest door: no request object is made where the scope says it all."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._ear = Ear(desk, clock)
        self._clock = clock
        self._knocks = Knocks(clock)
        self._turns = Turns(TEXTS_A_TURN)

    async def texts(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Inbound texts."""

        async def take(heard: Heard[InboundText]) -> None:
            await receive_texts(self._desk, heard.connection, heard.items, self._clock.now(), heard.nonce)

        await _acknowledge(await self._hear(scope, receive, self._ear.texts, take), scope, receive, send)

    async def status(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Delivery receipts."""

        async def take(heard: Heard[Receipt]) -> None:
            await apply_receipts(self._desk, heard.connection, heard.items, heard.nonce)

        await _acknowledge(await self._hear(scope, receive, self._ear.receipts, take), scope, receive, send)

    async def _hear(
        self, scope: Scope, receive: Receive, hear: Callable[..., Awaitable[Heard[T]]], take: Callable[[Heard[T]], Awaitable[None]]
    ) -> Heard[T] | Response:
        """Returns when it is durable. Raises `Unavailable` when that takes too long: a repeat finds it, if it was written after all."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS) as patience:
                return await self._heard(scope, receive, hear, take, patience)
        except TimeoutError as error:
            raise Unavailable(f"A webhook was not durable after {ANSWER_SECONDS:g} s.") from error

    async def _heard(
        self,
        scope: Scope,
        receive: Receive,
        hear: Callable[..., Awaitable[Heard[T]]],
        take: Callable[[Heard[T]], Awaitable[None]],
        patience: asyncio.Timeout,
    ) -> Heard[T] | Response:
        kind, id = scope["path_params"]["kind"], scope["path_params"]["connection"]
        try:
            carrier, connection = await self._ear.connection(kind, id, scope["method"])
        except UnknownConnection:
            seconds = self._knocks.count(address_of(scope))
            if seconds:
                return Response(b"", 429, headers={"retry-after": str(seconds)})
            raise
        try:
            await self._turns.mine()
            heard = await hear(carrier, connection, await _call(scope, receive, patience))
            await take(heard)
            return heard
        except HookRefused as refused:
            why, address = type(refused).__name__, address_of(scope)
            log.warning("webhook.refused", carrier=id, kind=kind, why=why, reason=str(refused), address=address)
            raise


async def _call(scope: Scope, receive: Receive, patience: asyncio.Timeout) -> Call:
    """Its body may take as long as bodies may. Raises `ClientDisconnect` when the carrier hangs up in the middle."""
    body, more = b"", True
    patience.reschedule(None)
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
    patience.reschedule(asyncio.get_running_loop().time() + ANSWER_SECONDS)
    query: bytes = scope["query_string"]
    target: bytes = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(scope["method"], target.decode("latin-1"), headers, body)


async def _acknowledge(heard: Heard[T] | Response, scope: Scope, receive: Receive, send: Send) -> None:
    if isinstance(heard, Response):
        await heard(scope, receive, send)
        return
    answer = heard.answer
    length = str(len(answer.body)).encode()
    headers = [(b"content-type", answer.content_type.encode()), (b"content-length", length)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
