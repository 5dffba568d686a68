"""The timer keeps its second while web ingests at full speed: two processes that write to one SQLite file."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from twilio.request_validator import RequestValidator

from tests.fixtures.centre import ACCOUNT_SID, ANAS_OWN, AUTH_TOKEN, BASE_URL, SUPPORT, Centre, new_sid
from tests.fixtures.deadlines import fall_due, lateness
from tests.fixtures.figures import Figures, percentiles
from tests.fixtures.rush import Line, lines_to, request
from tests.fixtures.tab import open_tab
from tests.fixtures.waiting import until

SECONDS, LINES, DEADLINES, PREPARED = 15.0, 32, 120, 20_000
LATEST_SECONDS, LATEST_SEEN_SECONDS = 1.0, 2.0
"""Committed, and seen by a tab (PRODUCT rule 12)."""


@pytest.fixture
def engine() -> str:
    return "sqlite"


async def test_the_timer_keeps_its_second_while_web_ingests_at_full_speed(centre: Centre, figures: Figures) -> None:
    """Signed webhooks as fast as they are answered, for a quarter of a minute in which conversations fall due."""
    await centre.open(webs=1, timers=1, agents="ana ben")
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
    texts = itertools.chain([_text(centre, number) for number in range(PREPARED)], (_text(centre, number) for number in itertools.count()))
    async with open_tab(centre, "ben") as ben:
        ids = await fall_due(centre, [1.0 + number * (SECONDS - 1.0) / DEADLINES for number in range(DEADLINES)])
        ends = time.monotonic() + SECONDS + 1.0
        async with lines_to([centre.webs[0].port] * LINES) as lines, asyncio.TaskGroup() as group:
            flooding = [group.create_task(_flood(line, texts, ends)) for line in lines]
        answered = sum(task.result() for task in flooding)
        await until(lambda: len({event["conversation"] for event in ben.of("conversation.public")}.intersection(ids)) == DEADLINES)
        late = await lateness(centre, ids)
        seen = sorted(
            ben.applied[event["position"]] - datetime.fromisoformat(event["data"]["conversation"]["public_at"]).timestamp()
            for event in ben.of("conversation.public")
            if event["conversation"] in ids
        )
        rate = answered / (SECONDS + 1.0)
        figures(f"{rate:.0f} texts/s meanwhile; {DEADLINES} deadlines, late by {percentiles(late)}; seen {percentiles(seen)}")
        assert len(late) == len(seen) == DEADLINES
        assert late[0] >= 0
        assert late[-1] <= LATEST_SECONDS
        assert seen[-1] <= LATEST_SEEN_SECONDS
        rows = await centre.rows("select count(*) as n from messages where direction = 'inbound'")
        assert rows[0]["n"] == answered + DEADLINES, "every text that was acknowledged is there, once"


def _text(centre: Centre, number: int) -> bytes:
    """A signed webhook: the next text of one of two hundred phones."""
    sid = new_sid()
    fields = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT_SID, "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01"}
    fields |= {"From": f"+1202558{number % 200:04}", "To": SUPPORT, "Body": f"Text {number}"}
    url = centre.carriers["twilio"]["hook_url"]
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, fields)
    return request("POST", url.removeprefix(BASE_URL), form=fields, x_twilio_signature=signature)


async def _flood(line: Line, texts: Iterator[bytes], ends: float) -> int:
    answered = 0
    while time.monotonic() < ends:
        answer = await line.ask(next(texts))
        assert answer.status == 200, answer
        answered += 1
    return answered
