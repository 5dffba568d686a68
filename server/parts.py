"""Every part of a process, wired by hand, with the tasks that keep them going."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from channels.bus import Bus
from channels.envelope import Envelope
from server.carriers.registry import carriers
from server.clock import Clock, SharedClock
from server.desk.desk import Desk
from server.desk.hear import Connections
from server.desk.identity import Identity
from server.desk.writer import Writer
from server.exhaustion import mortal
from server.lateness import Lateness
from server.network import Network
from server.settings import Settings
from server.store.database import Database
from server.store.engines import open_with_patience
from server.store.vault import derive_key
from server.wakes import Wakes

DATABASE_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Parts:
    """One process's parts. `network` is the sandbox's; `demo` opens its doors."""

    settings: Settings
    clock: Clock
    db: Database
    bus: Bus
    desk: Desk
    wakes: Wakes
    identity: Identity
    connections: Connections
    network: Network
    lateness: Lateness
    demo: bool


@contextlib.asynccontextmanager
async def open_parts(settings: Settings, *, demo: bool = False, clock: Clock | None = None) -> AsyncIterator[Parts]:
    """Opens the database, whose schema must be up to date, and starts the writer and the bus. Redis may be away."""
    secret = settings.secret_key.get_secret_value()
    db = await open_with_patience(settings.database_url, DATABASE_PATIENCE_SECONDS)
    clock = clock or SharedClock(db.now)
    try:
        bus = Bus(settings.redis_url)
        wakes = Wakes(bus)
        network = Network()

        def published(envelopes: Sequence[Envelope], roles: frozenset[str]) -> None:
            bus.publish(envelopes)
            for role in roles:
                wakes.wake(role)

        known = carriers(now=clock.now, sandbox_key=derive_key(secret, "sandbox"), deliver=network.carry, inside=settings.inside_addresses)
        writer = Writer(db, published)
        desk = Desk(db, writer, known, settings)
        identity = Identity(db, secret, secure=settings.secure)
        parts = Parts(
            settings=settings,
            clock=clock,
            db=db,
            bus=bus,
            desk=desk,
            wakes=wakes,
            identity=identity,
            connections=Connections(desk, clock),
            network=network,
            lateness=Lateness(),
            demo=demo,
        )
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(mortal(writer.run()))
            carrying = tasks.create_task(mortal(bus.run()))
            try:
                yield parts
            finally:
                writer.stop()
                await asyncio.wait([writing])
                carrying.cancel()
    finally:
        await db.close()
