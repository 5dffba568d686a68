"""Where a page of a list ended, as a text that only its own list takes back."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec
from starlette.requests import Request

from server.domain.errors import NotFound
from server.domain.user import User

T = TypeVar("T")
_TAG_BYTES = 9


class Cursors:
    """Signed for one account and one list, so that a made-up or another account's cursor is not there."""

    def __init__(self, secret_key: str) -> None:
        self._key = hmac.digest(secret_key.encode(), b"cursors of lists", "sha256")

    def write(self, user: User, list: str, key: object) -> str | None:
        """`key` is where the page ended; None, the last page, gives None."""
        if key is None:
            return None
        body = msgspec.json.encode(key)
        return urlsafe_b64encode(self._tag(user, list, body) + body).decode().rstrip("=")

    def read(self, request: Request, user: User, list: str, shape: type[T], name: str = "cursor") -> T | None:
        """The key in `?cursor=`, None without one. Raises `NotFound`."""
        given = request.query_params.get(name)
        if not given:
            return None
        try:
            raw = urlsafe_b64decode(given + "=" * (-len(given) % 4))
            tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
            if hmac.compare_digest(tag, self._tag(user, list, body)):
                return msgspec.json.decode(body, type=shape)
        except ValueError:
            pass
        raise NotFound

    def _tag(self, user: User, list: str, body: bytes) -> bytes:
        return hmac.digest(self._key, f"{user.account} {list} ".encode() + body, "sha256")[:_TAG_BYTES]
