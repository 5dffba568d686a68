"""Saved replies: texts that are put in by a shortcut. Everybody keeps their own; managers keep those that all share."""

from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.shapes import UserShape, instant, user_shape
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.desk.writer import Change
from server.domain.errors import AlreadyExists, Forbidden, Invalid, NotFound
from server.domain.merge import unknown_fields
from server.domain.user import User
from server.ids import new_id
from server.store import saved_replies
from server.store.database import Conflict, stored_text
from server.store.saved_replies import SavedReply

Shortcut = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$(?!\n)")]
LONGEST_BODY = 2_000


class SavedReplyShape(msgspec.Struct, frozen=True):
    """`user` is its owner; a shared one is everybody's to use."""

    id: str
    shortcut: str
    body: str
    shared: bool
    user: UserShape
    updated_at: str


class NewSavedReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`body` may hold merge fields: `{{contact.name}}`, `{{contact.first_name}}`, `{{contact.fields.<name>}}`, `{{user.name}}`,
    `{{user.first_name}}`, `{{account.name}}`. Only managers share."""

    shortcut: Shortcut
    body: str
    shared: bool = False


class SavedReplyChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. Only managers share, and change what is shared."""

    shortcut: Shortcut | UnsetType = UNSET
    body: str | UnsetType = UNSET
    shared: bool | UnsetType = UNSET


class SavedReplyPage(msgspec.Struct, frozen=True):
    """`next` is the shortcut and id of the last item, None at the end."""

    items: list[SavedReplyShape]
    next: tuple[str, str] | None


async def list_replies(desk: Desk, user: User, query: str, after: tuple[str, str] | None, limit: int) -> SavedReplyPage:
    """The user's own and the shared ones, by shortcut."""
    found = await desk.read(
        lambda tx: saved_replies.page(tx, account=user.account, user=user.id, query=query, after=after, limit=limit + 1)
    )
    shown = found[:limit]
    return SavedReplyPage([_shape(one) for one in shown], (shown[-1].shortcut, shown[-1].id) if len(found) > limit else None)


async def get_reply(desk: Desk, user: User, id: str) -> SavedReplyShape:
    found = await desk.read(lambda tx: saved_replies.find(tx, user.account, user.id, id))
    if found is None:
        raise NotFound
    return _shape(found)


async def add_reply(desk: Desk, user: User, new: NewSavedReply, once: Once | None = None) -> SavedReplyShape | msgspec.Raw:
    """Raises `Invalid`, `Forbidden` and `AlreadyExists`."""

    async def add(work: Work) -> SavedReplyShape:
        if new.shared:
            _must_manage(user)
        at = work.now if new.shared else None
        reply = SavedReply(new_id(work.now), user, new.shortcut, _body(new.body), at, work.now)
        shape = await _save(work, reply)
        if new.shared:
            await trace(work, user, "added", _target(reply), after=_facts(reply))
        return shape

    return await _write(desk, add, once)


async def change_reply(
    desk: Desk, user: User, id: str, changes: SavedReplyChanges, once: Once | None = None
) -> SavedReplyShape | msgspec.Raw:
    """Raises `NotFound`, `Invalid`, `Forbidden` and `AlreadyExists`."""

    async def change(work: Work) -> SavedReplyShape:
        before = reply = await _mine_to_change(work, user, id)
        if changes.shared is not UNSET and changes.shared != (reply.shared_at is not None):
            _must_manage(user)
            reply = replace(reply, shared_at=work.now if changes.shared else None)
        if changes.shortcut is not UNSET:
            reply = replace(reply, shortcut=changes.shortcut)
        if changes.body is not UNSET:
            reply = replace(reply, body=_body(changes.body))
        shape = await _save(work, replace(reply, updated_at=work.now))
        if before.shared_at is not None or reply.shared_at is not None:
            await trace(work, user, "changed", _target(reply), _facts(before), _facts(reply))
        return shape

    return await _write(desk, change, once)


async def remove_reply(desk: Desk, user: User, id: str, once: Once | None = None) -> None:
    """Raises `NotFound` and `Forbidden`."""

    async def remove(work: Work) -> None:
        reply = await _mine_to_change(work, user, id)
        await saved_replies.delete(work.tx, id)
        if reply.shared_at is not None:
            await trace(work, user, "removed", _target(reply), before=_facts(reply))

    await write_once(desk, remove, once)


async def _mine_to_change(work: Work, user: User, id: str) -> SavedReply:
    reply = await saved_replies.find(work.tx, user.account, user.id, id)
    if reply is None:
        raise NotFound
    if reply.shared_at is not None:
        _must_manage(user)
    return reply


def _target(reply: SavedReply) -> Target:
    return Target("saved_reply", reply.id, reply.shortcut)


def _facts(reply: SavedReply) -> dict[str, object]:
    return {"shortcut": reply.shortcut, "body": reply.body, "shared": reply.shared_at is not None}


async def _save(work: Work, reply: SavedReply) -> SavedReplyShape:
    if await saved_replies.taken(work.tx, reply.user.id, reply.shortcut, reply.id):
        raise _taken()
    await saved_replies.save(work.tx, reply)
    return _shape(reply)


async def _write(desk: Desk, change: Change[SavedReplyShape], once: Once | None) -> SavedReplyShape | msgspec.Raw:
    try:
        return await write_once(desk, change, once)
    except Conflict:
        raise _taken() from None


def _taken() -> AlreadyExists:
    return AlreadyExists("There is a saved reply with this shortcut already.", field="shortcut")


def _must_manage(user: User) -> None:
    if not user.manages:
        raise Forbidden("Saved replies that all share are kept by managers.")


def _body(text: str) -> str:
    body = stored_text(text).strip()
    if not body or len(body) > LONGEST_BODY:
        raise Invalid(f"A saved reply has words, and at most {LONGEST_BODY} characters.", field="body")
    if unknown := unknown_fields(body):
        raise Invalid(f"There is no merge field {{{{{unknown[0]}}}}}.", field="body")
    return body


def _shape(reply: SavedReply) -> SavedReplyShape:
    return SavedReplyShape(
        id=reply.id,
        shortcut=reply.shortcut,
        body=reply.body,
        shared=reply.shared_at is not None,
        user=user_shape(reply.user),
        updated_at=instant(reply.updated_at),
    )
