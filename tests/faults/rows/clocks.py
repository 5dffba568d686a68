"""Machines whose clocks are ten minutes off, on one PostgreSQL whose clock is right (FAULTS 38)."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.apart import centre_apart
from tests.faults.conftest import open_with_ana
from tests.faults.load_run import under_load
from tests.faults.row import Result, Row
from tests.faults.rows.roles import fall_due_all
from tests.faults.stage import Stage
from tests.faults.test_clocks_apart import LATEST_SECONDS, OFF_SECONDS, live_apart
from tests.fixtures.deadlines import MINUTE_US, PUBLIC_MINUTES
from tests.fixtures.processes import Running
from tests.fixtures.tab import Ledger
from tests.fixtures.wrong_clock import wrong_clock

LATE_SECONDS = 2.0
"""Of a timer that has much to do at once."""


async def apart(stage: Stage) -> Result:
    """Each promise that has to do with time, one by one."""
    at_once, texts = (30, 20) if stage.size.short else (150, 60)
    async with centre_apart(stage) as centre:
        centre.settings["CARRIER_BANDWIDTH_URL"] = centre.carrier_api.url
        await open_with_ana(centre, webs=1)
        found = await live_apart(centre, at_once, texts)
    result = Result()
    result.exactly("off_s", found.off, [0, OFF_SECONDS, -OFF_SECONDS])
    result.exactly("told_off_s", found.told, [0, 0, 0])
    lateness = (*found.met.late, *found.leaving)
    result.exactly("releases", (len(found.met.late), len(found.leaving)), (2 * at_once, texts))
    result.exactly("early", sum(late < 0 for late in lateness), 0)
    result.most("late_s", max(lateness), LATEST_SECONDS if stage.size.short else LATE_SECONDS)
    result.exactly("missed_or_twice", (found.met.missed, found.met.twice), (0, 0))
    result.exactly("handed_once", found.handed == Counter(f"Text {number}" for number in range(texts)), True)
    result.exactly("signed_webhooks", dict(found.answers), {200: texts})
    result.exactly("in_order", found.texts == [f"In {number}" for number in range(texts)], True)
    result.exactly("opted_out", found.opted_out, [False, True])
    result.exactly("called_late", dict(found.called_late), {"late": 2})
    result.exactly("signed_in", found.signed_in, 200)
    result.exactly("strange_instants", len(found.strange), 0)
    result.broken += found.strange[:3]
    result.exactly("clean", [found.met.ledger, *found.ledgers] == [Ledger()] * 3, True)
    return result


async def apart_under_load(stage: Stage) -> Result:
    """Two of three web processes, both timers and both senders are off, and what waits falls due again and again."""
    turns = 1 if stage.size.short else 8
    async with _off(stage), under_load(stage) as run:
        began = time.time()
        for turn in range(turns):
            await run.at((turn + 1) * stage.size.seconds / (turns + 1))
            await fall_due_all(stage)
        result = await run.end()
    result.clean()
    rows = await stage.centre.rows(
        "select e.at, c.public_since, c.clock_start from events e join conversations c on c.id = e.conversation and c.public_since = e.at"
        " where e.type = 'conversation.public' and e.at > :since",
        since=round(began * 1_000_000),
    )
    late = sorted((row["public_since"] - row["clock_start"] - PUBLIC_MINUTES * MINUTE_US) / 1_000_000 for row in rows)
    result.show("went_public_and_still_are", len(late))
    if not late:
        result.broken.append("nothing went public")
        return result
    result.exactly("early", sum(one < 0 for one in late), 0)
    result.most("late_s", late[-1], LATE_SECONDS)
    return result


@asynccontextmanager
async def _off(stage: Stage) -> AsyncIterator[None]:
    """One of the web processes is right, the others are ahead and behind, as are two timers and two senders. At the end as before."""
    centre = stage.centre
    for running in (*centre.timers, *centre.senders):
        running.kill()
    centre.timers.clear()
    centre.senders.clear()
    begun: list[Running] = []
    try:
        for number, seconds in ((0, OFF_SECONDS), (1, -OFF_SECONDS)):
            port = str(centre.webs[number].port)
            centre.webs[number].kill()
            with wrong_clock(centre.partyline, seconds):
                begun.append(centre.partyline.begin("web", PORT=port))
                centre.webs[number] = begun[-1]
                begun += [centre.partyline.begin(role) for role in ("timer", "sender")]
        for running in begun:
            await asyncio.to_thread(running.wait_until_ready)
        yield
    finally:
        for running in begun:
            running.kill()
        await asyncio.to_thread(centre.start, timers=stage.size.timers, senders=stage.size.senders)
        await stage.restart()


ENGINES = ("postgresql",)
ROWS = [
    Row("38", "clocks ten minutes off", apart, short=False, engines=ENGINES),
    Row("38", "clocks ten minutes off, under load", apart_under_load, short=False, engines=ENGINES),
]
