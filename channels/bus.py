"""Redis pub/sub for this process. Its own tasks keep it; nothing here waits for Redis on behalf of a request.

What is published is off the caller's path and may be lost; what is subscribed counts when Redis has confirmed it. A canary that the
process sends to itself each second tells a silent line from a dead one. One server, the master that Sentinels name, or the shards of a
Cluster, where each shard that has channels of ours has a strand and a canary of its own (docs/decisions/023).
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable, Iterable

from channels import names
from channels.address import Node, parse
from channels.counters import Counters
from channels.envelope import Envelope, messages
from channels.line import Message
from channels.outlet import PUBLISH_SECONDS, WAITING, Outgoing, Outlet
from channels.strand import Strand
from channels.ways import client, way_to

CONFIRM_SECONDS = 1.0
CANARY_SECONDS = 1.0
CHECK_SECONDS = 0.25
SETTLE_SECONDS = 0.05
"""What several answers say of where channels are is acted upon together."""


class Bus:
    """`receive` gets everything that one read from Redis brought; `gap` is called when something may have been missed."""

    def __init__(self, url: str, counters: Counters | None = None) -> None:
        self.process = secrets.token_hex(8)
        self.counters = counters or Counters()
        self.receive: Callable[[list[Message]], None] = _nobody
        self.gap: Callable[[], None] = _nothing
        self._address = parse(url)
        self._way = way_to(self._address)
        self._way.told = self._told
        self._home = names.canary(self.process).encode()
        self._calls: dict[bytes, Callable[[bytes], None]] = {}
        self._wanted: set[bytes] = {self._home}
        self._confirming: dict[bytes, asyncio.Event] = {}
        self._strands: dict[Node, Strand] = {}
        self._outlets: dict[Node, Outlet] = {}
        self._tasks: dict[Strand | Outlet, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._early: deque[Outgoing] = deque(maxlen=WAITING)
        """What was to be published before it ran."""
        self._unsettled = True
        self._settling: asyncio.TimerHandle | None = None

    @property
    def healthy(self) -> bool:
        """What was published last has reached Redis, and what was published in the last seconds has come back, wherever that is."""
        return (
            not self._unsettled
            and all(outlet.told for outlet in self._outlets.values())
            and all(strand.healthy for strand in self._strands.values())
        )

    async def run(self) -> None:
        """Until cancelled. Redis may be away all the while."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                self._settle()
                self._send(list(self._early))
                self._early.clear()
                group.create_task(self._way.run())
                await self._watch()
            finally:
                self._group = None

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
        missing = [name for name in (channel.encode() for channel in channels) if not self._is_confirmed(name)]
        if not missing:
            return True
        events = [self._confirming.setdefault(name, asyncio.Event()) for name in missing]
        self._want(missing)
        if all(strand is not None and strand.answers for strand in {self._strand(name) for name in missing}):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONFIRM_SECONDS):
                    for event in events:
                        await event.wait()
        late = [name for name in missing if name in self._wanted and not self._is_confirmed(name)]
        for name in late:
            if strand := self._strand(name):
                strand.late.add(name)
        return not late

    def unsubscribe(self, channels: Iterable[str]) -> None:
        names = [channel.encode() for channel in channels]
        self._wanted.difference_update(names)
        for name in names:
            self._confirming.pop(name, None)
        for strand in self._strands.values():
            strand.leave([name for name in names if name in strand.wanted])

    def hold(self, held: bool) -> None:
        """Takes nothing from Redis for a moment, which keeps it, or goes on."""
        for strand in self._strands.values():
            strand.hold(held)

    def received(self, messages: list[Message]) -> None:
        """Of a strand."""
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

    def confirmed(self, channel: bytes) -> None:
        """By a strand."""
        event = self._confirming.pop(channel, None)
        if event is not None:
            event.set()

    def moved(self, slot: int, node: Node) -> bool:
        """A shard said so; it is acted upon soon, together with what else is said. Whether it can be believed."""
        learnt = self._way.learn(slot, node)
        self.astray()
        if learnt and self._settling is None:
            self._settling = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._settle)
        return learnt

    def astray(self) -> None:
        self._unsettled = self._unsettled or self._way.sharded
        self._way.doubt()

    def _strand(self, channel: bytes) -> Strand | None:
        node = self._way.node(channel)
        return None if node is None else self._strands.get(node)

    def _is_confirmed(self, channel: bytes) -> bool:
        strand = self._strand(channel)
        return strand is not None and channel in strand.settled

    def _want(self, channels: list[bytes]) -> None:
        new = [name for name in channels if name not in self._wanted]
        self._wanted.update(new)
        if self._group is None or not new:
            return
        for node, some in self._by_node(new).items():
            if node is None:
                self._unsettled = True
            elif node in self._strands:
                self._strands[node].want(some)
            else:
                self._settle()

    def _by_node(self, channels: Iterable[bytes]) -> dict[Node | None, list[bytes]]:
        found: dict[Node | None, list[bytes]] = {}
        for name in channels:
            found.setdefault(self._way.node(name), []).append(name)
        return found

    def _told(self, changed: bool) -> None:
        if changed or self._unsettled:
            self._settle()

    def _settle(self) -> None:
        """Has everything wanted at the server that keeps it now, and nothing left at others."""
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        if self._group is None:
            return
        found = self._by_node(self._wanted)
        homes = {node: channels for node, channels in found.items() if node is not None}
        self._unsettled = None in found
        for node in self._strands.keys() - homes.keys():
            gone = self._strands.pop(node)
            del self._calls[gone.canary]
            self._end(gone)
        for node, strand in self._strands.items():
            if self._way.node(strand.canary) != node:
                del self._calls[strand.canary]  # the strand that has the slot now may take the same name
                strand.canary = b""
        for node, channels in homes.items():
            strand = self._strands.get(node) or self._begin(node)
            if not strand.canary:
                strand.canary = self._home if self._home in channels else names.canary(self.process, channels[0]).encode()
                self._calls[strand.canary] = strand.heard
            strand.want_exactly({*channels, strand.canary})
        kept = self._way.nodes()
        for empty in self._outlets.keys() - kept:
            closed = self._outlets.pop(empty)
            self._end(closed)
            self._send(list(closed.waiting))

    def _begin(self, node: Node) -> Strand:
        form = self._address.form
        strand = Strand(self, node, self._address.url, sharded=self._way.sharded, master=form == "sentinel")
        self._strands[node] = strand
        self._keep(strand)
        return strand

    def _keep(self, part: Strand | Outlet) -> None:
        assert self._group is not None
        self._tasks[part] = self._group.create_task(part.run())

    def _end(self, part: Strand | Outlet) -> None:
        self._tasks.pop(part).cancel()

    def _send(self, waiting: list[Outgoing]) -> None:
        if self._group is None:
            self._early.extend(waiting)
            return
        if not self._way.sharded:
            self._put(self._way.node(b""), waiting)
            return
        found: dict[Node | None, list[Outgoing]] = {}
        for message in waiting:
            found.setdefault(self._way.node(message[0].encode()), []).append(message)
        for node, some in found.items():
            self._put(node, some)

    def _put(self, node: Node | None, some: list[Outgoing]) -> None:
        """To a server that is not known yet nothing can be said; the sweep makes up for it."""
        if node is None:
            self.counters.publish_failures += len(some)
            return
        outlet = self._outlets.get(node)
        if outlet is None:
            redis = client(self._address.url, node, PUBLISH_SECONDS)
            outlet = self._outlets[node] = Outlet(
                redis, node, self.counters, sharded=self._way.sharded, failed=self._failed, moved=self._send_on
            )
            self._keep(outlet)
        outlet.put(some)

    def _failed(self) -> None:
        self.gap()
        self.astray()

    def _send_on(self, slot: int, node: Node, message: Outgoing) -> None:
        """After a shard that says that another one keeps it."""
        if self.moved(slot, node):
            self._send([message])
        else:
            self.counters.publish_failures += 1
            self.gap()

    async def _watch(self) -> None:
        """Sends the canaries and gives up lines that stay silent; a loop that was itself blocked proves nothing."""
        due = sing_at = _now()
        while True:
            if due >= sing_at:
                for strand in self._strands.values():
                    self.send(strand.canary.decode(), b"{}")
                sing_at += CANARY_SECONDS
            due += CHECK_SECONDS
            await asyncio.sleep(max(0.0, due - _now()))
            late = _now() - due
            if late > CANARY_SECONDS / 2:
                due = sing_at = _now()
                for strand in self._strands.values():
                    strand.excuse(late)
            else:
                for strand in self._strands.values():
                    strand.check()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _nobody(_: list[Message]) -> None:
    return None


def _nothing() -> None:
    return None
