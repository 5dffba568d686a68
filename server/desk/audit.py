"""Settings > Audit: who changed what, newest first."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from server.desk.desk import Desk
from server.desk.ours import must_be_ours
from server.desk.shapes import UserShape, instant, user_shape
from server.domain.user import User
from server.store import accounts
from server.store import audit as store
from server.store.database import Transaction

AT_ONCE = 500


class TargetShape(msgspec.Struct, frozen=True):
    """`name` is what it was called at the time."""

    kind: str
    id: str
    name: str


class AuditShape(msgspec.Struct, frozen=True):
    """`what` is the target's kind and what was done to it, such as `did.changed`. `before` and `after` hold what differs."""

    id: str
    at: str
    user: UserShape | None
    what: str
    target: TargetShape
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditPage(msgspec.Struct, frozen=True):
    """`kinds` are all values of `what` that the account has."""

    items: list[AuditShape]
    next: str | None
    kinds: list[str]


async def audit_trail(desk: Desk, by: User, *, user: str | None, what: str | None, before: str | None, limit: int) -> AuditPage:
    """`next` is the last item's id, None at the end. Raises `NotFound` for a user who is not the account's."""

    async def read(tx: Transaction) -> AuditPage:
        await must_be_ours(tx, by, user=user)
        found = await store.page(tx, by.account, user=user, what=what, before=before, limit=limit + 1)
        users = await accounts.users(tx, {entry.user for entry in found if entry.user})
        items = [
            AuditShape(
                id=entry.id,
                at=instant(entry.at),
                user=user_shape(users[entry.user]) if entry.user else None,
                what=entry.what,
                target=TargetShape(entry.target_kind, entry.target_id, entry.target_name),
                before=entry.before,
                after=entry.after,
            )
            for entry in found[:limit]
        ]
        return AuditPage(items, items[-1].id if len(found) > limit else None, await store.kinds(tx, by.account))

    return await desk.read(read)


async def whole_trail(desk: Desk, by: User, *, user: str | None, what: str | None) -> AsyncIterator[AuditShape]:
    """All of it, AT_ONCE by AT_ONCE."""
    before: str | None = None
    while True:
        page = await audit_trail(desk, by, user=user, what=what, before=before, limit=AT_ONCE)
        for item in page.items:
            yield item
        if page.next is None:
            return
        before = page.next
