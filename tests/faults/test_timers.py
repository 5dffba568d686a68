"""Several timers: each deadline is met once, by whichever of them lives."""

import asyncio
import random

import pytest

from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import Centre
from tests.fixtures.deadlines import fall_due, lateness
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import until

AT_ONCE = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.timeout(60)
async def test_three_timers_of_which_two_are_killed_make_each_conversation_public_once_and_in_time(
    centre: Centre, figures: Figures
) -> None:
    """Sixty fall due at one instant and sixty one by one; every tab of the account is told once of each."""
    await open_with_ana(centre, webs=1, timers=3)
    chance = random.Random(7)
    async with open_tab(centre, "ben") as ben:
        ids = await fall_due(centre, [1.0] * AT_ONCE + [1.0 + 4.0 * number / AT_ONCE for number in range(AT_ONCE)])
        await until(lambda: len(ben.of("conversation.public")) >= AT_ONCE, within=15)
        for timer in chance.sample(centre.timers, 2):
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            timer.kill()
        await until(lambda: len(ben.of("conversation.public")) >= len(ids), within=15)
        await ben.until_current()
        late = await lateness(centre, ids)
        figures(f"{len(ids)} deadlines, late by {percentiles(late)}")
        assert len(late) == len(ids)
        assert late[0] >= 0
        assert late[-1] <= 1.0
        public = [event["conversation"] for event in ben.of("conversation.public")]
        assert sorted(public) == sorted(ids), "each once"
        assert await ben.ledger() == Ledger()


@pytest.mark.timeout(60)
async def test_what_fell_due_while_no_timer_ran_goes_public_when_one_starts(centre: Centre) -> None:
    await open_with_ana(centre, webs=1)
    ids = await fall_due(centre, [-3 * 24 * 3600.0, -3600.0, -1.0])
    async with open_tab(centre, "ben") as ben:
        await asyncio.to_thread(centre.start, timers=2)
        await until(lambda: len(ben.of("conversation.public")) >= 3)
        await ben.until_current()
        assert sorted(event["conversation"] for event in ben.of("conversation.public")) == sorted(ids)
        assert await ben.ledger() == Ledger()
