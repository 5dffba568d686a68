"""Several timers: each deadline is met once, by whichever of them lives."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass

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


@dataclass
class Met:
    """`late`: seconds after its deadline that each went public, sorted; `missed` and `twice` are conversations."""

    deadlines: int
    late: list[float]
    missed: int
    twice: int
    ledger: Ledger


async def meet_deadlines(centre: Centre, kills: int, at_once: int, chance: random.Random) -> Met:
    """Half of the deadlines are at one instant and half one by one, while timers are killed; Ben's tab is told of each."""
    async with open_tab(centre, "ben") as ben:
        ids = await fall_due(centre, [1.0] * at_once + [1.0 + 4.0 * number / at_once for number in range(at_once)])
        await until(lambda: len(ben.of("conversation.public")) >= at_once, within=15)
        for timer in chance.sample(centre.timers, kills):
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            timer.kill()
        await until(lambda: len(ben.of("conversation.public")) >= len(ids), within=15)
        await ben.until_current()
        public = Counter(event["conversation"] for event in ben.of("conversation.public"))
        return Met(
            len(ids),
            await lateness(centre, ids),
            missed=sum(public[id] == 0 for id in ids),
            twice=sum(public[id] > 1 for id in ids),
            ledger=await ben.ledger(),
        )


async def test_three_timers_of_which_two_are_killed_make_each_conversation_public_once_and_in_time(
    centre: Centre, figures: Figures
) -> None:
    """Sixty fall due at one instant and sixty one by one; every tab of the account is told once of each."""
    await open_with_ana(centre, webs=1, timers=3)
    found = await meet_deadlines(centre, 2, AT_ONCE, random.Random(7))
    figures(f"{found.deadlines} deadlines, late by {percentiles(found.late)}")
    assert len(found.late) == found.deadlines == 2 * AT_ONCE
    assert found.late[0] >= 0
    assert found.late[-1] <= 1.0
    assert (found.missed, found.twice, found.ledger) == (0, 0, Ledger())


async def test_what_fell_due_while_no_timer_ran_goes_public_when_one_starts(centre: Centre) -> None:
    await open_with_ana(centre, webs=1)
    ids = await fall_due(centre, [-3 * 24 * 3600.0, -3600.0, -1.0])
    async with open_tab(centre, "ben") as ben:
        await asyncio.to_thread(centre.start, timers=2)
        await until(lambda: len(ben.of("conversation.public")) >= 3)
        await ben.until_current()
        assert sorted(event["conversation"] for event in ben.of("conversation.public")) == sorted(ids)
        assert await ben.ledger() == Ledger()
