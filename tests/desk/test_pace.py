"""How fast texts leave over each number: over any number of senders, in order, and none behind another's."""

import asyncio
from collections import Counter

import pytest

from server.carriers.carrier import Connection, Credentials, SendResult
from server.desk import dispatch
from server.desk.desk import Desk
from server.desk.dids import DidChange, change_did, get_did
from server.desk.dispatch import lease, next_look, record
from server.desk.send import Draft, send
from server.domain.pace import BURST_US
from server.ids import new_id
from server.store import lines
from server.store.accounts import Did
from server.store.database import Transaction
from tests.fixtures.office import SALES, SUPPORT, Office

ACCEPTED = SendResult("accepted")
LONG = "x" * 1000
"""Seven segments, with the line that says how to opt out."""


async def pace(office: Office, did: str, rate: int | None) -> None:
    await change_did(office.desk, office.mia, did, DidChange(rate=rate))


async def queue(office: Office, number: str, count: int, *, prefix: str = "555", body: str = "Hello") -> None:
    """Answers to so many contacts, who texted this number of ours."""
    for n in range(count):
        phone = f"+1202{prefix}1{n:03}"
        await office.text("Hi", sender=phone, to=number)
        await send(office.desk, office.ben, await office.conversation(phone), Draft(body, f"{prefix}-{n}", 10_000))


async def take(office: Office, desk: Desk | None = None) -> Counter[str]:
    """How many texts of each of our numbers a sender gets, all accepted at once."""
    leased = await lease(desk or office.desk, 100)
    for one in leased:
        await record(desk or office.desk, one, ACCEPTED)
    return Counter(one.text.sender for one in leased)


async def test_a_number_sends_no_faster_than_its_rate_however_many_senders_there_are(office: Office, second_desk: Desk) -> None:
    await pace(office, office.sales, 20)
    await queue(office, SALES, 30)
    for _ in range(6):
        batches = await asyncio.gather(*(lease(desk, 100) for _ in range(3) for desk in (office.desk, second_desk)))
        for one in (one for batch in batches for one in batch):
            await record(office.desk, one, ACCEPTED)
        office.later(seconds=0.25)
        second_desk.db.shift_us = office.desk.db.shift_us
    left = sorted(row["handed_at"] for row in await office.all("select handed_at from messages where handed_at is not null"))
    assert 20 < len(left) <= 30
    for first, start in enumerate(left):
        for count, at in enumerate(left[first:], 1):
            assert count <= (at - start + BURST_US) * 20 / 1_000_000 + 1


async def test_segments_count_not_texts(office: Office) -> None:
    await pace(office, office.sales, 1)
    await queue(office, SALES, 2, body=LONG)
    assert await take(office) == {SALES: 1}
    office.later(seconds=3)
    assert await take(office) == {}, "seven segments take seven seconds"
    office.later(seconds=4)
    assert await take(office) == {SALES: 1}


async def test_a_number_that_waits_holds_no_other_back(office: Office) -> None:
    await pace(office, office.sales, 1)
    await queue(office, SALES, 40, body=LONG)
    await queue(office, SUPPORT, 1, prefix="557")
    assert await take(office) == {SALES: 1, SUPPORT: 1}
    await queue(office, SUPPORT, 5, prefix="556")
    assert await take(office) == {SUPPORT: 5}


async def test_numbers_without_a_rate_share_a_sender_equally(office: Office) -> None:
    await queue(office, SALES, 30)
    await queue(office, SUPPORT, 5, prefix="556")
    assert Counter(one.text.sender for one in await lease(office.desk, 10)) == {SALES: 5, SUPPORT: 5}


async def test_a_carrier_that_does_not_answer_leaves_room_for_the_others(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "OF_ONE_CARRIER", 4)
    other = Connection(new_id(1), office.account, "sandbox", "Other", Credentials({}))
    did = Did(new_id(1), office.account, "+12025550109", other.id, "sandbox", None, "Other", ("sms",))

    async def add(tx: Transaction) -> None:
        await lines.add(tx, lines.Line(other.id, office.account, "sandbox", "Other", "", {}, tx.now))
        await lines.add_did(tx, did)

    await office.desk.db.write(add)
    await queue(office, SALES, 8)
    silent = await lease(office.desk, 10)
    held = Counter(one.carrier for one in silent)
    assert held == {office.connection.id: 4}
    assert await lease(office.desk, 6, held) == []
    assert (await next_look(office.desk, held) or 0) > 1_000_000, "it does not look again and again for what it would not take"
    office.connection = other
    await queue(office, did.number, 3, prefix="556")
    assert Counter(one.text.sender for one in await lease(office.desk, 6, held)) == {did.number: 3}


async def test_the_next_look_is_when_the_number_opens_again(office: Office) -> None:
    await pace(office, office.sales, 1)
    await queue(office, SALES, 2, body=LONG)
    assert await take(office) == {SALES: 1}
    due = await next_look(office.desk)
    assert due is not None
    assert 0 < due <= 7_000_000


async def test_a_carrier_that_asks_to_wait_pauses_the_number_and_not_just_the_text(office: Office) -> None:
    await queue(office, SALES, 3)
    await queue(office, SUPPORT, 1, prefix="556")
    [first] = [one for one in await lease(office.desk, 2) if one.text.sender == SALES]
    await record(office.desk, first, SendResult("retry", code="http_429", retry_after=30))
    shown = await get_did(office.desk, office.mia, office.sales)
    assert shown.paused_until is not None
    assert await take(office) == {}
    office.later(seconds=20)
    assert await take(office) == {}
    office.later(seconds=17)
    assert await take(office) == {SALES: 3}
    assert (await get_did(office.desk, office.mia, office.sales)).paused_until is None


async def test_texts_that_were_turned_away_together_do_not_come_back_together(office: Office) -> None:
    await queue(office, SALES, 10)
    leased = await lease(office.desk, 20)
    before = office.now()
    for one in leased:
        await record(office.desk, one, SendResult("retry", code="no_connection", retry_after=100))
    after = office.now()
    back = sorted(row["next_at"] for row in await office.all("select next_at from messages where next_at is not null"))
    assert len(back) == 10
    assert before + 100_000_000 <= back[0]
    assert back[-1] <= after + 120_000_000
    assert back[-1] - back[0] > after - before, "further apart than they were turned away"


async def test_another_rate_is_in_force_at_once(office: Office) -> None:
    await pace(office, office.sales, 1)
    await queue(office, SALES, 30)
    assert await take(office) == {SALES: 1}
    await pace(office, office.sales, None)
    assert await take(office) == {SALES: 29}


async def test_numbers_of_a_connection_that_hangs_do_not_keep_another_connections_numbers_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "OF_ONE_CARRIER", 4)
    monkeypatch.setattr(dispatch, "NUMBERS_AT_ONCE", 3)
    hanging = [f"+1202555020{n}" for n in range(4)]

    async def add(tx: Transaction) -> Connection:
        other = Connection(new_id(1), office.account, "sandbox", "Other", Credentials({}))
        await lines.add(tx, lines.Line(other.id, office.account, "sandbox", "Other", "", {}, tx.now))
        for number in hanging:
            await lines.add_did(tx, Did(new_id(1), office.account, number, office.connection.id, "sandbox", None, "", ("sms",)))
        await lines.add_did(tx, Did(new_id(1), office.account, "+12025550109", other.id, "sandbox", None, "", ("sms",)))
        return other

    other = await office.desk.db.write(add)
    for n, number in enumerate(hanging):
        await queue(office, number, 4, prefix=f"56{n}")
    held = Counter(one.carrier for one in await lease(office.desk, 10))
    assert held == {office.connection.id: 4}
    office.connection = other
    await queue(office, "+12025550109", 3, prefix="556")
    assert await next_look(office.desk, held) == 0
    assert Counter(one.text.sender for one in await lease(office.desk, 6, held)) == {"+12025550109": 3}
