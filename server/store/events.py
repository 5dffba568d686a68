"""Events and numbers: the position of each account, and the event rows that are the outbox of everything live."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from server.store.database import Transaction


class EventRow(TypedDict):
    """One event as stored. `body` is the whole event as it goes on the wire; `audience` the JSON list of user ids; `contact` whom a
    `contact.*` is about."""

    account: str
    position: int
    conversation: str | None
    seq: int | None
    type: str
    at: int
    reach: str
    pool: int
    audience: str
    body: str
    contact: str | None


async def take_positions(tx: Transaction, counts: Mapping[str, int], renewing: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Moves each account's position on by its count. Returns the last one taken, and how many events had ever renewed what others show; so
    many of its count now do. Accounts are locked last, in order, to the commit."""
    taken = {}
    for account in sorted(counts):
        more = renewing.get(account, 0)
        row = await tx.one(
            "update accounts set position = position + :count, renewed = renewed + :more where id = :id returning position, renewed",
            id=account,
            count=counts[account],
            more=more,
        )
        if row is None:
            raise LookupError(f"There is no account {account}.")
        taken[account] = row["position"], row["renewed"] - more
    return taken


async def insert(tx: Transaction, events: Sequence[EventRow]) -> None:
    await tx.insert("events", events)


async def of_contact(tx: Transaction, contact: str, limit: int) -> list[str]:
    """The last events of the contact itself as they went out, newest first."""
    rows = await tx.all(
        "select body from events where contact = :contact order by position desc limit :limit", contact=contact, limit=limit
    )
    return [row["body"] for row in rows]
