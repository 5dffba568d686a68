"""From which of our numbers a person texts."""

from collections.abc import Mapping

import msgspec

from server.desk.attach import media_limit
from server.desk.desk import Desk
from server.desk.shapes import UserShape, user_shape
from server.domain.user import User
from server.store import accounts
from server.store.accounts import Did
from server.store.database import Transaction

KEEP_CLUSTERS = frozenset({"twilio"})
"""Kinds of carrier whose own calculator leaves whole what a person sees as one character, such as a flag."""


class MyDidShape(msgspec.Struct, frozen=True):
    """A number that one may send from. `user` is whose caller ID it is; `media_limit` how many bytes of attachments one message takes, 0
    for none; `default` marks the one that a first text leaves from. With `keeps_clusters` its carrier cuts a long text only between what a
    person sees as characters, so that one with emoji may be sent in one segment more than we count."""

    id: str
    number: str
    label: str
    capabilities: list[str]
    media_limit: int
    keeps_clusters: bool
    user: UserShape | None
    default: bool


class MyDids(msgspec.Struct, frozen=True):
    items: list[MyDidShape]


async def senders(tx: Transaction, account: str) -> dict[str, Did]:
    """The account's numbers that send texts, by id."""
    return {did.id: did for did in await accounts.dids_of(tx, account) if "sms" in did.capabilities}


def usual(dids: Mapping[str, Did], user: User, default: str | None) -> Did | None:
    """The person's caller ID, else the account's default, else the account's first; None where there is none of them."""
    own = [did for did in dids.values() if did.user is not None and did.user.id == user.id]
    shared = [did for did in dids.values() if did.user is None]
    first = [dids[default]] if default is not None and default in dids else []
    return next(iter([*own, *first, *shared]), None)


async def my_dids(desk: Desk, user: User) -> MyDids:
    """Own numbers first, then the account's, then those of colleagues, whose conversations go on from theirs whoever answers."""

    async def read(tx: Transaction) -> MyDids:
        dids = await senders(tx, user.account)
        first = usual(dids, user, (await accounts.accounts(tx, [user.account]))[user.account].default_did)

        def order(did: Did) -> tuple[bool, bool, bool]:
            return did is not first, did.user is None or did.user.id != user.id, did.user is not None

        return MyDids([_shape(desk, did, did is first) for did in sorted(dids.values(), key=order)])

    return await desk.read(read)


def _shape(desk: Desk, did: Did, default: bool) -> MyDidShape:
    return MyDidShape(
        id=did.id,
        number=did.number,
        label=did.label,
        capabilities=list(did.capabilities),
        media_limit=media_limit(desk, did),
        keeps_clusters=did.kind in KEEP_CLUSTERS,
        user=user_shape(did.user) if did.user else None,
        default=default,
    )
