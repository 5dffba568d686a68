"""Reads carriers' own lists back, in the sender role: when it starts, every hour, and for texts without an answer. Any number may run."""

import asyncio
import secrets

import httpx2

from server.carriers.exchange import open_client
from server.desk.reconcile import due_readings, read_back
from server.log import get_logger
from server.parts import Parts
from server.store.database import Transaction, Unavailable

PAUSE_SECONDS = 2.0

log = get_logger(__name__)


async def run(parts: Parts, stop: asyncio.Event, pause: float = PAUSE_SECONDS) -> None:
    """Until `stop` is set; a reading that is cut off is begun anew by whoever comes next."""
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_go_on(parts, pause))
        await stop.wait()
        reading.cancel()


async def _go_on(parts: Parts, pause: float) -> None:
    """What was not read since this process came, or since the database came back, is read at once."""
    holder, since = secrets.token_hex(8), None
    async with open_client() as http:
        while True:
            try:
                since = await parts.desk.read(_now) if since is None else since
                for carrier, kind in await due_readings(parts.desk, since):
                    await _one(parts, carrier, kind, holder, http)
            except Unavailable as error:
                since = None
                log.error("catching_up.database_unavailable", reason=str(error))
            except Exception:
                log.exception("catching_up.failed")
            await asyncio.sleep(pause)


async def _one(parts: Parts, carrier: str, kind: str, holder: str, http: httpx2.AsyncClient) -> None:
    connection = await parts.connections.get(carrier)
    if connection is None:
        return
    reading = await read_back(parts.desk, connection, holder, http)
    if reading is None:
        return
    if reading.failure is not None:
        log.warning("catching_up.not_read", carrier=carrier, kind=kind, reason=reading.failure)
    elif reading.texts or reading.cleared:
        log.info("catching_up.found", carrier=carrier, kind=kind, texts=reading.texts, cleared=reading.cleared)


async def _now(tx: Transaction) -> int:
    return tx.now
