"""Which server a channel is kept by, for each form of Redis, and how a process comes to know that it has changed.

`run` keeps what is known fresh and calls `told` after each reading; `doubt` has it read at once.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from redis.asyncio import Redis
from redis.asyncio.connection import ConnectionPool, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import RedisError

from channels.address import Address, Node

log = logging.getLogger(__name__)

ASK_SECONDS = 1.0
READ_SECONDS = 5.0
DOUBT_SECONDS = 0.2
"""Between two readings at the least."""
ANSWER_SECONDS = 0.5
AGREED_SECONDS = 1.0


class Way(Protocol):
    told: Callable[[bool], None]
    """Called with whether something has changed."""

    @property
    def sharded(self) -> bool:
        """Whether its channels are a Cluster's, each kept by one shard."""

    def node(self, channel: bytes) -> Node | None:
        """The server to publish to and to listen at; None while that is not known."""

    def nodes(self) -> set[Node]:
        """All servers that have channels."""

    def learn(self, slot: int, node: Node) -> bool:
        """A server said that this slot is kept by another one. False when a moment ago it was said otherwise: they do not agree yet."""

    def doubt(self) -> None: ...

    async def run(self) -> None: ...


def way_to(address: Address) -> Way:
    return {"one": One, "sentinel": Watched, "cluster": Shards}[address.form](address)  # type: ignore[return-value]


def client(url: str, node: Node, seconds: float) -> Redis:
    """Of redis-py, which neither tries again nor waits for longer. `url` says how to sign in."""
    options: dict[str, Any] = dict(parse_url(url))
    if "path" not in options:
        options |= {"host": node.host, "port": node.port}
    times = {"socket_timeout": seconds, "socket_connect_timeout": seconds}
    pool = ConnectionPool(**{**options, **times}, retry=Retry(NoBackoff(), 0), protocol=2, driver_info=None)
    return Redis.from_pool(pool)


class One:
    """A server at a fixed address."""

    sharded = False

    def __init__(self, address: Address) -> None:
        self.told: Callable[[bool], None] = _nobody
        self._node = address.nodes[0]

    def node(self, channel: bytes) -> Node | None:  # noqa: ARG002 - all channels are there
        return self._node

    def nodes(self) -> set[Node]:
        return {self._node}

    def learn(self, slot: int, node: Node) -> bool:  # noqa: ARG002 - it has no slots
        return False

    def doubt(self) -> None: ...

    async def run(self) -> None: ...


class _Asking:
    """Reads again and again, sooner when in doubt."""

    def __init__(self, pace: float) -> None:
        self.told: Callable[[bool], None] = _nobody
        self._pace = pace
        self._doubted = asyncio.Event()
        self._clients: dict[Node, Redis] = {}

    def doubt(self) -> None:
        self._doubted.set()

    async def run(self) -> None:
        """Until cancelled."""
        task = asyncio.current_task()
        assert task is not None
        try:
            while not task.cancelling():  # as in `Outlet.run`
                changed = await self._read()
                if changed is not None:
                    self.told(changed)
                await asyncio.sleep(DOUBT_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pace):
                        await self._doubted.wait()
                self._doubted.clear()
        finally:
            await self._leave(self._clients.keys())

    async def _read(self) -> bool | None:
        """Whether something has changed; None if nobody could tell."""
        raise NotImplementedError

    async def _ask(self, node: Node, url: str, question: Callable[[Redis], Awaitable[Any]]) -> Any:
        """None if it does not answer."""
        known = self._clients.get(node) or self._clients.setdefault(node, client(url, node, ANSWER_SECONDS))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await question(known)
        except (RedisError, OSError) as error:
            log.debug("%s did not say where Redis is: %s", node, error)
            with contextlib.suppress(RedisError, OSError):
                await known.connection_pool.disconnect()
            return None

    async def _leave(self, nodes: Iterable[Node]) -> None:
        """Nobody asks them any more."""
        for node in list(nodes):
            with contextlib.suppress(RedisError, OSError):
                await self._clients.pop(node).aclose()


class Watched(_Asking):
    """The master that Sentinels name. Of several answers that one counts which was agreed on last (its `config-epoch`); a master that they
    hold for dead is kept until they have another."""

    sharded = False

    def __init__(self, address: Address) -> None:
        super().__init__(ASK_SECONDS)
        self._address = address
        self._master: Node | None = None

    def node(self, channel: bytes) -> Node | None:  # noqa: ARG002 - all channels are there
        return self._master

    def nodes(self) -> set[Node]:
        return {self._master} if self._master else set()

    def learn(self, slot: int, node: Node) -> bool:  # noqa: ARG002 - it has no slots
        return False

    async def _read(self) -> bool | None:
        address = self._address
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(self._ask(sentinel, address.sentinels_url, lambda each: each.sentinel_master(address.service)))
                for sentinel in address.nodes
            ]
        states = [state for state in (task.result() for task in asked) if state]
        if not states:
            return None
        newest = max(states, key=lambda state: int(state["config-epoch"]))
        if self._master is not None and (newest["is_sdown"] or newest["is_odown"]):
            return None
        before, self._master = self._master, Node(newest["ip"], int(newest["port"]))
        return self._master != before


class Shards(_Asking):
    """The masters of a Cluster, by slot."""

    sharded = True

    def __init__(self, address: Address) -> None:
        super().__init__(READ_SECONDS)
        self._address = address
        self._slots: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self._learnt: dict[int, tuple[Node, float]] = {}

    def node(self, channel: bytes) -> Node | None:
        return self._slots[key_slot(channel)]

    def nodes(self) -> set[Node]:
        return {node for node in self._slots if node}

    def learn(self, slot: int, node: Node) -> bool:
        now = asyncio.get_running_loop().time()
        before, at = self._learnt.get(slot, (node, now))
        if before != node and now - at < AGREED_SECONDS:
            return False
        self._learnt[slot] = (node, now)
        self._slots[slot] = node
        return True

    async def _read(self) -> bool | None:
        masters = list(self.nodes())
        random.shuffle(masters)
        for node in dict.fromkeys([*masters, *self._address.nodes]):
            ranges = await self._ask(node, self._address.url, lambda each: each.execute_command("CLUSTER", "SLOTS"))  # type: ignore[no-untyped-call]
            if ranges:
                before, self._slots = self._slots, _slots(ranges, node)
                await self._leave(self._clients.keys() - {*self.nodes(), *self._address.nodes})
                return self._slots != before
        return None


def _slots(ranges: Iterable[Any], asked: Node) -> list[Node | None]:
    """Of what `CLUSTER SLOTS` says: (first, last, (host, port, …) of the master, …) each. No host means the server that was asked."""
    slots: list[Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
    for first, last, (host, port, *_), *_ in ranges:
        slots[first : last + 1] = [Node((host or b"").decode() or asked.host, port)] * (last + 1 - first)
    return slots


def _nobody(_: bool) -> None:
    return None
