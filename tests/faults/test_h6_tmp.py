"""A backup from before is put in the place of the database: no tab shows what is no more, and each begins anew (FAULTS 26)."""

import asyncio
import subprocess

import pytest
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.conftest import Carrier, open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Tab, open_tab
from tests.fixtures.waiting import until

GHOST = "This was never written"
WITHIN_SECONDS = 10.0
"""Less than a ping's time: each resumes when it comes back."""


def must(answer: subprocess.CompletedProcess[str]) -> None:
    assert answer.returncode == 0, answer.stderr


def shows(tab: Tab, words: str) -> bool:
    return any(message["body"] == words for some in tab.messages.values() for message in some.values())


@dataclass
class Restored:
    """`lost` events are no more; `seconds` until each of `tabs` had begun anew, `resets` their reasons; `ghosts`: tabs that show them."""

    lost: int = 0
    seconds: float = 0.0
    tabs: int = 0
    resets: list[list[str]] = field(default_factory=list)
    epochs: set[str | None] = field(default_factory=set)
    ghosts: int = 0
    shown_before: int = 0
    goes_on: int = 0


async def restore(centre: Centre, carrier: Carrier, backup: Path) -> Restored:
    """Ana has tabs at both processes, and Ben one; the older database goes on to positions that they had seen before."""
    found = Restored()
    async with open_tab(centre, "ana", web=0) as near, open_tab(centre, "ana", web=1) as far, open_tab(centre, "ben", web=1) as ben:
        tabs = (near, far, ben)
        await carrier.send(12, every=0.0)
        must(await asyncio.to_thread(centre.partyline.call, "backup", str(backup)))
        kept = await centre.head()
        for number in range(30):
            await centre.text(f"+1202556{number % 6:04}", GHOST, to=ANAS_OWN)
        await asyncio.gather(*(tab.until_current() for tab in tabs))
        found.shown_before = shows(near, GHOST) + shows(far, GHOST)
        found.lost = await centre.head() - kept

        for web in centre.webs:
            web.kill()
        await (await centre.database()).close()
        centre._db = None
        must(await asyncio.to_thread(centre.partyline.call, "restore", str(backup), "--force"))
        for number in range(len(centre.webs)):
            await centre.restart_web(number)
        began = asyncio.get_running_loop().time()
        await until(lambda: all(tab.resets for tab in tabs), within=WITHIN_SECONDS)
        found.seconds = asyncio.get_running_loop().time() - began
        for number in range(6):
            await centre.text(f"+1202556{number:04}", "And life goes on", to=ANAS_OWN)
        await asyncio.gather(*(tab.until_current() for tab in tabs))
        for tab in tabs:
            found.tabs += 1
            found.resets.append(tab.resets)
            found.ghosts += shows(tab, GHOST)
            found.epochs.add(tab.epoch)
            await tab.assert_equals_fresh_load()
        found.goes_on = shows(near, "And life goes on") + shows(far, "And life goes on")
    return found


@pytest.fixture
def engine() -> str:
    return "postgresql"


async def test_after_a_restore_every_tab_begins_anew_and_none_shows_what_is_no_more(
    centre: Centre, carrier: Carrier, figures: Figures, tmp_path: Path
) -> None:
    await open_with_ana(centre, webs=2)
    before = (await centre.rows("select value from epoch"))[0]["value"]
    found = await restore(centre, carrier, tmp_path / "backup.tar")
    figures(f"{found.lost} events are no more; every tab had begun anew after {found.seconds:.1f} s")
    assert found == Restored(found.lost, found.seconds, 3, [["epoch"]] * 3, found.epochs, ghosts=0, shown_before=2, goes_on=2)
    assert len(found.epochs - {before, None}) == 1
    assert found.lost > 0
