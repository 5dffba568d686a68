"""How Plivo writes: urlencoded, numbers without a plus sign, signed with V3 over address and fields."""

import json
from urllib.parse import parse_qsl, urlencode

from plivo.utils.signature_v3 import construct_post_url, get_signature_v3

from server.carriers.carrier import Connection
from tests.carriers.rig import BODY, REF, Rig, document

NONCE = "05429567804466091622"


def form(**fields: str) -> bytes:
    return urlencode({"From": "12025550143", "To": "12025550142", "MessageUUID": REF, "Type": "sms"} | fields).encode()


def by_plivo(connection: Connection, url: str, body: bytes) -> dict[str, str]:
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    signed = construct_post_url(url, fields).decode()
    signature = get_signature_v3(connection.credentials["auth_token"], signed, NONCE).decode()
    return {"x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": NONCE}


PLIVO = Rig(
    kind="plivo",
    credentials={"auth_id": "MAXXXXXXXXXXXXXXXXXX", "auth_token": "0" * 40},
    others={"auth_id": "MAYYYYYYYYYYYYYYYYYY", "auth_token": "1" * 40},
    content_type="application/x-www-form-urlencoded",
    text=form(Text=BODY, MediaCount="1", Media0="https://m.example/1"),
    receipt=lambda state: form(Status=state, ErrorCode="000"),
    failed=(form(Status="failed", ErrorCode="200"), "200"),
    sign=by_plivo,
    accepts=document(api_id="1", message="message(s) queued", message_uuid=[REF]),
    asked=lambda seen: json.loads(seen.body)["url"],
)
