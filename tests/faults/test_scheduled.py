"""Scheduled texts leave within their second and once, whichever timers and senders die meanwhile."""

import asyncio
import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, Centre
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.waiting import until

TEXTS = 60


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def schedule(centre: Centre, number: int, at: datetime, web: int = 0) -> str:
    """Ana's answer to one of twenty phones; its id."""
    phone = f"+1202559{number % 20:04}"
    await centre.text(phone, "Hi", to=ANAS_OWN, web=web)
    asked = {"to": phone, "body": f"Text {number}", "client_id": f"s-{number}", "send_at": at.isoformat()}
    answer = await centre.call("ana", "POST", "messages", web, **asked)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["message"]["id"])


async def late(centre: Centre) -> list[float]:
    """Seconds from each text's time to the instant at which it was queued, sorted."""
    rows = await centre.rows(
        "select e.at - m.send_at as late from messages m join events e on e.conversation = m.conversation and e.seq = m.left_seq"
    )
    return sorted(row["late"] / 1_000_000 for row in rows)


async def left(centre: Centre) -> int:
    return int((await centre.rows("select count(*) as n from messages where left_seq is not null"))[0]["n"])


async def test_three_timers_of_which_two_are_killed_let_each_text_go_once_and_in_time(centre: Centre, figures: Figures) -> None:
    await open_with_ana(centre, webs=1, timers=3, senders=2)
    chance = random.Random(11)
    async with open_tab(centre, "ana") as ana:
        begin = datetime.now(UTC) + timedelta(seconds=6)
        times = [begin + timedelta(seconds=max(0.0, (number - TEXTS / 2) / 10)) for number in range(TEXTS)]
        ids = [await schedule(centre, number, at) for number, at in enumerate(times)]
        assert datetime.now(UTC) < begin, "all are scheduled before the first is due"
        await until(lambda: ana.of("message.queued"), within=15)
        for timer in chance.sample(centre.timers, 2):
            await asyncio.sleep(chance.uniform(0.2, 1.0))
            timer.kill()
        await until(lambda: len(ana.of("message.queued")) == TEXTS, within=15)
        await until(lambda: len(centre.handed) == TEXTS, within=15)
        await ana.until_current()
        assert Counter(event["data"]["message"]["id"] for event in ana.of("message.queued")) == Counter(ids), "each once"
        bodies = Counter(dict(request.form)["Body"].partition(" Reply")[0] for request in centre.handed)
        assert bodies == Counter(f"Text {number}" for number in range(TEXTS)), "each was handed to the carrier once"
        lateness = await late(centre)
        figures(f"{TEXTS} scheduled texts, late by {percentiles(lateness)}")
        assert lateness[0] >= 0
        assert lateness[-1] <= 1.0
        assert await ana.ledger() == Ledger()


async def test_what_fell_due_while_no_timer_ran_leaves_when_one_starts(centre: Centre) -> None:
    await open_with_ana(centre, webs=1)
    ids = [await schedule(centre, number, datetime.now(UTC) + timedelta(seconds=3600)) for number in range(3)]
    past = "update messages set send_at = :at where state = 'scheduled'"
    await (await centre.database()).write(lambda tx: tx.run(past, at=tx.now - 3 * 24 * 3600 * 1_000_000))
    assert await left(centre) == 0
    async with open_tab(centre, "ana") as ana:
        await asyncio.to_thread(centre.start, timers=2, senders=1)
        await until(lambda: len(centre.handed) == 3)
        await ana.until_current()
        queued = await centre.rows("select body from events where type = 'message.queued'")
        assert sorted(json.loads(row["body"])["data"]["message"]["id"] for row in queued) == sorted(ids)
        assert await ana.ledger() == Ledger()
