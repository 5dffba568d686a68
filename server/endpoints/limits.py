"""What may come in: under which Host, how much, how slowly, in which coding, and how often from one address."""

import asyncio
import ipaddress
import math
import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.clock import Clock
from server.domain.errors import Refused, TooLarge

HOOK_BYTES = 128 * 1024
BODY_BYTES = 1024 * 1024
MEDIA_BYTES = 5_064 * 1000
"""The largest attachment, and what a form writes around it."""
CONTACTS_BYTES = 20 * 1024 * 1024
"""The largest file of contacts."""
BODY_SECONDS = 15.0
"""An upload has no longer either: pictures that large are made smaller before they are sent."""
ADDRESSES = 10_000
BY_ADDRESS = frozenset({"/metrics"})
"""Asked of each process by its own address too; by whom, that endpoint sees to."""
_BY_ADDRESS = re.compile(rb"(\[(?P<six>[0-9a-f:.]+)\]|(?P<four>[0-9.]+)|localhost)(:[0-9]{1,5})?")


class Most(NamedTuple):
    """What a body may have: `bytes`, and `patience` times the usual seconds to come."""

    bytes: int
    patience: int = 1


class WrongHost(Refused):
    code = "host"


class TooSlow(Refused):
    code = "too_slow"


class Encoded(Refused):
    """Nothing is unpacked here, so nothing can blow up."""

    code = "content_encoding"


class BadQuery(Refused):
    """No text that is searched or compared here has NUL, and PostgreSQL takes none."""

    code = "bad_request"


class Limits:
    """Refuses a wrong Host, and bodies that are coded, too large or too slow; counts them while they stream.

    `origin` is BASE_URL's. `below` gives what a body may have by the beginning of the path. A body has `seconds` to come.
    """

    def __init__(self, app: ASGIApp, *, origin: str, below: Mapping[str, Most], seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._origin = origin
        self._hosts = hosts_of(origin)
        self._below = tuple(below.items())
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if b"%00" in scope["query_string"] and not scope["path"].startswith("/hooks/"):
            raise BadQuery("A query may not hold NUL.")
        length = self._announced(scope["headers"], anywhere=scope["path"] in BY_ADDRESS)
        if scope["type"] == "http" and length:
            most = next((most for start, most in self._below if scope["path"].startswith(start)), Most(BODY_BYTES))
            if length > most.bytes:
                raise _too_large(most.bytes)
            receive = self._counted(receive, most)
        await self._app(scope, receive, send)

    def _announced(self, headers: Iterable[tuple[bytes, bytes]], *, anywhere: bool) -> int:
        """How many bytes will come, 1 where that is not said and something comes."""
        hosts, length = [], 0
        for name, value in headers:
            if name == b"host":
                hosts.append(value.lower())
            elif name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                length = max(length, 1)
            elif name == b"content-encoding" and value.strip().lower() != b"identity":
                raise Encoded("Send the body as it is, without a content coding.")
        if len(hosts) != 1 or not (hosts[0] in self._hosts or (anywhere and is_address(hosts[0]))):
            raise WrongHost(f"This server answers as {self._origin} only.")
        return length

    def _counted(self, receive: Receive, most: Most) -> Receive:
        seconds = self._seconds * most.patience
        deadline = asyncio.get_running_loop().time() + seconds
        taken, more = 0, True

        async def counted() -> Message:
            nonlocal taken, more
            if not more:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise TooSlow(f"The body did not come within {seconds:g} seconds.") from None
            taken += len(message.get("body", b""))
            more = message.get("more_body", False)
            if taken > most.bytes:
                raise _too_large(most.bytes)
            return message

        return counted


class Knocks:
    """How often an address asked for something that it was not given: `allowed` times in any `seconds`."""

    def __init__(self, clock: Clock, allowed: int = 60, seconds: float = 60.0) -> None:
        self._clock = clock
        self._allowed = allowed
        self._seconds = seconds
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def count(self, address: str) -> int:
        """Counts one; 0 while it is allowed, else in how many seconds it will be again."""
        now = self._clock.monotonic()
        times = self._seen.setdefault(address, deque())
        self._seen.move_to_end(address)
        while len(self._seen) > ADDRESSES:
            self._seen.popitem(last=False)
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self._allowed:
            return max(1, math.ceil(times[0] + self._seconds - now))
        times.append(now)
        return 0


def is_address(host: bytes) -> bool:
    """Whether a Host is an address of numbers, or this machine. A name could be anybody's that leads here, in a browser of ours too."""
    found = _BY_ADDRESS.fullmatch(host)
    if found is None:
        return False
    try:
        ipaddress.ip_address((found["six"] or found["four"] or b"127.0.0.1").decode())
    except ValueError:
        return False
    return True


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"A body may have {most} bytes here.")


def hosts_of(origin: str) -> frozenset[bytes]:
    """The host of an origin with and without its port, where that is the scheme's own."""
    scheme, _, host = origin.lower().partition("://")
    standard = {"http": ":80", "https": ":443"}[scheme]
    named_port = host.rpartition("]")[2].find(":") >= 0
    return frozenset({host.encode()} if named_port else {host.encode(), (host + standard).encode()})
