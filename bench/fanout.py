"""How many deliveries a second one core makes: Partyline on its own path, beside what else one might take, in the same run.

A *delivery* is one event that arrived at one tab. Partyline runs as its `web` role: tabs are signed in by a cookie that the database knows,
resume, and get what they have a right to. The events are those that the desk wrote for texts into a database of the same town; a second
process publishes them as they are published after a commit, numbered on. The other servers get the same bytes for the same tabs through the
same Redis, without sign-in, rights and numbers.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.machine import HERE, SERVERS_CORE, Flood, Load, Server, compiled, free_port, pause
from bench.rooms import Named, Ours, Room, SocketIo, Step, evened, shortened, size_of, write_rooms, write_tabs
from bench.town import Town, writing

TABS_AT_ONCE = 50
WARM_UP = 0.4
"""Of a flood's seconds: programs that are compiled while they run need that."""
SETTLING_SECONDS = 2.5
"""Longer than the time between two sweeps."""
FEED_ROOMS = 100
BACKLOG_BYTES = 128 * 1024
"""Under way to one tab of the feed at most."""
BURST_BYTES = 6_000_000
"""Under way from Redis at most; Redis cuts a subscriber who has 8 MB waiting for a minute."""


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    tabs: int
    rooms: Sequence[Room]

    @property
    def memberships(self) -> list[list[str]]:
        """The names of the rooms of each tab."""
        found: list[dict[str, None]] = [{} for _ in range(self.tabs)]
        for room in self.rooms:
            for tab in room.tabs:
                found[tab][room.name] = None
        return [list(names) for names in found]

    @property
    def window(self) -> int:
        """Deliveries under way at most: the same for every server."""
        size, each = size_of(self.rooms), sum(len(room.tabs) for room in self.rooms) / len(self.rooms)
        events = BACKLOG_BYTES // size if self.feed else BURST_BYTES // size
        return round(events * each)

    @property
    def feed(self) -> bool:
        return self.name == "feed"


@dataclass(frozen=True, slots=True)
class Measured:
    """`tab_kib` is what the server's memory grew by for each tab, before anything was sent."""

    floods: Sequence[Flood]
    tab_kib: float

    @property
    def rate(self) -> float:
        return median(flood.rate for flood in self.floods)

    @property
    def generator_busy(self) -> float:
        return median(flood.generator_busy for flood in self.floods)


@dataclass(frozen=True, slots=True)
class Ground:
    """What all measurements of one run share."""

    folder: Path
    town: Town
    redis_port: int
    load: Path
    seconds: float
    runs: int

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis_port}/0"

    @contextmanager
    def partyline(self, **environment: str) -> Iterator[tuple[Server, Town]]:
        """The `web` role on a database of its own."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            town, port = self.town.copy(Path(folder) / "var"), free_port()
            settings = {"VAR": str(town.folder), "DATABASE_URL": town.url, "REDIS_URL": self.redis_url, "PORT": str(port)}
            settings |= {"LOG_LEVEL": "warning", **environment}
            named = {f"PARTYLINE_{name}": value for name, value in settings.items()}
            server = Server([sys.executable, "-m", "server", "web"], port, SERVERS_CORE, named)
            try:
                yield server, town
            finally:
                server.stop()

    @contextmanager
    def yardstick(self, name: str) -> Iterator[Server]:
        port = free_port()
        words: dict[str, list[str | Path]] = {
            "plain": [sys.executable, HERE / "yardsticks" / "plain.py"],
            "socket.io": ["node", HERE / "yardsticks" / "socketio.mjs"],
            "ws": ["node", HERE / "yardsticks" / "ws.mjs"],
        }
        command = words.get(name) or [compiled(HERE / "yardsticks" / "loop.c", self.folder)]
        server = Server([*command, str(port), str(self.redis_port)], port, SERVERS_CORE)
        try:
            yield server
        finally:
            server.stop()


YARDSTICKS = ("plain", "socket.io", "ws", "c loop")


def conversations(town: Town) -> Scenario:
    rooms = [Room(str(number), town.events[phone], parts) for number, (phone, parts) in enumerate(town.parts.items())]
    return Scenario("conversations", len(town.agents), evened(rooms))


def feed(town: Town, events: Sequence[Room] = ()) -> Scenario:
    everybody = range(len(town.managers))
    rooms = events or [Room("feed", town.events[phone], everybody) for phone in list(town.parts)[:FEED_ROOMS]]
    return Scenario("feed", len(town.managers), evened(rooms))


def short(scenario: Scenario) -> Scenario:
    return Scenario(scenario.name, scenario.tabs, shortened(scenario.rooms))


def measure_ours(ground: Ground, scenario: Scenario, *, is_short: bool) -> Measured:
    with ground.partyline() as (server, town):
        cookies = town.managers if scenario.feed else town.agents
        steps = [Ours().tab(cookie, server.port, feed=scenario.feed) for cookie in cookies[: scenario.tabs]]

        def rooms() -> Scenario:
            if not scenario.feed:
                return scenario
            # Nobody here takes part in these conversations: the process gets to know them by a text into each.
            lived = feed(town, asyncio.run(_texts(ground, town, scenario)))
            return short(lived) if is_short else lived

        return _measure(ground, server, steps, Ours(), rooms)


def measure_yardstick(ground: Ground, scenario: Scenario, name: str) -> Measured:
    with ground.yardstick(name) as server:
        speaks: Named | SocketIo = SocketIo() if name == "socket.io" else Named()
        steps = [speaks.tab(names, server.port) for names in scenario.memberships]
        return _measure(ground, server, steps, speaks, lambda: scenario)


def _measure(
    ground: Ground, server: Server, steps: list[list[Step]], speaks: Ours | Named | SocketIo, rooms: Callable[[], Scenario]
) -> Measured:
    with load_on(ground, server) as load:
        write_tabs(ground.folder / "tabs", steps)
        load.ask(f"tabs {ground.folder / 'tabs'}")
        load.open(1, 1)
        before = server.rss_kib()
        load.open(len(steps) - 1, TABS_AT_ONCE)
        tab_kib = (server.rss_kib() - before) / (len(steps) - 1)
        scenario = rooms()
        write_rooms(ground.folder / "rooms", scenario.rooms, speaks)
        pause(SETTLING_SECONDS)
        load.ask(f"rooms {ground.folder / 'rooms'} {speaks.overhead} {size_of(scenario.rooms) + 1}")
        load.flood(ground.seconds * WARM_UP, scenario.window)
        return Measured([load.flood(ground.seconds, scenario.window) for _ in range(ground.runs)], tab_kib)


@contextmanager
def load_on(ground: Ground, server: Server) -> Iterator[Load]:
    load = Load(ground.load, server, ground.redis_port)
    try:
        yield load
    finally:
        load.stop()


async def _texts(ground: Ground, town: Town, scenario: Scenario) -> list[Room]:
    async with writing(town, ground.redis_url) as beside:
        await beside.text(list(town.parts)[:FEED_ROOMS])
        return [Room(room.name, event, room.tabs) for room, event in zip(scenario.rooms, beside.kept, strict=True)]
