"""How Telnyx writes, and how it signs: with PyNaCl, the library under its own SDK's verifier."""

import json
from base64 import b64encode

from nacl.signing import SigningKey

from server.carriers.carrier import Connection
from tests.carriers.rig import BODY, NOW_US, REF, Rig, document
from tests.fixtures.carrier_api import Seen

PRIVATE = SigningKey(b"\x01" * 32)
PUBLIC = b64encode(PRIVATE.verify_key.encode()).decode()
OTHER = b64encode(SigningKey(b"\x02" * 32).verify_key.encode()).decode()


def signed(timestamp: str, body: bytes, key: SigningKey = PRIVATE) -> dict[str, str]:
    signature = key.sign(timestamp.encode() + b"|" + body).signature
    return {"telnyx-timestamp": timestamp, "telnyx-signature-ed25519": b64encode(signature).decode()}


def by_pynacl(_connection: Connection, _url: str, body: bytes) -> dict[str, str]:
    return signed(str(NOW_US // 1_000_000), body)


def event(event_type: str, **payload: object) -> bytes:
    """The whole envelope, as developers.telnyx.com shows it."""
    return document(
        data={
            "event_type": event_type,
            "id": "b301ed3f-1490-491f-995f-6e64e69674d4",
            "occurred_at": "2026-11-22T20:16:07.588+00:00",
            "record_type": "event",
            "payload": {"id": REF, "record_type": "message", "type": "SMS", "messaging_profile_id": "740572b6"} | payload,
        },
        meta={"attempt": 1, "delivered_to": "https://sms.example.com/hooks/telnyx/01jd"},
    )


def received(**payload: object) -> bytes:
    usual: dict[str, object] = {
        "direction": "inbound",
        "from": {"phone_number": "+12025550143", "carrier": "T-Mobile USA", "line_type": "Wireless"},
        "to": [{"phone_number": "+12025550142", "carrier": "Telnyx", "line_type": "Wireless", "status": "webhook_delivered"}],
        "cc": [],
        "text": BODY,
        "media": [],
        "parts": 1,
        "encoding": "GSM-7",
        "received_at": "2026-11-22T20:16:07.503+00:00",
        "errors": [],
    }
    return event("message.received", **(usual | payload))


def told(status: str, *errors: dict[str, str], event_type: str = "message.finalized", **payload: object) -> bytes:
    usual: dict[str, object] = {
        "direction": "outbound",
        "from": {"phone_number": "+12025550142", "carrier": "Telnyx", "line_type": "Wireless"},
        "to": [{"phone_number": "+12025550143", "carrier": "T-MOBILE USA, INC.", "line_type": "Wireless", "status": status}],
        "text": "Hi",
        "errors": list(errors),
        "webhook_url": "https://sms.example.com/hooks/telnyx/01jd/status?token=t0ken",
    }
    return event(event_type, **(usual | payload))


def webhook_url(seen: Seen) -> object:
    return json.loads(seen.body)["webhook_url"]


TELNYX = Rig(
    kind="telnyx",
    credentials={"api_key": "KEY0123_abc", "public_key": PUBLIC},
    others={"api_key": "KEY4567_def", "public_key": OTHER},
    content_type="application/json",
    text=received(media=[{"url": "https://m.example/1", "content_type": "image/png", "sha256": "0", "size": 102400}]),
    receipt=told,
    failed=(told("sending_failed", {"code": "40300", "title": "Blocked due to STOP message", "detail": "…"}), "40300"),
    sign=by_pynacl,
    accepts=document(
        data={"id": REF, "record_type": "message", "to": [{"phone_number": "+12025550143", "status": "queued"}], "errors": []}
    ),
    asked=webhook_url,
)
