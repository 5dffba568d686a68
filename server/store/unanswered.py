"""How many conversations wait for an answer: in an account, under another deadline, in one person's hands."""

from collections.abc import Iterable

from server.domain.clocks import MINUTE_US
from server.store.database import Transaction, batch


async def unanswered(tx: Transaction, account: str) -> int:
    row = await tx.one("select count(*) as n from conversations where account = :account and waiting_since is not null", account=account)
    return int(row["n"]) if row else 0


async def public_at_once(tx: Transaction, account: str, minutes: int) -> int:
    """Those not public yet that a deadline of so many minutes would make public now; see `conversations.due`."""
    row = await tx.one(
        """select count(*) as n from conversations where account = :account and waiting_since is not null and public_since is null
           and clock_start <= :due and (:minutes > 0 or clock_start = waiting_since)""",
        account=account,
        due=tx.now - minutes * MINUTE_US,
        minutes=minutes,
    )
    return int(row["n"]) if row else 0


async def owned_by(tx: Transaction, user: str, but: Iterable[str]) -> int:
    """Unanswered ones that this user owns, leaving out the conversations `but`."""
    row = await tx.one(
        """select count(*) as n from conversations where owner = :user and waiting_since is not null
           and id not in (select value ->> 'id' from json_each(:but))""",
        user=user,
        but=batch({"id": id} for id in but),
    )
    return int(row["n"]) if row else 0
