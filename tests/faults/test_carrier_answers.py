"""A carrier that answers badly or not at all (FAULTS 40, 43): each text is there once, in a state that is true, and nothing hangs."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass

from tests.faults.conftest import open_with_ana
from tests.fixtures.carrier_api import Answering, CarrierApi, answers
from tests.fixtures.centre import Centre, new_sid
from tests.fixtures.waiting import until

LONGEST_SECONDS = 16
"""Ten for an answer, and what a loaded machine needs."""
SILENT, DRIPPING, BROKEN, GARBAGE, ELSEWHERE, BUSY, REFUSED = (f"+1202558{number:04}" for number in range(7))
STATES = {
    SILENT: ("unconfirmed", "timeout"),
    DRIPPING: ("unconfirmed", "timeout"),
    BROKEN: ("unconfirmed", "http_500"),
    GARBAGE: ("unconfirmed", "http_201"),
    ELSEWHERE: ("unconfirmed", "http_302"),
    BUSY: ("sent", None),
    REFUSED: ("failed", "21211"),
}
HANDED = Counter({phone: 2 if phone == BUSY else 1 for phone in STATES})
"""The busy one asks for a second attempt."""


def by_phone(api: CarrierApi) -> Answering:
    """Each phone's texts meet another carrier's bad day; the busy one takes a text at the second attempt."""
    accepted = answers(201, json.dumps({"sid": new_sid(), "status": "queued"}).encode())
    manners = {
        SILENT: api.never,
        DRIPPING: api.drips,
        BROKEN: answers(500, b"{}"),
        GARBAGE: answers(201, b'{"sid": '),
        ELSEWHERE: answers(302, b"", location="/elsewhere"),
        REFUSED: answers(400, b'{"code": 21211, "message": "invalid"}'),
    }

    async def answer(writer: asyncio.StreamWriter) -> None:
        seen = api.seen[-1]
        if seen.method == "GET":
            await answers(500, b"")(writer)
            return
        to = dict(seen.form)["To"]
        busy = Counter(dict(each.form).get("To") for each in api.seen)[BUSY]
        await manners.get(to, answers(429, b"", retry_after="1") if busy == 1 else accepted)(writer)

    return answer


@dataclass
class BadDays:
    """By phone: what became of its text, how often its carrier was given it; `after`: the silent carrier's, when its receipt had come."""

    states: dict[str, tuple[str, str | None]]
    handed: Counter[str]
    targets: int
    after: tuple[str, str | None]


async def meet_bad_days(centre: Centre) -> BadDays:
    """A text to each phone, and all is over soon."""
    api = centre.carrier_api
    api.answer = by_phone(api)
    for phone in STATES:
        sent = await centre.call("ana", "POST", "messages", to=phone, body="Hello", client_id=phone)
        assert sent.status_code == 202, sent.text

    async def states() -> dict[str, tuple[str, str | None]]:
        sql = "select c.phone, m.state, m.error_code from messages m join conversations c on c.id = m.conversation"
        return {row["phone"]: (row["state"], row["error_code"]) for row in await centre.rows(sql)}

    async def over() -> bool:
        return not {state for state, _ in (await states()).values()} & {"queued", "sending"}

    await until(over, within=LONGEST_SECONDS)
    before = await states()
    posts = [request for request in api.seen if request.method == "POST"]
    silent = next(request for request in posts if dict(request.form)["To"] == SILENT)
    assert (await centre.receipt(silent, new_sid(), "delivered")).status_code == 200
    handed = Counter(dict(request.form)["To"] for request in posts)
    return BadDays(before, handed, len({request.target for request in posts}), (await states())[SILENT])


async def test_whatever_a_carrier_answers_each_text_is_there_once_and_its_state_is_true(centre: Centre) -> None:
    await open_with_ana(centre, webs=1, senders=2)
    found = await meet_bad_days(centre)
    assert found.states == STATES
    assert found.handed == HANDED
    assert found.targets == 1, "a redirect was followed"
    assert found.after == ("delivered", None), "its receipt says what became of it"
