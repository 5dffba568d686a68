"""One rig of every kind. A new carrier's is in a module of its own, `rig_<kind>.py`, and one line here."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import RequestValidator

from server.carriers.carrier import Connection
from server.carriers.sandbox import Sandbox
from tests.carriers.rig import BODY, NOW_US, REF, SANDBOX_KEY, Rig, deliver, document
from tests.carriers.rig_bandwidth import BANDWIDTH
from tests.carriers.rig_kannel import KANNEL
from tests.carriers.rig_plivo import PLIVO
from tests.carriers.rig_telnyx import TELNYX
from tests.carriers.rig_vonage import VONAGE
from tests.carriers.rig_vonage_sms import VONAGE_SMS
from tests.fixtures.carrier_api import Seen


def by_twilio(connection: Connection, url: str, body: bytes) -> dict[str, str]:
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return {"x-twilio-signature": RequestValidator(connection.credentials["auth_token"]).compute_signature(url, fields)}


def by_library(connection: Connection, _url: str, body: bytes) -> dict[str, str]:
    at = datetime.fromtimestamp(NOW_US // 1_000_000, tz=UTC)
    signature = Webhook(connection.credentials["secret"]).sign("msg_1", at, body.decode("utf-8", "replace"))
    return {"webhook-id": "msg_1", "webhook-timestamp": str(NOW_US // 1_000_000), "webhook-signature": signature}


def by_phone(connection: Connection, _url: str, body: bytes) -> dict[str, str]:
    return Sandbox(SANDBOX_KEY, deliver).sign(connection, "msg_1", NOW_US, body)


def form(**fields: str) -> bytes:
    return urlencode({"From": "+12025550143", "To": "+12025550142", "MessageSid": REF} | fields).encode()


def written(**fields: object) -> bytes:
    return document(type="message.status", id=REF, **fields)


def status_url(seen: Seen) -> object:
    return json.loads(seen.body)["status_url"]


JSON_TEXT = document(type="message.received", id=REF, to="+12025550142", body=BODY, media=[{"url": "https://m.example/1"}]).replace(
    b'"to"', b'"from": "+12025550143", "to"'
)
TWILIO = Rig(
    kind="twilio",
    credentials={"account_sid": "AC00000000000000000000000000000001", "auth_token": "0" * 32},
    others={"account_sid": "AC00000000000000000000000000000002", "auth_token": "1" * 32},
    content_type="application/x-www-form-urlencoded",
    text=form(Body=BODY, NumMedia="1", MediaUrl0="https://m.example/1"),
    receipt=lambda state: form(MessageStatus=state),
    failed=(form(MessageStatus="failed", ErrorCode="21610"), "21610"),
    sign=by_twilio,
    accepts=document(sid=REF, status="queued"),
    asked=lambda seen: dict(seen.form)["StatusCallback"],
)
GENERIC = Rig(
    kind="generic",
    credentials={"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    others={"secret": "whsec_aaaQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    content_type="application/json",
    text=JSON_TEXT,
    receipt=lambda state: written(state=state),
    failed=(written(state="failed", error={"code": "opted_out"}), "opted_out"),
    sign=by_library,
    accepts=document(id=REF),
    asked=status_url,
)
SANDBOX = Rig(
    kind="sandbox",
    credentials={},
    others={},
    content_type="application/json",
    text=JSON_TEXT,
    receipt=lambda state: written(state=state),
    failed=(written(state="failed", error="opted_out"), "opted_out"),
    sign=by_phone,
    accepts=b"",
    asked=status_url,
)
RIGS = [
    TWILIO,
    TELNYX,
    BANDWIDTH,
    PLIVO,
    VONAGE,
    VONAGE_SMS,
    KANNEL,
    GENERIC,
    SANDBOX,
]
FORM = "application/x-www-form-urlencoded"
every = pytest.mark.parametrize("rig", RIGS, ids=lambda rig: rig.kind)
over_http = pytest.mark.parametrize("rig", [rig for rig in RIGS if rig.accepts], ids=lambda rig: rig.kind)
typed = pytest.mark.parametrize("rig", [rig for rig in RIGS if rig.content_type], ids=lambda rig: rig.kind)
in_json = pytest.mark.parametrize("rig", [rig for rig in RIGS if "json" in rig.content_type], ids=lambda rig: rig.kind)
with_media = pytest.mark.parametrize("rig", [rig for rig in RIGS if rig.media], ids=lambda rig: rig.kind)
