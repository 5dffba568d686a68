"""The claim race over HTTP: 200 claims at once over two web processes on each of 50 public conversations."""

import asyncio
import time
from collections import Counter

import pytest

from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.rush import Answer, lines_to, request

CONVERSATIONS, CLAIMS, CLAIMERS = 50, 200, 10


@pytest.mark.timeout(120)
async def test_of_200_claims_over_two_processes_on_each_of_50_conversations_exactly_one_wins(centre: Centre, figures: Figures) -> None:
    """Every loser is told that winner, and the conversation is shown as the winner's."""
    names = [f"agent{number}" for number in range(CLAIMERS)]
    await centre.open(webs=2, agents=" ".join(names))
    people = {centre.people[name].id: centre.people[name].name for name in names}
    texts = [centre.text(f"+1202556{number:04}", "Hi", web=number % 2) for number in range(CONVERSATIONS)]
    assert {answer.status_code for answer in await asyncio.gather(*texts)} == {200}
    pool = (await centre.manage("GET", "conversations?view=pool&limit=200"))["items"]
    assert len(pool) == CONVERSATIONS

    tokens = [centre.people[names[number // 2 % CLAIMERS]].token for number in range(CLAIMS)]
    began = time.monotonic()
    async with lines_to([centre.webs[number % 2].port for number in range(CLAIMS)]) as lines:
        for shown in pool:
            path = f"/api/v1/conversations/{shown['id']}/claim"
            claims = (line.ask(request("POST", path, token=token)) for line, token in zip(lines, tokens, strict=True))
            _one_won(await asyncio.gather(*claims), people)
    seconds = time.monotonic() - began
    for shown in (await centre.manage("GET", "conversations?view=all&limit=200"))["items"]:
        assert shown["owner"]["name"] in people.values()
        assert shown["public_since"] is None
    written = await centre.rows("select count(*) as n from events where type = 'conversation.claimed'")
    assert written[0]["n"] == CONVERSATIONS
    figures(f"{CONVERSATIONS * CLAIMS} claims in {seconds:.1f} s, {CONVERSATIONS * CLAIMS / seconds:.0f}/s")


def _one_won(answers: list[Answer], people: dict[str, str]) -> None:
    assert Counter(answer.status for answer in answers) == {200: 1, 409: CLAIMS - 1}
    [won] = [answer.json() for answer in answers if answer.status == 200]
    winner = {"id": won["owner"]["id"], "name": people[won["owner"]["id"]]}
    lost = [answer.json() for answer in answers if answer.status == 409]
    assert {answer["code"] for answer in lost} == {"already_claimed"}
    assert [answer["owner"] for answer in lost] == [winner] * (CLAIMS - 1)
    assert {answer["at"] for answer in lost} == {won["claimed_at"]}
