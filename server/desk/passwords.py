"""Password hashes: argon2id, computed in threads, few at a time."""

import asyncio
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.domain.errors import Invalid

SHORTEST = 8
LONGEST = 1_024
AT_ONCE = 2


class Passwords:
    """Parameters are the second choice of OWASP's password storage sheet: 19 MiB, two passes, one lane."""

    def __init__(self) -> None:
        self._hasher = _hasher()
        self._nobody = _hash_of_nobody()
        self.slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """Hold one of `slots` meanwhile."""
        return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def check(self, hashed: str | None, password: str) -> bool:
        """Takes as long for nobody's hash, None, as for somebody's. Hold one of `slots` meanwhile."""
        matches = await asyncio.to_thread(self._matches, hashed or self._nobody, password[: LONGEST + 1])
        return matches and hashed is not None

    def outdated(self, hashed: str) -> bool:
        return self._hasher.check_needs_rehash(hashed)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _hash_of_nobody() -> str:
    """Once in a process: it is slow on purpose."""
    return _hasher().hash(secrets.token_urlsafe())


def acceptable(password: str, field: str = "password") -> None:
    """Raises `Invalid` for a password that is too short or too long; `field` is where it stood."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password has {SHORTEST} to {LONGEST} characters.", field=field)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
