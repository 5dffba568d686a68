"""How many conversations an account has, and how many of them are closed, public or wait, whatever their number: triggers note each change
as a row of its own, so that nobody waits for anybody, and the timer adds the rows up."""

from dataclasses import dataclass

from server.store.database import Transaction

FOLDED_FROM = 100
"""Rows of one account; so many are added up at once."""
AT_ONCE = 100
"""Accounts."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`closed` of them are, `pool` are public, and in `unanswered` a text waits."""

    there: int
    closed: int
    pool: int
    unanswered: int


_FIGURES = ("there", "closed", "pool", "unanswered")
_SUMS = ", ".join(f"cast(coalesce(sum({name}), 0) as bigint) as {name}" for name in _FIGURES)
_INSERT = f"""insert into conversation_counts (account, {", ".join(_FIGURES)})
    values (:account, {", ".join(f":{name}" for name in _FIGURES)})"""


async def counted(tx: Transaction, account: str) -> Counted:
    row = await tx.one(f"select {_SUMS} from conversation_counts where account = :account", account=account)
    assert row is not None
    return Counted(**{name: row[name] for name in _FIGURES})


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
    rows = await tx.all(f"delete from conversation_counts where account = :account returning {', '.join(_FIGURES)}", account=account)
    if rows:
        await tx.run(_INSERT, account=account, **{name: sum(row[name] for row in rows) for name in _FIGURES})
