"""Redis killed, killed again, or never there: it carries no truth, so no tab may lose, double or reorder anything."""

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.faults.conftest import Carrier, open_with_ana, settle
from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.tab import open_tab

WITHOUT_REDIS_SECONDS = 1.5
"""p99 from commit to tab while there is no Redis: the sweep's half second, and the work."""


async def test_redis_killed_while_texts_arrive_costs_no_tab_anything(
    centre: Centre, carrier: Carrier, own_redis: RedisServer, figures: Figures
) -> None:
    """Three kills at random moments; the server that comes back is empty and was away for up to a second."""
    centre.settings["REDIS_URL"] = own_redis.url
    await open_with_ana(centre, webs=2)
    chance = random.Random(3)
    async with open_tab(centre, "ana", web=0) as near, open_tab(centre, "ana", web=1) as far, open_tab(centre, "ben", web=1) as ben:
        async with asyncio.TaskGroup() as group:
            group.create_task(carrier.send(120, every=0.06, webs=(0, 1)))
            for _ in range(3):
                await asyncio.sleep(chance.uniform(0.5, 1.5))
                own_redis.kill()
                await asyncio.sleep(chance.uniform(0.1, 1.0))
                await asyncio.to_thread(own_redis.start)
        await settle(centre, carrier, (near, far, ben), figures)
        assert [len(tab.given) for tab in (near, far, ben)] == [1, 1, 1], "nobody was sent away"
        assert carrier.repeated == 0, "no webhook noticed"
        told = [await _metrics(centre, web) for web in (0, 1)]
        assert [each["partyline_tabs"] for each in told] == [1, 2]
        assert min(each["partyline_reconnects_total"] for each in told) > 0
        assert sum(each["partyline_swept_total"] for each in told) > 0, "only the sweep can have brought what Redis lost"


async def test_the_embedded_redis_killed_while_texts_arrive_is_started_again_and_costs_no_tab_anything(
    centre: Centre, carrier: Carrier, figures: Figures
) -> None:
    """First the server alone, then the server with its keeper."""
    centre.settings["REDIS_URL"] = ""
    await open_with_ana(centre, webs=2)
    var = centre.partyline.var
    async with open_tab(centre, "ana", web=0) as near, open_tab(centre, "ana", web=1) as far:
        async with asyncio.TaskGroup() as group:
            group.create_task(carrier.send(100, every=0.06, webs=(0, 1)))
            await asyncio.sleep(1)
            _kill(var, "server")
            await asyncio.sleep(2)
            _kill(var, "keeper", "server")
        await settle(centre, carrier, (near, far), figures)
        assert len(_pids(var, "server")) == 1, "there is one again"
        assert carrier.repeated == 0


async def test_without_redis_the_whole_run_everything_works_a_little_later(
    centre: Centre, carrier: Carrier, figures: Figures, tmp_path: Path
) -> None:
    """All roles boot, texts go public, and the sweep alone brings everything within its half second and a little."""
    centre.settings["REDIS_URL"] = f"unix://{tmp_path}/nobody.sock"
    await open_with_ana(centre, webs=2, timers=1, senders=1)
    async with open_tab(centre, "ana", web=0) as near, open_tab(centre, "ana", web=1) as far, open_tab(centre, "ben", web=1) as ben:
        await carrier.send(150, every=0.05, webs=(0, 1))
        await settle(centre, carrier, (near, far, ben), figures)
        instants = {row["position"]: row["at"] for row in await centre.rows("select position, at from events")}
        for tab in (near, far):
            delays = tab.delays(instants)
            assert len(delays) > 150
            assert delays[int(len(delays) * 0.99)] <= WITHOUT_REDIS_SECONDS
        ready = await centre.api("").get("/readyz")
        assert ready.status_code == 200, "the database answers, and that is enough"
        assert ready.json()["redis"] != "ok"


async def _metrics(centre: Centre, web: int) -> dict[str, float]:
    """Those without labels, by name."""
    text = (await centre.api("", web).get("/metrics")).raise_for_status().text
    return {each.name: each.value for family in text_string_to_metric_families(text) for each in family.samples if not each.labels}


def _kill(var: Path, *parts: str) -> None:
    pids = [pid for part in parts for pid in _pids(var, part)]
    assert len(pids) == len(parts), parts
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def _pids(var: Path, part: str) -> list[int]:
    """The keeper or the server: nothing else runs in this VAR."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_keeper = "server.keeper" in (folder / "cmdline").read_text().split("\0")
            if (folder / "cwd").samefile(var) and is_keeper == (part == "keeper"):
                found.append(int(folder.name))
    return found
