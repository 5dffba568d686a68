"""Whatever happens in whatever order, the page after the events equals the page freshly loaded (FAULTS 54): histories that Hypothesis draws
and, when one fails, makes short."""

import asyncio
import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.settings import Settings, prepare_var
from server.store.engines import open_database
from tests.fixtures.history import History
from tests.fixtures.office import build_office
from tests.fixtures.page import assert_page_equals_fresh_load

HISTORIES, ACTIONS, LOOK_EVERY = 20, 60, 20


async def live(template: Path, folder: Path, chance: random.Random, actions: int, look_every: int) -> int:
    """A history on a fresh database; how many events it had."""
    shutil.copyfile(template, folder / "partyline.db")
    db = await open_database(f"sqlite:///{folder / 'partyline.db'}")
    try:
        office = await build_office(db, prepare_var(Settings(_env_file=None, var=folder / "var")))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(office.desk.writer.run())
            try:
                history = History(office, chance)
                for number in range(1, actions + 1):
                    await history.step()
                    if number % look_every == 0 or number == actions:
                        await assert_page_equals_fresh_load(office, office.mia)
            finally:
                office.desk.writer.stop()
        return len(office.events)
    finally:
        await db.close()


@settings(max_examples=HISTORIES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chance=st.randoms(use_true_random=False), actions=st.integers(1, ACTIONS))
def test_after_any_history_the_page_after_the_events_is_the_page_freshly_loaded(
    migrated_sqlite: Path, chance: random.Random, actions: int
) -> None:
    with tempfile.TemporaryDirectory(prefix="partyline-history-") as folder:
        asyncio.run(live(migrated_sqlite, Path(folder), chance, actions, LOOK_EVERY))
