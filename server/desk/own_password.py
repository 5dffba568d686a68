"""A signed-in person's own password: the old one is asked for, and every other session ends."""

import math
from dataclasses import replace

from server.desk.desk import Desk
from server.desk.identity import BY_NAME, Session, TooManyTries
from server.desk.passwords import Passwords, acceptable
from server.desk.shapes import user_shape
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.errors import Invalid
from server.domain.events import EventType
from server.domain.user import User
from server.store import failed_logins, people, sessions
from server.store.database import Transaction
from server.store.people import Person


async def change_password(desk: Desk, passwords: Passwords, session: Session, current: str, new: str) -> None:
    """Wrong guesses at `current` are counted as those at the sign-in form are. Tokens of programs go on.

    Raises `Invalid` and `TooManyTries`.
    """
    acceptable(new, field="new")
    user, who = session.user, f"password {session.user.id}"
    async with passwords.slots:
        person = await desk.read(lambda tx: _admit(tx, user, who))
        if not await passwords.check(person.password, current):
            blocked_us = await desk.change(lambda work: _count(work, who))
            raise _too_many(blocked_us) if blocked_us else _wrong()
        hashed = await passwords.hash(new)

    async def change(work: Work) -> None:
        now = await people.lock(work.tx, user.account, user.id)
        if now is None or now.password != person.password:
            raise _wrong()
        await people.save(work.tx, replace(now, password=hashed))
        await sessions.end_other_sessions(work.tx, user.id, session.id)
        await failed_logins.forgive(work.tx, who)
        data = {"user": user_shape(now.user), "reason": "changed"}
        await trace(work, user, "changed", Target("user", user.id, user.name), {}, {"password": True})
        work.tell(user.account, EventType.USER_UPDATED, work.know(user), data=data)

    await desk.change(change)


async def _admit(tx: Transaction, user: User, who: str) -> Person:
    if blocked_us := await failed_logins.blocked_for(tx, [who]):
        raise _too_many(blocked_us)
    person = await people.get(tx, user.account, user.id)
    if person is None:
        raise _wrong()
    return person


async def _count(work: Work, who: str) -> int:
    """For how long the guess blocks further ones, µs."""
    return BY_NAME.pause_after(await failed_logins.count(work.tx, who, BY_NAME))


def _wrong() -> Invalid:
    return Invalid("That is not your password.", field="current")


def _too_many(blocked_us: int) -> TooManyTries:
    return TooManyTries("Too many tries. Wait a little and try again.", retry_after=math.ceil(blocked_us / 1_000_000))
