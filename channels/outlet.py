"""The publisher's side of one server: what waits for it goes in pipelines, and may be lost."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable

from redis.asyncio import Redis
from redis.exceptions import MovedError, RedisError

from channels.address import Node
from channels.counters import Counters

log = logging.getLogger(__name__)

PUBLISH_SECONDS = 0.5
WAITING = 20_000
"""Messages kept for publishing; beyond it the oldest is dropped, and the sweep delivers it."""
PIPELINE = 1_000

Outgoing = tuple[str, bytes]
"""(channel, data)"""


class Outlet:
    """`failed` is called when what was told before cannot be told any more, `moved(slot, node, message)` with what another server keeps."""

    def __init__(
        self,
        client: Redis,
        node: Node,
        counters: Counters,
        *,
        sharded: bool,
        failed: Callable[[], None],
        moved: Callable[[int, Node, Outgoing], None],
    ) -> None:
        self.told = True
        """What was published last has reached the server."""
        self.waiting: deque[Outgoing] = deque()
        self._client = client
        self._node = node
        self._counters = counters
        self._command = "SPUBLISH" if sharded else "PUBLISH"
        self._failed = failed
        self._moved = moved
        self._something = asyncio.Event()

    def put(self, messages: Iterable[Outgoing]) -> None:
        self.waiting.extend(messages)
        for _ in range(len(self.waiting) - WAITING):
            self.waiting.popleft()
            self._counters.publish_dropped += 1
        self._something.set()

    async def run(self) -> None:
        """Takes what waits and sends it in one pipeline. A failure is counted, and the first is a gap; the sweep makes up for it.

        A Redis that hangs is known by it long before the canary is missed.
        """
        task = asyncio.current_task()
        assert task is not None
        try:
            # The client may take a cancellation for its own: on Python 3.11 it waits by `asyncio.wait_for` until it has written.
            while not task.cancelling():
                await self._something.wait()
                self._something.clear()
                while self.waiting and not task.cancelling():
                    some = [self.waiting.popleft() for _ in range(min(PIPELINE, len(self.waiting)))]
                    before, self.told = self.told, await self._execute(some)
                    if not self.told:
                        self._counters.publish_failures += len(some)
                        if before:
                            self._failed()
                        with contextlib.suppress(RedisError, OSError):  # nor does a hung Redis let itself be left
                            await self._client.connection_pool.disconnect()
        finally:
            await self._client.aclose()

    async def _execute(self, some: list[Outgoing]) -> bool:
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                pipe = self._client.pipeline(transaction=False)
                for channel, data in some:
                    pipe.execute_command(self._command, channel, data)
                answers = await pipe.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            log.debug("Redis was not told: %s", error)
            return False
        refused = [(message, answer) for message, answer in zip(some, answers, strict=True) if isinstance(answer, Exception)]
        self._counters.published += len(some) - len(refused)
        for message, answer in refused:
            if not isinstance(answer, MovedError):
                log.debug("Redis was not told: %s", answer)
                return False
            self._moved(answer.slot_id, Node(answer.host or self._node.host, answer.port), message)
        return True
