"""A scheduled text leaves once or is taken back, never both: in one batch, in two processes, whoever is first."""

import asyncio
import random

import pytest

from server.desk import attend
from server.desk.desk import Desk
from server.desk.dispatch import lease
from server.desk.scheduled import AT_ONCE, cancel, leave_due, send_now
from server.desk.send import Draft, send
from server.domain.errors import NotScheduled
from tests.fixtures.office import SALES, Office
from tests.fixtures.page import assert_page_equals_fresh_load

PHONES = [f"+1202555{2000 + n}" for n in range(24)]


async def schedule(office: Office, phone: str, client_id: str, seconds: float = 60) -> str:
    """Somebody asked, Ben's answer is scheduled; its id."""
    await office.text("Hi", sender=phone, to=SALES)
    id = await office.conversation(phone)
    rows = await office.all("select max(at) as at from events")
    at = rows[0]["at"] + round(seconds * 1_000_000)
    made = await send(office.desk, office.ben, id, Draft("Later", client_id, 10_000, send_at=at))
    return str(made.id)  # type: ignore[union-attr]


async def history(office: Office) -> dict[str, list[str]]:
    """What the events say that became of each text, in order."""
    found: dict[str, list[str]] = {}
    for event in sorted(office.events, key=lambda event: int(event["position"])):
        message = event["data"].get("message")
        if message and message["send_at"] and event["type"].startswith("message."):
            found.setdefault(message["id"], []).append(event["type"].removeprefix("message."))
    return found


async def states(office: Office) -> dict[str, str]:
    return {row["id"]: row["state"] for row in await office.all("select id, state from messages where send_at is not null")}


async def test_timers_of_two_processes_let_each_text_go_once(office: Office, second_desk: Desk) -> None:
    ids = [await schedule(office, phone, f"s{n}") for n, phone in enumerate(PHONES)]
    office.later(minutes=2)
    second_desk.db.shift_us = office.desk.db.shift_us
    counts = await asyncio.gather(*(leave_due(desk) for _ in range(4) for desk in (office.desk, second_desk)))
    assert sum(counts) == len(ids)
    assert await history(office) == {id: ["scheduled", "queued"] for id in ids}
    batches = await asyncio.gather(*(lease(desk) for _ in range(3) for desk in (office.desk, second_desk)))
    leased = [one.message for batch in batches for one in batch]
    assert sorted(leased) == sorted(ids), "each in one sender's hands"
    await assert_page_equals_fresh_load(office, office.mia)


@pytest.mark.parametrize("seed", range(3))
async def test_of_taking_back_sending_now_and_the_timer_one_wins(office: Office, second_desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    ids = [await schedule(office, phone, f"s{n}") for n, phone in enumerate(PHONES)]
    office.later(minutes=2)
    second_desk.db.shift_us = office.desk.db.shift_us

    async def attempt(act: object, desk: Desk, id: str) -> bool:
        try:
            await act(desk, office.ben, id)  # type: ignore[operator]
        except NotScheduled:
            return False
        return True

    desks = (office.desk, second_desk)
    cancels = [attempt(cancel, chance.choice(desks), id) for id in ids]
    sends = [attempt(send_now, chance.choice(desks), id) for id in ids]
    timers = [leave_due(desk) for desk in desks for _ in range(2)]
    jobs = [*enumerate([*cancels, *sends, *timers])]
    chance.shuffle(jobs)
    results = dict(zip([number for number, _ in jobs], await asyncio.gather(*(job for _, job in jobs)), strict=True))
    became = await states(office)
    for number, id in enumerate(ids):
        taken_back, sent = results[number], results[len(ids) + number]
        assert not (taken_back and sent)
        assert (became[id] == "cancelled") == taken_back
        assert became[id] in ("cancelled", "queued")
    went = await history(office)
    assert went == {id: ["scheduled", became[id]] for id in ids}, "exactly one thing became of each"
    leased = {one.message for one in await lease(office.desk)}
    assert leased == {id for id, state in became.items() if state == "queued"}
    await assert_page_equals_fresh_load(office, office.mia)


async def test_an_opt_out_at_the_same_instant_leaves_nothing_to_be_sent(office: Office, second_desk: Desk) -> None:
    ids = [await schedule(office, phone, f"s{n}") for n, phone in enumerate(PHONES)]
    office.later(minutes=2)
    second_desk.db.shift_us = office.desk.db.shift_us
    stops = (office.text("STOP", sender=phone, to=SALES) for phone in PHONES)
    await asyncio.gather(*stops, *(leave_due(second_desk) for _ in range(3)))
    assert set((await states(office)).values()) == {"cancelled"}, "what had left the schedule was cancelled in the outbox"
    assert await leave_due(office.desk) == 0
    assert {leased.message for leased in await lease(office.desk)}.isdisjoint(ids)


async def test_more_than_one_batch_of_due_texts_leaves_after_an_outage_in_the_order_of_their_times(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    rows = await office.all("select max(at) as at from events")
    for n in range(AT_ONCE + 5):
        at = rows[0]["at"] + 60_000_000 + (n * 37 % (AT_ONCE + 5)) * 1_000
        await send(office.desk, office.ben, id, Draft(f"{n}", f"s{n}", 10_000, send_at=at))
    office.later(minutes=60 * 24 * 30)
    assert [await leave_due(office.desk) for _ in range(3)] == [AT_ONCE, 5, 0]
    left = await office.all("select send_at from messages where left_seq is not null order by left_seq")
    assert [row["send_at"] for row in left] == sorted(row["send_at"] for row in left)


async def test_a_conversation_followed_meanwhile_and_texts_due_share_a_batch(office: Office) -> None:
    ids = [await schedule(office, phone, f"s{n}") for n, phone in enumerate(PHONES[:4])]
    office.later(minutes=2)
    conversation = await office.conversation(PHONES[0])
    await asyncio.gather(leave_due(office.desk), attend.follow(office.desk, office.ana, conversation, None), leave_due(office.desk))
    assert await history(office) == {id: ["scheduled", "queued"] for id in ids}
    await assert_page_equals_fresh_load(office, office.mia)
