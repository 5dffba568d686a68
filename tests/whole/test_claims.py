"""The claim race over HTTP: many claims at once over all web processes on each of many public conversations (FAULTS 34)."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.rush import Answer, lines_to, request

CONVERSATIONS, CLAIMS, CLAIMERS = 50, 200, 10
PAGE = 200


@dataclass
class Race:
    """`won`: conversations that exactly one of the claims got, and that are that one's; `wrong`: what anybody was told otherwise."""

    won: int = 0
    claims: int = 0
    events: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def claim_all(centre: Centre, names: list[str], conversations: int, claims: int) -> Race:
    """`claims` at the same instant on each conversation, by these people in turn, evenly over all processes."""
    found, webs = Race(), centre.webs
    people = {centre.people[name].id: centre.people[name].name for name in names}
    for first in range(0, conversations, PAGE):
        phones = range(first, min(first + PAGE, conversations))
        texts = [centre.text(f"+1202556{number:04}", "Hi", web=number % len(webs)) for number in phones]
        assert {answer.status_code for answer in await asyncio.gather(*texts)} == {200}
    ids = [row["id"] for row in await centre.rows("select id from conversations where public_since is not null order by id")]
    assert len(ids) == conversations

    tokens = [centre.people[names[number // len(webs) % len(names)]].token for number in range(claims)]
    winners: dict[str, str] = {}
    began = time.monotonic()
    async with lines_to([webs[number % len(webs)].port for number in range(claims)]) as lines:
        for id in ids:
            asked = _claim_of(id)
            answers = await asyncio.gather(*(line.ask(asked(token)) for line, token in zip(lines, tokens, strict=True)))
            winners[id] = _winner(answers, people, found)
    found.seconds = time.monotonic() - began
    found.claims = conversations * claims
    for row in await centre.rows("select id, owner, public_since from conversations"):
        found.won += row["public_since"] is None and row["owner"] == winners[row["id"]]
    found.events = (await centre.rows("select count(*) as n from events where type = 'conversation.claimed'"))[0]["n"]
    return found


def _claim_of(id: str) -> Callable[[str], bytes]:
    return lambda token: request("POST", f"/api/v1/conversations/{id}/claim", token=token)


def _winner(answers: Sequence[Answer], people: dict[str, str], found: Race) -> str:
    """Whom every answer names; the losers are told whose it is, and since when."""
    counts = Counter(answer.status for answer in answers)
    if counts != {200: 1, 409: len(answers) - 1}:
        found.wrong.append(f"answers {dict(counts)}")
        return ""
    [won] = [answer.json() for answer in answers if answer.status == 200]
    winner = {"id": won["owner"]["id"], "name": people[won["owner"]["id"]]}
    told = ("already_claimed", winner, won["claimed_at"])
    for lost in (answer.json() for answer in answers if answer.status == 409):
        if (lost["code"], lost["owner"], lost["at"]) != told:
            found.wrong.append(f"{lost} instead of {told}")
    return str(winner["id"])


async def test_of_200_claims_over_two_processes_on_each_of_50_conversations_exactly_one_wins(centre: Centre, figures: Figures) -> None:
    """Every loser is told that winner, and the conversation is shown as the winner's."""
    names = [f"agent{number}" for number in range(CLAIMERS)]
    await centre.open(webs=2, agents=" ".join(names))
    found = await claim_all(centre, names, CONVERSATIONS, CLAIMS)
    figures(f"{found.claims} claims in {found.seconds:.1f} s, {found.claims / found.seconds:.0f}/s")
    assert found.wrong == []
    assert found.won == found.events == CONVERSATIONS
    for shown in (await centre.manage("GET", "conversations?view=all&limit=200"))["items"]:
        assert shown["owner"]["name"] in {centre.people[name].name for name in names}
        assert shown["public_since"] is None
