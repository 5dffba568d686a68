"""Who asks: sign-in and its limits, sessions, tokens, and the CSRF token that belongs to a session."""

import hashlib
import hmac
import ipaddress
import math
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from server.desk.passwords import Passwords
from server.desk.together import Together
from server.domain.errors import NotFound, Refused
from server.domain.user import User
from server.ids import new_id
from server.store import failed_logins, people, sessions
from server.store.database import Database, Transaction
from server.store.failed_logins import Limit
from server.store.vault import derive_key

MINUTE_US = 60_000_000
SESSION_US = 14 * 24 * 60 * MINUTE_US
BY_NAME = Limit(allowed=5, window_us=15 * MINUTE_US, pause_us=MINUTE_US, longest_us=24 * 60 * MINUTE_US, renewed=True)
BY_ADDRESS = Limit(allowed=50, window_us=15 * MINUTE_US, pause_us=MINUTE_US, longest_us=24 * 60 * MINUTE_US, renewed=False)
TOKEN_PREFIX = "pl_"


class WrongLogin(Refused):
    """Wrong password, unknown or disabled user: the same for all."""

    code = "login"

    def __init__(self) -> None:
        super().__init__("Email or password is wrong.")


class TooManyTries(Refused):
    """`retry_after` in seconds."""

    code = "too_many_requests"


@dataclass(frozen=True, slots=True)
class Session:
    """`id` is the session's or the token's, no secret. `expires_at` in µs UTC; a token does not expire."""

    id: str
    user: User
    kind: Literal["cookie", "token"]
    expires_at: int | None


class Identity:
    """One a process."""

    def __init__(self, db: Database, secret_key: str, *, secure: bool) -> None:
        """`secure`: browsers come over https, so the cookie has its `__Host-` name."""
        self._db = db
        self._sessions = Together(db, sessions.sessions)
        self._bearers = Together(db, sessions.bearers)
        self._key = derive_key(secret_key, "csrf")
        self.passwords = Passwords()
        self.cookie = "__Host-sid" if secure else "sid"
        self.secure = secure

    async def authenticate(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> Session | None:
        """The session or token of a request. An `Authorization` header decides alone: a wrong one is not mended by a cookie."""
        authorization = headers.get("authorization")
        if authorization is not None:
            scheme, _, token = authorization.partition(" ")
            token = token.strip()
            return await self._by_token(token) if scheme.lower() == "bearer" and token else None
        cookie = cookies.get(self.cookie)
        return await self._by_cookie(cookie) if cookie else None

    async def sign_in(self, email: str, password: str, address: str, instead_of: str | None = None) -> str:
        """A new session's cookie value. `address` is the caller's; the session of the cookie `instead_of` ends.

        Raises `WrongLogin` and `TooManyTries`.

        At most `passwords.AT_ONCE` tries are between the look at the limits and the count of their failure, and a try that was right
        counts only if its name is not blocked by then: a burst of guesses gets no further than a row of them.
        """
        name, place = _name(email), _place(address)
        async with self.passwords.slots:
            person = await self._db.read(lambda tx: self._admit(tx, people.folded(email), name, place))
            hashed = person.password if person and person.works else None
            if not await self.passwords.check(hashed, password):
                blocked_us = await self._db.write(lambda tx: _count(tx, name, place))
                raise _too_many(blocked_us) if blocked_us else WrongLogin()
            assert person is not None
            anew = await self.passwords.hash(password) if self.passwords.outdated(person.password) else None

        async def enter(tx: Transaction) -> str:
            await _refuse_blocked(tx, name)
            now = await people.lock(tx, person.user.account, person.user.id)
            if now is None or not now.works or now.password != person.password:
                raise WrongLogin
            if anew:
                await tx.run("update users set password = :password where id = :id", password=anew, id=person.user.id)
            await failed_logins.forgive(tx, name)
            if instead_of:
                await sessions.end_session_of(tx, _digest(instead_of))
            return await _open_session(tx, person.user.id)

        return await self._db.write(enter)

    async def sign_in_demo(self, name: str) -> str:
        """A session for the user whose email begins with `name@`, without a password. Only the demo calls it. Raises `NotFound`."""

        async def enter(tx: Transaction) -> str:
            rows = await tx.all("select id, email from users where disabled_at is null order by id")
            found = next((row["id"] for row in rows if row["email"].partition("@")[0] == name), None)
            if found is None:
                raise NotFound
            return await _open_session(tx, found)

        return await self._db.write(enter)

    async def sign_out(self, session: Session) -> None:
        """Ends this session; the user's others go on."""
        await self._db.write(lambda tx: sessions.end_session(tx, session.id))

    def csrf(self, session: Session) -> str:
        """The token that a page of this session sends along with every write."""
        return self._mac(f"session {session.id}")

    def login_csrf(self, visit: str) -> str:
        """The same for the sign-in form, where there is no session yet: `visit` is the value of a cookie given with the form."""
        return self._mac(f"visit {visit}")

    def _mac(self, subject: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, subject.encode("utf-8", "surrogatepass"), "sha256")).decode().rstrip("=")

    async def _by_cookie(self, cookie: str) -> Session | None:
        found = await self._sessions.ask(_digest(cookie))
        return Session(found[0], found[1], "cookie", found[2]) if found else None

    async def _by_token(self, token: str) -> Session | None:
        found = await self._bearers.ask(_digest(token))
        return Session(found[0], found[1], "token", None) if found else None

    async def _admit(self, tx: Transaction, email: str, name: str, place: str) -> people.Person | None:
        await _refuse_blocked(tx, name, place)
        return await people.by_email(tx, email)


def new_token() -> tuple[str, str]:
    """A token for a program, and the hash under which it is kept."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return token, _digest(token)


async def _open_session(tx: Transaction, user: str) -> str:
    """A new id every time, whatever the browser sent: nobody can fix a session beforehand."""
    cookie = secrets.token_urlsafe(32)
    await sessions.forget_expired(tx, user)
    await sessions.add_session(tx, digest=_digest(cookie), id=new_id(tx.now), user=user, expires_at=tx.now + SESSION_US)
    return cookie


async def _refuse_blocked(tx: Transaction, *who: str) -> None:
    blocked_us = await failed_logins.blocked_for(tx, who)
    if blocked_us:
        raise _too_many(blocked_us)


async def _count(tx: Transaction, name: str, place: str) -> int:
    """Counts a failure; for how long it blocks, in µs. Refuses nothing itself: that would undo the count."""
    await failed_logins.prune(tx, tx.now - 2 * BY_NAME.longest_us)
    by_name = BY_NAME.pause_after(await failed_logins.count(tx, name, BY_NAME))
    by_place = BY_ADDRESS.pause_after(await failed_logins.count(tx, place, BY_ADDRESS))
    return max(by_name, by_place)


def _too_many(blocked_us: int) -> TooManyTries:
    seconds = math.ceil(blocked_us / 1_000_000)
    return TooManyTries("Too many tries. Wait a little and try again.", retry_after=seconds)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _name(email: str) -> str:
    """The counter of a name; hashed, so that what strangers type is not kept."""
    return f"name {_digest(people.folded(email))}"


def _place(address: str) -> str:
    """The counter of an address; of IPv6 the /64, which one customer has whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"address {address}"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        parsed = ipaddress.ip_network((parsed, 64), strict=False).network_address
    return f"address {parsed}"
