"""Sign-in without HTTP: times that tell nothing, addresses, and what must not be logged or shown."""

import statistics
import time

import pytest

from server.desk import directory
from server.desk.identity import Identity, TooManyTries, WrongLogin, new_token
from server.domain.errors import AlreadyExists, Invalid
from server.store import failed_logins
from server.store.database import Database, Transaction
from tests.fixtures.logged import Logged

SECRET = "s" * 32
EMAIL, PASSWORD = "mia@example.com", "correct horse battery"


@pytest.fixture
async def identity(db: Database) -> Identity:
    await directory.create_account(db, "Acme", EMAIL, PASSWORD)
    return Identity(db, SECRET, secure=True)


async def test_it_takes_as_long_to_refuse_nobody_as_somebody(db: Database, identity: Identity) -> None:
    taken: dict[str, list[float]] = {EMAIL: [], "nobody@example.com": []}

    async def forgive(tx: Transaction) -> None:
        await tx.run("delete from failed_logins")

    for _ in range(40):
        for email, times in taken.items():
            began = time.perf_counter()
            with pytest.raises(WrongLogin):
                await identity.sign_in(email, "wrong password", "203.0.113.1")
            times.append(time.perf_counter() - began)
            await db.write(forgive)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert abs(known - unknown) < 0.010
    assert min(known, unknown) > 0.010, "a hash was computed each time"


async def test_a_right_password_wakes_no_counter_and_a_session_answers_for_its_user(identity: Identity) -> None:
    cookie = await identity.sign_in(" MIA@example.com", PASSWORD, "203.0.113.1")
    session = await identity.authenticate({}, {"__Host-sid": cookie})
    assert session is not None
    assert (session.user.name, session.kind) == ("mia", "cookie")
    assert await identity.authenticate({}, {"sid": cookie}) is None, "over https the cookie has its other name only"
    assert await identity.authenticate({"authorization": f"Bearer {cookie}"}, {}) is None
    await identity.sign_out(session)
    assert await identity.authenticate({}, {"__Host-sid": cookie}) is None


async def test_an_ipv6_customer_has_one_counter_for_the_whole_network(db: Database, identity: Identity) -> None:
    for number in range(51):
        with pytest.raises((WrongLogin, TooManyTries)):
            await identity.sign_in(f"n{number}@example.com", "wrong password", f"2001:db8::{number:x}")
    with pytest.raises(TooManyTries):
        await identity.sign_in(EMAIL, PASSWORD, "2001:db8::ffff:1")
    assert await identity.sign_in(EMAIL, PASSWORD, "2001:db8:0:1::1")
    assert await db.read(lambda tx: failed_logins.blocked_for(tx, ["address 2001:db8::"])) > 0


async def test_nothing_secret_is_stored_or_logged(db: Database, identity: Identity, logged: Logged) -> None:
    cookie = await identity.sign_in(EMAIL, PASSWORD, "203.0.113.1")
    with pytest.raises(WrongLogin):
        await identity.sign_in("secret-name@example.com", "secret-guess", "203.0.113.1")

    async def everything(tx: Transaction) -> str:
        rows = [row for table in ("users", "sessions", "tokens", "failed_logins") for row in await tx.all(f"select * from {table}")]
        return "\n".join(str(tuple(row)) for row in rows)  # type: ignore[arg-type]

    stored = await db.read(everything)
    for secret in (PASSWORD, cookie, "secret-guess", "secret-name"):
        assert secret not in stored
        assert secret not in logged.text


async def test_a_token_has_256_random_bits_behind_its_prefix() -> None:
    first, digest = new_token()
    assert first.startswith("pl_")
    assert len(first) == 3 + 43
    assert len(digest) == 64
    assert new_token()[0] != first


async def test_an_account_needs_a_name_an_email_that_nobody_has_and_a_password(db: Database, identity: Identity) -> None:
    assert identity.secure
    for name, email, password in ((" ", "a@example.com", PASSWORD), ("A", "a", PASSWORD), ("A", "a@example.com", "short")):
        with pytest.raises(Invalid):
            await directory.create_account(db, name, email, password)
    with pytest.raises(AlreadyExists):
        await directory.create_account(db, "Again", EMAIL.upper(), PASSWORD)
