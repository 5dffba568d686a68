"""Texts in whose place another one went."""

from server.store.database import Transaction


async def repeat(tx: Transaction, message: str) -> bool:
    """Whether none went in its place before. Now one does, whatever becomes of either."""
    sql = "insert into repeated (message, at) values (:message, :now) on conflict (message) do nothing"
    return await tx.run(sql, message=message, now=tx.now) == 1
