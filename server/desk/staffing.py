"""Changing who may do what: a user's name, role and password, and the person's last day."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.desk.departure import give_up
from server.desk.desk import Desk, Once
from server.desk.passwords import Passwords, acceptable
from server.desk.person import TAKEN, PersonShape, free_email, person_shape
from server.desk.shapes import user_shape
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.errors import AlreadyExists, Invalid, NotFound, Refused
from server.domain.events import EventType
from server.domain.user import Role, User
from server.store import accounts, conversations, participation_counts, people, sessions
from server.store.database import Conflict, Transaction, stored_text
from server.store.people import Person

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", max_length=254)]
MOST_AT_ONCE = 200
"""Conversations that disabling a user gives up in its own transaction."""


class LastManager(Refused):
    """An account without a manager could not be managed any more."""

    code = "last_manager"


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to` is the id of the user who owns the conversations from then on."""

    to: str


class UserChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is. A disabled user cannot sign in; nothing that the user wrote is lost. `conversations` says what
    becomes of what the user owns: it must be there when a user who owns open ones is disabled."""

    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    password: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    conversations: HandOver | Literal["public"] | UnsetType = UNSET


async def change_user(
    desk: Desk, passwords: Passwords, by: User, id: str, change: UserChange, once: Once | None = None
) -> PersonShape | Raw:
    """A new password, a new role and disabling end all of the user's sessions; disabling its tokens too, and its conversations get the
    owner that `change` names, or none and are public: MOST_AT_ONCE of them here, and whatever is left or comes
    meanwhile by the timer.

    Raises `NotFound`, `AlreadyExists`, `Invalid`, `LastManager`.
    """
    hashed = None
    if change.password is not UNSET:
        acceptable(change.password)
        async with passwords.slots:
            hashed = await passwords.hash(change.password)

    async def alter(work: Work) -> str:
        old = await people.lock(work.tx, by.account, id)
        if old is None:
            raise NotFound
        now = _changed(old, change, hashed, work.now)
        if now == old:
            return id
        if old.works and old.user.manages and not (now.works and now.user.manages):
            await _keep_a_manager(work.tx, old)
        if now.email != old.email:
            await free_email(work.tx, now)
        if old.works and not now.works:
            await _name_heir(work, by, id, change)
        await people.save(work.tx, now)
        await _follow(work, by, old, now)
        await _trace(work, by, old, now, change)
        return id

    async def owned(work: Work) -> Iterable[str]:
        disables = change.disabled is True and await people.get(work.tx, by.account, id) is not None
        return await conversations.owned_by(work.tx, id, MOST_AT_ONCE) if disables else ()

    try:
        return await desk.write(alter, lambda tx, _: person_shape(tx, by.account, id), once, locks=owned, alone=True)
    except Conflict:
        raise AlreadyExists(TAKEN, field="email") from None


async def sign_out(desk: Desk, by: User, id: str) -> None:
    """Ends all sessions of a user, on whatever device; tokens stay. Raises `NotFound`."""

    async def end(work: Work) -> None:
        person = await people.lock(work.tx, by.account, id)
        if person is None:
            raise NotFound
        await sessions.end_sessions(work.tx, id)
        _tell(work, by, person, "signed_out")
        await trace(work, by, "signed_out", Target("user", id, person.user.name))

    await desk.change(end)


async def _keep_a_manager(tx: Transaction, person: Person) -> None:
    # Two managers who demote each other at the same instant take turns here.
    await accounts.lock(tx, person.user.account)
    if not await people.other_managers(tx, person.user.account, person.user.id):
        raise LastManager("This is the account's only manager. Make somebody else one first.")


async def _name_heir(work: Work, by: User, id: str, change: UserChange) -> None:
    chosen = change.conversations
    if chosen is UNSET and await participation_counts.owned(work.tx, [id]):
        raise Invalid("This user owns open conversations: hand them to somebody, or make them public.", field="conversations")
    heir = chosen.to if isinstance(chosen, HandOver) else None
    if heir == id or (heir is not None and await accounts.working_user(work.tx, by.account, heir) is None):
        raise NotFound("There is no such user to hand the conversations to.")
    await people.set_heir(work.tx, id, heir)


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
            if thread.conversation.owner == now.user.id:
                await give_up(work, thread, now.user.id, work.know(by))
        work.wake("timer")
    _tell(work, by, now, "disabled" if disabled else "changed")


async def _trace(work: Work, by: User, old: Person, now: Person, change: UserChange) -> None:
    deed = "changed" if old.works == now.works else "enabled" if now.works else "disabled"
    before, after = _facts(old), _facts(now)
    if now.password != old.password:
        after["password"] = True
    if deed == "disabled" and change.conversations is not UNSET:
        chosen = change.conversations
        heir = await people.get(work.tx, by.account, chosen.to) if isinstance(chosen, HandOver) else None
        after["conversations"] = user_shape(heir.user) if heir else chosen
    await trace(work, by, deed, Target("user", now.user.id, now.user.name), before, after)


def _facts(person: Person) -> dict[str, Any]:
    return {"name": person.user.name, "email": person.email, "role": person.user.role, "disabled": not person.works}


def _tell(work: Work, by: User, person: Person, reason: str) -> None:
    work.tell(by.account, EventType.USER_UPDATED, work.know(by), data={"user": user_shape(person.user), "reason": reason})
