"""Addresses of attachments that a carrier may fetch without signing in: each for one file, for some hours."""

import hmac
from base64 import urlsafe_b64encode

from server.store.vault import derive_key

HOURS = 12
"""Twilio keeps a message in its queue for up to 10 hours (twilio.com/docs/messaging/api/message-resource, ValidityPeriod)."""

_HOUR_US = 3600 * 1_000_000


class Links:
    def __init__(self, secret_key: str) -> None:
        self._key = derive_key(secret_key, "attachments for carriers")

    def path(self, id: str, now: int) -> str:
        """Good for HOURS from `now` (µs)."""
        until = str((now + HOURS * _HOUR_US) // 1_000_000)
        return f"/media/{id}/{until}/{self._sign(id, until)}"

    def good(self, id: str, until: str, key: str, now: int) -> bool:
        """Whether we made this and its time is not over."""
        if not hmac.compare_digest(self._sign(id, until).encode(), key.encode("utf-8", "replace")):
            return False
        return now < int(until) * 1_000_000

    def _sign(self, id: str, until: str) -> str:
        mac = hmac.digest(self._key, f"{id} {until}".encode("utf-8", "replace"), "sha256")
        return urlsafe_b64encode(mac).decode().rstrip("=")
