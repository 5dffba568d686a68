"""Contacts from a CSV file: a line adds a contact, or changes the one that has its number."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from server.desk import importing
from server.desk.contact_changes import add_contacts, change_contacts
from server.desk.contact_lines import Duplicates, Line, Outcome, Plan, described, numbers_of, read_lines
from server.desk.desk import Desk, Once
from server.desk.importing import CheckedImport, ImportShape, Lines
from server.desk.work import Work
from server.desk.writer import Locks
from server.domain.contact_csv import Table, columns_of, read_table
from server.domain.user import Actor, User
from server.store import contact_imports, contacts
from server.store.contact_imports import ContactImport, Counts, Reject
from server.store.contacts import Contact
from server.store.database import Transaction


async def check_import(
    desk: Desk, user: User, content: bytes, mapping: Mapping[str, str] | None, duplicates: Duplicates, once: Once | None = None
) -> CheckedImport | msgspec.Raw:
    """Raises `Invalid` for a file that cannot be read. Changes no contact."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    table = await asyncio.to_thread(read_table, content)
    return await importing.check(desk, CONTACTS, user, table, Plan(tuple(columns_of(table.headers, mapping)), duplicates), once)


async def start_import(
    desk: Desk, user: User, content: bytes, mapping: Mapping[str, str] | None, duplicates: Duplicates, once: Once | None = None
) -> ImportShape | msgspec.Raw:
    """Raises `Invalid` for a file that cannot be read, and for a mapping without numbers."""
    table = await asyncio.to_thread(read_table, content)
    return await importing.start(desk, CONTACTS, user, content, table, Plan(tuple(columns_of(table.headers, mapping)), duplicates), once)


class _Contacts:
    kind: contact_imports.ImportKind = "contacts"
    plan = Plan

    def table(self, content: bytes) -> Table:
        return read_table(content)

    def read(self, start: int, lines: Lines, plan: Plan) -> list[Line]:
        return read_lines(start, lines, plan)

    def foresight(self, user: User, plan: Plan) -> "_Foresight":
        return _Foresight(user, plan)

    def locks(self, _account: str, _lines: list[Line]) -> Locks:
        return ()

    async def take(self, work: Work, job: ContactImport, plan: Plan, lines: list[Line], actor: Actor) -> tuple[Counts, list[Reject]]:
        before, owners = await _held(work, job.account, numbers_of(lines))
        outcome = Outcome(work.now, plan.duplicates, owners)
        added, changed = described(job.account, work.now, before, outcome.settle(lines))
        await add_contacts(work, actor, added, "import")
        await change_contacts(work, actor, changed, "import")
        return outcome.counts, outcome.rejects


CONTACTS = _Contacts()


class _Foresight:
    """Whose the numbers would be by then, as far as the lines were read."""

    def __init__(self, user: User, plan: Plan) -> None:
        self._account = user.account
        self._duplicates = plan.duplicates
        self._owners: dict[str, str] = {}

    async def look(self, desk: Desk, lines: list[Line]) -> tuple[Counts, list[Reject]]:
        self._owners |= await desk.read(_owners(self._account, numbers_of(lines) - self._owners.keys()))
        outcome = Outcome(0, self._duplicates, self._owners)
        outcome.settle(lines)
        return outcome.counts, outcome.rejects


async def _held(work: Work, account: str, numbers: set[str]) -> tuple[dict[str, Contact], dict[str, str]]:
    """The contacts of these numbers by id, held, and their ids by number, as they are once they are held."""
    keys = [(account, number) for number in numbers]
    held = await contacts.hold(work.tx, account, (await contacts.owners(work.tx, keys)).values())
    owners = {number: id for (_, number), id in (await contacts.of_phones(work.tx, keys)).items()}
    held |= await contacts.hold(work.tx, account, owners.values() - held.keys())
    work.staged.contacts.update(held)
    return held, owners


def _owners(account: str, numbers: set[str]) -> Callable[[Transaction], Awaitable[dict[str, str]]]:
    async def read(tx: Transaction) -> dict[str, str]:
        return {n: id for (_, n), id in (await contacts.owners(tx, [(account, number) for number in numbers])).items()}

    return read
