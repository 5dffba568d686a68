"""A backup from before is put in the place of the database: no tab shows what is no more, and each begins anew (FAULTS 26)."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.faults.conftest import Carrier, open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre
from tests.fixtures.figures import Figures
from tests.fixtures.tab import Tab, open_tab
from tests.fixtures.waiting import until

GHOST = "This was never written"


def copy(database: Path, to: Path) -> None:
    """As SQLite copies what is in use."""
    with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(to)) as target:
        source.backup(target)


def put_back(backup: Path, database: Path) -> None:
    """What an operator does: the processes are stopped, the file is the older one, and its positions are of a new epoch."""
    for path in (database, *database.parent.glob(f"{database.name}-wal"), *database.parent.glob(f"{database.name}-shm")):
        path.unlink(missing_ok=True)
    backup.rename(database)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("update epoch set value = 'restored'")
        connection.commit()


def shows(tab: Tab, words: str) -> bool:
    return any(message["body"] == words for some in tab.messages.values() for message in some.values())


@pytest.mark.timeout(60)
async def test_after_a_restore_every_tab_begins_anew_and_none_shows_what_is_no_more(
    centre: Centre, carrier: Carrier, figures: Figures, tmp_path: Path
) -> None:
    """Ana has tabs at both processes, and Ben one; the older database goes on to positions that they had seen before."""
    await open_with_ana(centre, webs=2)
    database, backup = Path(centre.database_url.removeprefix("sqlite:///")), tmp_path / "backup.db"
    async with open_tab(centre, "ana", web=0) as near, open_tab(centre, "ana", web=1) as far, open_tab(centre, "ben", web=1) as ben:
        tabs = (near, far, ben)
        await carrier.send(12, every=0.0)
        await asyncio.to_thread(copy, database, backup)
        kept = await centre.head()
        for number in range(30):
            await centre.text(f"+1202556{number % 6:04}", GHOST, to=ANAS_OWN)
        await asyncio.gather(*(tab.until_current() for tab in tabs))
        assert shows(near, GHOST)
        assert shows(far, GHOST)
        lost = await centre.head() - kept

        for web in centre.webs:
            web.kill()
        await (await centre.database()).close()
        centre._db = None
        put_back(backup, database)
        for number in range(len(centre.webs)):
            await centre.restart_web(number)
        began = asyncio.get_running_loop().time()
        await until(lambda: all(tab.resets for tab in tabs), within=10)
        for number in range(6):
            await centre.text(f"+1202556{number:04}", "And life goes on", to=ANAS_OWN)
        await asyncio.gather(*(tab.until_current() for tab in tabs))
        figures(f"{lost} events are no more; every tab had begun anew after {asyncio.get_running_loop().time() - began:.1f} s")
        for tab in tabs:
            assert tab.resets == ["epoch"]
            assert not shows(tab, GHOST)
            assert tab.epoch == "restored"
            await tab.assert_equals_fresh_load()
        assert shows(near, "And life goes on")
