"""The directory of an account: its users, who joins it, and the account itself."""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from server.desk.desk import Desk, Once
from server.desk.identity import new_token
from server.desk.passwords import Passwords, acceptable
from server.desk.person import TAKEN, PersonShape, free_email, person_shape, person_shapes
from server.desk.shapes import user_shape
from server.desk.trail import Target, trace, trace_own
from server.desk.work import Work
from server.domain.errors import AlreadyExists, Invalid
from server.domain.events import EventType
from server.domain.user import Role, User
from server.ids import new_id
from server.store import people, sessions
from server.store.accounts import Account
from server.store.database import Conflict, Database, Transaction, stored_text
from server.store.people import Person

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=254)]
OPT_OUT_TEXT = "Reply STOP to unsubscribe."
PUBLIC_MINUTES = 20
FIRST_TOKEN = "init"


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Email
    name: Name
    role: Role
    password: str


async def list_users(desk: Desk, by: User, after: str, limit: int) -> list[PersonShape]:
    async def read(tx: Transaction) -> list[PersonShape]:
        return await person_shapes(tx, by.account, await people.page(tx, by.account, after, limit))

    return await desk.read(read)


async def get_user(desk: Desk, by: User, id: str) -> PersonShape:
    return await desk.read(lambda tx: person_shape(tx, by.account, id))


async def add_user(desk: Desk, passwords: Passwords, by: User, new: NewUser, once: Once | None = None) -> PersonShape | Raw:
    """Raises `AlreadyExists` and `Invalid`."""
    acceptable(new.password)
    async with passwords.slots:
        hashed = await passwords.hash(new.password)

    async def add(work: Work) -> str:
        person = Person(
            user=User(new_id(work.now), by.account, stored_text(new.name), new.role),
            email=people.folded(new.email),
            password=hashed,
            created_at=work.now,
            disabled_at=None,
        )
        await free_email(work.tx, person)
        await people.add(work.tx, person)
        shown = user_shape(person.user)
        work.tell(by.account, EventType.USER_UPDATED, work.know(by), data={"user": shown, "reason": "created"})
        await trace(work, by, "added", Target("user", shown.id, shown.name), after={"email": person.email, "role": shown.role})
        return shown.id

    try:
        return await desk.write(add, lambda tx, id: person_shape(tx, by.account, id), once)
    except Conflict:
        raise AlreadyExists(TAKEN, field="email") from None


async def create_account(db: Database, name: str, email: str, password: str) -> tuple[str, str, str]:
    """Makes an account and its first manager, named like the part of the email before the @: their ids, and a token of that manager.

    Nobody has signed in yet: the trail has all three as Partyline's own doing. Raises `AlreadyExists` and `Invalid`.
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
        await free_email(tx, person)
        await people.add_account(tx, account)
        await people.add(tx, person)
        token_id = new_id(tx.now)
        await sessions.add_token(tx, digest=digest, id=token_id, user=user, name=FIRST_TOKEN)
        work, shown = Work(tx), user_shape(user)
        await trace_own(work, account.id, "added", Target("account", account.id, account.name))
        await trace_own(work, account.id, "added", Target("user", user.id, user.name), after={"email": person.email, "role": shown.role})
        await trace_own(work, account.id, "added", Target("token", token_id, FIRST_TOKEN), after={"name": FIRST_TOKEN, "user": shown})
        return account.id, user.id, token

    return await db.write(create)


async def about(desk: Desk, by: User) -> tuple[str, str]:
    """The name of the user's account, and the user's email."""

    async def look(tx: Transaction) -> tuple[str, str]:
        person = await people.get(tx, by.account, by.id)
        return await people.account_name(tx, by.account), person.email if person else ""

    return await desk.read(look)
