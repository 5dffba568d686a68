"""A text that may have been sent: what a person says of it, over HTTP."""

from typing import Any

from server.carriers.carrier import SendResult
from server.desk.dispatch import lease, record
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
