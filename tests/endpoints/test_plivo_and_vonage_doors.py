"""The doors for Plivo and Vonage, whichever way an account is set to call, and the way of an answer out and of its receipt back."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Literal
from urllib.parse import urlencode

import httpx2
import pytest
from plivo.utils.signature_v3 import construct_get_url, get_signature_v3

from server.carriers.exchange import open_client
from server.desk.dispatch import lease, record
from server.desk.hear import Connections
from tests.carriers.rig import REF, Rig
from tests.carriers.rig_plivo import NONCE, PLIVO
from tests.carriers.rig_vonage import VONAGE
from tests.carriers.rig_vonage_sms import KEY, VONAGE_SMS, signed
from tests.carriers.rig_vonage_sms import fields as sms_fields
from tests.fixtures.carrier_api import CarrierApi, answers, carrier_api
from tests.fixtures.logged import Logged
from tests.fixtures.served import Served

__all__ = ["carrier_api"]

Way = Literal["get", "form", "json"]
PLIVO_TEXT = {"From": "12025550143", "To": "12025550142", "MessageUUID": REF, "Type": "sms", "Text": "Hi there"}
MESSAGES_TEXT = {
    "message_uuid": REF,
    "from": "12025550143",
    "to": "12025550142",
    "channel": "sms",
    "message_type": "text",
    "text": "Hi there",
}


@dataclass
class Line:
    served: Served
    rig: Rig
    way: Way
    hook: str
    status: str
    id: str

    def text(self, **more: str) -> dict[str, str]:
        """The fields of one that comes in."""
        if self.rig is VONAGE_SMS:
            return sms_fields(text="Hi there", type="text", **more)
        return (PLIVO_TEXT if self.rig is PLIVO else MESSAGES_TEXT) | more

    def told(self, state: str) -> dict[str, str]:
        """The fields of a receipt."""
        if self.rig is VONAGE_SMS:
            return sms_fields(**{"status": state, "err-code": "0", "client-ref": "partyline-nobodys"})
        return {"MessageUUID": REF, "Status": state} if self.rig is PLIVO else {"message_uuid": REF, "status": state}

    async def call(self, fields: Mapping[str, str], address: str | None = None, **change: str) -> httpx2.Response:
        """Signed by the carrier's own means; `change` is what somebody altered afterwards."""
        url, headers, whole = address or self.hook, dict[str, str](), dict(fields)
        if self.rig is VONAGE_SMS:
            whole = signed(whole)
        if self.rig is PLIVO and self.way == "get":
            key = self.rig.credentials["auth_token"]
            headers["x-plivo-signature-v3"] = get_signature_v3(key, construct_get_url(url, dict(whole)).decode(), NONCE).decode()
            headers["x-plivo-signature-v3-nonce"] = NONCE
        body = json.dumps(whole).encode() if self.way == "json" else urlencode(whole).encode()
        if self.way != "get":
            headers |= self.rig.sign(self.rig.connection(), url, body)
        whole |= change
        if self.way == "get":
            return await self.served.client().get(f"{url}{'&' if '?' in url else '?'}{urlencode(whole)}", headers=headers)
        headers["content-type"] = "application/json" if self.way == "json" else "application/x-www-form-urlencoded"
        body = json.dumps(whole).encode() if self.way == "json" else urlencode(whole).encode()
        return await self.served.client().post(url, content=body, headers=headers)

    async def bodies(self) -> list[str]:
        found = (await self.served.bearer.get("/api/v1/conversations?view=all")).json()["items"]
        return [
            m["body"] for c in found for m in (await self.served.bearer.get(f"/api/v1/conversations/{c['id']}/messages")).json()["items"]
        ]


async def lay(served: Served, rig: Rig, way: Way) -> Line:
    made = await served.bearer.post("/api/v1/carriers", json={"kind": rig.kind, "name": rig.kind, "credentials": rig.credentials})
    assert made.status_code == 201, made.text
    given = made.json()
    did = await served.bearer.post("/api/v1/dids", json={"number": "+12025550142", "carrier": given["id"], "capabilities": ["sms", "mms"]})
    assert did.status_code == 201, did.text
    return Line(served, rig, way, given["hook_url"], given["status_url"], given["id"])


LINES: list[tuple[Rig, Way]] = [
    (PLIVO, "form"),
    (PLIVO, "get"),
    (VONAGE, "json"),
    (VONAGE_SMS, "get"),
    (VONAGE_SMS, "form"),
    (VONAGE_SMS, "json"),
]


@pytest.fixture(params=LINES, ids=["plivo-form", "plivo-get", "messages", "sms-get", "sms-form", "sms-json"])
async def line(request: pytest.FixtureRequest, served: Served) -> Line:
    return await lay(served, *request.param)


async def test_a_text_is_durable_and_a_repeat_is_nothing_new_even_in_a_crowd(line: Line) -> None:
    answers = await asyncio.gather(*(line.call(line.text()) for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"")}
    assert await line.bodies() == ["Hi there"]
    assert await line.served.rows("messages") == 1


async def test_one_altered_field_is_403_empty_and_stores_nothing(line: Line, logged: Logged) -> None:
    name = "Text" if line.rig is PLIVO else "text"
    for address in (line.hook, line.status):
        answer = await line.call(line.text(), address, **{name: "planted"})
        assert (answer.status_code, answer.content) == (403, b"")
    assert [await line.served.rows(table) for table in ("messages", "malformed", "inbox", "contacts")] == [0, 0, 0, 0]
    assert "planted" not in logged.text


async def test_what_is_signed_but_odd_is_400_and_kept(line: Line) -> None:
    name = {"plivo": "MessageUUID"}.get(line.rig.kind, "messageId" if line.rig is VONAGE_SMS else "message_uuid")
    answer = await line.call({**line.text(), name: ""})
    assert (answer.status_code, answer.content) == (400, b"")
    assert await line.served.rows("malformed") == 1


async def test_the_answer_s_receipt_finds_it_by_what_the_carrier_was_given(line: Line, carrier_api: CarrierApi) -> None:
    served = line.served
    await line.call(line.text())
    conversation = (await served.bearer.get("/api/v1/conversations?view=all")).json()["items"][0]
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    sent = await served.bearer.post(path, json={"body": "Yes.", "client_id": "1", "seen_seq": conversation["seq"]})
    assert sent.status_code == 202, sent.text
    await leave(line, carrier_api)
    [seen] = carrier_api.seen
    if line.rig is VONAGE_SMS:
        address, done = line.status, line.told("delivered") | {"client-ref": dict(seen.form)["client-ref"]}
        assert (await line.call(line.told("delivered"), address)).status_code == 403, "a token that we never gave"
    else:
        address, done = str(line.rig.asked(seen)), line.told("delivered")
        assert address.startswith(line.status)
        assert (await line.call(done, f"{line.status}?token=nobodys")).status_code == 403, "a token that we never gave"
    assert await state(line, path, sent.json()["id"]) == "sent"
    for _ in range(2):
        assert (await line.call(done, address)).status_code == 200
    assert await state(line, path, sent.json()["id"]) == "delivered"


@pytest.mark.parametrize("way", ["get", "form", "json"])
async def test_the_webhooks_of_a_long_text_are_one_message_in_any_order_and_however_often(served: Served, way: Way) -> None:
    line = await lay(served, VONAGE_SMS, way)
    words = ["Größe: ", "what does it ", "cost?"]
    for ref, order in enumerate(permutations((1, 2, 3))):
        parts = [
            sms_fields(type="unicode", text=words[number - 1], messageId=f"{ref}-{number}")
            | {"concat": "true", "concat-ref": str(ref), "concat-total": "3", "concat-part": str(number)}
            for number in order
        ]
        for part in (parts[0], *parts, parts[0], parts[2]):
            assert (await line.call(part)).status_code == 200
    assert await line.bodies() == ["".join(words)] * 6


async def test_the_old_format_of_the_messages_interface_is_400_and_kept(served: Served, logged: Logged) -> None:
    line = await lay(served, VONAGE, "json")
    old = json.dumps(
        {
            "message_uuid": REF,
            "to": {"number": "12025550142", "type": "sms"},
            "from": {"number": "12025550143", "type": "sms"},
            "direction": "inbound",
            "message": {"content": {"type": "text", "text": "Hi"}},
        }
    ).encode()
    headers = line.rig.sign(line.rig.connection(), line.hook, old) | {"content-type": "application/json"}
    assert (await served.client().post(line.hook, content=old, headers=headers)).status_code == 400
    assert await served.rows("malformed") == 1
    assert "set the application to v1" in logged.text


async def test_a_key_that_lost_its_line_breaks_in_the_form_still_sends(served: Served) -> None:
    key = VONAGE.credentials["private_key"].replace("\n", "")
    made = await served.bearer.post(
        "/api/v1/carriers", json={"kind": "vonage", "name": "V", "credentials": {**VONAGE.credentials, "private_key": key}}
    )
    assert made.status_code == 201, made.text
    broken = {**VONAGE.credentials, "private_key": "s3cret", "api_key": KEY}
    refused = await served.bearer.post("/api/v1/carriers", json={"kind": "vonage", "name": "V", "credentials": broken})
    assert refused.status_code == 422
    assert "private_key" in refused.json()["detail"]
    assert "s3cret" not in refused.text


async def leave(line: Line, carrier_api: CarrierApi) -> None:
    """What the sender does once."""
    desk = line.served.desk
    carrier_api.answer = answers(202 if line.rig is not VONAGE_SMS else 200, line.rig.accepts)
    connection = await Connections(desk, line.served.clock).get(line.id)
    assert connection is not None
    async with open_client() as http:
        for leased in await lease(desk):
            result = await line.rig.carrier.send(replace(connection, api_url=carrier_api.url), leased.text, http)
            assert (result.outcome, leased.text.to) == ("accepted", "+12025550143")
            await record(desk, leased, result)


async def state(line: Line, path: str, message: str) -> str:
    found = (await line.served.bearer.get(path)).json()["items"]
    return str(next(item["state"] for item in found if item["id"] == message))
