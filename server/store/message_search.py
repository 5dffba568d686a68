"""Texts that hold some letters, newest first: among the newest one by one, then by the index of words."""

from typing import Any

from server.store.conversation_figures import AT, TEXT
from server.store.database import Transaction, batch, stored_text
from server.store.like import containing
from server.store.words import Wording

Key = tuple[int, str]
"""When a text came or went (µs), and its id."""

WALKED = 3_000
"""The newest are looked at one by one: what many texts hold is found there at once, and so is what the index does not know yet."""
AT_ONCE = 500


async def page(tx: Transaction, account: str, query: str, after: Key | None, limit: int) -> list[Key]:
    """At most `limit` texts behind `after`. Of fewer than three letters only the newest WALKED are looked at."""
    wording = Wording(tx, account, query)
    holds = containing(stored_text(query.lower()))
    found = await _near(tx, account, f"{wording.lower('body')} like :holds escape '!'", holds, after, limit)
    if len(found) == limit or wording.few:
        return found
    edge = after
    while True:
        candidates = await wording.texts(tx, edge, AT_ONCE)
        found = sorted({*found, *await _holding(tx, account, holds, candidates)}, reverse=True)
        if len(candidates) < AT_ONCE or sum(key >= candidates[-1] for key in found) >= limit:
            return found[:limit]
        edge = candidates[-1]


async def _near(tx: Transaction, account: str, condition: str, holds: str, after: Key | None, limit: int) -> list[Key]:
    behind, given = "", dict[str, Any]()
    if after is not None:
        behind = f" and {AT} <= :at and ({AT}, m.id) < (cast(:at as bigint), cast(:id as text))"
        given = {"at": after[0], "id": after[1]}
    rows = await tx.all(
        f"""select at, id from (select {AT} as at, m.id, m.body from messages m where m.account = :account and {TEXT}{behind}
                order by {AT} desc, m.id desc limit {WALKED}) newest
            where {condition} order by at desc, id desc limit :limit""",
        account=account,
        holds=holds,
        limit=limit,
        **given,
    )
    return [(row["at"], row["id"]) for row in rows]


async def _holding(tx: Transaction, account: str, holds: str, keys: list[Key]) -> list[Key]:
    """Those of the texts that hold it indeed, and still stand where the index says."""
    rows = await tx.all(
        f"""select {AT} as at, m.id from json_each(:keys) k cross join messages m
            where m.id = k.value ->> 'id' and {AT} = cast(k.value ->> 'at' as bigint)
            and m.account = :account and {TEXT} and lower(m.body) like :holds escape '!'""",
        keys=batch({"at": at, "id": id} for at, id in keys),
        account=account,
        holds=holds,
    )
    return [(row["at"], row["id"]) for row in rows]
