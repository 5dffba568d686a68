"""Standard Webhooks (github.com/standard-webhooks/standard-webhooks): how `generic` and the sandbox sign, both ways.

Written out here because the library reads the time itself, while everything here is handed the instant.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping

from server.carriers.carrier import BadSignature

TOLERANCE_SECONDS = 300
_MICROSECONDS = 1_000_000


def read_secret(secret: str) -> bytes:
    """The key in a secret: base64, with or without padding and the prefix `whsec_`, as the reference library reads it.
    Raises ValueError where no key is in it."""
    try:
        key = b64decode(secret.removeprefix("whsec_") + "==")
    except ValueError:
        key = b""
    if not key:
        raise ValueError("a secret is base64, such as whsec_…")
    return key


def sign(key: bytes, webhook_id: str, at_us: int, body: bytes) -> dict[str, str]:
    """The three headers for `body` sent at `at_us`, an instant in microseconds."""
    timestamp = str(at_us // _MICROSECONDS)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(_mac(key, webhook_id, timestamp, body)).decode()}",
    }


def check(key: bytes, headers: Mapping[str, str], body: bytes, now_us: int) -> None:
    """Header names are in lower case. Raises BadSignature: missing, wrong, or more than 300 s before or after now."""
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not (webhook_id and timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadSignature("no webhook-id or webhook-timestamp")
    if abs(now_us // _MICROSECONDS - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("webhook-timestamp too far from now")
    expected = b64encode(_mac(key, webhook_id, timestamp, body))
    for candidate in headers.get("webhook-signature", "").split():
        version, _, value = candidate.partition(",")
        if version == "v1" and hmac.compare_digest(expected, value.encode("utf-8", "replace")):
            return
    raise BadSignature("wrong signature")


def _mac(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return hmac.digest(key, b"%b.%b.%b" % (webhook_id.encode("utf-8", "replace"), timestamp.encode(), body), "sha256")
