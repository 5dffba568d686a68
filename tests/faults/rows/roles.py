"""Timers and senders that are killed while everybody writes: at any instant, and at each step of their work (FAULTS 37, 41 under load)."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.load_run import under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage
from tests.faults.test_killed_sender import PLACES, end_leases
from tests.fixtures.deadlines import MINUTE_US, PUBLIC_MINUTES
from tests.fixtures.processes import Running
from tests.fixtures.waiting import until

COMMITTED = "writer.committed"
"""Between a timer's commit and what it tells."""
OVER_SECONDS = 20.0


async def killed(stage: Stage) -> Result:
    """Timers and senders die in turn and others take their places: the first ones at random instants, those armed at a step of their
    work. All that waits falls due at the first death. What the gateway was handed is counted by the text's own id."""
    turns, chance, centre = (1 if stage.size.short else 12), stage.chance("roles"), stage.centre
    armed: list[tuple[str, Running]] = []
    async with _counting(stage) as handed, under_load(stage) as run:
        began = time.time()
        for turn in range(turns):
            places = [PLACES[number % len(PLACES)] for number in range(turn * 2, turn * 2 + 2)]
            timer = centre.partyline.begin("timer", FAILPOINTS=f"{COMMITTED}:1")
            armed.append((COMMITTED, timer))
            armed += [(place, centre.partyline.begin("sender", FAILPOINTS=f"{place}:{chance.randint(1, 3)}")) for place in places]
            await until(lambda timer=timer: _works(timer), within=OVER_SECONDS)  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            centre.timers.pop().kill()
            centre.senders.pop().kill()
            await fall_due_all(stage)
            await asyncio.to_thread(centre.start, timers=1, senders=1)
            await run.at((turn + 1) * stage.size.seconds / (turns + 1))
        result = await run.end()
    died = Counter(place for place, running in armed if running.ended is not None)
    for _, running in armed:
        running.kill()
    result.clean()
    await end_leases(centre)
    await until(lambda: _all_out(stage), within=OVER_SECONDS)
    result.show("killed_by_hand", 2 * turns)
    result.show("died_at", dict(died))
    result.show("handed", len(handed))
    result.exactly("handed_twice", sum(times > 1 for times in handed.values()), 0)
    public = await stage.centre.rows(
        "select conversation from events where type = 'conversation.public' and at > :at", at=began * 1_000_000
    )
    result.show("went_public", len(public))
    if not (public and handed and died):
        result.broken.append("no deadline was met, no text was handed over, or nobody died at a step of his work")
    return result


def _works(running: Running) -> bool:
    """It has begun, and may have ended since."""
    return running.ended is not None or any(line["event"] == "roles.started" for line in running.log())


async def fall_due_all(stage: Stage) -> None:
    """What waits has waited for as long as it may."""
    at = round(time.time() * 1_000_000) - PUBLIC_MINUTES * MINUTE_US
    await stage.write(
        "update conversations set waiting_since = :at, clock_start = :at where waiting_since is not null"
        " and public_since is null and owner is not null",
        at=at,
    )


async def _all_out(stage: Stage) -> bool:
    return not await stage.database_says("select count(*) from messages where state in ('queued', 'sending')")


@asynccontextmanager
async def _counting(stage: Stage) -> AsyncIterator[Counter[str]]:
    """How often the gateway is handed each text."""
    api, handed = stage.centre.carrier_api, Counter[str]()
    takes = api.answer

    async def answer(writer: asyncio.StreamWriter) -> None:
        seen = api.seen[-1]
        if seen.method == "POST":
            handed[seen.headers["webhook-id"]] += 1
        await takes(writer)

    api.answer = answer
    try:
        yield handed
    finally:
        api.answer = takes


ROWS = [Row("41", "timers and senders killed while all write", killed, short=False)]
