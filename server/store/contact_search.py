"""Contacts found by name, number, e-mail address, readiness, tag and live filter, by keyset in three orders; counted; their tags."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from server.domain.wanted import Sort, Wanted
from server.store.database import Transaction, batch
from server.store.like import containing, containing_digits
from server.store.words import FIRST, Wording

Key = tuple[int | str, str]
"""Where a page ended: the value that the list is sorted by, and an id."""

COUNTED = 10_000
"""More than these are not counted."""

WALKED = 3_000
"""So many are looked at one by one, in the order of the list, before the index of words: what many contacts hold is found at once."""

_NEWER = "w.contact = v.contact and (w.active_at, w.id) > (v.active_at, v.id)"


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is wanted, as SQL: contacts `c` from `source` for which `where` holds. `few`: `source` names them by their ids. `held`:
    otherwise, all that may hold the words."""

    source: str
    where: str
    parameters: dict[str, Any]
    held: str = ""
    few: bool = False

    @property
    def narrowed(self) -> str:
        return f"{self.where} and c.id in ({self.held})" if self.held else self.where


async def contact_page(
    tx: Transaction, account: str, wanted: Wanted, *, sort: Sort, after: Key | None, limit: int
) -> list[tuple[Key, str]]:
    """(key, contact id) of at most `limit` contacts behind `after`. `recent`: the newest conversation first, then those that have
    none, the newest first."""
    sought = await _sought(tx, account, wanted)
    page = _recent if sort == "recent" else partial(_by_name, falling=sort == "-name")
    if sought.held:
        near = await page(tx, sought, after, limit, walked=WALKED)
        if len(near) == limit:
            return near
    return await page(tx, sought, after, limit)


async def total(tx: Transaction, account: str, wanted: Wanted) -> int | None:
    """How many there are, None for more than COUNTED."""
    sought = await _sought(tx, account, wanted)
    found = f"{sought.source} where {sought.where}"
    if sought.held:
        # Each by itself, until there are enough: PostgreSQL would read all contacts to join them.
        found = f"({sought.held}) h where (select 1 from contacts c where c.id = h.contact and {sought.where}) = 1"
    row = await tx.one(
        f"select count(*) as n from (select 1 as one from {found} limit :most) as counted",
        most=COUNTED + 1,
        **sought.parameters,
    )
    counted = row["n"] if row else 0
    return counted if counted <= COUNTED else None


async def ids(tx: Transaction, account: str, wanted: Wanted, *, after: str = "", limit: int) -> list[str]:
    """In the order of ids, from behind the id `after` on."""
    sought = await _sought(tx, account, wanted)
    rows = await tx.all(
        f"select c.id from {sought.source} where {sought.narrowed} and c.id > :after order by c.id limit :limit",
        after=after,
        limit=limit,
        **sought.parameters,
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
    sought = await _sought(tx, account, wanted)
    rows = await tx.all(
        f"""select c.id, c.fields from {sought.source} where {sought.narrowed} and c.fields <> '{{}}' and c.id > :after
            order by c.id limit :limit""",
        after=after,
        limit=limit,
        **sought.parameters,
    )
    names = {name for row in rows for name in msgspec.json.decode(row["fields"], type=dict[str, str])}
    return names, rows[-1]["id"] if len(rows) == limit else None


async def _by_name(
    tx: Transaction, sought: _Sought, after: Key | None, limit: int, walked: int | None = None, *, falling: bool
) -> list[tuple[Key, str]]:
    """Of the next `walked` alone, whatever they hold, or by the index of words."""
    way, compare = ("desc", "<") if falling else ("", ">")
    behind, last = "c.account = :account", dict[str, Any]()
    if after is not None:
        behind += f" and (c.name, c.id) {compare} (cast(:name as text), cast(:id as text))"
        last = {"name": after[0], "id": after[1]}
    source, where = sought.source, sought.narrowed
    if walked is not None:
        source, where = f"(select * from contacts c where {behind} order by c.name {way}, c.id {way} limit {walked}) c", sought.where
    rows = await tx.all(
        f"select c.name, c.id from {source} where {behind} and {where} order by c.name {way}, c.id {way} limit :limit",
        limit=limit,
        **sought.parameters,
        **last,
    )
    return [((row["name"], row["id"]), row["id"]) for row in rows]


async def _recent(tx: Transaction, sought: _Sought, after: Key | None, limit: int, walked: int | None = None) -> list[tuple[Key, str]]:
    found: list[tuple[Key, str]] = []
    if after is None or after[0] != 0:
        behind, last = "v.account = :account", dict[str, Any]()
        if after is not None:
            behind += " and (v.active_at, v.id) < (cast(:at as bigint), cast(:id as text))"
            last = {"at": after[0], "id": after[1]}
        some, where = "conversations", sought.narrowed
        if walked is not None:
            some = f"(select * from conversations v where {behind} order by v.active_at desc, v.id desc limit {walked})"
            where = sought.where
        if sought.few:
            some = f"(select v.* from json_each(:ids) i cross join conversations v where v.contact = i.value ->> 'id' {FIRST})"
        rows = await tx.all(
            f"""select v.active_at, v.id, v.contact from {some} v join {sought.source} on c.id = v.contact
                where {behind} and {where} and not exists (select 1 from conversations w where {_NEWER})
                order by v.active_at desc, v.id desc limit :limit""",
            limit=limit,
            **sought.parameters,
            **last,
        )
        found = [((row["active_at"], row["id"]), row["contact"]) for row in rows]
    if len(found) < limit and walked is None:
        behind, last = ("", {}) if after is None or after[0] != 0 else ("and c.id < :id", {"id": after[1]})
        rows = await tx.all(
            f"""select c.id from {sought.source} where {sought.narrowed}
                and not exists (select 1 from conversations w where w.contact = c.id) {behind}
                order by c.id desc limit :limit""",
            limit=limit - len(found),
            **sought.parameters,
            **last,
        )
        found += [((0, row["id"]), row["id"]) for row in rows]
    return found


async def _sought(tx: Transaction, account: str, wanted: Wanted) -> _Sought:
    where, parameters = "c.account = :account", dict[str, Any](account=account)
    ids, held = wanted.ids, ""
    if wanted.ready is not None:
        where += f" and c.ready_at is {'not ' if wanted.ready else ''}null"
    if wanted.tag:
        where += " and c.tags like :tag escape '!'"
        parameters["tag"] = containing(_json(wanted.tag))
    if wanted.live_filter:
        where += " and c.id in (select contact from live_filter_members where live_filter = :live_filter)"
        parameters["live_filter"] = wanted.live_filter
    if wanted.q:
        query = wanted.q.lower()
        wording = Wording(tx, account, wanted.q)
        rare = await wording.rare(tx)
        if rare is not None:
            ids = rare if ids is None else [*set(ids).intersection(rare)]
        elif not wording.short:
            held, parameters = wording.contacts, parameters | wording.parameters
        number = containing_digits(wanted.q)
        by_number = ""
        if number:
            by_number = " or exists (select 1 from contact_phones p where p.contact = c.id and p.number like :number)"
            parameters["number"] = number
        name, fields = wording.lower("c.name"), wording.lower("c.fields")
        where += f" and ({name} like :query escape '!' or {fields} like :email escape '!'{by_number})"
        # The address is the last of the fields as they are stored, so that nothing else can be found behind its name.
        parameters |= {"query": containing(query), "email": '%"email":"' + containing(_json(query)[1:-1])}
    if ids is None:
        return _Sought("contacts c", where, parameters, held)
    given = batch({"id": id} for id in set(ids))
    source = f"(select c.* from json_each(:ids) i cross join contacts c where c.id = i.value ->> 'id' {FIRST}) c"
    return _Sought(source, where, parameters | {"ids": given}, few=True)


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
