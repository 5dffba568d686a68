"""Sessions of browsers and tokens of programs. Of either secret only the SHA-256 is stored, so a stolen backup opens nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.user import Role, User
from server.store.database import Row, Transaction, batch


@dataclass(frozen=True, slots=True)
class Token:
    """A program's key as the directory shows it. `created_at` in µs UTC."""

    id: str
    name: str
    user: User
    created_at: int


async def add_session(tx: Transaction, *, digest: str, id: str, user: str, expires_at: int) -> None:
    await tx.run(
        """insert into sessions (hash, id, user_id, created_at, expires_at)
           values (:digest, :id, :user, :now, :expires_at)""",
        digest=digest,
        id=id,
        user=user,
        now=tx.now,
        expires_at=expires_at,
    )


async def sessions(tx: Transaction, digests: Iterable[str]) -> dict[str, tuple[str, User, int]]:
    """By hash, id, user and end (µs UTC) of those sessions that are not over, of users who are not disabled."""
    rows = await tx.all(
        """select s.hash, s.id as session, s.expires_at, u.id, u.account, u.name, u.role
           from json_each(:digests) d cross join sessions s join users u on u.id = s.user_id
           where s.hash = (d.value ->> 'hash') and s.expires_at > :now and u.disabled_at is null""",
        digests=batch({"hash": digest} for digest in digests),
        now=tx.now,
    )
    return {row["hash"]: (row["session"], _user_of(row), row["expires_at"]) for row in rows}


async def end_session(tx: Transaction, id: str) -> None:
    await tx.run("delete from sessions where id = :id", id=id)


async def end_session_of(tx: Transaction, digest: str) -> None:
    await tx.run("delete from sessions where hash = :digest", digest=digest)


async def end_sessions(tx: Transaction, user: str) -> int:
    """Ends all of a user's sessions; how many there were."""
    return await tx.run("delete from sessions where user_id = :user", user=user)


async def end_other_sessions(tx: Transaction, user: str, but: str) -> int:
    """Ends a user's sessions but the one with the id `but`; how many there were."""
    return await tx.run("delete from sessions where user_id = :user and id <> :but", user=user, but=but)


async def forget_expired(tx: Transaction, user: str) -> None:
    await tx.run("delete from sessions where user_id = :user and expires_at <= :now", user=user, now=tx.now)


async def add_token(tx: Transaction, *, digest: str, id: str, user: User, name: str) -> None:
    await tx.run(
        """insert into tokens (hash, id, account, user_id, name, created_at)
           values (:digest, :id, :account, :user, :name, :now)""",
        digest=digest,
        id=id,
        account=user.account,
        user=user.id,
        name=name,
        now=tx.now,
    )


async def bearers(tx: Transaction, digests: Iterable[str]) -> dict[str, tuple[str, User]]:
    """By hash, id and user of those tokens whose user is not disabled."""
    rows = await tx.all(
        """select t.hash, t.id as token, u.id, u.account, u.name, u.role
           from json_each(:digests) d cross join tokens t join users u on u.id = t.user_id
           where t.hash = (d.value ->> 'hash') and u.disabled_at is null""",
        digests=batch({"hash": digest} for digest in digests),
    )
    return {row["hash"]: (row["token"], _user_of(row)) for row in rows}


async def tokens(tx: Transaction, account: str, after: str, limit: int) -> list[Token]:
    """The account's tokens by id, those after the id `after`."""
    rows = await tx.all(
        f"{_TOKENS} where t.account = :account and t.id > :after order by t.id limit :limit",
        account=account,
        after=after,
        limit=limit,
    )
    return [_token_of(row) for row in rows]


async def find_token(tx: Transaction, account: str, id: str) -> Token | None:
    row = await tx.one(f"{_TOKENS} where t.id = :id and t.account = :account", id=id, account=account)
    return _token_of(row) if row else None


async def rename_token(tx: Transaction, account: str, id: str, name: str) -> None:
    await tx.run("update tokens set name = :name where id = :id and account = :account", id=id, account=account, name=name)


async def end_token(tx: Transaction, account: str, id: str) -> bool:
    """Whether there was one."""
    return bool(await tx.run("delete from tokens where id = :id and account = :account", id=id, account=account))


async def end_tokens(tx: Transaction, user: str) -> int:
    return await tx.run("delete from tokens where user_id = :user", user=user)


_TOKENS = """select t.id as token, t.name as token_name, t.created_at, u.id, u.account, u.name, u.role
    from tokens t join users u on u.id = t.user_id"""


def _token_of(row: Row) -> Token:
    return Token(row["token"], row["token_name"], _user_of(row), row["created_at"])


def _user_of(row: Row) -> User:
    return User(row["id"], row["account"], row["name"], Role(row["role"]))
