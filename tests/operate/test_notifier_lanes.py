"""A webhook in the order of each contact: several contacts' events at a time, and nothing of one before what happened earlier to it."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest

from server import notifier
from server.desk import notify
from server.desk.notify import hold
from server.desk.work import Work
from server.domain.events import EventType
from server.domain.user import SYSTEM
from server.domain.webhook import LANES, RESTS_AFTER, Order
from tests.fixtures.carrier_api import answers, hangs_up
from tests.fixtures.receiver import Receiver
from tests.fixtures.waiting import until

TAKEN = answers(204, b"")


def phone(number: int) -> str:
    return f"+1202555{number:04}"


def texts(receiver: Receiver) -> list[tuple[str, str]]:
    """(phone, words) of each text that came, in order."""
    data: list[dict[str, Any]] = [payload["data"]["data"] for payload in receiver.verified()]
    return [(each["conversation"]["contact"]["phone"], each["message"]["body"]) for each in data]


async def subscribe(receiver: Receiver, *types: str) -> None:
    await receiver.subscribe(*types)
    await receiver.change(order=Order.CONTACT)


async def write(receiver: Receiver, contacts: int, each: int) -> None:
    for number in range(each):
        for contact in range(contacts):
            await receiver.office.text(f"Text {number}", sender=phone(contact))


async def test_several_contacts_events_are_posted_at_a_time_and_each_ones_in_order(receiver: Receiver) -> None:
    """The receiver answers nobody until as many are there as may be."""
    all_there = asyncio.Barrier(LANES)

    async def waits(writer: asyncio.StreamWriter) -> None:
        await all_there.wait()
        await TAKEN(writer)

    receiver.api.answer = waits
    await subscribe(receiver, "message.received")
    await write(receiver, LANES, each=3)
    await receiver.deliver()
    came = texts(receiver)
    for at in range(0, len(came), LANES):
        assert len({phone for phone, _ in came[at : at + LANES]}) == LANES
    for contact in range(LANES):
        assert [words for who, words in came if who == phone(contact)] == ["Text 0", "Text 1", "Text 2"]
    assert {delivery.state for delivery in await receiver.deliveries()} == {"delivered"}


async def test_no_more_than_ten_are_under_way(receiver: Receiver) -> None:
    inside, most = 0, 0

    async def counts(writer: asyncio.StreamWriter) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1
        await TAKEN(writer)

    receiver.api.answer = counts
    await subscribe(receiver)
    await write(receiver, 30, each=1)
    await receiver.deliver()
    assert most <= LANES == 10
    assert len(receiver.ids) == len(set(receiver.ids)) == len(receiver.office.events)
    positions = defaultdict(list)
    for payload in receiver.verified():
        data = payload["data"]["data"]
        positions[(data.get("contact") or data["conversation"]["contact"])["id"]].append(payload["data"]["position"])
    assert len(positions) == 30
    assert all(ordered == sorted(ordered) for ordered in positions.values()), "a contact's and its conversation's are one order"


async def test_a_contact_whose_event_is_not_answered_holds_nobody_else_up_nor_what_happens_meanwhile(receiver: Receiver) -> None:
    let_go = asyncio.Event()

    async def hangs_on_the_first(writer: asyncio.StreamWriter) -> None:
        if b"slow" in receiver.api.seen[-1].body:
            await let_go.wait()
        await TAKEN(writer)

    receiver.api.answer = hangs_on_the_first
    await subscribe(receiver, "message.received")
    await receiver.office.text("slow", sender=phone(1))
    await receiver.office.text("behind it", sender=phone(1))
    await receiver.office.text("beside it", sender=phone(2))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(receiver.deliver())
        await until(lambda: len(receiver.api.seen) == 2)
        await receiver.office.text("later", sender=phone(3))
        await until(lambda: len(receiver.api.seen) == 3)
        assert (phone(1), "behind it") not in texts(receiver)
        let_go.set()
    came = texts(receiver)
    assert set(came[:2]) == {(phone(1), "slow"), (phone(2), "beside it")}, "of two lanes either may be there first"
    assert came[2:] == [(phone(3), "later"), (phone(1), "behind it")]


async def test_what_one_contact_has_in_hand_is_bounded_and_everything_arrives(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "IN_HAND", 4)
    receiver.api.answer = TAKEN
    await subscribe(receiver, "message.received")
    for number in range(12):
        await receiver.office.text(f"Text {number}", sender=phone(1))
    await receiver.office.text("Another's", sender=phone(2))
    await receiver.deliver()
    came = texts(receiver)
    assert [words for who, words in came if who == phone(1)] == [f"Text {number}" for number in range(12)]
    assert len(came) == len(set(receiver.ids)) == 13


async def test_a_receiver_that_is_down_is_asked_by_few_and_by_one_at_a_time_from_then_on(receiver: Receiver) -> None:
    office = receiver.office
    receiver.api.answer = hangs_up
    await subscribe(receiver, "message.received")
    await write(receiver, 40, each=1)
    await receiver.deliver()
    asked = len(receiver.ids)
    assert RESTS_AFTER <= asked < RESTS_AFTER + LANES
    row = await receiver.row()
    assert row["failures"] == RESTS_AFTER, "those that were under way make the rest no longer"
    office.later(seconds=6)
    await receiver.deliver()
    assert len(receiver.ids) == asked + 1
    receiver.api.answer = TAKEN
    receiver.api.seen.clear()
    for _ in range(3):
        office.later(minutes=5)
        await receiver.deliver()
    assert sorted(who for who, _ in texts(receiver)) == [phone(contact) for contact in range(40)]


async def test_another_address_gets_nothing_that_was_in_hand_for_the_old_one(receiver: Receiver) -> None:
    office = receiver.office

    async def moves(writer: asyncio.StreamWriter) -> None:
        if len(receiver.api.seen) == LANES:
            await receiver.change(url=f"{receiver.url}/elsewhere")
        await TAKEN(writer)

    receiver.api.answer = moves
    await subscribe(receiver, "message.received")
    await write(receiver, LANES, each=4)
    [held] = await hold(office.desk, 1)
    await notifier.serve(office.desk, receiver.clock, held, receiver.http)
    await receiver.deliver()
    assert len(set(receiver.ids)) == LANES * 4
    assert receiver.api.seen[-1].target == "/events/elsewhere"
    for contact in range(LANES):
        assert [words for who, words in dict.fromkeys(texts(receiver)) if who == phone(contact)] == [f"Text {n}" for n in range(4)]


@pytest.mark.parametrize(("order", "posts"), [(Order.ACCOUNT, 2), (Order.CONTACT, 1)])
async def test_a_turn_ends_where_the_order_is_changed_and_nothing_overtakes_what_waited(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, order: Order, posts: int
) -> None:
    """It is changed while a contact's first text is not answered, and others of the same contact wait behind it."""
    monkeypatch.setattr(notify, "AT_ONCE", 2)
    let_go = asyncio.Event()

    async def hangs_on_the_first(writer: asyncio.StreamWriter) -> None:
        if b"Text 0" in receiver.api.seen[-1].body:
            await let_go.wait()
        await TAKEN(writer)

    async def looked(since: int) -> bool:
        return bool((await receiver.row())["lease_until"] > since)

    receiver.api.answer = hangs_on_the_first
    await receiver.subscribe("message.received")
    await receiver.change(order=order)
    for number in range(4):
        await receiver.office.text(f"Text {number}", sender=phone(1))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(receiver.deliver())
        await until(lambda: len(receiver.api.seen) == 1)
        await receiver.change(order=Order.CONTACT if order is Order.ACCOUNT else Order.ACCOUNT)
        for number in range(4, 6):
            await receiver.office.text(f"Text {number}", sender=phone(1))
        if order is Order.CONTACT:
            held = (await receiver.row())["lease_until"]
            await until(lambda: looked(held))
        let_go.set()
    assert len(receiver.api.seen) == posts
    while await receiver.deliver():
        pass
    assert [words for _, words in texts(receiver)] == [f"Text {number}" for number in range(6)]


async def test_an_event_of_a_shape_that_nobody_foresaw_goes_out_and_holds_nothing_up(receiver: Receiver) -> None:
    async def strange(work: Work) -> None:
        work.tell(receiver.office.account, EventType.SETTINGS_CHANGED, SYSTEM, data={"contact": {"name": "Nobody"}})

    receiver.api.answer = TAKEN
    await subscribe(receiver)
    await receiver.office.desk.change(strange)
    await write(receiver, 2, each=1)
    await receiver.deliver()
    assert len(receiver.ids) == len(set(receiver.ids)) == len(receiver.office.events)
