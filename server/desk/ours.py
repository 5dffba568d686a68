"""Ids that a query names must be the account's own: another account's is not there."""

from server.domain.errors import NotFound
from server.domain.user import User
from server.store import lines, people
from server.store.database import Transaction


async def must_be_ours(tx: Transaction, by: User, *, did: str | None = None, user: str | None = None) -> None:
    """Raises `NotFound`. None asks for nothing."""
    if did is not None and await lines.did(tx, by.account, did) is None:
        raise NotFound
    if user is not None and await people.get(tx, by.account, user) is None:
        raise NotFound
