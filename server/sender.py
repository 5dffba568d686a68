"""The sender role: hands queued texts to their carriers, several at a time, each conversation's in order. Any number may run."""

import asyncio
from collections import Counter

import httpx2

from server.carriers.carrier import SendResult
from server.carriers.exchange import open_client
from server.desk.desk import Desk
from server.desk.dispatch import FRESH_US, NOT_BEGUN, Leased, give_up_leases, lease, next_look, record, withheld
from server.desk.hear import Connections
from server.desk.receipts import apply_parked
from server.failpoints import failpoint
from server.log import get_logger
from server.parts import Parts
from server.store.database import Unavailable

LONGEST_PAUSE_SECONDS = 0.5
AT_ONCE = 100
"""Texts that one sender has in its hands at the most; the next wait for one of them to end."""
FINISH_SECONDS = 3.0
RECORD_ATTEMPTS = 20

log = get_logger(__name__)


async def run(parts: Parts, stop: asyncio.Event) -> None:
    """Until `stop` is set; then what is under way may finish for a few seconds. What is cut off becomes `unconfirmed`."""
    async with open_client() as http, asyncio.TaskGroup() as tasks:
        carrying = tasks.create_task(parts.network.run(parts.desk, parts.clock))
        under_way: dict[asyncio.Task[None], str] = {}
        while not stop.is_set():
            pause = LONGEST_PAUSE_SECONDS
            try:
                await give_up_leases(parts.desk)
                await apply_parked(parts.desk)
                for leased in await lease(parts.desk, AT_ONCE - len(under_way), Counter(under_way.values())):
                    failpoint("lease.committed")
                    task = tasks.create_task(hand_over(parts.desk, parts.connections, leased, http))
                    under_way[task] = leased.carrier
                    task.add_done_callback(under_way.pop)
                due = await next_look(parts.desk, Counter(under_way.values()))
                if due is not None and len(under_way) < AT_ONCE:
                    pause = min(LONGEST_PAUSE_SECONDS, due / 1_000_000)
            except Unavailable as error:
                log.error("sender.database_unavailable", reason=str(error))
            except Exception:
                log.exception("sender.failed")
            await parts.wakes.wait("sender", stop, pause)
        if under_way:
            await asyncio.wait(list(under_way), timeout=FINISH_SECONDS)
        for task in (*under_way, carrying):
            task.cancel()


async def hand_over(desk: Desk, connections: Connections, leased: Leased, http: httpx2.AsyncClient) -> None:
    """One attempt and its record. Never raises: without a record the lease ends and the text becomes `unconfirmed`."""
    try:
        connection = await connections.get(leased.carrier)
        if connection is None:
            result = SendResult("rejected", code="no_carrier", says="The number's carrier is gone.", permanent=True)
        elif await _withheld(desk, leased):
            return
        else:
            result = await desk.carriers[connection.kind].send(connection, leased.text, http)
            failpoint("send.answered")
    except Unavailable:
        result = NOT_BEGUN
    except Exception:
        log.exception("sender.send_failed", message=leased.message)
        result = SendResult("unconfirmed", code="no_answer", says="The carrier's answer was lost. It may have been sent.")
    for _ in range(RECORD_ATTEMPTS):
        try:
            await record(desk, leased, result)
        except Unavailable as error:
            log.error("sender.not_recorded", message=leased.message, reason=str(error))
            await asyncio.sleep(1)
        except Exception:
            log.exception("sender.not_recorded", message=leased.message)
            return
        else:
            failpoint("send.recorded")
            return


async def _withheld(desk: Desk, leased: Leased) -> bool:
    """The last look, and another one if this process was stopped since: a lease that it saw may be over by then."""
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        if await withheld(desk, leased):
            return True
        failpoint("send.before")
        if loop.time() - began < FRESH_US / 1_000_000:
            return False
