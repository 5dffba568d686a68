"""Redis pub/sub for this process. One task owns it; nothing here waits for Redis on behalf of a request.

What is published is off the caller's path and may be lost; what is subscribed counts when Redis has confirmed it. A canary that the
process sends to itself each second tells a silent line from a dead one.
"""

import asyncio
import contextlib
import logging
import random
import secrets
from collections import deque
from collections.abc import Callable, Iterable

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from channels import names
from channels.counters import Counters
from channels.envelope import Envelope, messages
from channels.line import Line, Message, dial

log = logging.getLogger(__name__)

CONFIRM_SECONDS = 1.0
PUBLISH_SECONDS = 0.5
CANARY_SECONDS = 1.0
SILENCE_SECONDS = 3.0
CHECK_SECONDS = 0.25
RETRY_SECONDS = (0.1, 1.0)
WAITING = 20_000
"""Messages kept for publishing; beyond it the oldest is dropped, and the sweep delivers it."""
PIPELINE = 1_000


class Bus:
    """`receive` gets everything that one read from Redis brought; `gap` is called when something may have been missed."""

    def __init__(self, url: str, counters: Counters | None = None) -> None:
        self.url = url
        self.process = secrets.token_hex(8)
        self.counters = counters or Counters()
        self.receive: Callable[[list[Message]], None] = _nobody
        self.gap: Callable[[], None] = _nothing
        self._canary = names.canary(self.process).encode()
        self._calls: dict[bytes, Callable[[bytes], None]] = {self._canary: self._heard}
        self._wanted: set[bytes] = {self._canary}
        self._confirmed: set[bytes] = set()
        self._confirming: dict[bytes, asyncio.Event] = {}
        self._late: set[bytes] = set()
        self._line: Line | None = None
        self._heard_at = float("-inf")
        self._told = True
        self._outgoing: deque[tuple[str, bytes]] = deque()
        self._something = asyncio.Event()

    @property
    def healthy(self) -> bool:
        """What was published last has reached Redis, and what was published in the last seconds has come back."""
        return self._told and self._line is not None and _now() - self._heard_at < SILENCE_SECONDS

    async def run(self) -> None:
        """Until cancelled. Redis may be away all the while."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._publish())
            group.create_task(self._watch())

    def publish(self, envelopes: Iterable[Envelope]) -> None:
        """Sends events on their way; call it after the commit. Never waits, never raises."""
        self._send(messages(envelopes))

    def send(self, channel: str, data: bytes) -> None:
        """Sends one message on its way: a hint, a presence, a wake-up. Never waits, never raises."""
        self._send([(channel, data)])

    def on(self, channel: str, call: Callable[[bytes], None]) -> None:
        """Has `call` called with each message of `channel`, from now until the end."""
        name = channel.encode()
        self._calls[name] = call
        self._want([name])

    async def subscribe(self, channels: Iterable[str]) -> bool:
        """True when Redis has confirmed them all; False after a second, or at once while Redis is away.

        Either way they are subscribed as soon as Redis answers, and `gap` is called if that was later.
        """
        missing = [name for name in (channel.encode() for channel in channels) if name not in self._confirmed]
        if not missing:
            return True
        events = [self._confirming.setdefault(name, asyncio.Event()) for name in missing]
        self._want(missing)
        if self._answers:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONFIRM_SECONDS):
                    for event in events:
                        await event.wait()
        late = [name for name in missing if name in self._wanted and name not in self._confirmed]
        self._late.update(late)
        return not late

    def unsubscribe(self, channels: Iterable[str]) -> None:
        names = [channel.encode() for channel in channels]
        for known in (self._wanted, self._confirmed, self._late):
            known.difference_update(names)
        for name in names:
            self._confirming.pop(name, None)
        if self._line is not None and names:
            self._line.unsubscribe(names)

    @property
    def _answers(self) -> bool:
        return self.healthy or (self._line is not None and _now() - self._line.since < CONFIRM_SECONDS)

    def _want(self, channels: list[bytes]) -> None:
        new = [name for name in channels if name not in self._wanted]
        self._wanted.update(new)
        if self._line is not None and new:
            self._line.subscribe(new)

    def _send(self, waiting: list[tuple[str, bytes]]) -> None:
        self._outgoing.extend(waiting)
        for _ in range(len(self._outgoing) - WAITING):
            self._outgoing.popleft()
            self.counters.publish_dropped += 1
        self._something.set()

    def _received(self, messages: list[Message]) -> None:
        self.counters.received += len(messages)
        others = []
        for message in messages:
            call = self._calls.get(message[0])
            if call is None:
                others.append(message)
            else:
                call(message[1])
        if others:
            self.receive(others)

    def _on_confirmed(self, channel: bytes) -> None:
        if channel not in self._wanted:
            return
        self._confirmed.add(channel)
        event = self._confirming.pop(channel, None)
        if event is not None:
            event.set()
        if channel in self._late:
            self._late.discard(channel)
            if not self._late:
                self.gap()

    def _heard(self, _: bytes) -> None:
        self._heard_at = _now()

    async def _listen(self) -> None:
        """Keeps one line open, for ever."""
        wait = RETRY_SECONDS[0]
        while True:
            try:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    line = await dial(self.url, lambda: Line(self._received, self._on_confirmed))
            except (OSError, ValueError) as error:
                log.debug("Redis cannot be reached: %s", error)
            else:
                try:
                    if await self._hold(line):
                        wait = RETRY_SECONDS[0]
                finally:
                    self._line = None
                    line.abort()
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(wait * 2, RETRY_SECONDS[1])

    async def _hold(self, line: Line) -> bool:
        """Subscribes again to everything wanted and stays until the line is lost; whether it ever worked."""
        began = self._heard_at
        self._confirmed.clear()
        self._late.update(self._wanted)
        self._line = line
        line.subscribe(self._wanted)
        await line.lost.wait()
        self.counters.reconnects += 1
        self.gap()
        return self._heard_at > began

    async def _watch(self) -> None:
        """Sends the canary and gives up a line that stays silent; a loop that was itself blocked proves nothing."""
        due = sing_at = _now()
        while True:
            if due >= sing_at:
                self.send(names.canary(self.process), b"{}")
                sing_at += CANARY_SECONDS
            due += CHECK_SECONDS
            await asyncio.sleep(max(0.0, due - _now()))
            late = _now() - due
            if late > CANARY_SECONDS / 2:
                due = sing_at = _now()
                self._heard_at += late
            elif self._line is not None and _now() - max(self._heard_at, self._line.since) >= SILENCE_SECONDS:
                self.counters.canaries_lost += 1
                self._line.abort()

    async def _publish(self) -> None:
        """Takes what waits and sends it in one pipeline. A failure is counted, and the first is a gap; the sweep makes up for it.

        A Redis that hangs is known by it long before the canary is missed.
        """
        client = self._client()
        task = asyncio.current_task()
        assert task is not None
        try:
            # The client may take a cancellation for its own: on Python 3.11 it waits by `asyncio.wait_for` until it has written.
            while not task.cancelling():
                await self._something.wait()
                self._something.clear()
                while self._outgoing and not task.cancelling():
                    some = [self._outgoing.popleft() for _ in range(min(PIPELINE, len(self._outgoing)))]
                    before, self._told = self._told, await self._execute(client, some)
                    if self._told:
                        self.counters.published += len(some)
                    else:
                        self.counters.publish_failures += len(some)
                        if before:
                            self.gap()
                        with contextlib.suppress(RedisError, OSError):  # nor does a hung Redis let itself be left
                            await client.connection_pool.disconnect()
        finally:
            await client.aclose()

    def _client(self) -> Redis:
        return Redis.from_url(
            self.url,
            socket_timeout=PUBLISH_SECONDS,
            socket_connect_timeout=PUBLISH_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,
        )

    async def _execute(self, client: Redis, some: list[tuple[str, bytes]]) -> bool:
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                pipe = client.pipeline(transaction=False)
                for channel, data in some:
                    pipe.publish(channel, data)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.debug("Redis was not told: %s", error)
            return False
        return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _nobody(_: list[Message]) -> None:
    return None


def _nothing() -> None:
    return None
