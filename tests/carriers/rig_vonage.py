"""How Vonage's Messages API writes: JSON, with a token that holds the body's hash."""

import hashlib
import json

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from server.carriers.carrier import Connection
from tests.carriers.rig import BODY, NOW_US, REF, Rig, document

KEY = generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SECRET = "a signature secret of more than 32 letters"


def message(**fields: object) -> bytes:
    return document(**{"message_uuid": REF, "to": "12025550142", "from": "12025550143", "channel": "mms", **fields})


def token(connection: Connection, body: bytes, **claims: object) -> str:
    """As Vonage makes it (developer.vonage.com/en/getting-started/concepts/webhooks#signed-webhooks)."""
    said = {
        "iat": NOW_US // 1_000_000,
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": connection.credentials["api_key"],
        "application_id": connection.credentials.get("application_id"),
    }
    kept = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode(kept, connection.credentials["signature_secret"], algorithm="HS256")


def by_vonage(connection: Connection, _url: str, body: bytes) -> dict[str, str]:
    return {"authorization": f"Bearer {token(connection, body)}"}


VONAGE = Rig(
    kind="vonage",
    credentials={
        "api_key": "abcd1234",
        "api_secret": "s3cret",
        "signature_secret": SECRET,
        "application_id": "78d335fa-323d-0114-9c3d-d6f0d48968cf",
        "private_key": PEM,
    },
    others={"api_key": "abcd1234", "api_secret": "s3cret", "signature_secret": SECRET[::-1]},
    content_type="application/json",
    text=message(message_type="image", text=BODY, image={"url": "https://m.example/1", "name": "1.jpg"}),
    receipt=lambda state: message(status={"sent": "submitted"}.get(state, state)),
    failed=(message(status="rejected", error={"type": "https://developer.vonage.com/api-errors/messages#1240", "title": 1240}), "1240"),
    sign=by_vonage,
    accepts=document(message_uuid=REF),
    asked=lambda seen: json.loads(seen.body)["webhook_url"],
)
