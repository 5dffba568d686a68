"""The AsyncAPI document: every event type is in it, and every event that happens is as it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from server.carriers.carrier import Connection, Credentials, InboundText, MediaRef, SendResult
from server.desk.media_fetch import lease, refuse
from server.desk.notify import hold, record, take
from server.desk.receive import receive_texts
from server.domain.events import PERSONAL, EventType
from server.domain.media import MediaState
from server.domain.message import MessageState
from server.endpoints.asyncapi import SAYS, asyncapi
from server.store.webhook_deliveries import Attempted
from tests.fixtures.integrator import OWN, SUPPORT, WEI, Integrator, validator
from tests.fixtures.served import Served


def refs(document: object) -> Iterator[str]:
    match document:
        case dict():
            for key, value in document.items():
                if key == "$ref":
                    yield value
                else:
                    yield from refs(value)
        case list():
            for item in document:
                yield from refs(item)


def resolve(document: dict[str, Any], ref: str) -> object:
    found: Any = document
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    return found


async def test_the_document_is_served_to_anybody_and_every_reference_leads_somewhere(served: Served) -> None:
    document = (await served.client().get("/api/v1/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    for ref in refs(document):
        assert resolve(document, ref), ref


def test_every_event_type_has_its_sentence_and_its_schema() -> None:
    document = asyncapi()
    assert set(SAYS) == set(EventType)
    for event in EventType:
        schema = document["components"]["schemas"][event]
        assert schema["allOf"][1]["properties"]["type"] == {"const": event}
    events = document["components"]["messages"]["events"]["payload"]["properties"]["events"]["items"]["oneOf"]
    assert [one["$ref"].rpartition("/")[2] for one in events] == list(EventType)


def test_every_frame_belongs_to_one_direction_and_its_examples_are_right() -> None:
    document = asyncapi()
    ways = [{message["$ref"].rpartition("/")[2] for message in operation["messages"]} for operation in document["operations"].values()]
    assert ways[0] | ways[1] == set(document["components"]["messages"])
    assert ways[0] & ways[1] == set()
    for name, message in document["components"]["messages"].items():
        for example in message.get("examples", []):
            check = validator(message["payload"], document["components"])
            assert list(check.iter_errors(example["payload"])) == [], name


async def test_every_event_that_happens_is_as_the_document_says(integrator: Integrator) -> None:
    await everything(integrator)
    document = asyncapi()
    checks = {event: validator(document["components"]["schemas"][event], document["components"]) for event in EventType}
    happened = [json.loads(body) for body in integrator.served.published]
    for event in happened:
        errors = [f"{error.json_path}: {error.message}" for error in checks[event["type"]].iter_errors(event)]
        assert errors == [], event["type"]
        allowed = set("message conversation reason user contact settings read_seq preferences live_filter count webhook".split())
        assert set(event["data"]) <= allowed, event["type"]
        assert (event["seq"] is None) == (event["conversation"] is None or event["type"] in PERSONAL)
    assert {event["type"] for event in happened} == set(EventType)


async def leave_the_webhook(served: Served) -> None:
    """Its receiver says that it is gone."""
    [held] = await hold(served.desk, 1)
    [due, *_] = (await take(served.desk, held)).due
    await record(served.desk, held, due, Attempted({}, 410, None, "", 1))


async def everything(integrator: Integrator) -> None:
    """Makes everything happen that can."""
    ana, ben, mia = integrator.ana, integrator.ben, integrator.mia
    id = await integrator.text()
    at = f"/conversations/{id}"
    await ana.post(f"{at}/claim")
    await ana.post(f"{at}/release")
    await ana.post(f"{at}/transfer", {"user": ben.id})
    await ana.put(f"{at}/subscription", {"muted": True})
    await ben.post(f"{at}/notes", {"body": "She is a regular.", "mentions": [mia.id]})
    await integrator.text("more")
    await ana.put(f"{at}/read", {"seq": (await ana.get(at)).json()["seq"]})
    await ben.post(f"{at}/snooze", {"until": "2099-01-01T00:00:00Z"})
    await integrator.text("and more")
    refused = (SendResult("rejected", None, "30003", "Unreachable."), SendResult("unconfirmed"), None, None)
    for result, later in zip(refused, (None, None, MessageState.DELIVERED, MessageState.UNDELIVERED), strict=True):
        await ben.post(f"{at}/messages", integrator.draft())
        [message] = await integrator.leave(result)
        if later is not None:
            await integrator.receipt(message, later)
    await ana.delete(f"{at}/subscription")
    await ben.post(f"{at}/close")
    await ben.post(f"{at}/reopen")
    filter = {"name": "Ready", "conditions": [{"field": "ready", "op": "is", "value": True}]}
    made = f"/live-filters/{(await mia.post('/live-filters', filter)).json()['id']}"
    contact = (await ana.post("/contacts", {"name": "Wei", "phones": [{"number": WEI}], "ready": True})).json()["id"]
    await ana.patch(f"/contacts/{contact}", {"name": "Wei Chen", "ready": False})
    await ana.post("/messages", integrator.draft(contact=contact))
    await integrator.text("STOP", phone=WEI, to=OWN)
    await integrator.text("START", phone=WEI, to=OWN)
    gone = (await ana.post("/contacts", {"name": "Nobody", "phones": [{"number": "+12025550199"}]})).json()["id"]
    await mia.delete(f"/contacts/{gone}")
    await mia.patch(made, {"name": "Not in use"})
    await mia.delete(made)
    await mia.post("/webhooks", {"url": "https://example.com/"})
    await mia.patch("/settings", {"sms_public_minutes": 3})
    await leave_the_webhook(integrator.served)
    await mia.post("/messages", integrator.draft(contact=contact, send_at=(datetime.now(UTC) + timedelta(days=1)).isoformat()))
    await ana.patch("/me/preferences", {"theme": "dark"})
    await a_picture_is_refused(integrator)
    await mia.post(f"/users/{ben.id}/sign-out")
    await mia.patch(f"/users/{ben.id}", {"disabled": True, "conversations": "public"})


async def a_picture_is_refused(integrator: Integrator) -> None:
    """One that a carrier told of."""
    desk, text = integrator.served.desk, InboundText("mms", WEI, SUPPORT, "Look", (MediaRef("https://carrier.example/1"),))
    connection = Connection(integrator.carrier, integrator.served.account, "sandbox", "Sandbox", Credentials({}))
    await receive_texts(desk, connection, [text], 0)
    [away] = await lease(desk, 1)
    await refuse(desk, away, MediaState.BLOCKED)
