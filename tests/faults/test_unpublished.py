"""Many processes killed between COMMIT and PUBLISH: what they committed reaches every tab, soon, once and in order (FAULTS 14)."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path

from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.processes import ROOT
from tests.fixtures.tab import Ledger, Tab, open_tab

KILLS, LATEST_SECONDS = 40, 2.5


@dataclass
class Unpublished:
    """`delays` in seconds from the commit to the tab, of every event that nobody published, over all tabs, sorted;
    `came`: how many texts each tab got."""

    killed: int
    delays: list[float]
    ledgers: list[Ledger]
    came: list[int]


async def die(centre: Centre, folder: Path, account: str, carrier: str, line: str, tabs: list[Tab], kills: int) -> Unpublished:
    """Every process writes one text and is killed where it would publish it."""
    plan = {
        "database_url": centre.database_url,
        "redis_url": centre.partyline.settings["REDIS_URL"],
        "var": str(folder / "dying"),
        "account": account,
        "carrier": carrier,
        "line": line,
        "count": kills,
        "every": 0.02,
    }
    path = folder / "dying.json"
    path.write_text(json.dumps(plan))
    first = await centre.head()
    words = (sys.executable, "-m", "tests.fixtures.dying", str(path))
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, cwd=ROOT)
    assert process.stdout is not None
    killed = len((await process.stdout.read()).split())
    assert await process.wait() == 0
    for tab in tabs:
        await tab.until_current()
    rows = await centre.rows("select position, at from events where account = :account and position > :first", account=account, first=first)
    instants = {row["position"]: row["at"] for row in rows}
    delays = sorted(delay for tab in tabs for delay in tab.delays(instants))
    came = [sum(event["position"] in instants for event in tab.of("message.received")) for tab in tabs]
    return Unpublished(killed, delays, [await tab.ledger() for tab in tabs], came)


async def test_what_killed_processes_committed_and_did_not_publish_comes_within_the_sweep_to_every_tab(
    centre: Centre, figures: Figures, tmp_path: Path
) -> None:
    await open_with_ana(centre, webs=2)
    carrier = centre.carriers["generic"]["id"]
    async with open_tab(centre, "ana", web=0) as near, open_tab(centre, "ana", web=1) as far:
        found = await die(centre, tmp_path, centre.account, carrier, ANAS_OWN, [near, far], KILLS)
    figures(f"{found.killed} killed; {len(found.delays)} events came after {percentiles(found.delays)}")
    assert found.killed == KILLS
    assert found.came == [KILLS, KILLS]
    assert found.delays[-1] <= LATEST_SECONDS
    assert found.ledgers == [Ledger(), Ledger()]
