"""The directory of an account: its users, and who may do what."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.desk.desk import Desk, Once
from server.desk.identity import new_token
from server.desk.once import write_once
from server.desk.passwords import Passwords, acceptable
from server.desk.shapes import UserShape, instant, instant_or_none, user_shape
from server.desk.work import Work
from server.desk.writer import Change, Locks
from server.domain.conversation import leave_ownerless
from server.domain.errors import AlreadyExists, Invalid, NotFound, Refused
from server.domain.events import EventType
from server.domain.user import Role, User
from server.ids import new_id
from server.store import accounts, conversations, people, sessions
from server.store.accounts import Account
from server.store.database import Conflict, Database, Transaction, stored_text
from server.store.people import Person

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=254)]
OPT_OUT_TEXT = "Reply STOP to unsubscribe."
PUBLIC_MINUTES = 20
MOST_AT_ONCE = 200
"""Conversations that disabling a user gives up in its own transaction."""
TAKEN = "Somebody signs in with this email already."


class LastManager(Refused):
    """An account without a manager could not be managed any more."""

    code = "last_manager"


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    name: Name
    role: Role
    password: str


class UserChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is. A disabled user cannot sign in; nothing that the user wrote is lost."""

    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    password: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class PersonShape(UserShape, frozen=True):
    """A user as managers see it."""

    email: str
    created_at: str
    disabled_at: str | None


async def list_users(desk: Desk, by: User, after: str, limit: int) -> list[PersonShape]:
    return [_shape(person) for person in await desk.read(lambda tx: people.page(tx, by.account, after, limit))]


async def get_user(desk: Desk, by: User, id: str) -> PersonShape:
    person = await desk.read(lambda tx: people.get(tx, by.account, id))
    if person is None:
        raise NotFound
    return _shape(person)


async def add_user(desk: Desk, passwords: Passwords, by: User, new: NewUser, once: Once | None = None) -> PersonShape | Raw:
    """Raises `AlreadyExists` and `Invalid`."""
    acceptable(new.password)
    async with passwords.slots:
        hashed = await passwords.hash(new.password)

    async def add(work: Work) -> PersonShape:
        person = Person(
            user=User(new_id(work.now), by.account, stored_text(new.name), new.role),
            email=people.folded(new.email),
            password=hashed,
            created_at=work.now,
            disabled_at=None,
        )
        await _free(work.tx, person)
        await people.add(work.tx, person)
        _tell(work, by, person, "created")
        return _shape(person)

    return await _write(desk, add, once)


async def change_user(
    desk: Desk, passwords: Passwords, by: User, id: str, change: UserChange, once: Once | None = None
) -> PersonShape | Raw:
    """A new password, a new role and disabling end all of the user's sessions; disabling its tokens too, and its conversations lose
    their owner (PRODUCT rule 16): MOST_AT_ONCE of them here, and whatever is left or comes meanwhile by the timer.

    Raises `NotFound`, `AlreadyExists`, `Invalid`, `LastManager`.
    """
    hashed = None
    if change.password is not UNSET:
        acceptable(change.password)
        async with passwords.slots:
            hashed = await passwords.hash(change.password)

    async def alter(work: Work) -> PersonShape:
        old = await people.lock(work.tx, by.account, id)
        if old is None:
            raise NotFound
        now = _changed(old, change, hashed, work.now)
        if now == old:
            return _shape(old)
        if old.works and old.user.manages and not (now.works and now.user.manages):
            await _keep_a_manager(work.tx, old)
        if now.email != old.email:
            await _free(work.tx, now)
        await people.save(work.tx, now)
        await _follow(work, by, old, now)
        return _shape(now)

    async def owned(work: Work) -> Iterable[str]:
        disables = change.disabled is True and await people.get(work.tx, by.account, id) is not None
        return await conversations.owned_by(work.tx, id, MOST_AT_ONCE) if disables else ()

    return await _write(desk, alter, once, locks=owned)


async def create_account(db: Database, name: str, email: str, password: str) -> tuple[str, str, str]:
    """Makes an account and its first manager, named like the part of the email before the @: their ids, and a token of that manager.

    Raises `AlreadyExists` and `Invalid`.
    """
    if not name.strip():
        raise Invalid("An account has a name.", field="account")
    try:
        new = msgspec.convert({"email": email, "name": email.partition("@")[0], "role": "manager", "password": password}, NewUser)
    except msgspec.ValidationError:
        raise Invalid("That is not an email address.", field="email") from None
    acceptable(password)
    hashed = await Passwords().hash(password)
    token, digest = new_token()

    async def create(tx: Transaction) -> tuple[str, str, str]:
        account = Account(new_id(tx.now), stored_text(name.strip()), PUBLIC_MINUTES, OPT_OUT_TEXT, None)
        user = User(new_id(tx.now), account.id, stored_text(new.name), new.role)
        person = Person(user, people.folded(new.email), hashed, tx.now, None)
        await _free(tx, person)
        await people.add_account(tx, account)
        await people.add(tx, person)
        await sessions.add_token(tx, digest=digest, id=new_id(tx.now), user=user, name="init")
        return account.id, user.id, token

    return await db.write(create)


async def about(desk: Desk, by: User) -> tuple[str, str]:
    """The name of the user's account, and the user's email."""

    async def look(tx: Transaction) -> tuple[str, str]:
        person = await people.get(tx, by.account, by.id)
        return await people.account_name(tx, by.account), person.email if person else ""

    return await desk.read(look)


async def _write(desk: Desk, change: Change[PersonShape], once: Once | None, *, locks: Locks = ()) -> PersonShape | Raw:
    try:
        return await write_once(desk, change, once, locks=locks)
    except Conflict:
        raise AlreadyExists(TAKEN, field="email") from None


async def _free(tx: Transaction, person: Person) -> None:
    other = await people.by_email(tx, person.email)
    if other is not None and other.user.id != person.user.id:
        raise AlreadyExists(TAKEN, field="email")


async def _keep_a_manager(tx: Transaction, person: Person) -> None:
    # Two managers who demote each other at the same instant take turns here.
    await accounts.lock(tx, person.user.account)
    if not await people.other_managers(tx, person.user.account, person.user.id):
        raise LastManager("This is the account's only manager. Make somebody else one first.")


def _changed(old: Person, change: UserChange, hashed: str | None, now: int) -> Person:
    user = old.user
    if change.name is not UNSET:
        user = replace(user, name=stored_text(change.name))
    if change.role is not UNSET:
        user = replace(user, role=change.role)
    disabled_at = old.disabled_at
    if change.disabled is not UNSET:
        disabled_at = (old.disabled_at or now) if change.disabled else None
    return replace(
        old,
        user=user,
        email=people.folded(change.email) if change.email is not UNSET else old.email,
        password=hashed or old.password,
        disabled_at=disabled_at,
    )


async def _follow(work: Work, by: User, old: Person, now: Person) -> None:
    """What a change of a user entails, in the same transaction."""
    disabled = old.works and not now.works
    if disabled or now.password != old.password or now.user.role is not old.user.role:
        await sessions.end_sessions(work.tx, now.user.id)
    if disabled:
        await sessions.end_tokens(work.tx, now.user.id)
        for thread in list(work.staged.threads.values()):
            work.happen(thread, leave_ownerless(thread, now.user.id, work.now), work.know(by))
        work.wake("timer")
    _tell(work, by, now, "disabled" if disabled else "changed")


def _tell(work: Work, by: User, person: Person, reason: str) -> None:
    work.tell(by.account, EventType.USER_UPDATED, work.know(by), data={"user": user_shape(person.user), "reason": reason})


def _shape(person: Person) -> PersonShape:
    user = person.user
    return PersonShape(
        id=user.id,
        name=user.name,
        role=user.role,
        email=person.email,
        created_at=instant(person.created_at),
        disabled_at=instant_or_none(person.disabled_at),
    )
