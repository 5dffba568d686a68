"""The main job through the whole product: two web processes, a timer and a sender on one Redis and one database, seen from outside."""

import base64
import json
import re
from asyncio import StreamWriter

import pytest

from tests.fixtures.carrier_api import Seen, answers
from tests.fixtures.centre import ACCOUNT_SID, ANAS_OWN, AUTH_TOKEN, GATEWAY, MARIA, OMAR, TOY, WEI, Centre, new_sid
from tests.fixtures.tab import Ledger, Tab, open_tab
from tests.fixtures.waiting import until


@pytest.fixture
async def sent(centre: Centre) -> list[str]:
    """The ids that our Twilio gave to what it got, in order."""
    sids: list[str] = []

    async def answer(writer: StreamWriter) -> None:
        status = 200
        said: dict[str, object] = {"messages": [], "next_page_uri": None}  # its list is read back besides
        if centre.carrier_api.seen[-1].method == "POST":
            sids.append(new_sid())
            status, said = 201, {"sid": sids[-1], "status": "queued", "error_code": None}
        await answers(status, json.dumps(said).encode())(writer)

    centre.carrier_api.answer = answer
    return sids


async def test_a_text_reaches_its_owner_and_subscribers_and_the_answer_reaches_the_phone(centre: Centre, sent: list[str]) -> None:
    """From a signed webhook to a delivered answer, then STOP; every step on the sockets of both processes."""
    await centre.open(webs=2, timers=1, senders=1)
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
    async with (
        open_tab(centre, "ana", web=0) as ana,
        open_tab(centre, "ben", web=1) as ben,
        open_tab(centre, "cleo", web=1) as cleo,
        open_tab(centre, "mia", web=0) as mia,
    ):
        webhook = await centre.text(MARIA, "Hi, is it ready?", to=ANAS_OWN, web=1)
        assert (webhook.status_code, webhook.headers["content-type"]) == (200, "text/xml")
        assert webhook.text.endswith("<Response/>")
        received = await ana.until_type("message.received")
        assert received["alert"] == [centre.people["ana"].id]
        assert received["data"]["message"]["body"] == "Hi, is it ready?"
        assert received["data"]["conversation"]["owner"]["name"] == "Ana"
        id = received["conversation"]

        await centre.call("ben", "PUT", f"conversations/{id}/subscription", 1)
        await until(lambda: id in ben.seqs)  # a conversation that a tab does not know is loaded
        await centre.text(MARIA, "Hello?", to=ANAS_OWN, web=0)
        heard = await ben.until_type("message.received")
        assert set(heard["alert"]) == {centre.people["ana"].id, centre.people["ben"].id}
        await ana.until_type("message.received", 2)

        await _answer(centre, id, ana, ben, sent)
        await _stop(centre, id, ana, ben, sent)

        for tab in (ana, ben, cleo, mia):
            await tab.until_current()
            assert await tab.ledger() == Ledger(), tab.person.name
            await tab.assert_equals_fresh_load()
        assert cleo.of("message.received") == [], "she takes no part in it"
        assert mia.of("message.received") == [], "nor does the manager, who watches nothing"
        assert [type for type in ("contact.created", "contact.opted_out") if not cleo.of(type)] == []
    assert centre.stop_all() == [0] * 4
    for running in centre.partyline.running:
        assert [line for line in running.log() if line["level"] in ("error", "critical")] == []


async def _answer(centre: Centre, id: str, ana: Tab, ben: Tab, sent: list[str]) -> None:
    """The owner answers; the carrier gets one right request; its receipts move the message to delivered."""
    seen_seq = (await centre.call("ana", "GET", f"conversations/{id}", 1)).json()["seq"]
    draft = {"body": "Yes, come by any time.", "seen_seq": seen_seq, "client_id": "c-1"}
    answers = [await centre.call("ana", "POST", f"conversations/{id}/messages", web, **draft) for web in (1, 0)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    assert answers[0].json()["id"] == answers[1].json()["id"], "the same client_id is one text"
    accepted = await ben.until_type("message.sent")
    await ana.until_type("message.sent")
    await ana.until_type("conversation.answered")
    [request] = centre.handed
    _assert_right(request, to=MARIA, sender=ANAS_OWN, body=answers[0].json()["body"])
    assert answers[0].json()["body"].startswith("Yes, come by any time.")
    assert "Reply STOP" in answers[0].json()["body"], "the first text to a phone carries the account's line"
    assert accepted["data"]["conversation"]["waiting_since"] is None

    for state, web in (("sent", 0), ("delivered", 1), ("sent", 0)):
        assert (await centre.receipt(request, sent[0], state, web=web)).status_code == 200
    for tab in (ana, ben):
        delivered = await tab.until_type("message.delivered")
        assert delivered["data"]["message"]["state"] == "delivered"
    shown = (await centre.call("cleo", "GET", f"conversations/{id}/messages")).json()["items"][-1]
    assert shown["state"] == "delivered", "a late receipt moves nothing back"


async def _stop(centre: Centre, id: str, ana: Tab, ben: Tab, sent: list[str]) -> None:
    """STOP opts out, is confirmed once however often it is repeated, and then nobody can text that phone."""
    sid = new_sid()
    for web in (0, 1):
        assert (await centre.text(MARIA, "Stop.", to=ANAS_OWN, sid=sid, web=web)).status_code == 200
    await ana.until_type("contact.opted_out")
    await until(lambda: len(sent) == 2)
    confirmation = centre.handed[1]
    assert dict(confirmation.form)["To"] == MARIA
    assert (await centre.text(MARIA, "STOP", to=ANAS_OWN)).status_code == 200
    seen_seq = (await centre.call("ben", "GET", f"conversations/{id}")).json()["seq"]
    refused = await centre.call("ben", "POST", f"conversations/{id}/messages", 1, body="Wait", seen_seq=seen_seq, client_id="c-2")
    assert (refused.status_code, refused.json()["code"]) == (409, "opted_out")
    again = await centre.call("cleo", "POST", "messages", 0, to=MARIA, body="Hi", client_id="c-3")
    assert (again.status_code, again.json()["code"]) == (409, "opted_out")
    await ben.until_type("message.received", 3)  # Hello?, Stop., STOP
    await ben.until_current()
    assert len(centre.handed) == 2, "one confirmation, and nothing after it"


def _assert_right(request: Seen, *, to: str, sender: str, body: str) -> None:
    """As Twilio documents its Messages resource."""
    assert (request.method, request.target) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
    form = dict(request.form)
    assert len(form) == len(request.form)
    callback = form.pop("StatusCallback")
    assert re.fullmatch(r"http://localhost:4000/hooks/twilio/[0-9a-z]{26}/status\?token=[\w-]+", callback)
    assert form == {"To": to, "From": sender, "Body": body}


async def test_an_unanswered_text_goes_public_for_everybody_and_one_claims_it(centre: Centre) -> None:
    """The timer's process and both web processes agree: owner, pool, claim, the loser's answer."""
    await centre.open(webs=2, timers=1)
    await centre.did(ANAS_OWN, "twilio", user=centre.people["ana"].id)
    async with open_tab(centre, "ana", web=0) as ana, open_tab(centre, "ben", web=1) as ben:
        await centre.text(MARIA, "Anybody there?", to=ANAS_OWN)
        id = (await ana.until_type("message.received"))["conversation"]
        await ana.until_type("conversation.opened")
        early = await centre.call("ben", "POST", f"conversations/{id}/claim", 1)
        assert (early.status_code, early.json()["code"]) == (409, "not_public")

        assert (await centre.call("mia", "PATCH", "settings", 1, sms_public_minutes=0)).status_code == 200
        await ana.until_type("settings.changed")
        await centre.text(WEI, "A wait that begins now is public at once", to=ANAS_OWN)
        public = await ben.until_type("conversation.public")
        assert public["data"]["conversation"]["owner"]["name"] == "Ana", "it stays named"
        wei = public["conversation"]

        won = await centre.call("ben", "POST", f"conversations/{wei}/claim", 1)
        assert (won.status_code, won.json()["owner"]["name"]) == (200, "Ben")
        lost = await centre.call("cleo", "POST", f"conversations/{wei}/claim", 0)
        assert (lost.status_code, lost.json()["code"]) == (409, "already_claimed")
        assert lost.json()["owner"] == {"id": centre.people["ben"].id, "name": "Ben"}
        assert lost.json()["at"].endswith("Z")
        claimed = await ana.until_type("conversation.claimed")
        assert [user["name"] for user in claimed["data"]["conversation"]["subscribers"]] == ["Ana"]
        for tab in (ana, ben):
            await tab.until_current()
            assert await tab.ledger() == Ledger()
            await tab.assert_equals_fresh_load()


async def test_the_generic_webhook_and_the_sandboxs_phone_come_in_as_twilios_texts_do(centre: Centre) -> None:
    await centre.open(webs=1, senders=1)
    await centre.did(GATEWAY, "generic")
    await centre.did(TOY, "sandbox")
    async with open_tab(centre, "mia") as mia:
        await mia.send(op="watch", id=1, topic="feed")
        await until(lambda: any(frame.get("id") == 1 for frame in mia.frames))
        said = {"type": "message.received", "id": "g-1", "from": WEI, "to": GATEWAY, "body": "By the gateway", "media": []}
        for _ in range(2):
            assert (await centre.gateway(said)).status_code in range(200, 300)
        typed = await centre.api("ana").post("/sandbox/texts", json={"phone": OMAR, "did": TOY, "body": "From a toy"})
        assert typed.status_code == 202, typed.text
        await mia.until_type("message.received", 2)
        await mia.until_current()
        messages = [event["data"]["message"] for event in mia.of("message.received")]
        assert [(m["did"]["number"], m["body"]) for m in messages] == [(GATEWAY, "By the gateway"), (TOY, "From a toy")]

        toy = await centre.conversation(OMAR)
        answer = await centre.call("ana", "POST", f"conversations/{toy}/messages", body="Hello toy", client_id="c-1")
        assert answer.status_code == 202, answer.text
        await mia.until_type("message.delivered")
        phone = (await centre.api("ana").get("/sandbox/texts", params={"phone": OMAR})).json()["items"]
        assert [text["body"] for text in phone] == ["From a toy", answer.json()["body"]]
        assert centre.handed == [], "neither went to Twilio"
