"""A claim whose answer is lost on the way, and that is repeated: the same answer again, one owner, and a refusal for others (FAULTS 35)."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.fixtures.centre import Centre
from tests.fixtures.figures import Figures
from tests.fixtures.rush import Answer, Line, request
from tests.fixtures.waiting import until
from tests.fixtures.wire import slow_wire

CLAIMS = 20


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass
class Retried:
    """Counts of claims whose answer was cut off."""

    lost: int = 0
    replayed: int = 0
    refused: list[str] = field(default_factory=list)
    others_refused: int = 0
    keyless_told_their_own: int = 0
    claimed_events: int = 0


async def lose_answers(centre: Centre, claims: int) -> Retried:
    """Each claim goes through a wire that lets it in and its answer not out; the repeat goes straight to another process."""
    found = Retried()
    for number in range(claims):
        assert (await centre.text(f"+1202565{number:04}", "Anybody?")).status_code == 200
    pool = (await centre.manage("GET", "conversations?view=pool&limit=200"))["items"]
    assert len(pool) == claims
    ana, ben = (centre.people[name].token for name in ("ana", "ben"))
    here, there = Line(centre.webs[0].port), Line(centre.webs[-1].port)
    for number, shown in enumerate(pool):
        path, key = f"/api/v1/conversations/{shown['id']}/claim", f"claim {number}"
        await _cut_off(centre, shown["id"], request("POST", path, token=ana, idempotency_key=key))
        found.lost += 1
        again = [await line.ask(request("POST", path, token=ana, idempotency_key=key)) for line in (there, here)]
        if all(_is_hers(answer, centre, shown["id"]) for answer in again) and again[0].body == again[1].body:
            found.replayed += 1
        else:
            found.refused += [f"{answer.status} {answer.body!r}" for answer in again]
        other = await here.ask(request("POST", path, token=ben, idempotency_key=key))
        found.others_refused += (other.status, other.json().get("code")) == (409, "already_claimed")
        keyless = await here.ask(request("POST", path, token=ana))
        found.keyless_told_their_own += keyless.status == 409 and keyless.json()["owner"]["id"] == centre.people["ana"].id
    for line in (here, there):
        line.close()
    found.claimed_events = len(await centre.rows("select seq from events where type = 'conversation.claimed'"))
    return found


def _is_hers(answer: Answer, centre: Centre, id: str) -> bool:
    shown = answer.json()
    return answer.status == 200 and (shown["id"], shown["owner"]["id"]) == (id, centre.people["ana"].id)


async def _cut_off(centre: Centre, id: str, claim: bytes) -> None:
    """Returns when the claim is committed and its caller knows nothing of it."""

    async def claimed() -> bool:
        return bool((await centre.rows("select owner from conversations where id = :id", id=id))[0]["owner"])

    async with slow_wire(("127.0.0.1", centre.webs[0].port)) as wire:
        wire.stall("down")
        line = Line(wire.port)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(_gone(line, claim))
            await until(claimed)
            wire.cut()
            assert await asking, "it was to be answered by nobody"


async def _gone(line: Line, claim: bytes) -> bool:
    try:
        await line.ask(claim)
    except (OSError, asyncio.IncompleteReadError):
        return True
    return False


async def test_a_claim_whose_answer_was_lost_is_answered_again_as_it_was_and_has_one_owner(centre: Centre, figures: Figures) -> None:
    await centre.open(webs=2, agents="ana ben")
    found = await lose_answers(centre, CLAIMS)
    figures(str(found))
    assert found == Retried(CLAIMS, CLAIMS, [], CLAIMS, CLAIMS, CLAIMS)
