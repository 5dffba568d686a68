"""The JSON Web Tokens of Vonage's Messages API (RFC 7519): HS256 with the account's signature secret on what it sends us, RS256 with
the application's key on what we send.

Its own `vonage_jwt.verify_signature` looks at the signature alone; what else a token says is looked at here.
"""

import hashlib
import hmac
import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from server.carriers.carrier import BadSignature, Credentials

OLDEST_SECONDS = 25 * 3600
"""Vonage repeats a webhook for 24 hours; whether it signs the repeat anew is not said."""
AHEAD_SECONDS = 300
LIFE_SECONDS = 15 * 60
_MICROSECONDS = 1_000_000
_PEM = re.compile(r"-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END (?:RSA )?PRIVATE KEY-----")


class _Header(msgspec.Struct):
    alg: str


class _Claims(msgspec.Struct):
    iat: int
    payload_hash: str
    api_key: str
    application_id: str | None = None
    exp: int | None = None


def check(token: str, credentials: Credentials, body: bytes, now_us: int) -> None:
    """Raises BadSignature unless this account's Vonage signed exactly `body`, at most 25 hours ago."""
    signed, _, signature = token.rpartition(".")
    head, _, said = signed.partition(".")
    expected = _text(hmac.digest(credentials["signature_secret"].encode(), signed.encode("utf-8", "replace"), "sha256"))
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise BadSignature("wrong signature")
    try:
        header, claims = msgspec.json.decode(_bytes(head), type=_Header), msgspec.json.decode(_bytes(said), type=_Claims)
    except (ValueError, msgspec.DecodeError):
        raise BadSignature("a token without the claims that are signed") from None
    if header.alg != "HS256":
        raise BadSignature("another algorithm than HS256")
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), claims.payload_hash.lower().encode("utf-8", "replace")):
        raise BadSignature("a signature over another body")
    application = credentials.get("application_id")
    if claims.api_key != credentials["api_key"] or (application and claims.application_id not in (None, application)):
        raise BadSignature("another account's or application's token")
    now = now_us // _MICROSECONDS
    if not now - OLDEST_SECONDS <= claims.iat <= now + AHEAD_SECONDS or (claims.exp is not None and claims.exp < now - AHEAD_SECONDS):
        raise BadSignature("a token too far from now")


def make(application: str, private_key: str, now_us: int) -> str:
    """A token for one request, as the SDK makes it."""
    now = now_us // _MICROSECONDS
    header = {"alg": "RS256", "typ": "JWT"}
    claims = {"application_id": application, "iat": now, "jti": str(uuid4()), "exp": now + LIFE_SECONDS}
    signed = ".".join(_text(msgspec.json.encode(part)) for part in (header, claims))
    # It was checked whole when it was typed in; checking it again costs many times what signing does.
    key = _load(private_key, checked=True)
    return f"{signed}.{_text(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def read_key(private_key: str) -> None:
    """Raises ValueError where this is no RSA key that signs."""
    _load(private_key, checked=False)


def _load(private_key: str, *, checked: bool) -> RSAPrivateKey:
    """A PEM, also one that lost its line breaks in a field of one line."""
    found = _PEM.search(private_key.replace("\\n", "\n"))
    if found is None:
        raise ValueError("private_key is the application's key in PEM, from BEGIN to END")
    try:
        key = load_der_private_key(b64decode("".join(found[2].split())), None, unsafe_skip_rsa_key_validation=checked)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
        raise ValueError("private_key is an RSA key of 2048 bits or more")
    return key


def _text(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
