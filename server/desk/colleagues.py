"""Whom a conversation can be handed to: the account's users who are not disabled."""

import msgspec

from server.desk.desk import Desk
from server.desk.shapes import UserShape, user_shape
from server.domain.user import User
from server.store.colleagues import colleagues
from server.store.database import Transaction


class ColleaguePage(msgspec.Struct, frozen=True):
    """`next` is the name and id of the last item, None at the end."""

    items: list[UserShape]
    next: tuple[str, str] | None


async def colleague_list(desk: Desk, user: User, after: tuple[str, str] | None, limit: int) -> ColleaguePage:
    """By name, the user too."""

    async def read(tx: Transaction) -> ColleaguePage:
        found = await colleagues(tx, user.account, after, limit + 1)
        shown = found[:limit]
        return ColleaguePage([user_shape(one) for one in shown], (shown[-1].name, shown[-1].id) if len(found) > limit else None)

    return await desk.read(read)
