"""Contacts as lines of a CSV file, read some at a time, each time from a snapshot of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable

from server.desk.desk import Desk
from server.domain.contact_csv import HEADERS, field_header
from server.domain.errors import NotFound
from server.domain.user import User
from server.domain.wanted import Wanted
from server.store import consent, contact_search, contacts, live_filters
from server.store.database import Transaction

AT_ONCE = 500
NAMES_AT_ONCE = 2_000
"""Contacts whose custom fields are looked at together."""
OPTED_OUT = "Opted out"


async def columns(desk: Desk, user: User, wanted: Wanted) -> tuple[list[str], list[str]]:
    """The headers of the file, and the names of the custom fields that are the last of its columns. Raises `NotFound`."""

    names: set[str] = set()
    after: str | None = ""
    while after is not None:
        found, after = await desk.read(_names(user, wanted, after))
        names |= found
    fields = sorted(names - {"email"})
    return [*HEADERS.values(), OPTED_OUT, *map(field_header, fields)], fields


async def lines(desk: Desk, user: User, wanted: Wanted, fields: list[str]) -> AsyncIterator[list[str]]:
    """By name. Several numbers of a kind, and several tags, stand in one cell with ; between them."""
    after: contact_search.Key | None = None
    while True:
        found, after = await desk.read(_part(user, wanted, fields, after))
        for line in found:
            yield line
        if after is None:
            return


def _names(user: User, wanted: Wanted, after: str) -> Callable[[Transaction], Awaitable[tuple[set[str], str | None]]]:
    async def read(tx: Transaction) -> tuple[set[str], str | None]:
        if wanted.live_filter is not None and await live_filters.get(tx, user.account, wanted.live_filter) is None:
            raise NotFound
        return await contact_search.field_names(tx, user.account, wanted, after=after, limit=NAMES_AT_ONCE)

    return read


def _part(
    user: User, wanted: Wanted, fields: list[str], after: contact_search.Key | None
) -> Callable[[Transaction], Awaitable[tuple[list[list[str]], contact_search.Key | None]]]:
    async def read(tx: Transaction) -> tuple[list[list[str]], contact_search.Key | None]:
        keys = await contact_search.contact_page(tx, user.account, wanted, sort="name", after=after, limit=AT_ONCE)
        found = await contacts.get(tx, [id for _, id in keys])
        numbers = ((user.account, phone.number) for c in found.values() for phone in c.phones)
        opted_out = {number for (_, number), standing in (await consent.standings(tx, numbers)).items() if standing.opted_out}
        return [_line(found[id], opted_out, fields) for _, id in keys], keys[-1][0] if len(keys) == AT_ONCE else None

    return read


def _line(contact: contacts.Contact, opted_out: set[str], fields: list[str]) -> list[str]:
    numbers = {kind: "; ".join(phone.number for phone in contact.phones if phone.kind == kind) for kind in ("mobile", "landline", "other")}
    known = {
        "name": contact.name,
        **numbers,
        "email": contact.fields.get("email", ""),
        "ready": "no" if contact.ready_at is None else "yes",
        "tags": "; ".join(contact.tags),
        "timezone": contact.timezone or "",
    }
    out = "yes" if any(phone.number in opted_out for phone in contact.phones) else "no"
    return [*(known[means] for means in HEADERS), out, *(contact.fields.get(name, "") for name in fields)]
