"""A webhook whose receiver fails: tried again, rested, switched off in the end; and what is kept of each try."""

import asyncio
from datetime import datetime

import pytest

from server import notifier
from server.clock import SystemClock
from server.desk.deliveries import prune_deliveries, send_test
from server.desk.notify import Batch
from server.domain.errors import Refused
from server.domain.webhook import RESTS_AFTER, RETRY_SECONDS, SECOND_US
from server.public_http import open_public_client
from server.store.webhook_deliveries import Due
from tests.fixtures.carrier_api import answers, hangs_up
from tests.fixtures.logged import Logged
from tests.fixtures.receiver import Receiver

TAKEN = answers(204, b"")
BROKEN = answers(500, b"It fell over.")


def microseconds(at: str | None) -> int:
    assert at is not None
    return round(datetime.fromisoformat(at).timestamp() * 1_000_000)


async def test_a_delivery_that_fails_is_tried_again_for_a_day_with_the_same_id_and_then_the_webhook_is_off(receiver: Receiver) -> None:
    office = receiver.office
    receiver.api.answer = BROKEN
    await receiver.subscribe("message.received")
    await office.text("Hello")
    await receiver.deliver()
    waits = []
    while (delivery := (await receiver.deliveries())[0]).next_at is not None:
        assert (delivery.state, delivery.code, delivery.answer) == ("waiting", 500, "It fell over.")
        waits.append((microseconds(delivery.next_at) - microseconds(delivery.at)) / SECOND_US)
        office.later(seconds=waits[-1] / 2)
        assert await receiver.deliver() == 0, "not before its time"
        office.later(seconds=waits[-1] / 2)
        if not await receiver.deliver():
            office.later(seconds=331)
            assert await receiver.deliver() == 1, "it rested, and no longer than that"
    for wait, usual in zip(waits, RETRY_SECONDS, strict=False):
        assert 0.9 * usual <= wait <= 1.1 * usual
    assert sum(waits) == pytest.approx(24 * 3600, abs=400)
    assert (delivery.state, delivery.attempts) == ("failed", len(waits) + 1)
    assert set(receiver.ids) == {delivery.id}
    assert len(receiver.ids) == delivery.attempts
    off = office.events[-1]
    assert (off["type"], off["data"]["reason"], off["actor"]["name"]) == ("webhook.disabled", "failing", "Partyline")
    assert (off["data"]["webhook"]["id"], off["data"]["webhook"]["enabled"]) == (receiver.id, False)
    assert office.envelopes[-1].reach == "managers"
    await office.text("Are you there?")
    office.later(minutes=60)
    assert await receiver.deliver() == 0
    with pytest.raises(Refused, match="off"):
        await send_test(office.desk, office.mia, receiver.id)


async def test_a_webhook_that_is_switched_on_again_goes_on_where_it_stopped_with_what_failed_meanwhile(receiver: Receiver) -> None:
    office = receiver.office
    receiver.api.answer = BROKEN
    await receiver.subscribe("message.received")
    await office.text("One")
    await receiver.deliver()
    office.later(minutes=24 * 60)
    await receiver.deliver()
    assert (await receiver.row())["off_why"] == "failing"
    await office.text("Two")
    receiver.api.answer = TAKEN
    receiver.api.seen.clear()
    shown = await receiver.change(enabled=True)
    assert (shown.enabled, shown.off_why, shown.failing_since) == (True, None, None)
    await receiver.deliver()
    assert [payload["data"]["data"]["message"]["body"] for payload in receiver.verified()] == ["One", "Two"]


async def test_an_event_that_the_receiver_cannot_bear_holds_up_no_other(receiver: Receiver) -> None:
    async def chokes(writer: asyncio.StreamWriter) -> None:
        await (BROKEN if b"poison" in receiver.api.seen[-1].body else TAKEN)(writer)

    receiver.api.answer = chokes
    await receiver.subscribe("message.received")
    for body in ("a", "poison", "b", "c"):
        await receiver.office.text(body, sender=f"+1202555016{len(body)}")
    await receiver.deliver()
    assert [delivery.state for delivery in await receiver.deliveries()] == ["delivered", "delivered", "waiting", "delivered"]
    assert (await receiver.row())["failing_since"] is None
    receiver.api.answer = TAKEN
    receiver.office.later(seconds=6)
    await receiver.deliver()
    assert {delivery.state for delivery in await receiver.deliveries()} == {"delivered"}
    assert len(receiver.ids) == 5
    assert len(set(receiver.ids)) == 4


async def test_a_receiver_that_is_down_is_asked_by_few_and_gets_everything_when_it_is_back(receiver: Receiver) -> None:
    office = receiver.office
    receiver.api.answer = hangs_up
    await receiver.subscribe("message.received")
    for number in range(60):
        await office.text(f"Text {number}")
    await receiver.deliver()
    assert len(receiver.ids) == RESTS_AFTER
    assert await receiver.deliver() == 0
    for _ in range(20):
        office.later(seconds=331)
        await receiver.deliver()
    assert len(receiver.ids) == RESTS_AFTER + 20, "one after each rest"
    assert len(await receiver.deliveries()) < 60, "the others are events still"
    receiver.api.answer = TAKEN
    receiver.api.seen.clear()
    for _ in range(3):
        office.later(minutes=24 * 60 - 200)
        await receiver.deliver()
    positions = [payload["data"]["position"] for payload in receiver.verified()]
    assert len(positions) == len(set(positions)) == 60


async def test_410_switches_off_at_once(receiver: Receiver) -> None:
    receiver.api.answer = answers(410, b"")
    await receiver.subscribe("message.received")
    await receiver.office.text("Hello")
    await receiver.office.text("Hello?")
    await receiver.deliver()
    assert len(receiver.ids) == 1
    assert ((await receiver.row())["off_why"], (await receiver.deliveries())[-1].state) == ("gone", "failed")
    assert receiver.office.events[-1]["data"]["reason"] == "gone"


async def test_a_redirect_is_a_failure_and_not_followed(receiver: Receiver) -> None:
    receiver.api.answer = answers(302, b"", location=f"{receiver.api.url}/elsewhere")
    await receiver.subscribe("message.received")
    await receiver.office.text("Hello")
    await receiver.deliver()
    [delivery] = await receiver.deliveries()
    assert (delivery.state, delivery.code, delivery.error) == ("waiting", 302, "A redirect is not followed.")
    assert [seen.target for seen in receiver.api.seen] == ["/events"]


async def test_of_an_answer_the_beginning_is_kept_and_neither_it_nor_a_secret_is_logged(receiver: Receiver, logged: Logged) -> None:
    receiver.api.answer = answers(400, b"planted-answer " + b"\xff" * 5_000)
    await receiver.subscribe()
    await receiver.office.text("planted-text")
    await receiver.deliver()
    shown = (await receiver.deliveries())[0].answer
    assert shown is not None
    assert shown.startswith("planted-answer")
    assert len(shown) == 1024
    for secret in ("planted", receiver.secret, receiver.url):
        assert secret not in logged.text
    stored = str(await receiver.office.all("select * from webhooks"))
    assert receiver.secret not in stored


async def test_a_name_that_leads_inside_is_not_called(receiver: Receiver) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    async with open_public_client(resolve=resolve) as http:
        batch = Batch("https://rebound.example/events", ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",), [], more=False)
        attempted = await notifier.post(http, SystemClock(), batch, Due("evt_1", 1, 0, None, '{"type":"a.b","at":"now"}'))
    assert (attempted.code, attempted.error) == (None, "Not called: an address that is not public.")
    assert receiver.api.seen == []


@pytest.mark.alone
@pytest.mark.parametrize("way", ["never", "drips"])
async def test_an_attempt_takes_no_longer_than_it_may(receiver: Receiver, way: str) -> None:
    receiver.api.answer = getattr(receiver.api, way)
    batch = Batch(receiver.url, ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",), [], more=False)
    due = Due("evt_1", 1, 0, None, '{"type":"a.b","at":"now"}')
    attempted = await notifier.post(receiver.http, receiver.clock, batch, due, seconds=0.3)
    assert 300_000 <= attempted.took < 2_000_000
    assert (attempted.code, attempted.error) == ((201, None) if way == "drips" else (None, "No answer within 0.3 s."))


async def test_a_receiver_that_is_not_there_is_said_so(receiver: Receiver) -> None:
    await receiver.subscribe("message.received")
    await receiver.office.text("Hello")
    await receiver.api.stop()
    await receiver.deliver()
    [delivery] = await receiver.deliveries()
    assert delivery.code is None
    assert delivery.error is not None
    assert delivery.error.startswith("No connection")


async def test_deliveries_that_are_over_are_forgotten_after_seven_days_and_no_other(receiver: Receiver) -> None:
    office = receiver.office
    await receiver.subscribe("message.received")
    await office.text("Hello")
    await receiver.deliver()
    receiver.api.answer = BROKEN
    await office.text("Broken")
    await receiver.deliver()
    office.later(minutes=7 * 24 * 60 - 1)
    assert await prune_deliveries(office.desk) == 0
    office.later(minutes=2)
    assert await prune_deliveries(office.desk) == 1
    assert [delivery.state for delivery in await receiver.deliveries()] == ["waiting"]
