"""Reads carriers' own lists back, in the sender role: when it starts, every hour, and for texts without an answer. Any number may run."""

import asyncio
import secrets
from dataclasses import dataclass, field

import httpx2

from server.carriers.exchange import open_client
from server.desk.reconcile import due_readings, read_back
from server.log import get_logger
from server.parts import Parts
from server.store.database import Transaction, Unavailable

PAUSE_SECONDS = 2.0
AT_ONCE = 4
"""A carrier that takes minutes for a page keeps one of these places, and no other carrier waiting."""

log = get_logger(__name__)


@dataclass(slots=True)
class _Rounds:
    """`since` is when this process came or the database came back, µs UTC; `reading` are the carriers that are being read here."""

    parts: Parts
    http: httpx2.AsyncClient
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    since: int | None = None
    reading: set[str] = field(default_factory=set)


async def run(parts: Parts, stop: asyncio.Event, pause: float = PAUSE_SECONDS) -> None:
    """Until `stop` is set; a reading that is cut off is begun anew by whoever comes next."""
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_go_on(parts, pause))
        await stop.wait()
        reading.cancel()


async def _go_on(parts: Parts, pause: float) -> None:
    async with open_client() as http, asyncio.TaskGroup() as readings:
        rounds = _Rounds(parts, http)
        while True:
            try:
                await _begin(rounds, readings)
            except Unavailable as error:
                _unavailable(rounds, error)
            except Exception:
                log.exception("catching_up.failed")
            await asyncio.sleep(pause)


async def _begin(rounds: _Rounds, readings: asyncio.TaskGroup) -> None:
    """What was not read since this process came, or since the database came back, is read at once."""
    if rounds.since is None:
        rounds.since = await rounds.parts.desk.read(_now)
    for carrier, kind in await due_readings(rounds.parts.desk, rounds.since):
        if carrier not in rounds.reading and len(rounds.reading) < AT_ONCE:
            rounds.reading.add(carrier)
            readings.create_task(_one(rounds, carrier, kind))


async def _one(rounds: _Rounds, carrier: str, kind: str) -> None:
    try:
        await _read(rounds, carrier, kind)
    except Unavailable as error:
        _unavailable(rounds, error)
    except Exception:
        log.exception("catching_up.failed", carrier=carrier, kind=kind)
    finally:
        rounds.reading.discard(carrier)


async def _read(rounds: _Rounds, carrier: str, kind: str) -> None:
    connection = await rounds.parts.connections.get(carrier)
    if connection is None:
        return
    reading = await read_back(rounds.parts.desk, connection, rounds.holder, rounds.http)
    if reading is None:
        return
    if reading.failure is not None:
        log.warning("catching_up.not_read", carrier=carrier, kind=kind, reason=reading.failure)
    elif reading.texts or reading.cleared:
        log.info("catching_up.found", carrier=carrier, kind=kind, texts=reading.texts, cleared=reading.cleared)


def _unavailable(rounds: _Rounds, error: Unavailable) -> None:
    rounds.since = None
    log.error("catching_up.database_unavailable", reason=str(error))


async def _now(tx: Transaction) -> int:
    return tx.now
