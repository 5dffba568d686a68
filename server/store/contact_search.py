"""Contacts found by name, number, readiness and tag, by keyset."""

from typing import Any

import msgspec

from server.store.database import Transaction
from server.store.like import containing, containing_digits


async def contact_page(
    tx: Transaction,
    account: str,
    *,
    query: str,
    ready: bool | None,
    tag: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[tuple[str, str]]:
    """(name, id) of at most `limit` contacts behind `after`, by name. `query` is part of a name or of a number."""
    where, parameters = "account = :account", dict[str, Any](account=account, limit=limit)
    if after is not None:
        where += " and (name, id) > (cast(:name as text), cast(:id as text))"
        parameters |= {"name": after[0], "id": after[1]}
    if ready is not None:
        where += f" and ready_at is {'not ' if ready else ''}null"
    if tag:
        where += " and tags like :tag escape '!'"
        parameters["tag"] = containing(msgspec.json.encode(tag).decode())
    if query:
        where += """ and (lower(name) like :query escape '!' or id in
            (select contact from contact_phones where account = :account and number like :number))"""
        parameters |= {"query": containing(query.lower()), "number": containing_digits(query)}
    rows = await tx.all(f"select name, id from contacts where {where} order by name, id limit :limit", **parameters)
    return [(row["name"], row["id"]) for row in rows]
