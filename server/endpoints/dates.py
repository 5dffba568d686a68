"""The Date of every answer, by which a browser sets its countdowns."""

from email.utils import formatdate

from uvicorn.server import ServerState

from server.clock import Clock

Headers = list[tuple[bytes, bytes]]


class Dated(ServerState):
    """uvicorn dates what it answers about once a second, later when it is busy, and by the machine's own clock. This Date is of the second
    in which the request's head was read, by the clock that counts (docs/decisions/027)."""

    _second = 0
    _dated: Headers

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        super().__init__()

    @property
    def default_headers(self) -> Headers:
        now = self._clock.now() // 1_000_000
        if now != self._second:
            self._second, self._dated = now, [(b"date", formatdate(now, usegmt=True).encode())]
        return self._dated

    @default_headers.setter
    def default_headers(self, headers: Headers) -> None:
        """uvicorn's own are not taken."""
