"""A text that may have been sent: what a person says of it, over HTTP."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.carriers.carrier import Connection, Credentials, Receipt, SendResult
from server.desk.dispatch import lease, record
from server.desk.receipts import apply_receipts
from server.domain.message import MessageState
from server.store.database import Transaction
from tests.endpoints.test_media import bring, can_send_pictures
from tests.fixtures.integrator import MARIA, Integrator

UNSURE = SendResult("unconfirmed", code="timeout", says="The carrier did not say whether it took this text.")


async def doubtful(integrator: Integrator) -> tuple[str, dict[str, Any]]:
    """The address of a conversation's messages, and the one that got no answer."""
    await integrator.text("Hi", phone=MARIA)
    id = await integrator.conversation(MARIA)
    path = f"/conversations/{id}/messages"
    sent = (await integrator.ana.post(path, {"body": "Hello", "client_id": "c1"})).json()
    [leased] = await lease(integrator.served.desk)
    await record(integrator.served.desk, leased, UNSURE)
    return path, sent


async def states(integrator: Integrator, path: str) -> list[tuple[str, str | None]]:
    items = (await integrator.ana.get(path)).json()["items"]
    return [(item["state"], item["error"] and item["error"]["code"]) for item in items if item["direction"] == "outbound"]


async def test_whoever_knows_says_that_it_arrived(integrator: Integrator) -> None:
    path, sent = await doubtful(integrator)
    assert await states(integrator, path) == [("unconfirmed", "timeout")]
    said = await integrator.ana.post(f"/messages/{sent['id']}/arrived", {})
    assert (said.status_code, said.json()["state"], said.json()["error"]) == (200, "sent", None)
    again = await integrator.ana.post(f"/messages/{sent['id']}/arrived", {})
    assert (again.status_code, again.json()["code"]) == (409, "not_unconfirmed")
    assert await lease(integrator.served.desk) == []


async def test_another_text_goes_in_its_place_once_and_the_first_says_so(integrator: Integrator) -> None:
    path, sent = await doubtful(integrator)
    other = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c2", "again": sent["id"]})
    assert other.status_code == 202, other.text
    assert await states(integrator, path) == [("unconfirmed", "sent_again"), ("queued", None)]
    twice = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c3", "again": sent["id"]})
    assert (twice.status_code, twice.json()["code"]) == (409, "not_unconfirmed")
    repeated = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c2", "again": sent["id"]})
    assert repeated.json()["id"] == other.json()["id"]
    assert len(await states(integrator, path)) == 2


async def test_what_the_carrier_cleared_up_meanwhile_is_not_sent_again(integrator: Integrator) -> None:
    path, sent = await doubtful(integrator)
    await integrator.ana.post(f"/messages/{sent['id']}/arrived", {})
    refused = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c2", "again": sent["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_unconfirmed")
    assert await states(integrator, path) == [("sent", None)]


async def test_a_text_that_is_not_there_or_elsewhere_is_not_found(integrator: Integrator) -> None:
    path, sent = await doubtful(integrator)
    await integrator.text("Hi", phone="+12025550177")
    other = await integrator.conversation("+12025550177")
    for body in ({"again": "01m82ctqk2pk9ffky33ecq0pxz"}, {"again": "x\x00"}):
        assert (await integrator.ana.post(path, {"body": "Hello", "client_id": "c2", **body})).status_code == 404
    wrong = await integrator.ana.post(f"/conversations/{other}/messages", {"body": "Hello", "client_id": "c4", "again": sent["id"]})
    assert wrong.status_code == 404
    assert await states(integrator, path) == [("unconfirmed", "timeout")]


@pytest.mark.parametrize("outcome", ["failed", "unconfirmed"])
async def test_a_text_with_a_picture_is_sent_again_with_it_at_an_address_that_is_good_again(integrator: Integrator, outcome: str) -> None:
    await integrator.text("Hi", phone=MARIA)
    path = f"/conversations/{await integrator.conversation(MARIA)}/messages"
    await can_send_pictures(integrator)
    picture_id = (await bring(integrator.ana)).json()["id"]
    sent = (await integrator.ana.post(path, {"body": "Look", "client_id": "c1", "media": [picture_id]})).json()
    [leased] = await lease(integrator.served.desk)
    result = UNSURE if outcome == "unconfirmed" else SendResult("rejected", code="30003", says="The phone is off.")
    await record(integrator.served.desk, leased, result)

    again = {"body": sent["body"], "client_id": "c2", "media": [picture_id]}
    taken = await integrator.ana.post(path, again)
    assert (taken.status_code, taken.json()["code"]) == (404, "not_found"), "no other text takes it"
    integrator.served.desk.db.shift_us += 13 * 3600 * 1_000_000
    other = await integrator.ana.post(path, {**again, "again": sent["id"]})
    assert (other.status_code, other.json()["body"], other.json()["media"]) == (202, sent["body"], sent["media"])
    [repeated] = await lease(integrator.served.desk)
    [before], [now] = leased.text.media_urls, repeated.text.media_urls
    later = int(urlsplit(now).path.split("/")[3]) - int(urlsplit(before).path.split("/")[3])
    assert 13 * 3600 <= later < 14 * 3600
    assert (await integrator.ana.client.get(urlsplit(now).path, headers={"authorization": ""})).status_code == 200


async def test_what_failed_is_sent_again_and_says_still_why_it_failed(integrator: Integrator) -> None:
    await integrator.text("Hi", phone=MARIA)
    path = f"/conversations/{await integrator.conversation(MARIA)}/messages"
    sent = (await integrator.ana.post(path, {"body": "Hello", "client_id": "c1"})).json()
    [leased] = await lease(integrator.served.desk)
    await record(integrator.served.desk, leased, SendResult("rejected", code="30003", says="The phone is off."))
    other = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c2", "again": sent["id"]})
    assert (other.status_code, other.json()["body"]) == (202, sent["body"]), "the opt-out line stands once"
    assert await states(integrator, path) == [("failed", "30003"), ("queued", None)]


async def told(integrator: Integrator, sent: dict[str, Any], state: MessageState) -> None:
    """A receipt for a text whose reference nobody knows: it brings our own token."""

    async def token(tx: Transaction) -> str:
        row = await tx.one("select token from messages where id = :id", id=sent["id"])
        assert row is not None
        return str(row["token"])

    served = integrator.served
    connection = Connection(integrator.carrier, served.account, "sandbox", "Sandbox", Credentials({}))
    await apply_receipts(served.desk, connection, [Receipt(None, await served.desk.read(token), state)])


async def refused_again(integrator: Integrator, path: str, sent: dict[str, Any]) -> None:
    before = await states(integrator, path)
    twice = await integrator.ben.post(path, {"body": sent["body"], "client_id": "c9", "again": sent["id"]})
    assert (twice.status_code, twice.json()["code"]) == (409, "not_unconfirmed")
    assert twice.json()["detail"] == "This text was sent again already."
    assert await states(integrator, path) == before


@pytest.mark.parametrize("later", [MessageState.UNDELIVERED, MessageState.FAILED])
async def test_what_was_sent_again_and_failed_afterwards_is_not_sent_once_more(integrator: Integrator, later: MessageState) -> None:
    """The receipt comes late: by then a colleague's page, which has not heard of it, or a program offers to repeat it."""
    path, sent = await doubtful(integrator)
    assert (await integrator.ana.post(path, {"body": sent["body"], "client_id": "c2", "again": sent["id"]})).status_code == 202
    await told(integrator, sent, later)
    assert [state for state, _ in await states(integrator, path)] == [later, "queued"]
    await refused_again(integrator, path, sent)


async def test_what_failed_is_sent_again_once_and_then_the_one_in_its_place_is(integrator: Integrator) -> None:
    path, sent = await doubtful(integrator)
    await told(integrator, sent, MessageState.FAILED)
    other = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c2", "again": sent["id"]})
    assert other.status_code == 202
    await refused_again(integrator, path, sent)
    [leased] = await lease(integrator.served.desk)
    await record(integrator.served.desk, leased, SendResult("rejected", code="30003", says="The phone is off."))
    await refused_again(integrator, path, sent)
    third = await integrator.ana.post(path, {"body": sent["body"], "client_id": "c3", "again": other.json()["id"]})
    assert (third.status_code, third.json()["body"]) == (202, sent["body"])


@pytest.mark.parametrize("outcome", [MessageState.FAILED, None], ids=["failed", "unconfirmed"])
async def test_of_two_people_who_send_it_again_at_once_one_does(integrator: Integrator, outcome: MessageState | None) -> None:
    path, sent = await doubtful(integrator)
    if outcome is not None:
        await told(integrator, sent, outcome)
    both = [(integrator.ana, "c2"), (integrator.ben, "c3")]
    answers = await asyncio.gather(*(who.post(path, {"body": sent["body"], "client_id": id, "again": sent["id"]}) for who, id in both))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    assert len(await states(integrator, path)) == 2


async def test_an_attempt_that_was_refused_took_nobodys_place(integrator: Integrator) -> None:
    path, sent = await doubtful(integrator)
    await told(integrator, sent, MessageState.FAILED)
    nothing = {"client_id": "c2", "again": sent["id"], "media": ["01m82ctqk2pk9ffky33ecq0pxz"]}
    assert (await integrator.ana.post(path, {"body": sent["body"], **nothing})).status_code in (404, 422)
    assert (await integrator.ana.post(path, {"body": sent["body"], "client_id": "c3", "again": sent["id"]})).status_code == 202
