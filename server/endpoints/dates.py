"""The Date of every answer, by which a browser sets its countdowns."""

import time
from email.utils import formatdate

from uvicorn.server import ServerState

Headers = list[tuple[bytes, bytes]]


class Dated(ServerState):
    """uvicorn dates what it answers about once a second, later when it is busy, so that a Date may be two seconds old. This one is of the
    second in which the request's head was read."""

    _second = 0
    _dated: Headers

    @property
    def default_headers(self) -> Headers:
        now = int(time.time())
        if now != self._second:
            self._second, self._dated = now, [(b"date", formatdate(now, usegmt=True).encode())]
        return self._dated

    @default_headers.setter
    def default_headers(self, headers: Headers) -> None:
        """uvicorn's own are not taken."""
