"""Tokens: the keys with which programs sign in. The secret is shown once and kept as a hash."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from server.desk.desk import Desk, Once
from server.desk.identity import new_token
from server.desk.once import write_once
from server.desk.shapes import UserShape, instant, user_shape
from server.desk.trail import Target, trace
from server.desk.work import Work
from server.domain.errors import NotFound
from server.domain.user import User
from server.ids import new_id
from server.store import accounts, sessions
from server.store.database import Transaction, stored_text
from server.store.sessions import Token
from server.store.vault import Vault

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`user` is the id of whose rights the token has; its maker's where there is none."""

    name: Name
    user: str | None = None


class TokenChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name


class TokenShape(msgspec.Struct, frozen=True):
    id: str
    name: str
    user: UserShape
    created_at: str


class MadeTokenShape(TokenShape, frozen=True):
    token: str


async def list_tokens(desk: Desk, by: User, after: str, limit: int) -> list[TokenShape]:
    return [_shape(token) for token in await desk.read(lambda tx: sessions.tokens(tx, by.account, after, limit))]


async def get_token(desk: Desk, by: User, id: str) -> TokenShape:
    return _shape(await desk.read(lambda tx: _find(tx, by, id)))


async def add_token(desk: Desk, by: User, new: NewToken, once: Once | None = None) -> MadeTokenShape:
    """The only answer that holds the secret. What is kept for a repeat of the request holds it sealed. Raises `NotFound`."""
    secret, digest = new_token()
    vault = Vault(desk.settings.secret_key.get_secret_value())

    async def add(work: Work) -> MadeTokenShape:
        user = await accounts.working_user(work.tx, by.account, new.user or by.id)
        if user is None:
            raise NotFound
        made = Token(new_id(work.now), stored_text(new.name), user, work.now)
        await sessions.add_token(work.tx, digest=digest, id=made.id, user=user, name=made.name)
        shape = _shape(made)
        await trace(work, by, "added", _target(made), after=_facts(made))
        return MadeTokenShape(shape.id, shape.name, shape.user, shape.created_at, vault.seal(secret.encode(), made.id))

    answer = await write_once(desk, add, once)
    kept = msgspec.json.decode(answer, type=MadeTokenShape) if isinstance(answer, Raw) else answer
    return msgspec.structs.replace(kept, token=vault.open(kept.token, kept.id).decode())


async def change_token(desk: Desk, by: User, id: str, change: TokenChange, once: Once | None = None) -> TokenShape | Raw:
    """Raises `NotFound`."""

    async def rename(work: Work) -> TokenShape:
        before = await _find(work.tx, by, id)
        await sessions.rename_token(work.tx, by.account, id, stored_text(change.name))
        after = await _find(work.tx, by, id)
        await trace(work, by, "changed", _target(after), _facts(before), _facts(after))
        return _shape(after)

    return await write_once(desk, rename, once)


async def remove_token(desk: Desk, by: User, id: str, once: Once | None = None) -> None:
    """Raises `NotFound`."""

    async def remove(work: Work) -> None:
        token = await _find(work.tx, by, id)
        await sessions.end_token(work.tx, by.account, id)
        await trace(work, by, "removed", _target(token), before=_facts(token))

    await write_once(desk, remove, once)


def _target(token: Token) -> Target:
    return Target("token", token.id, token.name)


def _facts(token: Token) -> dict[str, Any]:
    return {"name": token.name, "user": user_shape(token.user)}


async def _find(tx: Transaction, by: User, id: str) -> Token:
    token = await sessions.find_token(tx, by.account, id)
    if token is None:
        raise NotFound
    return token


def _shape(token: Token) -> TokenShape:
    return TokenShape(token.id, token.name, user_shape(token.user), instant(token.created_at))
