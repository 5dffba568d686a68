"""Web processes as far as the websocket goes: a real server on a real Redis and a real database, and tabs to it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
import uvicorn
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from channels.bus import Bus
from server.desk.identity import Identity
from server.desk.stream import Stream
from server.domain.user import User
from server.endpoints.heads import HeadProtocol
from server.live.endpoint import Endpoint
from server.live.live import Live
from server.live.pace import Pace
from server.live.upgrade import UpgradeProtocol
from server.store.database import Database
from server.store.engines import open_database
from tests.fixtures.story import Story
from tests.fixtures.waiting import PATIENCE_SECONDS, until

ORIGIN = "https://sms.example.com"


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that serves."""
    return {"uvloop": uvloop.new_event_loop}


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Node:
    """One process's part; `port` is where it listens."""

    bus: Bus
    live: Live
    identity: Identity
    db: Database
    server: Server
    port: int


@dataclass
class Tab:
    """A tab's side of the socket. `events` gathers what came, in order, while something else was waited for."""

    socket: ClientConnection
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def next(self, within: float = PATIENCE_SECONDS) -> dict[str, Any]:
        async with asyncio.timeout(within):
            frame = cast(dict[str, Any], json.loads(await self.socket.recv()))
        self.frames.append(frame)
        return frame

    async def until(self, op: str, within: float = PATIENCE_SECONDS) -> dict[str, Any]:
        async with asyncio.timeout(within):
            while True:
                frame = await self.next(within)
                if frame["op"] == op:
                    return frame

    async def closed(self, within: float = PATIENCE_SECONDS) -> int | None:
        """The close code, after reading whatever comes before it."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.next(within)
        return self.socket.close_code

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for frame in self.frames if frame["op"] == "events" for event in frame["events"]]

    @property
    def positions(self) -> list[int]:
        return [event["position"] for event in self.events]

    async def until_position(self, position: int, within: float = PATIENCE_SECONDS) -> None:
        async with asyncio.timeout(within):
            while position not in self.positions:
                await self.next(within)

    async def quiet(self) -> None:
        """Everything that the process had to say so far has come: an answer to a question comes after it."""
        await self.send(op="unwatch", id=999, topic="pool")
        while (await self.next()).get("id") != 999:
            pass


class House:
    """Opens processes and tabs, and closes them all."""

    def __init__(self, redis_url: str, database_url: str, pace: Pace) -> None:
        self.redis_url = redis_url
        self.database_url = database_url
        self.pace = pace
        self.stack = AsyncExitStack()
        self.story: Story

    async def node(self, *, redis_url: str | None = None, healthy: bool = True, **pace: Any) -> Node:
        running = _run(redis_url or self.redis_url, self.database_url, replace(self.pace, **pace))
        node = await self.stack.enter_async_context(running)
        if healthy:
            await until(lambda: node.bus.healthy)
        return node

    async def connect(self, node: Node, user: User, **options: Any) -> Tab:
        """An open socket that has had its hello."""
        _, token = await self.story.token(user)
        return await self.connect_with(node, token, **options)

    async def connect_with(self, node: Node, token: str, **options: Any) -> Tab:
        headers = {"Authorization": f"Bearer {token}"}
        opening = connect(
            f"ws://127.0.0.1:{node.port}/ws",
            additional_headers=headers,
            subprotocols=[Subprotocol("partyline.v1")],
            ping_interval=None,
            **options,
        )
        socket = await self.stack.enter_async_context(opening)
        tab = Tab(socket)
        assert (await tab.next())["op"] == "hello"
        return tab

    async def live_tab(self, node: Node, user: User) -> Tab:
        """A tab that has resumed from now on."""
        tab = await self.connect(node, user)
        await tab.send(op="resume")
        await tab.until("ready")
        return tab


@asynccontextmanager
async def _run(redis_url: str, database_url: str, pace: Pace) -> AsyncIterator[Node]:
    db = await open_database(database_url)
    bus = Bus(redis_url)
    identity = Identity(db, "k" * 32, secure=True)
    live = Live(bus, Stream(db), identity.authenticate, ORIGIN, pace)
    config = uvicorn.Config(
        Endpoint(live),
        port=0,
        ws=UpgradeProtocol,
        http=HeadProtocol,
        ws_max_size=8192,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    server = Server(config)
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(bus.run()), group.create_task(live.run())]
            serving = group.create_task(server.serve())
            await until(lambda: server.started)
            port = server.servers[0].sockets[0].getsockname()[1]
            try:
                yield Node(bus, live, identity, db, server, port)
            finally:
                server.should_exit = True
                await serving
                for task in running:
                    task.cancel()
    finally:
        await db.close()


@pytest.fixture
def engine() -> str:
    """What is live is the same on both engines; the reading functions have tests on both of their own."""
    return "sqlite"


@pytest.fixture
async def house(redis_url: str, database_url: str, db: Database) -> AsyncIterator[House]:
    house = House(redis_url, database_url, Pace())
    house.story = Story(db)
    async with house.stack:
        yield house
