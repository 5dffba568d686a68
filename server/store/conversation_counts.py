"""How many conversations an account has, and how many of them are closed, whatever their number: triggers note each change as a row
of its own, so that nobody waits for anybody, and the timer adds the rows up."""

from dataclasses import dataclass

from server.store.database import Transaction

FOLDED_FROM = 100
"""Rows of one account; so many are added up at once."""
AT_ONCE = 100
"""Accounts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`closed` of them are."""

    there: int
    closed: int


async def counted(tx: Transaction, account: str) -> Counted:
    row = await tx.one(
        """select cast(coalesce(sum(there), 0) as bigint) as there, cast(coalesce(sum(closed), 0) as bigint) as closed
           from conversation_counts where account = :account""",
        account=account,
    )
    return Counted(row["there"], row["closed"]) if row else Counted(0, 0)


async def to_fold(tx: Transaction) -> list[str]:
    """Accounts with many rows."""
    rows = await tx.all(
        "select account from conversation_counts group by account having count(*) >= :many order by account limit :most",
        many=FOLDED_FROM,
        most=AT_ONCE,
    )
    return [row["account"] for row in rows]


async def fold(tx: Transaction, account: str) -> None:
    """Makes one row of those that are there. What others write or fold meanwhile is theirs: only what was taken away is put back."""
    rows = await tx.all("delete from conversation_counts where account = :account returning there, closed", account=account)
    if rows:
        await tx.run(
            "insert into conversation_counts (account, there, closed) values (:account, :there, :closed)",
            account=account,
            there=sum(row["there"] for row in rows),
            closed=sum(row["closed"] for row in rows),
        )
