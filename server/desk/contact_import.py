"""Contacts from a CSV file: looked at first, then taken over some lines at a time, whoever leaves and whatever restarts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Literal

import msgspec

from server.desk.contact_changes import add_contacts, change_contacts
from server.desk.contact_lines import Duplicates, Line, Outcome, Plan, described, numbers_of, read_lines
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.work import Work
from server.desk.writer import Change
from server.domain.contact_csv import Fault, Table, columns_of, read_table, without_numbers
from server.domain.errors import Invalid, NotFound
from server.domain.user import SYSTEM, Actor, User
from server.ids import new_id
from server.log import get_logger
from server.store import accounts, contact_imports, contacts
from server.store.contact_imports import ContactImport, Counts, Reject
from server.store.contacts import Contact
from server.store.database import Transaction

AT_ONCE = 200
"""Lines of one transaction: others are let in between."""
LEASE_US = 10_000_000
"""After this long without a line another process takes an import over."""
ERRORS = 100
KEEP_US = 7 * 24 * 3600 * 1_000_000
NO_NUMBERS = "No column holds phone numbers. Say which one does."

log = get_logger(__name__)


class ImportColumn(msgspec.Struct, frozen=True):
    """`as` is what the column means; `sample` its first cells."""

    header: str
    means: str = msgspec.field(name="as")
    sample: list[str]


class CheckedImport(msgspec.Struct, frozen=True):
    """A dry run. `rows` lines would be `new` contacts, `updated` or `skipped` ones, or `rejected`; `errors` are the first of them."""

    id: str
    columns: list[ImportColumn]
    rows: int
    new: int
    updated: int
    skipped: int
    rejected: int
    errors: list[Fault]


class ImportShape(msgspec.Struct, frozen=True):
    """An import that goes on by itself: `done` of its `rows` lines were dealt with."""

    id: str
    state: Literal["running", "done", "failed"]
    rows: int
    done: int
    new: int
    updated: int
    skipped: int
    rejected: int
    errors: list[Fault]


class _Overtaken(Exception):
    """Another process works at this import by now."""


async def check_import(
    desk: Desk, user: User, content: bytes, mapping: Mapping[str, str] | None, duplicates: Duplicates, once: Once | None = None
) -> CheckedImport | msgspec.Raw:
    """Raises `Invalid` for a file that cannot be read. Changes no contact."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    table = await asyncio.to_thread(read_table, content)
    plan = Plan(tuple(columns_of(table.headers, mapping)), duplicates)

    async def insert(work: Work) -> str:
        id = new_id(work.now)
        made = ContactImport(id, user.account, user.id, "checked", _json(plan), table.count, table.count, Counts())
        await contact_imports.insert(work.tx, made, None)
        return id

    await desk.again(lambda work: contact_imports.forget(work.tx, user.account, user.id, work.now - KEEP_US))
    id = await desk.change(insert)
    if without_numbers(plan.columns):
        counts, errors = Counts(rejected=table.count), [Fault(1, None, NO_NUMBERS)]
    else:
        counts, errors = await _foreseen(desk, user, id, table, plan)
    columns = [
        ImportColumn(column.header, column.means, [sample[place] for sample in table.samples]) for place, column in enumerate(plan.columns)
    ]
    checked = CheckedImport(id, columns, table.count, counts.added, counts.updated, counts.skipped, counts.rejected, errors)

    async def answer(work: Work) -> CheckedImport:
        await contact_imports.found(work.tx, id, counts)
        return checked

    return await write_once(desk, answer, once)


async def start_import(
    desk: Desk, user: User, content: bytes, mapping: Mapping[str, str] | None, duplicates: Duplicates, once: Once | None = None
) -> ImportShape | msgspec.Raw:
    """Raises `Invalid` for a file that cannot be read, and for a mapping without numbers."""
    table = await asyncio.to_thread(read_table, content)
    plan = Plan(tuple(columns_of(table.headers, mapping)), duplicates)
    if without_numbers(plan.columns):
        raise Invalid(NO_NUMBERS, field="mapping")

    async def start(work: Work) -> ImportShape:
        made = ContactImport(new_id(work.now), user.account, user.id, "running", _json(plan), table.count, 0, Counts())
        await contact_imports.insert(work.tx, made, content)
        work.wake("chores")
        return _shape(made, [])

    return await write_once(desk, start, once)


async def progress(desk: Desk, user: User, id: str) -> ImportShape:
    async def read(tx: Transaction) -> ImportShape:
        found = await _mine(tx, user, id)
        if found.state == "checked":
            raise NotFound
        return _shape(found, _first(await contact_imports.rejects(tx, id, -1, ERRORS)))

    return await desk.read(read)


async def import_next(desk: Desk, holder: str, rest: Callable[[float], Awaitable[None]]) -> bool:
    """Takes over one import that waits, and ends when all of it is in. False where none waits.

    `rest` is given the seconds that some lines took, so that others have as many.
    """
    taken = await desk.change(lambda work: contact_imports.take(work.tx, holder, work.now + LEASE_US))
    if taken is None:
        return False
    job, content = taken
    try:
        await _go_through(desk, job, content, holder, rest)
    except _Overtaken:
        log.info("import.overtaken", id=job.id)
    return True


async def give_up_import(desk: Desk, holder: str) -> None:
    """What `holder` works at has failed for good: the lines that were dealt with stay."""
    await desk.change(lambda work: contact_imports.fail(work.tx, holder))


async def _go_through(desk: Desk, job: ContactImport, content: str, holder: str, rest: Callable[[float], Awaitable[None]]) -> None:
    plan = msgspec.json.decode(job.plan, type=Plan)
    table = await asyncio.to_thread(read_table, content.encode())
    lines = islice(table.lines(), job.done, None)
    loop = asyncio.get_running_loop()
    while some := list(islice(lines, AT_ONCE)):
        began = loop.time()
        read = await asyncio.to_thread(read_lines, job.done, some, plan)
        await desk.change(_importing(job, holder, plan, read))
        job = replace(job, done=job.done + len(some))
        await rest(loop.time() - began)
    await desk.change(lambda work: contact_imports.end(work.tx, job.id, holder))


def _importing(job: ContactImport, holder: str, plan: Plan, lines: list[Line]) -> Change[None]:
    async def change(work: Work) -> None:
        before, owners = await _held(work, job.account, numbers_of(lines))
        outcome = Outcome(work.now, plan.duplicates, owners)
        added, changed = described(job.account, work.now, before, outcome.settle(lines))
        if not await contact_imports.go_on(work.tx, job, holder, outcome.counts, len(lines), work.now + LEASE_US):
            raise _Overtaken
        await contact_imports.reject(work.tx, job.id, outcome.rejects)
        actor = await _actor(work, job.user)
        await add_contacts(work, actor, added, "import")
        await change_contacts(work, actor, changed, "import")

    return change


async def _held(work: Work, account: str, numbers: set[str]) -> tuple[dict[str, Contact], dict[str, str]]:
    """The contacts of these numbers by id, held, and their ids by number, as they are once they are held."""
    keys = [(account, number) for number in numbers]
    held = await contacts.hold(work.tx, account, (await contacts.owners(work.tx, keys)).values())
    owners = {number: id for (_, number), id in (await contacts.of_phones(work.tx, keys)).items()}
    held |= await contacts.hold(work.tx, account, owners.values() - held.keys())
    work.staged.contacts.update(held)
    return held, owners


async def _foreseen(desk: Desk, user: User, id: str, table: Table, plan: Plan) -> tuple[Counts, list[Fault]]:
    """What the import would do, were nothing to change until then; the rejects are kept with the dry run as they are found."""
    outcome = Outcome(0, plan.duplicates, {})
    errors: list[Fault] = []
    lines, place = table.lines(), 0
    while some := list(islice(lines, AT_ONCE)):
        read = await asyncio.to_thread(read_lines, place, some, plan)
        outcome.owners |= await desk.read(_owners(user.account, numbers_of(read) - outcome.owners.keys()))
        outcome.settle(read)
        if outcome.rejects:
            errors = (errors + _first(outcome.rejects))[:ERRORS]
            await desk.change(_rejecting(id, outcome.counts, outcome.rejects))
            outcome.rejects = []
        place += len(some)
    return outcome.counts, errors


def _owners(account: str, numbers: set[str]) -> Callable[[Transaction], Awaitable[dict[str, str]]]:
    async def read(tx: Transaction) -> dict[str, str]:
        return {n: id for (_, n), id in (await contacts.owners(tx, [(account, number) for number in numbers])).items()}

    return read


def _rejecting(id: str, counts: Counts, rejects: list[Reject]) -> Change[None]:
    async def change(work: Work) -> None:
        if await contact_imports.found(work.tx, id, counts):
            await contact_imports.reject(work.tx, id, rejects)

    return change


async def _actor(work: Work, user: str) -> Actor:
    found = (await accounts.users(work.tx, [user])).get(user)
    return work.know(found) if found is not None else SYSTEM


async def _mine(tx: Transaction, user: User, id: str) -> ContactImport:
    found = await contact_imports.get(tx, user.account, id)
    if found is None:
        raise NotFound
    return found


def _first(rejects: list[Reject]) -> list[Fault]:
    return [fault for reject in rejects for fault in msgspec.json.decode(reject.faults, type=list[Fault])][:ERRORS]


def _shape(job: ContactImport, errors: list[Fault]) -> ImportShape:
    assert job.state != "checked"
    c = job.counts
    return ImportShape(job.id, job.state, job.lines, job.done, c.added, c.updated, c.skipped, c.rejected, errors)


def _json(plan: Plan) -> str:
    return msgspec.json.encode(plan).decode()
