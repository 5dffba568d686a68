"""Contacts found by name, number, e-mail address, readiness, tag and live filter, by keyset in three orders; counted; their tags."""

from collections import Counter
from typing import Any

import msgspec

from server.domain.wanted import Sort, Wanted
from server.store.database import Transaction, batch
from server.store.like import containing, containing_digits
from server.store.words import Wording

Key = tuple[int | str, str]
"""Where a page ended: the value that the list is sorted by, and an id."""

COUNTED = 10_000
"""More than these are not counted."""

WALKED = 3_000
"""So many are looked at one by one, in the order of the list, before the index of words: what many contacts hold is found at once."""

_NEWER = "w.contact = v.contact and (w.active_at, w.id) > (v.active_at, v.id)"


async def contact_page(
    tx: Transaction, account: str, wanted: Wanted, *, sort: Sort, after: Key | None, limit: int
) -> list[tuple[Key, str]]:
    """(key, contact id) of at most `limit` contacts behind `after`. `recent`: the newest conversation first, then those that have
    none, the newest first."""
    if wanted.q and not Wording(tx, account, wanted.q).short:
        near = await _page(tx, account, wanted, sort, after, limit, walked=WALKED)
        return near if len(near) == limit else await _page(tx, account, wanted, sort, after, limit, indexed=True)
    return await _page(tx, account, wanted, sort, after, limit)


async def _page(
    tx: Transaction,
    account: str,
    wanted: Wanted,
    sort: Sort,
    after: Key | None,
    limit: int,
    *,
    walked: int | None = None,
    indexed: bool = False,
) -> list[tuple[Key, str]]:
    """Of the next `walked` alone, or by the index of words."""
    where, parameters = _where(tx, account, wanted, indexed=indexed)
    if sort == "recent":
        return await _recent(tx, where, parameters, after, limit, walked)
    way, compare = ("desc", "<") if sort == "-name" else ("", ">")
    behind = "c.account = :account"
    if after is not None:
        behind += f" and (c.name, c.id) {compare} (cast(:name as text), cast(:id as text))"
        parameters |= {"name": after[0], "id": after[1]}
    some = "contacts"
    if walked is not None:
        some = f"(select * from contacts c where {behind} order by c.name {way}, c.id {way} limit {walked})"
    rows = await tx.all(
        f"select c.name, c.id from {some} c where {behind} and {where} order by c.name {way}, c.id {way} limit :limit",
        limit=limit,
        **parameters,
    )
    return [((row["name"], row["id"]), row["id"]) for row in rows]


async def total(tx: Transaction, account: str, wanted: Wanted) -> int | None:
    """How many there are, None for more than COUNTED."""
    where, parameters = _where(tx, account, wanted, indexed=True)
    row = await tx.one(
        f"select count(*) as n from (select 1 as one from contacts c where {where} limit :most) as found", most=COUNTED + 1, **parameters
    )
    counted = row["n"] if row else 0
    return counted if counted <= COUNTED else None


async def ids(tx: Transaction, account: str, wanted: Wanted, *, after: str = "", limit: int) -> list[str]:
    """In the order of ids, from behind the id `after` on."""
    where, parameters = _where(tx, account, wanted, indexed=True)
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
    where, parameters = _where(tx, account, wanted, indexed=True)
    rows = await tx.all(
        f"select c.id, c.fields from contacts c where {where} and c.fields <> '{{}}' and c.id > :after order by c.id limit :limit",
        after=after,
        limit=limit,
        **parameters,
    )
    names = {name for row in rows for name in msgspec.json.decode(row["fields"], type=dict[str, str])}
    return names, rows[-1]["id"] if len(rows) == limit else None


async def _recent(
    tx: Transaction, where: str, parameters: dict[str, Any], after: Key | None, limit: int, walked: int | None
) -> list[tuple[Key, str]]:
    found: list[tuple[Key, str]] = []
    parameters = {**parameters, "limit": limit}
    if after is None or after[0] != 0:
        behind, last = "v.account = :account", dict[str, Any]()
        if after is not None:
            behind += " and (v.active_at, v.id) < (cast(:at as bigint), cast(:id as text))"
            last = {"at": after[0], "id": after[1]}
        some = "conversations"
        if walked is not None:
            some = f"(select * from conversations v where {behind} order by v.active_at desc, v.id desc limit {walked})"
        rows = await tx.all(
            f"""select v.active_at, v.id, v.contact from {some} v join contacts c on c.id = v.contact
                where {behind} and {where} and not exists (select 1 from conversations w where {_NEWER})
                order by v.active_at desc, v.id desc limit :limit""",
            **parameters,
            **last,
        )
        found = [((row["active_at"], row["id"]), row["contact"]) for row in rows]
    if len(found) < limit and walked is None:
        behind, last = ("", {}) if after is None or after[0] != 0 else ("and c.id < :id", {"id": after[1]})
        rows = await tx.all(
            f"""select c.id from contacts c where {where} and not exists (select 1 from conversations w where w.contact = c.id) {behind}
                order by c.id desc limit :limit""",
            **{**parameters, "limit": limit - len(found)},
            **last,
        )
        found += [((0, row["id"]), row["id"]) for row in rows]
    return found


def _where(tx: Transaction, account: str, wanted: Wanted, *, indexed: bool) -> tuple[str, dict[str, Any]]:
    """`indexed`: what can be found by the index of words is."""
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
        wording = Wording(tx, account, wanted.q)
        if indexed and not wording.short:
            where += f" and c.id in ({wording.contacts})"
            parameters |= wording.parameters
        number = containing_digits(wanted.q)
        by_number = ""
        if number:
            by_number = " or exists (select 1 from contact_phones p where p.contact = c.id and p.number like :number)"
            parameters["number"] = number
        where += f" and (lower(c.name) like :query escape '!' or lower(c.fields) like :email escape '!'{by_number})"
        # The address is the last of the fields as they are stored, so that nothing else can be found behind its name.
        parameters |= {"query": containing(query), "email": '%"email":"' + containing(_json(query)[1:-1])}
    return where, parameters


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
