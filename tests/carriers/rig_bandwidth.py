"""How Bandwidth writes: lists of one event, behind a password."""

import json
from base64 import b64encode

from server.carriers.carrier import Connection
from tests.carriers.rig import BODY, REF, TEXT, Rig, document
from tests.fixtures.carrier_api import Seen

DID, PERSON = "+12025550142", "+12025550143"


def by_password(connection: Connection, _url: str, _body: bytes) -> dict[str, str]:
    pair = f"{connection.credentials['hook_username']}:{connection.credentials['hook_password']}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def event(type: str, *, direction: str, message: dict[str, object], **fields: object) -> bytes:
    """As dev.bandwidth.com shows it."""
    usual: dict[str, object] = {
        "id": REF,
        "owner": DID,
        "applicationId": "93de2206-9669-4e07-948d-329f4b722ee2",
        "time": "2026-11-22T20:20:16Z",
        "segmentCount": 1,
        "direction": direction,
        "tag": "",
        "priority": "default",
    }
    return b"[" + document(type=type, time="2026-11-22T20:20:17Z", message=usual | message, **fields) + b"]"


def received(**message: object) -> bytes:
    usual: dict[str, object] = {"to": [DID], "from": PERSON, "text": BODY, "media": []}
    return event("message-received", direction="in", message=usual | message, to=DID, description="Incoming message received")


def told(type: str, tag: str = TEXT.token, **fields: object) -> bytes:
    message: dict[str, object] = {"to": [PERSON], "from": DID, "text": "", "tag": tag}
    return event(type, direction="out", message=message, to=PERSON, **({"description": "ok"} | fields))


def tag(seen: Seen) -> object:
    return json.loads(seen.body)["tag"]


MEDIA = "https://messaging.bandwidth.com/api/v2/users/9900000/media/14762070468292kw2fuqty55yp2b2/0"
BANDWIDTH = Rig(
    kind="bandwidth",
    credentials={
        "account_id": "9900000",
        "username": "api-user",
        "password": "s3cret:pass",
        "application_id": "93de2206-9669-4e07-948d-329f4b722ee2",
        "hook_username": "partyline",
        "hook_password": "h00k",
    },
    others={
        "account_id": "9900001",
        "username": "api-user",
        "password": "s3cret",
        "application_id": "93de2206-9669-4e07-948d-329f4b722ee3",
        "hook_username": "partyline",
        "hook_password": "an0ther",
    },
    content_type="application/json; charset=utf-8",
    text=received(media=[f"{MEDIA}/0.smil", "https://m.example/1", f"{MEDIA}/2.xml"]),
    receipt=lambda state: told(f"message-{state}"),
    failed=(told("message-failed", description="opted out", errorCode=4775), "4775"),
    sign=by_password,
    accepts=document(id=REF, owner=DID, to=[PERSON], segmentCount=1, direction="out"),
    asked=tag,
    covers_body=False,
    server_error="retry",
)
