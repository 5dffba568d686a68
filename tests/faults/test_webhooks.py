"""A sender that dies between a receiver's taking an event and its own record: the event comes again with its id, and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from standardwebhooks.webhooks import Webhook

from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.carrier_media import another_host
from tests.fixtures.centre import MARIA, OMAR, WEI, Centre
from tests.fixtures.waiting import until


async def subscribe(centre: Centre, receiver: CarrierApi, order: str = "account") -> str:
    """To texts; the secret."""
    made = await centre.manage("POST", "webhooks", url=f"{receiver.url}/in", types=["message.received"], order=order)
    return str(made["secret"])


async def end_holds(centre: Centre) -> None:
    """As time would."""
    await (await centre.database()).write(lambda tx: tx.run("update webhooks set lease_until = :now", now=tx.now))


def bodies(receiver: CarrierApi, secret: str) -> list[str]:
    came = [Webhook(secret).verify(seen.body, seen.headers) for seen in receiver.seen]
    return [payload["data"]["data"]["message"]["body"] for payload in came]


@pytest.fixture
async def receiver(centre: Centre) -> AsyncIterator[CarrierApi]:
    async with another_host() as api:
        centre.settings["INSIDE_ADDRESSES"] = urlsplit(api.url).netloc
        yield api


async def test_a_sender_killed_while_a_receiver_has_an_event_in_its_hands_loses_none(centre: Centre, receiver: CarrierApi) -> None:
    """Killed again and again, between the post and its record, and while the next events come in."""
    await centre.open(senders=1)
    secret = await subscribe(centre, receiver)
    texts = [(phone, f"{phone} {number}") for number in range(4) for phone in (MARIA, WEI, OMAR)]
    for number, (phone, body) in enumerate(texts):
        if number % 4 == 0:
            receiver.answer = receiver.never
            seen = len(receiver.seen)
        assert (await centre.text(phone, body)).status_code == 200
        if number % 4 == 0:
            await until(lambda seen=seen: len(receiver.seen) > seen)  # type: ignore[misc]
            centre.senders[-1].kill()
            receiver.answer = answers(204, b"")
            await end_holds(centre)
        elif number % 4 == 2:
            centre.start(senders=1)
    ids = {row["id"] for row in await centre.rows("select id from webhook_deliveries")}
    await until(lambda: len(set(bodies(receiver, secret))) == len(texts), within=10)
    came = bodies(receiver, secret)
    assert len(came) == len(texts) + 3, "each kill made one event come twice"
    assert list(dict.fromkeys(came)) == [body for _, body in texts], "in order, as none failed"
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) == len(texts)
    assert ids <= {seen.headers["webhook-id"] for seen in receiver.seen}

    async def recorded() -> bool:
        rows = await centre.rows("select state from webhook_deliveries")
        return [row["state"] for row in rows] == ["delivered"] * len(texts)

    await until(recorded)


async def test_a_sender_killed_with_several_contacts_events_in_hand_loses_and_skips_none(centre: Centre, receiver: CarrierApi) -> None:
    """Killed again and again while three are in the receiver's hands and three behind them wait; each contact's stay in order."""
    await centre.open()
    secret = await subscribe(centre, receiver, "contact")
    phones, texts = (MARIA, WEI, OMAR), []
    for kill in range(4):
        receiver.answer = receiver.never
        seen = len(receiver.seen)
        for number in range(2):
            for phone in phones:
                texts.append(f"{phone} {kill} {number}")
                assert (await centre.text(phone, texts[-1])).status_code == 200
        centre.start(senders=1)
        await until(lambda seen=seen: len(receiver.seen) >= seen + 3, within=10)  # type: ignore[misc]
        assert len({body.split()[0] for body in bodies(receiver, secret)[seen:]}) == 3, "one of each contact"
        centre.senders[-1].kill()
        receiver.answer = answers(204, b"")
        await end_holds(centre)
    centre.start(senders=1)
    await until(lambda: len(set(bodies(receiver, secret))) == len(texts), within=10)
    for phone in phones:
        came = [body for body in dict.fromkeys(bodies(receiver, secret)) if body.startswith(phone)]
        assert came == [body for body in texts if body.startswith(phone)]
    assert len({seen.headers["webhook-id"] for seen in receiver.seen}) == len(texts)

    async def recorded() -> bool:
        rows = await centre.rows("select state from webhook_deliveries")
        return [row["state"] for row in rows] == ["delivered"] * len(texts)

    await until(recorded)


async def test_of_several_senders_each_event_is_posted_once(centre: Centre, receiver: CarrierApi) -> None:
    receiver.answer = answers(200, b"{}")
    await centre.open(senders=3)
    secret = await subscribe(centre, receiver)
    texts = [f"Text {number}" for number in range(30)]
    await asyncio.gather(*(centre.text(f"+1202556{number:04}", body) for number, body in enumerate(texts)))
    await until(lambda: len(receiver.seen) >= len(texts), within=10)
    assert sorted(bodies(receiver, secret)) == sorted(texts)
    positions = [int(seen.headers["webhook-id"].rpartition("_")[2]) for seen in receiver.seen]
    assert positions == sorted(positions)
