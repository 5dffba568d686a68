"""Tabs that do not read, or read a little: they cost little, are cut soon, keep nobody else waiting, and catch up (FAULTS 27, 28)."""

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from channels.bus import Bus
from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, BASE_URL, Centre
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.raw_tab import SMALL_BYTES, RawTab, still_open
from tests.fixtures.story import Happening, Story
from tests.fixtures.tab import Ledger, Tab, socket_to
from tests.fixtures.waiting import until

STUCK, PER_SECOND, SECONDS = 50, 1000, 4.0
BATCH = 20
COST_BYTES, CUT_SECONDS = 300 * 1024, 15.0
MORE, NOISE_SECONDS = 1.10, 0.1
"""The others' p99 may rise by a tenth, and by what a busy machine adds to any measurement."""


@dataclass
class Flood:
    """Events of a kilobyte that concern every tab of an account, written and published as after any commit."""

    story: Story
    bus: Bus
    account: str
    conversation: str
    sent: dict[int, float] = field(default_factory=dict)

    async def run(self, per_second: int, seconds: float) -> None:
        """`sent` gets the instant of each position's commit."""
        began = time.monotonic()
        batch = [Happening(self.account, self.conversation, reach="account", note="x" * 1000)] * BATCH
        for number in range(round(per_second * seconds / BATCH)):
            await asyncio.sleep(max(0.0, began + number * BATCH / per_second - time.monotonic()))
            written = await self.story.happen(*batch)
            now = time.monotonic()
            self.bus.publish(written)
            self.sent |= dict.fromkeys((envelope.position for envelope in written), now)


class _Event(msgspec.Struct):
    position: int
    conversation: str | None


class _Frame(msgspec.Struct):
    op: str
    events: list[_Event] = []
    position: int = 0
    epoch: str = ""


_decode = msgspec.json.Decoder(_Frame).decode


@dataclass
class Reader:
    """A tab that reads as fast as this process can, and comes back like a page when that was too slow and it was cut. `came` gets each
    position of the conversation once, with the instant of it, for all readers together."""

    centre: Centre
    token: str
    conversation: str
    came: list[tuple[int, float]]
    visits: int = 0
    _had: set[int] = field(default_factory=set)
    _to: int = 0

    @property
    def current(self) -> bool:
        return self._to > 0

    async def run(self) -> None:
        while True:
            self.visits += 1
            async with socket_to(self.centre, Authorization=f"Bearer {self.token}") as tab:
                with contextlib.suppress(ConnectionClosed):
                    await self._read(tab)

    async def _read(self, tab: ClientConnection) -> None:
        epoch = _decode(await tab.recv()).epoch
        since = {"position": self._to, "epoch": epoch} if self._to else {}
        await tab.send(msgspec.json.encode({"op": "resume"} | since).decode())
        while True:
            frame = _decode(await tab.recv())
            now = time.monotonic()
            self._to = max(self._to, frame.position)
            if frame.op == "ping":
                await tab.send('{"op":"pong"}')
            fresh = {event.position for event in frame.events if event.conversation == self.conversation} - self._had
            self._had |= fresh
            self.came.extend((position, now) for position in fresh)


@asynccontextmanager
async def flooding(centre: Centre) -> AsyncIterator[Flood]:
    bus = Bus(centre.partyline.settings["REDIS_URL"])
    story = Story(await centre.database())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bus.run())
        await until(lambda: bus.healthy)
        yield Flood(story, bus, centre.account, await story.conversation(centre.account))
        running.cancel()


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@dataclass
class Cost:
    """`before` and `during` are the other tabs' delays in seconds, sorted; `cut` the seconds until the last stuck tab was gone; `rate` the
    events a second that were written meanwhile; `back` how often one of the others was cut and came back."""

    before: list[float]
    during: list[float]
    each: float
    cut: float
    left: int
    rate: float
    back: int


async def attack(centre: Centre, *, stuck: int, per_second: int, seconds: float, readers: int = 10, reader: str = "ana") -> Cost:
    """A flood without and with tabs that do not read, and what the others and the process notice of them."""
    web, came = centre.webs[0], list[tuple[int, float]]()
    people = [(await centre.add_agent(f"slow{secrets.token_hex(4)}")).token for _ in range(1 + stuck // 20)]
    async with flooding(centre) as flood, asyncio.TaskGroup() as group:
        others = [Reader(centre, centre.people[reader].token, flood.conversation, came) for _ in range(readers)]
        reading = [group.create_task(other.run()) for other in others]
        await until(lambda: all(other.current for other in others))

        async def delays(for_seconds: float) -> list[float]:
            came.clear()
            flood.sent.clear()
            await flood.run(per_second, for_seconds)
            await until(lambda: len(came) == len(flood.sent) * readers, within=60)
            return sorted(at - flood.sent[position] for position, at in came)

        await delays(seconds / 2)  # what the process needs anyway is there now
        before = await delays(seconds)
        memory, files = resident(web.pid), descriptors(web.pid)
        opened = [await asyncio.to_thread(RawTab, web.port, people[number // 20]) for number in range(stuck)]
        ports, began = {tab.port for tab in opened}, time.monotonic()
        most, over = memory, 0.0

        async def look() -> None:
            nonlocal most, over
            while still_open(web.port, ports):
                most = max(most, resident(web.pid))
                await asyncio.sleep(0.02)
            over = time.monotonic() - began

        looking = group.create_task(look())
        flooded = time.monotonic()
        during = await delays(seconds)
        rate = len(flood.sent) / (max(flood.sent.values()) - flooded)
        await until(looking.done, within=CUT_SECONDS + 5)
        left = descriptors(web.pid) - files
        for one in opened:
            one.close()
        for task in reading:
            task.cancel()
    return Cost(before, during, (most - memory) / stuck, over, left, rate, sum(other.visits - 1 for other in others))


async def test_fifty_tabs_that_do_not_read_cost_little_are_cut_soon_and_keep_nobody_waiting(centre: Centre, figures: Figures) -> None:
    await centre.open(webs=1, agents="ana")
    cost = await attack(centre, stuck=STUCK, per_second=PER_SECOND, seconds=SECONDS)
    figures(f"others before: {percentiles(cost.before)}; meanwhile: {percentiles(cost.during)}")
    figures(f"{cost.each / 1024:.0f} KiB each, gone after {cost.cut:.1f} s, left {cost.left}; the others were cut {cost.back} times")
    assert cost.each <= COST_BYTES
    assert cost.cut <= CUT_SECONDS
    assert cost.left <= 0
    assert _p99(cost.during) <= _p99(cost.before) * MORE + NOISE_SECONDS


def _p99(sorted_seconds: list[float]) -> float:
    return sorted_seconds[int(len(sorted_seconds) * 0.99)]


class Tunnel:
    """A wire that lets through a kilobyte a second to the tab while it is `slow`."""

    def __init__(self, port: int) -> None:
        self.slow = True
        self.port = 0
        self._upstream = port

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", self._upstream))
        far_reader, far_writer = await asyncio.open_connection(sock=raw, limit=SMALL_BYTES)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer, slow=False))
                group.create_task(self._pump(far_reader, writer, slow=True))
        except* OSError:
            pass
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        while data := await reader.read(100 if slow and self.slow else 65536):
            if slow and self.slow:
                await asyncio.sleep(0.1)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


class InTunnel(Tab):
    """A tab whose every connection goes through the tunnel."""

    tunnel: Tunnel

    def _connect(self) -> connect:
        return connect(
            BASE_URL.replace("http", "ws") + "/ws",
            host="127.0.0.1",
            port=self.tunnel.port,
            additional_headers={"Authorization": f"Bearer {self.person.token}"},
            subprotocols=[Subprotocol("partyline.v1")],
            ping_interval=None,
            open_timeout=5,
            proxy=None,
        )


@dataclass
class Trickled:
    """`behind` events were applied of `events` when it was cut, `current` the seconds from when its line was good until it had all."""

    behind: int
    current: float
    events: int
    ledger: Ledger


async def trickle(centre: Centre) -> Trickled:
    """Much comes to a tab whose line brings a kilobyte a second, until it is cut; then its line is good again."""
    tunnel = Tunnel(centre.webs[0].port)
    tunnel.slow = False
    server = await asyncio.start_server(tunnel.carry, "127.0.0.1", 0)
    tunnel.port = server.sockets[0].getsockname()[1]
    tab = InTunnel(centre, centre.people["ana"], 0)
    tab.tunnel = tunnel
    async with asyncio.TaskGroup() as group:
        running = group.create_task(tab.run())
        await until(lambda: tab.n is not None)
        tunnel.slow = True
        for number in range(150):
            answer = await centre.text(f"+1202562{number % 6:04}", f"{number} " + "long " * 300, to=ANAS_OWN)
            assert answer.status_code == 200
        await until(lambda: tab.codes, within=20)
        behind = len(tab.applied)
        tunnel.slow = False
        began = time.monotonic()
        await tab.until_current(within=20)
        found = Trickled(behind, time.monotonic() - began, len(tab.applied), await tab.ledger())
        await tab.assert_equals_fresh_load()
        running.cancel()
    server.close()
    return found


async def test_a_tab_that_reads_a_kilobyte_a_second_is_cut_and_has_everything_once_when_its_line_is_good_again(
    centre: Centre, figures: Figures
) -> None:
    await open_with_ana(centre, webs=1)
    found = await trickle(centre)
    figures(f"cut after {found.behind} events, current {found.current:.1f} s after the line was good, of {found.events} events")
    assert found.behind < 100
    assert found.ledger == Ledger()
