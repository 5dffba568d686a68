"""The doors for Telnyx and Bandwidth, and the way of an answer out and of its receipt back (CONTRACT, carrier webhooks)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import httpx2
import pytest

from server.carriers.exchange import open_client
from server.desk.dispatch import lease, record
from server.desk.hear import Connections
from tests.carriers.rig import Rig
from tests.carriers.rig_bandwidth import BANDWIDTH, DID, PERSON
from tests.carriers.rig_bandwidth import received as bandwidth_text
from tests.carriers.rig_bandwidth import told as bandwidth_receipt
from tests.carriers.rig_telnyx import TELNYX
from tests.carriers.rig_telnyx import received as telnyx_text
from tests.carriers.rig_telnyx import told as telnyx_receipt
from tests.fixtures.carrier_api import CarrierApi, answers, carrier_api
from tests.fixtures.logged import Logged
from tests.fixtures.served import Served

__all__ = ["carrier_api"]


@dataclass
class Line:
    """`text` writes an inbound one as the carrier does."""

    served: Served
    rig: Rig
    text: Callable[..., bytes]
    hook: str
    status: str
    id: str

    async def post(self, body: bytes, address: str | None = None, **headers: str) -> httpx2.Response:
        url = address or self.hook
        signed = self.rig.sign(self.rig.connection(), url, body)
        given = {"content-type": self.rig.content_type, **signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.served.client().post(url, content=body, headers=given)


@pytest.fixture(params=[(TELNYX, telnyx_text), (BANDWIDTH, bandwidth_text)], ids=["telnyx", "bandwidth"])
async def line(request: pytest.FixtureRequest, served: Served) -> Line:
    rig, text = request.param
    credentials = {"kind": rig.kind, "name": rig.kind, "credentials": rig.credentials}
    made = (await served.bearer.post("/api/v1/carriers", json=credentials)).json()
    did = await served.bearer.post("/api/v1/dids", json={"number": DID, "carrier": made["id"], "capabilities": ["sms", "mms"]})
    assert did.status_code == 201, did.text
    return Line(served, rig, text, made["hook_url"], made["status_url"], made["id"])


async def test_a_text_is_durable_and_a_repeat_is_nothing_new_even_in_a_crowd(line: Line) -> None:
    answers = await asyncio.gather(*(line.post(line.text(text="Größe 😀")) for _ in range(20)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"{}")}
    assert await line.served.rows("messages where body = 'Größe 😀'") == await line.served.rows("messages") == 1


async def test_a_stranger_is_403_empty_and_stores_nothing(line: Line, logged: Logged) -> None:
    wrong = {name: value[:-4] + "AAAA" for name, value in line.rig.sign(line.rig.connection(), "", b"").items()}
    for url in (line.hook, line.status):
        for headers in ({}, wrong):
            answer = await line.served.client().post(
                url, content=line.text(text="planted"), headers={"content-type": "application/json"} | headers
            )
            assert (answer.status_code, answer.content) == (403, b"")
    assert [await line.served.rows(table) for table in ("messages", "malformed", "inbox", "contacts")] == [0, 0, 0, 0]
    assert "planted" not in logged.text


async def test_what_is_signed_but_odd_is_400_and_kept(line: Line) -> None:
    answer = await line.post(line.text(id="", text="kept"))
    assert (answer.status_code, answer.content) == (400, b"")
    assert await line.served.rows("malformed") == 1


async def test_the_words_of_a_text_with_flaws_are_shown(line: Line) -> None:
    media: list[object] = (
        ["", None, "\n"] if line.rig is BANDWIDTH else [{"url": ""}, None, {"url": None}, {"url": "\n", "content_type": "\n"}]
    )
    answer = await line.post(line.text(text="cut 😀", media=media).replace(rb"\ud83d\ude00", rb"\ud83d"))
    assert (answer.status_code, await line.served.rows("malformed")) == (200, 0)
    conversation = (await line.served.bearer.get("/api/v1/conversations?view=all")).json()["items"][0]
    items = (await line.served.bearer.get(f"/api/v1/conversations/{conversation['id']}/messages")).json()["items"]
    [shown] = [item for item in items if item.get("body")]
    assert (shown["body"], [each["state"] for each in shown["media"]]) == ("cut \ufffd", ["pending"])


async def test_the_answer_s_receipt_finds_it_by_what_the_carrier_was_given(line: Line, carrier_api: CarrierApi) -> None:
    served = line.served
    await line.post(line.text(text="Is it ready?"))
    conversation = (await served.bearer.get("/api/v1/conversations?view=all")).json()["items"][0]
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    sent = await served.bearer.post(path, json={"body": "Yes.", "client_id": "1", "seen_seq": conversation["seq"]})
    assert sent.status_code == 202, sent.text
    await leave(line, carrier_api)
    [seen] = carrier_api.seen
    asked = str(line.rig.asked(seen))
    if line.rig is BANDWIDTH:
        told, address = partial(bandwidth_receipt, tag=asked), line.status
        done, lost = told("message-delivered"), told("message-failed", errorCode=4775, tag="nobody's")
    else:
        done, lost, address = telnyx_receipt("delivered"), telnyx_receipt("delivered"), asked
        assert address.startswith(line.status)
    assert (await line.post(lost, f"{line.status}?token=nobodys")).status_code == 403, "a token that we never gave"
    assert await state(line, path, sent.json()["id"]) == "sent"
    for _ in range(2):
        assert (await line.post(done, address)).status_code == 200
    assert await state(line, path, sent.json()["id"]) == "delivered"


async def leave(line: Line, carrier_api: CarrierApi) -> None:
    """What the sender does once."""
    desk = line.served.desk
    carrier_api.answer = answers(202, line.rig.accepts)
    connection = await Connections(desk, line.served.clock).get(line.id)
    assert connection is not None
    async with open_client() as http:
        for leased in await lease(desk):
            result = await line.rig.carrier.send(replace(connection, api_url=carrier_api.url), leased.text, http)
            assert (result.outcome, leased.text.to) == ("accepted", PERSON)
            await record(desk, leased, result)


async def state(line: Line, path: str, message: str) -> str:
    found = (await line.served.bearer.get(path)).json()["items"]
    return str(next(item["state"] for item in found if item["id"] == message))
