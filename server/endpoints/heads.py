"""The head of a request: how many bytes it may have, and how long it may take to come."""

import asyncio
import sys
from functools import cache
from typing import Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from server.endpoints.answers import AnswerProtocol
from server.endpoints.errors import problem
from server.endpoints.headers import SAFE
from server.exhaustion import heed

HEAD_BYTES = 64 * 1024
"""nginx passes on 32 KiB and a line at the most; browsers keep their cookies within that."""
HEAD_SECONDS = 15.0
"""As long as a body has."""
LINGER_SECONDS = 1.0
"""For whoever is refused to read why: what is still being sent is taken and dropped, or the answer would be lost with it."""

_Open = Literal["head", "body"]


class HeadProtocol(AnswerProtocol):
    """uvicorn's, which takes a head of any size and waits for it for ever.

    HEAD_BYTES also bound what comes with a body and is none: trailers. A head that begins right behind another message may have up to twice
    as many. Whoever is connected and asks nothing has HEAD_SECONDS too, and so has the rest of a body that was answered before it had come.
    """

    seconds = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _open: _Open | None = None
    _bytes = 0
    _over = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._open or self._over or len(data) > HEAD_BYTES:
            self._take_in_parts(data)
            return
        super().data_received(data)
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body or "method" not in self.scope:
            self._look(len(data), bare=False)
        elif self._deadline is not None:
            self._wait_no_more()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's word for whatever breaks while a request is read, of which a carrier would not send it again."""
        heed(sys.exception())
        super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        self._over = True
        self._wait_no_more()
        super().handle_websocket_upgrade()

    def _take_in_parts(self, data: bytes) -> None:
        """None of them has more than may come."""
        start = 0
        while start < len(data) and not self._over and not self.transport.is_closing():
            part = data[start : start + HEAD_BYTES - self._bytes]
            start += len(part)
            cycle, had = self.cycle, len(self.cycle.body) if self.cycle is not None else 0
            super().data_received(part)
            self._look(len(part), bare=self.cycle is cycle and cycle is not None and len(cycle.body) == had)

    def _look(self, size: int, *, bare: bool) -> None:
        """After `size` bytes; `bare` where nothing of a body that is waited for was in them."""
        if self._over:
            return
        cycle, was = self.cycle, self._open
        idle = cycle is None or cycle.response_complete
        head = self.scope is not None and "method" not in self.scope
        self._open = "head" if head else "body" if not idle and cycle.more_body else None
        if self._open != was:
            self._bytes = size if head and cycle is None else 0
        elif head or (bare and self._open):
            self._bytes += size
        else:
            self._bytes = 0
        if not (head or idle):
            self._wait_no_more()
        elif self._deadline is None:
            self._wait(self.seconds)
        if self._bytes >= HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431, "head_too_large", f"The head of a request may have {HEAD_BYTES} bytes.")

    def _too_late(self) -> None:
        if self.transport.is_closing() or self._over:
            self.transport.abort()
        elif self._open == "head":
            self._refuse(408, "too_slow", f"The head of the request did not come within {self.seconds:g} seconds.")
        else:
            self.transport.close()
            self._wait(LINGER_SECONDS)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Nothing is said where an earlier request still waits for its answer: this would be taken for it."""
        self._over = True
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_answer(status, code, detail))
            self.transport.write_eof()
        else:
            self.transport.close()
        self._wait(LINGER_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._wait_no_more()
        self._deadline = self.loop.call_later(seconds, self._too_late)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


@cache
def _answer(status: int, code: str, detail: str) -> bytes:
    answer = problem(status, code, detail)
    headers = {**dict(answer.raw_headers), **SAFE, b"connection": b"close"}
    return b"".join([STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in headers.items()), b"\r\n", bytes(answer.body)])
