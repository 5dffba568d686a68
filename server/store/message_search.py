"""Texts that hold some letters, newest first: among the newest one by one, then by the index of words, or further one by one where that
would give too many.

A page looks at a bounded number of texts, however many there are and whatever they say: it may end early, and says how far it looked.
"""

from dataclasses import dataclass
from typing import Any

from server.store import words
from server.store.conversation_figures import AT, TEXT
from server.store.database import Transaction, batch, stored_text
from server.store.like import containing
from server.store.words import Wording

Key = tuple[int, str]
"""When a text came or went (µs), and its id. An empty id stands before all texts of that instant."""
LATEST, EARLIEST = (2**62, ""), (-(2**62), "")

WALKED = 3_000
"""The newest are looked at one by one: what many texts hold is found there at once, and so is what the index does not know yet."""
WALKED_ON = 60_000
"""So many more are, where the index would give too many, or too many wait for it."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """`next`: behind it another page goes on; None where nothing is left to look at. `full`: there were as many as were asked for."""

    keys: list[Key]
    next: Key | None
    full: bool


async def page(tx: Transaction, account: str, query: str, after: Key | None, limit: int) -> Found:
    """At most `limit` texts behind `after`; fewer, with a `next`, where a page has looked at enough. Of fewer than three letters it looks
    at WALKED texts."""
    wording = Wording(tx, account, query)
    search = _Search(tx, account, wording.lower("m.body"), containing(stored_text(query.lower())))
    found, edge = await search.walk(after, WALKED, limit + 1)
    if len(found) <= limit and edge and not wording.few:
        candidates = None if await words.more_wait(tx, WALKED) else await wording.texts(tx)
        if candidates is None:
            more, edge = await search.walk(edge, WALKED_ON, limit + 1 - len(found))
        else:
            more, edge = await search.among([key for key in candidates if key < edge], limit + 1 - len(found)), None
        found += more
    return Found(found[:limit], found[limit - 1] if len(found) > limit else edge, len(found) >= limit)


@dataclass(frozen=True, slots=True)
class _Search:
    """`holds` is a pattern for `body`."""

    tx: Transaction
    account: str
    body: str
    holds: str

    async def walk(self, after: Key | None, most: int, limit: int) -> tuple[list[Key], Key | None]:
        """Those of the next `most` texts behind `after` that hold it, and where these end, None at the end of all. What is of one instant
        is looked at together."""
        at, id = after or LATEST
        near = f"m.account = :account and {TEXT} and {AT} {'<=' if id else '<'} :at"
        given: dict[str, Any] = {"account": self.account, "at": at}
        # Keys of an index are stepped over.
        last = await self.tx.one(f"select {AT} as at from messages m where {near} order by {AT} desc limit 1 offset {most}", **given)
        edge = (last["at"], "") if last else EARLIEST
        rows = await self.tx.all(
            f"""select {AT} as at, m.id from messages m
                where {near} and ({AT}, m.id) < (cast(:at as bigint), cast(:id as text)) and {AT} >= :edge
                and {self.body} like :holds escape '!' order by {AT} desc, m.id desc limit :limit""",
            id=id,
            edge=edge[0],
            holds=self.holds,
            limit=limit,
            **given,
        )
        return [(row["at"], row["id"]) for row in rows], edge if last else None

    async def among(self, keys: list[Key], limit: int) -> list[Key]:
        """Those of the texts, newest first, that hold it indeed, and still stand where the index says."""
        found: list[Key] = []
        for first in range(0, len(keys), AT_ONCE):
            rows = await self.tx.all(
                f"""select {AT} as at, m.id from json_each(:keys) k cross join messages m
                    where m.id = k.value ->> 'id' and {AT} = cast(k.value ->> 'at' as bigint)
                    and m.account = :account and {TEXT} and {self.body} like :holds escape '!'""",
                keys=batch({"at": at, "id": id} for at, id in keys[first : first + AT_ONCE]),
                account=self.account,
                holds=self.holds,
            )
            found += sorted(((row["at"], row["id"]) for row in rows), reverse=True)
            if len(found) >= limit:
                break
        return found[:limit]
