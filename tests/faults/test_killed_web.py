"""`kill -9` of a web process between the commit of events and their publishing: nobody was told, and the database knows."""

import asyncio
import random
import signal

import pytest

from tests.faults.conftest import Carrier, open_with_ana, settle
from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.processes import Running
from tests.fixtures.tab import open_tab
from tests.fixtures.waiting import PATIENCE_SECONDS

KILLS = 5
LATEST_SECONDS = 2.5
"""By when the tabs of another process have what a dead one committed (the sweep's two seconds, and a little)."""


async def _until_dead(web: Running, group: asyncio.TaskGroup, carrier: Carrier) -> None:
    """Texts that come close together share a commit: where ten were too few, more come one by one."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while web.ended is None:
        assert loop.time() < began + PATIENCE_SECONDS
        await asyncio.sleep(0.1)
        if loop.time() > began + 1.5:
            group.create_task(carrier.deliver(0))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_what_a_killed_process_committed_reaches_every_tab_once_and_in_order(
    centre: Centre, carrier: Carrier, figures: Figures
) -> None:
    """Its own tab comes back to the restarted process by itself; the tabs of the other process get it by the sweep."""
    await open_with_ana(centre, webs=2)
    chance = random.Random(20)
    async with open_tab(centre, "ana", web=0) as hers, open_tab(centre, "ana", web=1) as elsewhere, open_tab(centre, "ben", web=1) as ben:
        centre.webs[0].stop()
        unpublished = []
        async with asyncio.TaskGroup() as group:
            for kill in range(KILLS + 1):
                armed = {"FAILPOINTS": f"writer.committed:{chance.randint(2, 6)}"} if kill < KILLS else {}
                await centre.restart_web(0, **armed)
                group.create_task(carrier.send(10, every=0.1))
                if armed:
                    await _until_dead(centre.webs[0], group, carrier)
                    assert centre.webs[0].ended == -signal.SIGKILL
                    unpublished.append(await centre.head())
        instants = {row["position"]: row["at"] for row in await centre.rows("select position, at from events")}
        late = elsewhere.delays({position: instants[position] for position in unpublished})
        figures(f"what was committed and not published came after {', '.join(f'{seconds:.2f}' for seconds in late)} s")
        await settle(centre, carrier, (hers, elsewhere, ben), figures)
        assert len(late) == KILLS
        assert late[-1] <= LATEST_SECONDS
        assert len(hers.given) > KILLS
        assert len(elsewhere.given) == 1
