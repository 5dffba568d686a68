"""How many deliveries a second one core makes: Partyline on its own path, beside what else one might take, in the same run.

A *delivery* is one event that arrived at one tab. Partyline runs as its `web` role: tabs are signed in by a cookie that the database knows,
resume, and get what they have a right to. The events are those that the desk wrote for texts into a database of the same town; a second
process publishes them as they are published after a commit, numbered on. The other servers get the same bytes for the same tabs through the
same Redis, without sign-in, rights and numbers; Nchan gets them by HTTP.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import HERE, SERVERS_CORE, Flood, Load, Server, compiled, free_port, pause
from bench.nchan import MODULE, command
from bench.rooms import Named, Nchan, Ours, Room, SocketIo, Speaks, Step, evened, shortened, size_of, write_rooms, write_tabs
from bench.town import Town, writing

OURS = "Partyline"
SOCKET_IO, LIMIT, NCHAN = "Socket.IO", "C loop", "Nchan"
YARDSTICKS = ("plain", SOCKET_IO, "ws", NCHAN, LIMIT)

TABS_AT_ONCE = 50
WARM_UPS = (1.2, 0.6)
"""Of a flood's seconds, before the first and before the second: programs that are compiled while they run need that."""
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
class Run:
    """One server's process: a flood of events as the desk writes them, one of short ones, and what its memory had grown by for each tab."""

    floods: tuple[Flood, Flood]
    tab_kib: float


@dataclass(frozen=True, slots=True)
class Ground:
    """What all measurements of one run share."""

    folder: Path
    town: Town
    redis: Server
    load: Path
    seconds: float
    runs: int

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis.port}/0"

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
        port, yardsticks = free_port(), HERE / "yardsticks"
        numbers = [str(port), str(self.redis.port)]
        words: list[str | Path]
        if name == NCHAN:
            words = command(self.folder, port)
        elif name == LIMIT:
            words = [compiled(yardsticks / "loop.c", self.folder), *numbers]
        elif name == "plain":
            words = [sys.executable, yardsticks / "plain.py", *numbers]
        else:
            words = ["node", yardsticks / {SOCKET_IO: "socketio.mjs", "ws": "ws.mjs"}[name], *numbers]
        server = Server(words, port, SERVERS_CORE)
        try:
            yield server
        finally:
            server.stop()


def conversations(town: Town) -> Scenario:
    rooms = [Room(str(number), town.events[phone], parts) for number, (phone, parts) in enumerate(town.parts.items())]
    return Scenario("conversations", len(town.agents), evened(rooms))


def feed(town: Town, events: Sequence[Room] = ()) -> Scenario:
    everybody = range(len(town.managers))
    rooms = events or [Room("feed", town.events[phone], everybody) for phone in list(town.parts)[:FEED_ROOMS]]
    return Scenario("feed", len(town.managers), evened(rooms))


def short(scenario: Scenario) -> Scenario:
    return Scenario(scenario.name, scenario.tabs, shortened(scenario.rooms))


def servers() -> list[str]:
    """Those that are here."""
    return [name for name in (*YARDSTICKS, OURS) if name != NCHAN or MODULE.exists()]


def measure(ground: Ground, scenario: Scenario, name: str) -> Run:
    """A process of its own."""
    return _ours(ground, scenario) if name == OURS else _yardstick(ground, scenario, name)


def _ours(ground: Ground, scenario: Scenario) -> Run:
    with ground.partyline() as (server, town), load_on(ground, server) as load:
        cookies = town.managers if scenario.feed else town.agents
        tab_kib = _open(ground, load, [Ours().tab(cookie, server.port, feed=scenario.feed) for cookie in cookies[: scenario.tabs]])
        if scenario.feed:
            # Nobody here takes part in these conversations: the process gets to know them by a text into each.
            scenario = feed(town, asyncio.run(_texts(ground, town, scenario)))
            pause(SETTLING_SECONDS)
        return Run(_floods(ground, load, scenario, Ours()), tab_kib)


def _yardstick(ground: Ground, scenario: Scenario, name: str) -> Run:
    spoken: dict[str, Named | Nchan | SocketIo] = {SOCKET_IO: SocketIo(), NCHAN: Nchan()}
    speaks = spoken.get(name, Named())
    with ground.yardstick(name) as server, load_on(ground, server, by_http=name == NCHAN) as load:
        tab_kib = _open(ground, load, [speaks.tab(names, server.port) for names in scenario.memberships])
        return Run(_floods(ground, load, scenario, speaks), tab_kib)


def _open(ground: Ground, load: Load, steps: list[list[Step]]) -> float:
    """KiB that the server grew by for each tab."""
    write_tabs(ground.folder / "tabs", steps)
    load.ask(f"tabs {ground.folder / 'tabs'}")
    load.open(1, 1)
    before = load.server.rss_kib()
    load.open(len(steps) - 1, TABS_AT_ONCE)
    pause(SETTLING_SECONDS)
    return (load.server.rss_kib() - before) / (len(steps) - 1)


def _floods(ground: Ground, load: Load, scenario: Scenario, speaks: Speaks) -> tuple[Flood, Flood]:
    """Of the events as they are, then of short ones."""
    found: list[Flood] = []
    for each, warm_up in zip((scenario, short(scenario)), WARM_UPS, strict=True):
        size = size_of(each.rooms)
        write_rooms(ground.folder / "rooms", each.rooms, speaks)
        frame, item = (speaks.overhead, size + 1) if isinstance(speaks, Ours) else (size, 0)
        load.ask(f"rooms {ground.folder / 'rooms'} {frame} {item}")
        load.flood(ground.seconds * warm_up, each.window)
        found.append(load.flood(ground.seconds, each.window))
    return found[0], found[1]


@contextmanager
def load_on(ground: Ground, server: Server, *, by_http: bool = False) -> Iterator[Load]:
    """`by_http`: what is published goes to the server itself, not through Redis."""
    load = Load(ground.load, server, ground.redis, server.port if by_http else ground.redis.port)
    try:
        yield load
    finally:
        load.stop()


async def _texts(ground: Ground, town: Town, scenario: Scenario) -> list[Room]:
    async with writing(town, ground.redis_url) as beside:
        await beside.text(list(town.parts)[:FEED_ROOMS])
        return [Room(room.name, event, room.tabs) for room, event in zip(scenario.rooms, beside.kept, strict=True)]
