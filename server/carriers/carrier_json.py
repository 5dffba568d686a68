"""JSON as carriers write it, which may hold half of a surrogate pair where a text was cut inside an emoji (RFC 8259, section 8.2)."""

import re
from typing import TypeVar

import msgspec

from server.carriers.carrier import HookRequest, Malformed, UnsupportedType
from server.carriers.form import in_utf_8

T = TypeVar("T")

JSON = "application/json"

# Any escape is matched whole, so that the backslash of `\\ud800` begins none.
_ESCAPES = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL)
_ONE_UNIT = len(rb"\ud800")


def decode(document: bytes | msgspec.Raw, shape: type[T]) -> T:
    """Half of a surrogate pair becomes U+FFFD. Raises msgspec.DecodeError, UnicodeDecodeError and RecursionError."""
    try:
        return msgspec.json.decode(document, type=shape)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.json.decode(_ESCAPES.sub(_whole, bytes(document)), type=shape)


def read(document: bytes | msgspec.Raw, shape: type[T]) -> T:
    """As `decode`, of what came by webhook. Raises Malformed."""
    try:
        return decode(document, shape)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON in UTF-8") from None


def json_of(request: HookRequest) -> bytes:
    """The body, where it says that it is JSON. Raises UnsupportedType and Malformed."""
    if request.media_type != JSON:
        raise UnsupportedType("not JSON")
    in_utf_8(request)
    return request.body


def _whole(escape: re.Match[bytes]) -> bytes:
    found = escape[0]
    return rb"\ufffd" if len(found) == _ONE_UNIT else found
