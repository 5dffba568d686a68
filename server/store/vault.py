"""Secrets that must be read again, such as a carrier's credentials: AES-256-GCM under a key derived from SECRET_KEY."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = "1."
_NONCE_BYTES = 12


class Unreadable(Exception):
    """Sealed under another SECRET_KEY, or for another row."""


def derive_key(secret_key: str, purpose: str) -> bytes:
    """32 bytes of key for one purpose (HKDF, RFC 5869), so that no key is used for two things."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"partyline {purpose}".encode()).derive(secret_key.encode())


class Vault:
    def __init__(self, secret_key: str) -> None:
        self._cipher = AESGCM(derive_key(secret_key, "vault"))

    def seal(self, plain: bytes, owner: str) -> str:
        """`plain` as text that only `open` with the same owner, the id of its row, can read."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, owner.encode())).decode()

    def open(self, sealed: str, owner: str) -> bytes:
        """Raises `Unreadable`."""
        try:
            raw = urlsafe_b64decode(sealed.removeprefix(_VERSION))
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):
            raise Unreadable(f"What is sealed for {owner} cannot be read: was SECRET_KEY changed?") from None
