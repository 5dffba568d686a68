"""Partyline was down, and texts came meanwhile: it reads them back when it is started again, each once and in order."""

import asyncio
from datetime import timedelta

from server.store.database import Transaction
from tests.faults.conftest import open_with_ana
from tests.fixtures.centre import ANAS_OWN, AUTH_TOKEN, MARIA, Centre
from tests.fixtures.tab import Ledger, open_tab
from tests.fixtures.twilio_api import TwilioApi
from tests.fixtures.waiting import until

SLOW = "AC" + "5" * 32


async def earlier(centre: Centre) -> None:
    """The carrier and its numbers were set up an hour ago."""
    for table in ("carriers", "dids"):
        sql = f"update {table} set created_at = created_at - 3600000000"
        await (await centre.database()).write(lambda tx, sql=sql: tx.run(sql))  # type: ignore[misc]


async def three_minutes_pass(centre: Centre) -> None:
    """Once the list has been read, whatever was before is three minutes older."""
    db = await centre.database()
    await until(lambda: db.read(lambda tx: tx.one("select 1 from readings_back where done_at is not null")))

    async def move(tx: Transaction) -> None:
        await tx.run("update messages set handed_at = handed_at - 180000000 where handed_at is not null")
        await tx.run(
            "update readings_back set known_to = known_to - 180000000, done_at = done_at - 180000000, tried_at = tried_at - 180000000"
        )

    await db.write(move)


async def bodies(centre: Centre) -> list[str]:
    id = await centre.conversation(MARIA)
    return [item["body"] for item in (await centre.call("ana", "GET", f"conversations/{id}/messages")).json()["items"]]


async def test_what_came_during_a_stop_is_in_the_tab_once_and_in_order_and_a_late_webhook_makes_no_second(
    centre: Centre, twilio_api: TwilioApi
) -> None:
    await open_with_ana(centre, webs=1, senders=1)
    await earlier(centre)
    async with open_tab(centre, "ana") as ana:
        await ana.until_current()
        assert (await centre.text(MARIA, "before", to=ANAS_OWN)).status_code == 200
        await ana.until_type("message.received")
        await until(lambda: twilio_api.lists > 0)
        centre.senders[0].stop()
        centre.webs[0].stop()
        second = twilio_api.arrives(MARIA, ANAS_OWN, "second", ago=timedelta(minutes=1))
        first = twilio_api.arrives(MARIA, ANAS_OWN, "first", ago=timedelta(minutes=2))

        await centre.restart_web()
        centre.start(senders=2)
        await ana.until_type("message.received", count=3, within=15)
        for late in (second, first):
            assert (await centre.text(MARIA, late.body, sid=late.sid, to=ANAS_OWN)).status_code == 200
        assert (await centre.text(MARIA, "after", to=ANAS_OWN)).status_code == 200
        await ana.until_type("message.received", count=4)
        await ana.until_current()
        assert [event["data"]["message"]["body"] for event in ana.of("message.received")] == ["before", "first", "second", "after"]
        assert await bodies(centre) == ["before", "first", "second", "after"]
        assert await ana.ledger() == Ledger()
    [shown] = [line for line in (await centre.manage("GET", "carriers"))["items"] if line["kind"] == "twilio"]
    assert shown["reads_back"]
    assert shown["read_back"]["at"]


async def test_a_text_whose_answer_was_lost_is_found_in_the_carriers_list_and_not_sent_again(centre: Centre, twilio_api: TwilioApi) -> None:
    """The carrier took it and hung up; the clock is moved on by hand, as time would."""
    twilio_api.says_nothing = True
    await open_with_ana(centre, webs=1, senders=2)
    await centre.text(MARIA, "Hi", to=ANAS_OWN)
    async with open_tab(centre, "ana") as ana:
        id = await centre.conversation(MARIA)
        sent = await centre.call("ana", "POST", f"conversations/{id}/messages", body="Hello", client_id="c-1")
        assert sent.status_code == 202, sent.text
        await ana.until_type("message.unconfirmed")
        await until(lambda: twilio_api.lists > 0)
        twilio_api.taken[0].at -= timedelta(minutes=3)
        await earlier(centre)
        await three_minutes_pass(centre)
        await ana.until_type("message.sent", within=15)
        assert len(twilio_api.taken) == 1
        assert await ana.ledger() == Ledger()


async def test_a_carrier_that_takes_long_for_a_page_keeps_no_other_carriers_list_waiting(centre: Centre, twilio_api: TwilioApi) -> None:
    api = centre.carrier_api
    listing = api.answer

    async def answer(writer: asyncio.StreamWriter) -> None:
        await (api.drips if SLOW in api.seen[-1].target else listing)(writer)

    api.answer = answer
    await open_with_ana(centre, webs=1, senders=1)
    await earlier(centre)
    await until(lambda: twilio_api.lists > 0)
    credentials = {"account_sid": SLOW, "auth_token": AUTH_TOKEN}
    await centre.manage("POST", "carriers", kind="twilio", name="Slow", credentials=credentials)
    await until(lambda: any(SLOW in seen.target for seen in api.seen))
    twilio_api.arrives(MARIA, ANAS_OWN, "Hi", ago=timedelta(minutes=1))
    due = "update readings_back set done_at = done_at - 7200000000 where done_at is not null"
    await (await centre.database()).write(lambda tx: tx.run(due))
    await until(lambda: twilio_api.lists > 1, within=10)
    found = "select body from messages where direction = 'inbound'"
    db = await centre.database()
    await until(lambda: db.read(lambda tx: tx.all(found)))
    assert sum(SLOW in seen.target for seen in api.seen) == 1
