"""The clock as PRODUCT rules 11, 12 and 16 say: public once per clock start, on time, whatever the number of timers."""

import asyncio

import pytest

from server.desk import claim, inbox, settle
from server.desk.desk import Desk
from server.desk.send import Draft, send
from server.desk.settings import Changes, change_settings
from server.desk.sweep import AT_ONCE, FEWEST, FIRST, LASTING_SECONDS, Portion, next_due, sweep, sweep_on
from tests.fixtures.office import MINUTE_US, SALES, WEI, Office


async def public(office: Office) -> int:
    return office.types().count("conversation.public")


async def test_a_wait_goes_public_at_its_deadline_and_not_before_and_once(office: Office) -> None:
    await office.text("Hi", to=SALES)
    office.later(minutes=19.9)
    assert await sweep(office.desk) == 0
    office.later(minutes=0.2)
    assert await sweep(office.desk) == 1
    assert await sweep(office.desk) == 0
    event = office.events[-1]
    assert event["type"] == "conversation.public"
    assert event["data"]["reason"] == "timer"
    assert event["alert"] == [office.ben.id]
    shown = await inbox.conversation(office.desk, office.ana, await office.conversation())
    assert shown.owner is not None, "the owner stays named"


async def test_a_look_that_finds_nothing_keeps_nobody_from_writing(office: Office) -> None:
    await office.text("Hi", to=SALES)
    before = office.desk.writer.batches
    assert not await sweep_on(office.desk, Portion())
    assert office.desk.writer.batches == before
    office.later(minutes=21)
    assert not await sweep_on(office.desk, Portion())
    assert office.desk.writer.batches == before + 1
    assert await public(office) == 1


async def test_two_timers_at_the_same_instant_make_each_conversation_public_once(office: Office, second_desk: Desk) -> None:
    for number in range(40):
        await office.text("Hi", sender=f"+12025552{number:03}", to=SALES)
    office.later(minutes=21)
    second_desk.db.shift_us = office.desk.db.shift_us
    counts = await asyncio.gather(*(sweep(desk) for _ in range(3) for desk in (office.desk, second_desk)))
    assert sum(counts) == 40
    assert await public(office) == 40


async def test_a_timer_and_an_answer_never_both_win(office: Office, second_desk: Desk) -> None:
    for number in range(25):
        await office.text("Hi", sender=f"+12025553{number:03}", to=SALES)
    office.later(minutes=20, seconds=-0.05)
    second_desk.db.shift_us = office.desk.db.shift_us + 100_000
    ids = [await office.conversation(f"+12025553{number:03}") for number in range(25)]
    answers = [send(office.desk, office.ben, id, Draft("Hello", f"c{n}", 10_000)) for n, id in enumerate(ids)]
    await asyncio.gather(*answers, *(sweep(second_desk) for _ in range(8)))
    for id in ids:
        events = [e["type"] for e in office.events if e["conversation"] == id]
        rows = await office.all("select type, seq from events where conversation = :id order by seq", id=id)
        types = [row["type"] for row in rows]
        assert sorted(types) == sorted(events)
        if "conversation.public" in types:
            assert types.index("conversation.public") < types.index("message.queued"), "never released although answered"
        assert (await office.one("select public_since from conversations where id = :id", id=id) or {})["public_since"] is None


async def test_a_claim_starts_the_clock_anew_and_it_goes_public_again(office: Office) -> None:
    await office.text("Hi")
    office.later(minutes=5)
    id = await office.conversation()
    await claim.claim(office.desk, office.ana, id)
    office.later(minutes=19)
    assert await sweep(office.desk) == 0
    office.later(minutes=2)
    assert await sweep(office.desk) == 1
    await claim.claim(office.desk, office.dana, id)


async def test_changing_the_minutes_moves_every_running_deadline_at_once(office: Office) -> None:
    await office.text("Hi", to=SALES)
    office.later(minutes=6)
    assert await sweep(office.desk) == 0
    await change_settings(office.desk, office.mia, Changes(sms_public_minutes=5))
    assert office.woken[-1] == "timer"
    assert office.events[-1]["data"]["settings"]["sms_public_minutes"] == 5
    assert await next_due(office.desk) == 0
    assert await sweep(office.desk) == 1


@pytest.mark.parametrize("minutes", [0, None])
async def test_a_claimed_conversation_stays_with_its_owner_where_no_deadline_runs(office: Office, minutes: int | None) -> None:
    await office.text("Hi")
    await change_settings(office.desk, office.mia, Changes(sms_public_minutes=minutes))
    await claim.claim(office.desk, office.ana, await office.conversation())
    office.later(minutes=10_000)
    assert await next_due(office.desk) is None
    assert await sweep(office.desk) == 0


async def test_everything_overdue_goes_public_after_an_outage_however_old_in_batches(office: Office) -> None:
    await asyncio.gather(*(office.text("Hi", sender=f"+1202556{number:04}", to=SALES) for number in range(230)))
    office.later(minutes=60 * 24 * 400)
    counts: list[int] = []
    while not counts or counts[-1]:
        counts.append(await sweep(office.desk))
    assert counts == [100, 100, 30, 0]


async def test_a_claim_waits_for_one_portion_of_what_falls_due_at_once_and_not_for_all(office: Office) -> None:
    await office.text("Hi", sender=WEI)
    public_before = await office.conversation(WEI)
    await asyncio.gather(*(office.text("Hi", sender=f"+1202557{number:04}", to=SALES) for number in range(150)))
    office.later(minutes=21)
    seen = len(office.events)
    portion = Portion()
    assert await sweep_on(office.desk, portion, seconds=0)
    await asyncio.gather(sweep(office.desk, portion.most), claim.claim(office.desk, office.ana, public_before))
    while await sweep_on(office.desk, portion):
        pass
    types = office.types(seen)
    assert types.count("conversation.public") == 150
    assert types.index("conversation.claimed") == FIRST, "behind the portion that was under way, and before the one that asked first"


def test_a_portion_is_what_fits_into_a_short_transaction() -> None:
    portion = Portion()
    for _ in range(10):
        portion.took(LASTING_SECONDS / 100)
    assert portion.most == AT_ONCE
    portion.took(LASTING_SECONDS * 4)
    assert portion.most == AT_ONCE / 4
    portion.took(LASTING_SECONDS)
    assert portion.most == AT_ONCE / 4
    portion.took(60)
    assert portion.most == FEWEST
    portion.took(LASTING_SECONDS / 100)
    assert portion.most == 2 * FEWEST, "one quick transaction says little"


async def test_the_next_deadline_is_the_earliest(office: Office) -> None:
    await office.text("Hi", to=SALES)
    office.later(minutes=3)
    await office.text("Hi", sender=WEI, to=SALES)
    due = await next_due(office.desk)
    assert due is not None
    assert 16.9 * MINUTE_US < due <= 17 * MINUTE_US


async def test_a_snooze_that_ended_wakes_the_conversation_with_a_new_clock(office: Office) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    row = await office.one("select clock_start from conversations")
    assert row is not None
    await settle.snooze(office.desk, office.ben, id, row["clock_start"] + 30 * MINUTE_US)
    office.later(minutes=29)
    assert await sweep(office.desk) == 0
    office.later(minutes=2)
    assert await sweep(office.desk) == 1
    assert office.types()[-1] == "conversation.woken"
    assert await sweep(office.desk) == 0, "the clock started anew"
