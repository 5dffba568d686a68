"""Outbound webhooks as their receiver meets them: every event once taken, in order, signed, by one notifier at a time."""

import asyncio
import re
from typing import Any

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from server import notifier
from server.desk.deliveries import deliver_again, send_test
from server.desk.desk import Desk
from server.desk.notify import LEASE_US, hold, record, take
from server.desk.send import Draft, send
from server.domain.webhook import SECOND_US
from server.store.webhook_deliveries import Attempted
from tests.fixtures.logged import Logged
from tests.fixtures.office import SALES, WEI, Office
from tests.fixtures.receiver import Receiver
from tests.house.tree import ROOT


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
