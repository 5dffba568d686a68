"""A hundred thousand conversations fall due at once, while texts come in and agents claim."""

import asyncio
import contextlib
import json
import time
from pathlib import Path

from bench.growth_ground import opened
from bench.growth_pages import desk_over, users_of
from bench.years import ACCOUNT, CARRIER
from server.carriers.carrier import Connection, Credentials, InboundText
from server.desk.claim import take_next
from server.desk.desk import Desk
from server.desk.receive import receive_texts
from server.desk.sweep import Portion, sweep_on
from server.domain.errors import Refused
from server.domain.user import User
from server.store.database import Database, Transaction

AT_ONCE_DUE = 100_000
PAUSE_SECONDS = 0.05
CALM_SECONDS = 10.0


async def due(folder: Path, engine: str, sizes: list[int]) -> None:
    for size in sizes:
        async with opened(folder, engine, size) as db, asyncio.TaskGroup() as tasks:
            desk, timer = desk_over(db), desk_over(db)
            users = await users_of(db)
            for writer in (desk.writer, timer.writer):
                tasks.create_task(writer.run())
            calm = await _meanwhile(desk, users, asyncio.sleep(CALM_SECONDS))
            waiting = await _make_due(db)
            began, spent = time.monotonic(), time.process_time()
            busy = await _meanwhile(desk, users, _swept(timer))
            took, spent = time.monotonic() - began, time.process_time() - spent
            print(engine, size, f"{waiting:,} due at once, public after {took:.1f} s, {waiting / took:,.0f} a second,", end=" ")
            print(f"{timer.writer.batches} transactions, {spent * 1_000_000 / waiting:.0f} us of our processor time each", flush=True)
            for name in calm:
                print(engine, size, name, "calm", _said(calm[name]), "meanwhile", _said(busy[name]), flush=True)
            for writer in (desk.writer, timer.writer):
                writer.stop()


async def _swept(timer: Desk) -> None:
    portion = Portion()
    while await sweep_on(timer, portion):
        pass


async def _make_due(db: Database) -> int:
    """Everybody who does not wait in public has waited too long; others begin to wait."""

    async def change(tx: Transaction) -> int:
        long_ago = tx.now - 3_600_000_000
        chosen = await tx.all(
            "select id from conversations where account = :account and public_since is null limit :most", account=ACCOUNT, most=AT_ONCE_DUE
        )
        ids = json.dumps({str(n): {"id": row["id"]} for n, row in enumerate(chosen)})
        return await tx.run(
            """update conversations set waiting_since = :at, clock_start = :at, closed_at = null, snoozed_until = null
               where id in (select value ->> 'id' from json_each(:ids))""",
            at=long_ago,
            ids=ids,
        )

    return await db.write(change)


async def _meanwhile(desk: Desk, users: list[User], work: object) -> dict[str, list[float]]:
    """How long claims and texts took, ms, while `work` went on."""
    took: dict[str, list[float]] = {"claim": [], "text in": []}
    over = asyncio.Event()
    line = Connection(CARRIER, ACCOUNT, "sandbox", "Sandbox", Credentials({}))

    async def claims() -> None:
        number = 0
        while not over.is_set():
            number += 1
            began = time.perf_counter()
            with contextlib.suppress(Refused):
                await take_next(desk, users[number % len(users)])
            took["claim"].append((time.perf_counter() - began) * 1_000)
            await asyncio.sleep(PAUSE_SECONDS)

    async def texts() -> None:
        number = 0
        while not over.is_set():
            number += 1
            began = time.perf_counter()
            text = InboundText(f"due-{time.time_ns()}", f"+1310{number % 500:07}", "+12025550000", "Hello, is my order on its way?")
            await receive_texts(desk, line, [text], time.time_ns() // 1_000)
            took["text in"].append((time.perf_counter() - began) * 1_000)
            await asyncio.sleep(PAUSE_SECONDS)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(claims())
        tasks.create_task(texts())
        await work  # type: ignore[misc]
        over.set()
    return took


def _said(took: list[float]) -> str:
    took = sorted(took)
    return f"{took[len(took) // 2]:.0f} / {took[int(len(took) * 0.99)]:.0f} ms ({len(took)})" if took else "none"
