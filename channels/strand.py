"""The subscriber's side of one server: a line that is kept open for ever, what is wanted over it, and a canary that tells if it lives."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from typing import Protocol

from channels.address import Node
from channels.counters import Counters
from channels.line import Line, Message, dial

log = logging.getLogger(__name__)

DIAL_SECONDS = 1.0
SILENCE_SECONDS = 3.0
RETRY_SECONDS = (0.1, 1.0)


class Owner(Protocol):
    """The bus, as its strands see it."""

    counters: Counters
    gap: Callable[[], None]

    def received(self, messages: list[Message]) -> None: ...
    def confirmed(self, channel: bytes) -> None: ...
    def moved(self, slot: int, node: Node) -> object: ...
    def astray(self) -> None:
        """Something may be kept by another server than is known."""


class Strand:
    def __init__(self, owner: Owner, node: Node, url: str, *, sharded: bool, master: bool) -> None:
        self.node = node
        self.canary = b""
        self.wanted: set[bytes] = set()
        self.settled: set[bytes] = set()
        """What of it is confirmed."""
        self.late: set[bytes] = set()
        """What somebody has begun to rely on without: when the last of it is confirmed, something may have been missed."""
        self._owner = owner
        self._url = url
        self._sharded = sharded
        self._master = master
        self._line: Line | None = None
        self._began = _now()
        self._heard_at = float("-inf")

    @property
    def healthy(self) -> bool:
        """What was published in the last seconds has come back."""
        return self._line is not None and _now() - self._heard_at < SILENCE_SECONDS

    @property
    def answers(self) -> bool:
        """Whether it is worth to wait for a confirmation. A shard's line is begun only when something of it is wanted."""
        since = self._line.since if self._line is not None else self._began if self._sharded else float("-inf")
        return self.healthy or _now() - since < DIAL_SECONDS

    def want(self, channels: Iterable[bytes]) -> None:
        new = [channel for channel in channels if channel not in self.wanted]
        self.wanted.update(new)
        if self._line is not None and new:
            self._line.subscribe(new)

    def leave(self, channels: list[bytes]) -> None:
        for known in (self.wanted, self.settled, self.late):
            known.difference_update(channels)
        if self._line is not None and channels:
            self._line.unsubscribe(channels)

    def want_exactly(self, channels: set[bytes]) -> None:
        """What comes here from another server was not heard on the way."""
        self.leave(list(self.wanted - channels))
        self.late |= channels - self.wanted
        self.want(channels)

    def received(self, messages: list[Message]) -> None:
        self._owner.received(messages)

    def confirmed(self, channel: bytes) -> None:
        if channel not in self.wanted:
            return
        self.settled.add(channel)
        self._owner.confirmed(channel)
        if channel in self.late:
            self.late.discard(channel)
            if not self.late:
                self._owner.gap()

    def taken(self, channel: bytes) -> None:
        if channel in self.wanted:
            for known in (self.wanted, self.settled, self.late):
                known.discard(channel)
            self._owner.astray()

    def moved(self, slot: int, node: Node) -> None:
        self._owner.moved(slot, node)

    def heard(self, _: bytes) -> None:
        """Its canary came back."""
        self._heard_at = _now()

    def hold(self, held: bool) -> None:
        """Takes nothing from the server for a moment, or goes on."""
        if self._line is not None:
            self._line.hold(held)

    def excuse(self, seconds: float) -> None:
        """This process itself stood still for so long: that proves nothing."""
        self._heard_at += seconds

    def check(self) -> None:
        """Gives up a line that stays silent."""
        if self._line is not None and _now() - max(self._heard_at, self._line.since) >= SILENCE_SECONDS:
            self._owner.counters.canaries_lost += 1
            self._line.abort()

    async def run(self) -> None:
        """Until cancelled. The server may be away all the while."""
        wait = RETRY_SECONDS[0]
        while True:
            try:
                async with asyncio.timeout(DIAL_SECONDS):
                    line = await dial(self._url, self, self.node, sharded=self._sharded, master=self._master)
            except (OSError, ValueError) as error:
                log.debug("Redis cannot be reached: %s", error)
            else:
                try:
                    if await self._hold(line):
                        wait = RETRY_SECONDS[0]
                finally:
                    self._line = None
                    line.abort()
            self._owner.astray()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(wait * 2, RETRY_SECONDS[1])

    async def _hold(self, line: Line) -> bool:
        """Subscribes again to everything wanted and stays until the line is lost; whether it ever worked."""
        began = self._heard_at
        self.settled.clear()
        self.late.update(self.wanted)
        self._line = line
        line.subscribe(self.wanted)
        await line.lost.wait()
        self._owner.counters.reconnects += 1
        self._owner.gap()
        return self._heard_at > began


def _now() -> float:
    return asyncio.get_running_loop().time()
