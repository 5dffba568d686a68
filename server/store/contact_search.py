"""Contacts found by name, number, e-mail address, readiness, tag and live filter, by keyset in three orders; counted; their tags."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from server.domain.wanted import Sort, Wanted
from server.store.database import Transaction, batch, stored_text
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
    """What is wanted, as SQL: contacts `c` from `source` for which `where` holds. `few`: `source` names them by their ids. `held`: id,
    account and name of all that hold the words, by the index of these; `short` words do not narrow much. `alone`: nothing but words is
    asked for."""

    source: str
    where: str
    parameters: dict[str, Any]
    held: str = ""
    few: bool = False
    short: bool = False
    alone: bool = False

    @property
    def narrows(self) -> bool:
        return self.held != "" and not self.few and not self.short

    @property
    def narrowed(self) -> str:
        return f"{self.where} and c.id in (select h.id from ({self.held}) h)" if self.narrows else self.where


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Part of a list, in the order of `by` and `id`: behind `after`, and up to `edge`."""

    rows: str
    by: str
    id: str
    kind: str
    after: Key | None
    falling: bool
    edge: Key | None = None

    @property
    def where(self) -> str:
        place = f"({self.by}, {self.id})"
        behind = f" and {place} {'<' if self.falling else '>'} {self._key('after')}" if self.after else ""
        near = f" and {place} {'>=' if self.falling else '<='} {self._key('edge')}" if self.edge else ""
        return f"{self.rows.rpartition(' ')[2]}.account = :account{behind}{near}"

    @property
    def order(self) -> str:
        way = "desc" if self.falling else ""
        return f"order by {self.by} {way}, {self.id} {way}"

    @property
    def parameters(self) -> dict[str, Any]:
        keys = {"after": self.after, "edge": self.edge}
        return {f"{name}_{part}": value for name, key in keys.items() if key for part, value in zip(("by", "id"), key, strict=True)}

    async def near(self, tx: Transaction, account: str) -> "_Stretch":
        """Its next WALKED alone, without an edge where there are not so many. Keys of an index are stepped over."""
        row = await tx.one(
            f"select {self.by} as by_value, {self.id} as id from {self.rows} where {self.where} {self.order} limit 1 offset {WALKED}",
            account=account,
            **self.parameters,
        )
        return replace(self, edge=(row["by_value"], row["id"])) if row else self

    def _key(self, name: str) -> str:
        return f"(cast(:{name}_by as {self.kind}), cast(:{name}_id as text))"


async def contact_page(
    tx: Transaction, account: str, wanted: Wanted, *, sort: Sort, after: Key | None, limit: int
) -> list[tuple[Key, str]]:
    """(key, contact id) of at most `limit` contacts behind `after`. `recent`: the newest conversation first, then those that have
    none, the newest first."""
    sought = await _sought(tx, account, wanted)
    if sort == "recent":
        return await _recent(tx, sought, after, limit)
    return await _by_name(tx, sought, _Stretch("contacts c", "c.name", "c.id", "text", after, falling=sort == "-name"), limit)


async def total(tx: Transaction, account: str, wanted: Wanted) -> int | None:
    """How many there are, None for more than COUNTED."""
    sought = await _sought(tx, account, wanted, counted=True)
    found = f"{sought.source} where {sought.where}"
    if sought.held:
        found = f"({sought.held}) h"
        if not sought.alone:
            # Each by itself, until there are enough: PostgreSQL would read all contacts to join them.
            found += f" where (select 1 from contacts c where c.id = h.id and {sought.where}) = 1"
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


async def _by_name(tx: Transaction, sought: _Sought, part: _Stretch, limit: int) -> list[tuple[Key, str]]:
    async def among(source: str, where: str, part: _Stretch) -> list[tuple[Key, str]]:
        rows = await tx.all(
            f"select c.name, c.id from {source} where {part.where} and {where} {part.order} limit :limit",
            limit=limit,
            **sought.parameters,
            **part.parameters,
        )
        return [((row["name"], row["id"]), row["id"]) for row in rows]

    if sought.held and not sought.few:
        near = await part.near(tx, sought.parameters["account"])
        found = await among(sought.source, sought.where, near)
        if len(found) == limit or near.edge is None:
            return found
    if sought.held and sought.alone:
        return await among(f"({sought.held}) c", "c.account = :account", part)
    return await among(sought.source, sought.narrowed, part)


async def _recent(tx: Transaction, sought: _Sought, after: Key | None, limit: int) -> list[tuple[Key, str]]:
    async def among(talks: str, where: str, part: _Stretch) -> list[tuple[Key, str]]:
        rows = await tx.all(
            f"""select v.active_at, v.id, v.contact from {talks} v join contacts c on c.id = v.contact
                where {part.where} and {where} and not exists (select 1 from conversations w where {_NEWER})
                {part.order} limit :limit""",
            limit=limit,
            **sought.parameters,
            **part.parameters,
        )
        return [((row["active_at"], row["id"]), row["contact"]) for row in rows]

    found: list[tuple[Key, str]] = []
    last = "" if after is None or after[0] != 0 else after[1]
    if not last:
        part = _Stretch("conversations v", "v.active_at", "v.id", "bigint", after, falling=True)
        talks = "conversations"
        if sought.few:
            talks = f"(select v.* from json_each(:ids) i cross join conversations v where v.contact = i.value ->> 'id' {FIRST})"
        near = await part.near(tx, sought.parameters["account"]) if sought.narrows else None
        if near:
            found = await among(talks, sought.where, near)
        if near is None or (near.edge and len(found) < limit):
            found = await among(talks, sought.narrowed, part)
    if len(found) < limit:
        rows = await tx.all(
            f"""select c.id from {sought.source} where {sought.narrowed}
                and not exists (select 1 from conversations w where w.contact = c.id){" and c.id < :last" if last else ""}
                order by c.id desc limit :limit""",
            limit=limit - len(found),
            **sought.parameters,
            **({"last": last} if last else {}),
        )
        found += [((0, row["id"]), row["id"]) for row in rows]
    return found


async def _sought(tx: Transaction, account: str, wanted: Wanted, *, counted: bool = False) -> _Sought:
    """`counted`: it does not matter whether they are few."""
    where, parameters = "c.account = :account", dict[str, Any](account=account)
    ids, held, short, alone = wanted.ids, "", False, wanted == Wanted(q=wanted.q)
    if wanted.ready is not None:
        where += f" and c.ready_at is {'not ' if wanted.ready else ''}null"
    if wanted.tag:
        where += " and c.tags like :tag escape '!'"
        parameters["tag"] = containing(_json(wanted.tag))
    if wanted.live_filter:
        where += " and c.id in (select contact from live_filter_members where live_filter = :live_filter)"
        parameters["live_filter"] = wanted.live_filter
    if wanted.q:
        query = stored_text(wanted.q.lower())
        wording = Wording(tx, account, wanted.q)
        number = containing_digits(wanted.q)
        by_number = ""
        if number:
            by_number = " or exists (select 1 from contact_phones p where p.contact = c.id and p.number like :number)"
            parameters["number"] = number
        name, fields = wording.lower("c.name"), wording.lower("c.fields")
        holds = f"({name} like :query escape '!' or {fields} like :email escape '!'{by_number})"
        where += f" and {holds}"
        # The address is the last of the fields as they are stored, so that nothing else can be found between its name and its last quote.
        parameters |= {"query": containing(query), "email": '%"email":"' + containing(_json(query)[1:-1]) + '"%'}
        # Letters that most contacts hold narrow less than what else is asked for.
        short = wording.short
        if wording.indexed and (alone or not short):
            held, parameters = wording.found(holds), parameters | wording.parameters
        rare = None if counted and alone else await wording.rare(tx)
        if rare is not None:
            ids = rare if ids is None else [*set(ids).intersection(rare)]
    if ids is None:
        return _Sought("contacts c", where, parameters, held, short=short, alone=alone)
    given = batch({"id": id} for id in set(ids))
    source = f"(select c.* from json_each(:ids) i cross join contacts c where c.id = i.value ->> 'id' {FIRST}) c"
    return _Sought(source, where, parameters | {"ids": given}, held if alone else "", few=True, short=short, alone=alone)


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
