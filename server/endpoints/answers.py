"""An answer's head leaves in one write with the beginning of its body; uvicorn makes two of them."""

import asyncio

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Together:
    """The transport of one answer, as far as uvicorn's cycle uses it. The head waits for what comes next, as ASGI allows.

    It does not know its cycle: the two would hold each other until the collector came.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        if self._head:
            self._transport.write(self._head + data)
            self._head = b""
        elif self._head is None and data != CONTINUE:
            self._head = data
        else:
            self._transport.write(data)

    def close(self) -> None:
        if self._head:
            self.write(b"")
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


class AnswerProtocol(HttpToolsProtocol):
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["method"] != "HEAD":  # nothing comes after its head
            cycle.transport = Together(cycle.transport)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)
