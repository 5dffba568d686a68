"""A web process that may have no more memory: it ends and begins anew, or says that it cannot, and what it took is kept (FAULTS 52)."""

import asyncio
import random
import resource
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from server.exhaustion import STATUS
from tests.faults.conftest import Carrier, open_with_ana, settle
from tests.faults.storm_of_kills import Kept, kept, raging
from tests.fixtures.centre import ANAS_OWN, HOST, Centre
from tests.fixtures.figures import Figures
from tests.fixtures.pictures import picture
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import PATIENCE_SECONDS, until

MIB = 2**20
ROOM_MIB = (0.0, 48.0)
"""So much more than it has the process may take, at the least and at the most."""
ROUNDS = 5
UNDER_IT_SECONDS = 3.0
EATERS = 12
"""Files of 3.4 megabytes at once, to a process that has met none yet: the room that it had for them it keeps for others."""
AGAIN_SECONDS = 0.05


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Starved:
    """`ended`: with which status, how often; `bore`: how often the process was still there in the end; `hung`: how often it was there and
    did not answer. `answers` to those who brought files, while there was little memory and after."""

    acknowledged: int = 0
    kept: Kept = field(default_factory=Kept)
    ended: Counter[int] = field(default_factory=Counter)
    bore: int = 0
    hung: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    ledgers: list[Ledger] = field(default_factory=list)


async def starve(centre: Centre, rounds: int, chance: random.Random) -> Starved:
    """Texts and files come to the first web process without a pause, and a ceiling comes down on it, again and again. Somebody begins
    another in its place when it has ended, as systemd does."""
    found = Starved()
    async with open_tab(centre, "ana", 0) as hers, open_tab(centre, "ana", 1) as elsewhere:
        async with raging(centre, ANAS_OWN) as storm, asyncio.TaskGroup() as others:
            supervising = others.create_task(_supervise(centre, found))
            for _ in range(rounds):
                await storm.more(storm.senders)
                await _under_a_ceiling(centre, found, round(chance.uniform(*ROOM_MIB) * MIB))
            await storm.more(4 * storm.senders)
            supervising.cancel()
        for tab in (hers, elsewhere):
            await tab.until_current()
            found.ledgers.append(await tab.ledger())
            await tab.assert_equals_fresh_load()
    found.acknowledged, found.repeated, found.kept = len(storm.acknowledged), storm.repeated, await kept(storm)
    return found


async def _supervise(centre: Centre, found: Starved) -> None:
    while True:
        status = centre.webs[0].ended
        if status is not None:
            if status != -signal.SIGKILL:
                found.ended[status] += 1
            await centre.restart_web(0)
        await asyncio.sleep(AGAIN_SECONDS)


async def _eat(centre: Centre, found: Starved) -> None:
    content = picture(width=1200, height=1200, noisy=True)
    headers = {"host": HOST, "authorization": f"Bearer {centre.people['ben'].token}"}
    while True:
        try:
            async with httpx2.AsyncClient(base_url=centre.webs[0].address, headers=headers, trust_env=False, timeout=60) as client:
                answer = await client.post("/api/v1/media", files={"file": ("photo.png", content, "image/png")})
            found.answers[answer.status_code] += 1
        except httpx2.HTTPError:
            pass
        await asyncio.sleep(AGAIN_SECONDS)


async def _under_a_ceiling(centre: Centre, found: Starved, room: int) -> None:
    """Until it has ended, or for a while, after which another one takes its place."""
    web = centre.webs[0]
    has = int(Path(f"/proc/{web.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(web.pid, resource.RLIMIT_AS, (has + room, resource.RLIM_INFINITY))
    over = time.monotonic() + UNDER_IT_SECONDS
    async with asyncio.TaskGroup() as group:
        eaters = [group.create_task(_eat(centre, found)) for _ in range(EATERS)]
        while web.ended is None and time.monotonic() < over:
            if not await _answers(web.address) and web.ended is None:
                found.hung += 1
                web.kill()
            await asyncio.sleep(AGAIN_SECONDS)
        for eater in eaters:
            eater.cancel()
    if web.ended is None:
        found.bore += 1
        web.kill()
    await until(lambda: centre.webs[0] is not web, within=3 * PATIENCE_SECONDS)


async def _answers(address: str) -> bool:
    """Whether something is said, whatever that is, or the connection ends."""
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            await client.get(f"{address}/healthz", headers={"host": HOST})
    except httpx2.TimeoutException:
        return False
    except httpx2.HTTPError:
        pass
    return True


@pytest.mark.timeout(300)
async def test_a_process_under_a_ceiling_ends_and_begins_anew_or_works_on_and_what_it_took_is_there_once(
    centre: Centre, figures: Figures
) -> None:
    await open_with_ana(centre, webs=2)
    found = await starve(centre, ROUNDS, random.Random(52))
    figures(
        f"{ROUNDS} ceilings: ended {dict(found.ended)}, bore {found.bore}, hung {found.hung}; {found.acknowledged} texts acknowledged, "
        f"repeated after {dict(found.repeated)}; files answered {dict(found.answers)}"
    )
    assert found.ended, "it never was short of memory"
    assert found.hung == 0
    assert found.kept == Kept()
    assert found.ledgers == [Ledger(), Ledger()]
    assert found.answers.keys() <= {201, 500, 503}, "nobody is told that the fault was theirs"


async def test_a_process_that_finds_no_memory_behind_a_commit_ends_and_what_it_had_told_nobody_is_told(
    centre: Centre, carrier: Carrier, figures: Figures
) -> None:
    await open_with_ana(centre, webs=2)
    async with open_tab(centre, "ana", web=0) as hers, open_tab(centre, "ana", web=1) as elsewhere:
        centre.webs[0].stop()
        await centre.restart_web(0, FAILPOINTS="writer.committed:2:memory")
        async with asyncio.TaskGroup() as group:
            group.create_task(carrier.send(10, every=0.1))
            await until(lambda: centre.webs[0].ended is not None)
            ended = centre.webs[0].ended
            await centre.restart_web(0)
        assert ended == STATUS
        await settle(centre, carrier, (hers, elsewhere), figures)
