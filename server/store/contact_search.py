"""Contacts found by name, number, e-mail address, readiness, tag and live filter, by keyset in three orders; counted; their tags."""

from collections import Counter
from typing import Any

import msgspec

from server.domain.wanted import Sort, Wanted
from server.store.database import Transaction, batch
from server.store.like import containing, containing_digits

Key = tuple[int | str, str]
"""Where a page ended: the value that the list is sorted by, and an id."""

COUNTED = 10_000
"""More than these are not counted."""

_NEWER = "w.contact = v.contact and (w.active_at, w.id) > (v.active_at, v.id)"


async def contact_page(
    tx: Transaction, account: str, wanted: Wanted, *, sort: Sort, after: Key | None, limit: int
) -> list[tuple[Key, str]]:
    """(key, contact id) of at most `limit` contacts behind `after`. `recent`: the newest conversation first, then those that have
    none, the newest first."""
    if sort == "recent":
        return await _recent(tx, account, wanted, after, limit)
    way, compare = ("desc", "<") if sort == "-name" else ("", ">")
    where, parameters = _where(account, wanted)
    if after is not None:
        where += f" and (c.name, c.id) {compare} (cast(:name as text), cast(:id as text))"
        parameters |= {"name": after[0], "id": after[1]}
    rows = await tx.all(
        f"select c.name, c.id from contacts c where {where} order by c.name {way}, c.id {way} limit :limit", limit=limit, **parameters
    )
    return [((row["name"], row["id"]), row["id"]) for row in rows]


async def total(tx: Transaction, account: str, wanted: Wanted) -> int | None:
    """How many there are, None for more than COUNTED."""
    where, parameters = _where(account, wanted)
    row = await tx.one(
        f"select count(*) as n from (select 1 as one from contacts c where {where} limit :most) as found", most=COUNTED + 1, **parameters
    )
    counted = row["n"] if row else 0
    return counted if counted <= COUNTED else None


async def ids(tx: Transaction, account: str, wanted: Wanted, *, after: str = "", limit: int) -> list[str]:
    """In the order of ids, from behind the id `after` on."""
    where, parameters = _where(account, wanted)
    rows = await tx.all(
        f"select c.id from contacts c where {where} and c.id > :after order by c.id limit :limit", after=after, limit=limit, **parameters
    )
    return [row["id"] for row in rows]


async def tags(tx: Transaction, account: str) -> Counter[str]:
    """Every tag of the account's contacts, and how many have it."""
    rows = await tx.all("select tags, count(*) as n from contacts where account = :account and tags <> '[]' group by tags", account=account)
    counted: Counter[str] = Counter()
    for row in rows:
        for tag in msgspec.json.decode(row["tags"], type=list[str]):
            counted[tag] += row["n"]
    return counted


async def field_names(tx: Transaction, account: str, wanted: Wanted, *, after: str, limit: int) -> tuple[set[str], str | None]:
    """The names of all custom fields of `limit` contacts in the order of ids, from behind the id `after` on; and the last id, None at
    the end."""
    where, parameters = _where(account, wanted)
    rows = await tx.all(
        f"select c.id, c.fields from contacts c where {where} and c.fields <> '{{}}' and c.id > :after order by c.id limit :limit",
        after=after,
        limit=limit,
        **parameters,
    )
    names = {name for row in rows for name in msgspec.json.decode(row["fields"], type=dict[str, str])}
    return names, rows[-1]["id"] if len(rows) == limit else None


async def _recent(tx: Transaction, account: str, wanted: Wanted, after: Key | None, limit: int) -> list[tuple[Key, str]]:
    where, parameters = _where(account, wanted)
    found: list[tuple[Key, str]] = []
    if after is None or after[0] != 0:
        behind = "" if after is None else "and (v.active_at, v.id) < (cast(:at as bigint), cast(:id as text))"
        rows = await tx.all(
            f"""select v.active_at, v.id, v.contact from conversations v join contacts c on c.id = v.contact
                where v.account = :account and {where} and not exists (select 1 from conversations w where {_NEWER}) {behind}
                order by v.active_at desc, v.id desc limit :limit""",
            limit=limit,
            **parameters,
            **({} if after is None else {"at": after[0], "id": after[1]}),
        )
        found = [((row["active_at"], row["id"]), row["contact"]) for row in rows]
    if len(found) < limit:
        behind, last = ("", {}) if after is None or after[0] != 0 else ("and c.id < :id", {"id": after[1]})
        rows = await tx.all(
            f"""select c.id from contacts c where {where} and not exists (select 1 from conversations w where w.contact = c.id) {behind}
                order by c.id desc limit :limit""",
            limit=limit - len(found),
            **parameters,
            **last,
        )
        found += [((0, row["id"]), row["id"]) for row in rows]
    return found


def _where(account: str, wanted: Wanted) -> tuple[str, dict[str, Any]]:
    where, parameters = "c.account = :account", dict[str, Any](account=account)
    if wanted.ready is not None:
        where += f" and c.ready_at is {'not ' if wanted.ready else ''}null"
    if wanted.tag:
        where += " and c.tags like :tag escape '!'"
        parameters["tag"] = containing(_json(wanted.tag))
    if wanted.live_filter:
        where += " and c.id in (select contact from live_filter_members where live_filter = :live_filter)"
        parameters["live_filter"] = wanted.live_filter
    if wanted.ids is not None:
        where += " and c.id in (select value ->> 'id' from json_each(:ids))"
        parameters["ids"] = batch({"id": id} for id in wanted.ids)
    if wanted.q:
        query = wanted.q.lower()
        where += """ and (lower(c.name) like :query escape '!' or lower(c.fields) like :email escape '!' or c.id in
            (select contact from contact_phones where account = :account and number like :number))"""
        # The address is the last of the fields as they are stored, so that nothing else can be found behind its name.
        parameters |= {
            "query": containing(query),
            "number": containing_digits(query),
            "email": '%"email":"' + containing(_json(query)[1:-1]),
        }
    return where, parameters


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
