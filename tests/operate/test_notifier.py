"""Outbound webhooks as their receiver meets them: every event once taken, in order, signed, tried again, and given up in the end."""

import asyncio
import re
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from server import notifier
from server.clock import SystemClock
from server.desk.deliveries import deliver_again, prune_deliveries, send_test
from server.desk.desk import Desk
from server.desk.notify import LEASE_US, Batch, hold, record, take
from server.desk.send import Draft, send
from server.domain.errors import Refused
from server.domain.webhook import RESTS_AFTER, RETRY_SECONDS, SECOND_US
from server.public_http import open_public_client
from server.store.webhook_deliveries import Attempted, Due
from tests.fixtures.carrier_api import answers, hangs_up
from tests.fixtures.logged import Logged
from tests.fixtures.office import SALES, WEI, Office
from tests.fixtures.receiver import Receiver
from tests.house.tree import ROOT

TAKEN = answers(204, b"")
BROKEN = answers(500, b"It fell over.")


def microseconds(at: str | None) -> int:
    assert at is not None
    return round(datetime.fromisoformat(at).timestamp() * 1_000_000)


async def talk(office: Office) -> None:
    """A text, an answer, a contact's other number: events of many kinds."""
    await office.text("Hello", to=SALES)
    await send(office.desk, office.ben, await office.conversation(), Draft("Good day", "c1", 100))
    await office.text("STOP", sender=WEI)


async def test_exactly_what_the_socket_sends_arrives_once_in_order_and_signed(receiver: Receiver) -> None:
    office = receiver.office
    await office.text("Before there was a webhook")
    before = len(office.events)
    await receiver.subscribe()
    await talk(office)
    await receiver.deliver()
    came = receiver.verified()
    assert [payload["data"] for payload in came] == office.events[before:]
    assert [(payload["type"], payload["timestamp"]) for payload in came] == [(e["type"], e["at"]) for e in office.events[before:]]
    positions = [payload["data"]["position"] for payload in came]
    assert positions == sorted(positions)
    assert len(set(receiver.ids)) == len(positions) > 5
    assert [int(id.rpartition("_")[2]) for id in receiver.ids] == positions
    assert {(seen.method, seen.target, seen.headers["content-type"]) for seen in receiver.api.seen} == {
        ("POST", "/events", "application/json")
    }
    assert await receiver.deliver() == 0, "there is nothing more"


async def test_one_changed_byte_is_no_event_of_ours(receiver: Receiver) -> None:
    await receiver.subscribe()
    await receiver.office.text("Hello")
    await receiver.deliver()
    with pytest.raises(WebhookVerificationError):
        receiver.verified("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


async def test_a_webhook_gets_the_types_that_it_asked_for(receiver: Receiver) -> None:
    await receiver.subscribe("message.received", "contact.opted_out")
    await talk(receiver.office)
    await receiver.deliver()
    assert [payload["type"] for payload in receiver.verified()] == ["message.received", "message.received", "contact.opted_out"]
    assert (await receiver.row())["position"] == len(receiver.office.events)


async def test_what_concerns_one_person_alone_stays_at_home(receiver: Receiver) -> None:
    office = receiver.office
    await receiver.subscribe()
    await talk(office)
    rows = await office.all("select position from events where reach = 'person'")
    await office.desk.db.write(lambda tx: tx.run("update events set type = 'conversation.read', reach = 'person' where position = 2"))
    await receiver.deliver()
    assert 2 not in [payload["data"]["position"] for payload in receiver.verified()]
    assert rows == []
    assert len(receiver.api.seen) == len(office.events) - 1


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


async def test_a_pause_keeps_what_happens_for_seven_days(receiver: Receiver) -> None:
    office = receiver.office
    await receiver.subscribe("message.received")
    await receiver.change(enabled=False)
    await office.text("Long ago")
    office.later(minutes=3 * 24 * 60)
    await office.text("Lately")
    office.later(minutes=5 * 24 * 60)
    assert await receiver.deliver() == 0
    await receiver.change(enabled=True)
    await receiver.deliver()
    assert [payload["data"]["data"]["message"]["body"] for payload in receiver.verified()] == ["Lately"]


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


async def test_during_a_rotation_both_secrets_verify_for_a_day(receiver: Receiver) -> None:
    office, old = receiver.office, (await receiver.subscribe("message.received")).secret
    assert isinstance(old, str)
    shown = await receiver.change(rotate_secret=True)
    new = shown.secret
    assert isinstance(new, str)
    assert old != new
    assert shown.old_secret_until is not None
    await office.text("During")
    await receiver.deliver()
    assert receiver.verified(old) == receiver.verified(new) != []
    office.later(minutes=24 * 60 + 1)
    receiver.api.seen.clear()
    await office.text("Afterwards")
    await receiver.deliver()
    assert len(receiver.verified(new)) == 1
    with pytest.raises(WebhookVerificationError):
        receiver.verified(old)


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


async def test_of_two_notifiers_one_has_a_webhook_until_its_hold_ends(receiver: Receiver, second_desk: Desk) -> None:
    office = receiver.office
    await receiver.subscribe("message.received")
    await office.text("Hello")
    both = await asyncio.gather(hold(office.desk, 10), hold(second_desk, 10))
    assert sorted(len(held) for held in both) == [0, 1]
    [dead] = both[0] or both[1]
    batch = await take(office.desk, dead)
    assert await hold(second_desk, 10) == []
    office.later(seconds=LEASE_US / SECOND_US + 1)
    second_desk.db.shift_us = office.desk.db.shift_us
    [alive] = await hold(second_desk, 10)
    again = await take(second_desk, alive)
    assert [due.id for due in again.due] == [due.id for due in batch.due] != []
    late = Attempted({}, 500, None, "", 1)
    assert not await record(office.desk, dead, batch.due[0], late), "whoever wakes late records nothing"
    assert (await receiver.deliveries())[0].attempts == 0
    await notifier.serve(second_desk, receiver.clock, alive, receiver.http)
    assert [delivery.state for delivery in await receiver.deliveries()] == ["delivered"]


async def test_another_address_is_for_whoever_holds_the_webhook_next(receiver: Receiver) -> None:
    """The connection of the one who holds it now was made for the old name."""
    await receiver.subscribe("message.received")
    await receiver.office.text("Hello")
    [held] = await hold(receiver.office.desk, 10)
    await receiver.change(url=f"{receiver.url}/elsewhere")
    await notifier.serve(receiver.office.desk, receiver.clock, held, receiver.http)
    assert receiver.api.seen == []
    await receiver.deliver()
    assert [seen.target for seen in receiver.api.seen] == ["/events/elsewhere"]


async def test_what_was_posted_and_not_recorded_is_posted_again_with_its_id(receiver: Receiver) -> None:
    office = receiver.office
    await receiver.subscribe("message.received")
    for body in ("One", "Two"):
        await office.text(body)
    [held] = await hold(office.desk, 10)
    batch = await take(office.desk, held)
    await notifier.post(receiver.http, receiver.clock, batch, batch.due[0])
    office.later(seconds=LEASE_US / SECOND_US + 1)
    await receiver.deliver()
    first, second = (due.id for due in batch.due)
    assert receiver.ids == [first, first, second]


async def test_one_delivery_again_has_the_same_id_and_a_new_signature(receiver: Receiver) -> None:
    office = receiver.office
    await receiver.subscribe("message.received")
    await office.text("Hello")
    await receiver.deliver()
    [delivery] = await receiver.deliveries()
    await deliver_again(office.desk, office.mia, receiver.id, delivery.id)
    await receiver.deliver()
    assert receiver.ids == [delivery.id] * 2
    first, second = receiver.verified()
    assert first == second
    [again] = await receiver.deliveries()
    assert again.headers == {name: receiver.api.seen[-1].headers[name] for name in again.headers}
    assert set(again.headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}


async def test_a_test_event_goes_to_its_webhook_alone_whatever_it_asked_for(receiver: Receiver) -> None:
    office = receiver.office
    await receiver.subscribe("contact.opted_out")
    await send_test(office.desk, office.mia, receiver.id)
    await receiver.deliver()
    [payload] = receiver.verified()
    assert (payload["type"], payload["data"]["actor"]["name"], payload["data"]["data"]) == ("webhook.test", "Mia", {"webhook": receiver.id})
    assert office.events == [], "it is no event of the account"


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


async def test_many_events_arrive_whole_in_order(receiver: Receiver, logged: Logged) -> None:
    """More than one look holds, over several batches."""
    office = receiver.office
    await receiver.subscribe()
    await asyncio.gather(*(office.text(f"Text {n}", sender=f"+120255{50000 + n}") for n in range(150)))
    while await receiver.deliver():
        pass
    assert [payload["data"]["position"] for payload in receiver.verified()] == [e["position"] for e in office.events]
    assert len(office.events) > 500
    assert logged.of("notifier.webhook_failed") == []


async def test_the_snippet_of_the_reference_verifies_what_is_posted(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    [snippet] = re.findall(r"```python\n(.*?)```", (ROOT / "docs/reference/api.md").read_text(), re.DOTALL)
    said: dict[str, Any] = {}
    exec(snippet, said)
    await receiver.subscribe()
    monkeypatch.setenv("PARTYLINE_HOOK_SECRET", receiver.secret)
    await receiver.office.text("Hello")
    await receiver.deliver()
    taken: set[str] = set()
    answered = [said["receive"](seen.body, seen.headers, taken) for seen in receiver.api.seen * 2]
    assert set(answered) == {204}
    assert taken == set(receiver.ids)
    [seen] = [seen for seen in receiver.api.seen if b"message.received" in seen.body]
    assert said["receive"](seen.body.replace(b"Hello", b"Hullo"), seen.headers, taken) == 400
