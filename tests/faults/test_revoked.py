"""Sessions that end while much is sent: nothing reaches them any more, and nobody keeps a connection by not reading (FAULTS 48)."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.raw_tab import RawTab, still_open
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.tab import socket_to
from tests.fixtures.waiting import until

WITH_REDIS_SECONDS, WITHOUT_REDIS_SECONDS = 1.0, 10.0
SESSIONS, STUCK = 100, 10
"""FAULTS' own figures: a hundred sessions, ten of which do not read."""
EACH = 20
"""Tabs of one person."""
BACKLOG_BYTES = 150_000
"""More than a kernel keeps for a connection that is not read, and less than a tab is cut for."""


LESS_SECONDS = 0.2


@dataclass
class Reader:
    """A tab that reads all the time. `last` is when it was given something, `over` when its connection ended (monotonic seconds)."""

    socket: ClientConnection
    last: float = 0.0
    over: float = 0.0
    taken: int = 0

    async def run(self) -> None:
        await self.socket.send('{"op":"resume"}')
        try:
            while True:
                frame = await self.socket.recv()
                self.last = time.monotonic()
                self.taken += len(frame)
        except ConnectionClosed:
            self.over = time.monotonic()


@dataclass
class Revoked:
    """Seconds after the answer to the revoking call: the last byte, the end of a reader's connection, the end of a stuck one's."""

    last: list[float] = field(default_factory=list)
    over: list[float] = field(default_factory=list)
    stuck: list[float] = field(default_factory=list)
    codes: set[int | None] = field(default_factory=set)
    left: int = 0


async def sessions(centre: Centre) -> list[tuple[str, str]]:
    """(id, token) of a hundred sessions of five people."""
    people = [await centre.add_agent(f"agent{secrets.token_hex(4)}") for _ in range(SESSIONS // EACH)]
    made = [await centre.manage("POST", "tokens", name="tab", user=person.id) for person in people for _ in range(EACH)]
    return [(token["id"], token["token"]) for token in made]


@asynccontextmanager
async def busy(centre: Centre, readers: dict[str, Reader]) -> AsyncIterator[None]:
    """Strangers write all the while: each makes a conversation public, which every tab of the account is told. Once a reader has the
    backlog they write less, so that nobody is cut for not reading before the sessions are over."""

    async def write() -> None:
        number = 0
        while True:
            number += 1
            assert (await centre.text(f"+1202561{number:04}", "Anybody there? " * 20)).status_code == 200
            if any(reader.taken > BACKLOG_BYTES for reader in readers.values()):
                await asyncio.sleep(LESS_SECONDS)

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(write())
        yield
        writing.cancel()


async def revoke(centre: Centre) -> Revoked:
    """Opens a tab for each session at the last process, ends them all at once at the first, and looks at what still came."""
    there = len(centre.webs) - 1
    port = centre.webs[there].port
    made = await sessions(centre)
    readers: dict[str, Reader] = {}
    found = Revoked()
    async with asyncio.TaskGroup() as group:
        for id, token in made[STUCK:]:
            socket = await centre.stack.enter_async_context(socket_to(centre, there, Authorization=f"Bearer {token}"))
            readers[id] = Reader(socket)
            group.create_task(readers[id].run())
        stuck = {id: await asyncio.to_thread(RawTab, port, token) for id, token in made[:STUCK]}
        async with busy(centre, readers):
            await until(lambda: all(reader.taken > BACKLOG_BYTES for reader in readers.values()), within=60)
            assert len(still_open(port, {tab.port for tab in stuck.values()})) == STUCK
            answered: dict[str, float] = {}

            async def end(id: str) -> None:
                answer = await centre.call("mia", "DELETE", f"tokens/{id}")
                assert answer.status_code == 204, answer.text
                answered[id] = time.monotonic()

            await asyncio.gather(*(end(id) for id, _ in made))
            ports = {tab.port: id for id, tab in stuck.items()}
            while ports:
                gone = ports.keys() - still_open(port, set(ports))
                found.stuck += [time.monotonic() - answered[ports.pop(each)] for each in gone]
                assert time.monotonic() < max(answered.values()) + WITHOUT_REDIS_SECONDS + 5, "they stay"
                await asyncio.sleep(0.01)
            await until(lambda: all(reader.over for reader in readers.values()), within=WITHOUT_REDIS_SECONDS + 5)
        for id, reader in readers.items():
            found.last.append(reader.last - answered[id])
            found.over.append(reader.over - answered[id])
            found.codes.add(reader.socket.close_code)
    clients = {reader.socket.local_address[1] for reader in readers.values()} | {tab.port for tab in stuck.values()}
    found.left = len(still_open(port, clients))
    for tab in stuck.values():
        tab.close()
    return found


def show(figures: Figures, found: Revoked) -> None:
    figures(
        f"after the answer: last byte {max(found.last):.2f} s, end {max(found.over):.2f} s, of who does not read {max(found.stuck):.2f} s; "
        f"left {found.left}"
    )


async def test_a_hundred_revoked_sessions_are_out_within_a_second_also_those_that_do_not_read(centre: Centre, figures: Figures) -> None:
    await centre.open(webs=2, agents="")
    found = await revoke(centre)
    show(figures, found)
    assert found.codes == {4401}
    assert max(*found.last, *found.over, *found.stuck) <= WITH_REDIS_SECONDS
    assert found.left == 0


async def test_without_redis_they_are_out_within_ten_seconds(centre: Centre, own_redis: RedisServer, figures: Figures) -> None:
    centre.settings["REDIS_URL"] = own_redis.url
    await centre.open(webs=2, agents="")
    own_redis.kill()
    found = await revoke(centre)
    show(figures, found)
    assert found.codes == {4401}
    assert max(*found.last, *found.over, *found.stuck) <= WITHOUT_REDIS_SECONDS
    assert found.left == 0
