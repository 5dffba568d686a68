"""Files of lines that are taken over: looked at first, then some lines at a time, whoever leaves and whatever restarts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Literal, Protocol

import msgspec

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.work import Work
from server.desk.writer import Change, Locks
from server.domain.contact_csv import Column, Fault, Table
from server.domain.errors import Invalid, NotFound
from server.domain.user import SYSTEM, Actor, User
from server.exhaustion import heed
from server.ids import new_id
from server.log import get_logger
from server.store import accounts, contact_imports
from server.store.contact_imports import ContactImport, Counts, ImportKind, Reject
from server.store.database import Transaction, Unavailable

AT_ONCE = 200
"""Lines of one transaction: others are let in between."""
LEASE_US = 10_000_000
"""After this long without a line another process takes an import over."""
ERRORS = 100
KEEP_US = 7 * 24 * 3600 * 1_000_000
NO_NUMBERS = "No column holds phone numbers. Say which one does."

log = get_logger(__name__)

Lines = Sequence[tuple[int, list[str]]]
"""The number of each line in the file, and its cells."""


class ImportColumn(msgspec.Struct, frozen=True):
    """`as` is what the column means; `sample` its first cells."""

    header: str
    means: str = msgspec.field(name="as")
    sample: list[str]


class CheckedImport(msgspec.Struct, frozen=True):
    """A dry run. `rows` lines would be `new`, `updated` or `skipped`, or `rejected`; `errors` are the first of them."""

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


class Foresight(Protocol):
    """What becomes of the lines of a dry run, told some at a time and in their order."""

    async def look(self, desk: Desk, lines: list[Any], /) -> tuple[Counts, list[Reject]]: ...


class Plan(Protocol):
    """What the columns of a file mean, kept with its import as JSON."""

    @property
    def columns(self) -> Sequence[Column]: ...

    @property
    def numbered(self) -> bool:
        """Whether a column holds phone numbers."""


class Importer(Protocol):
    """One kind of file."""

    @property
    def kind(self) -> ImportKind: ...

    @property
    def plan(self) -> type[Any]:
        """A `Plan`."""

    def table(self, content: bytes, /) -> Table:
        """Raises `Invalid` for what cannot be read. Slow enough for a thread of its own, as is `read`."""

    def read(self, start: int, lines: Lines, plan: Any, /) -> list[Any]:
        """Lines with what they say; the first of them is at the place `start`."""

    def foresight(self, user: User, plan: Any, /) -> Foresight: ...

    def locks(self, account: str, lines: list[Any], /) -> Locks: ...

    async def take(self, work: Work, job: ContactImport, plan: Any, lines: list[Any], actor: Actor, /) -> tuple[Counts, list[Reject]]:
        """Takes the lines over."""


async def check(desk: Desk, importer: Importer, user: User, table: Table, plan: Plan, once: Once | None) -> CheckedImport | msgspec.Raw:
    """A dry run, which changes nothing."""

    async def insert(work: Work) -> str:
        id = new_id(work.now)
        made = ContactImport(id, user.account, user.id, "checked", _json(plan), table.count, table.count, Counts(), importer.kind)
        await contact_imports.insert(work.tx, made, None)
        return id

    await desk.again(lambda work: contact_imports.forget(work.tx, user.account, user.id, work.now - KEEP_US))
    id = await desk.change(insert)
    if plan.numbered:
        counts, errors = await _foreseen(desk, importer, user, id, table, plan)
    else:
        counts, errors = Counts(rejected=table.count), [Fault(1, None, NO_NUMBERS)]
    columns = [
        ImportColumn(column.header, column.means, [sample[place] for sample in table.samples]) for place, column in enumerate(plan.columns)
    ]
    checked = CheckedImport(id, columns, table.count, counts.added, counts.updated, counts.skipped, counts.rejected, errors)

    async def answer(work: Work) -> CheckedImport:
        await contact_imports.found(work.tx, id, counts)
        return checked

    return await write_once(desk, answer, once)


async def start(
    desk: Desk, importer: Importer, user: User, content: bytes, table: Table, plan: Plan, once: Once | None
) -> ImportShape | msgspec.Raw:
    """Raises `Invalid` for a plan without numbers."""
    if not plan.numbered:
        raise Invalid(NO_NUMBERS, field="mapping")

    async def begin(work: Work) -> ImportShape:
        made = ContactImport(new_id(work.now), user.account, user.id, "running", _json(plan), table.count, 0, Counts(), importer.kind)
        await contact_imports.insert(work.tx, made, content)
        work.wake("chores")
        return _shape(made, [])

    return await write_once(desk, begin, once)


async def progress(desk: Desk, user: User, id: str) -> ImportShape:
    async def read(tx: Transaction) -> ImportShape:
        found = await contact_imports.get(tx, user.account, id)
        if found is None or found.state == "checked":
            raise NotFound
        return _shape(found, _first(await contact_imports.rejects(tx, id, -1, ERRORS)))

    return await desk.read(read)


async def import_next(desk: Desk, holder: str, rest: Callable[[float], Awaitable[None]], importers: Mapping[ImportKind, Importer]) -> bool:
    """Takes over one import that waits, and ends when all of it is in. False where none waits.

    One that goes wrong has failed for good, unless the database cannot be reached: then it goes on when its lease has ended. `rest` is
    given the seconds that some lines took, so that others have as many.
    """
    if not await desk.read(contact_imports.any_to_take):
        return False  # without keeping anybody from writing
    taken = await desk.change(lambda work: contact_imports.take(work.tx, holder, work.now + LEASE_US))
    if taken is None:
        return False
    job, content = taken
    try:
        await _go_through(desk, importers[job.kind], job, content, holder, rest)
    except _Overtaken:
        log.info("import.overtaken", id=job.id)
    except Unavailable:
        raise
    except Exception as error:  # it would fail again: the lines that were dealt with stay
        heed(error)
        log.error("import.failed", id=job.id, exc_info=error)
        await desk.change(lambda work: contact_imports.fail(work.tx, job.id, holder))
    return True


class _Overtaken(Exception):
    """Another process works at this import by now."""


async def _go_through(
    desk: Desk, importer: Importer, job: ContactImport, content: str, holder: str, rest: Callable[[float], Awaitable[None]]
) -> None:
    plan = msgspec.json.decode(job.plan, type=importer.plan)
    table = await asyncio.to_thread(importer.table, content.encode())
    lines = islice(table.lines(), job.done, None)
    loop = asyncio.get_running_loop()
    while some := list(islice(lines, AT_ONCE)):
        began = loop.time()
        read = await asyncio.to_thread(importer.read, job.done, some, plan)
        await desk.change(_taking(importer, job, holder, plan, read), locks=importer.locks(job.account, read))
        job = replace(job, done=job.done + len(some))
        await rest(loop.time() - began)
    await desk.change(lambda work: contact_imports.end(work.tx, job.id, holder))


def _taking(importer: Importer, job: ContactImport, holder: str, plan: Any, lines: list[Any]) -> Change[None]:
    async def change(work: Work) -> None:
        counts, rejects = await importer.take(work, job, plan, lines, await _actor(work, job.user))
        if not await contact_imports.go_on(work.tx, job, holder, counts, len(lines), work.now + LEASE_US):
            raise _Overtaken
        await contact_imports.reject(work.tx, job.id, rejects)

    return change


async def _foreseen(desk: Desk, importer: Importer, user: User, id: str, table: Table, plan: Plan) -> tuple[Counts, list[Fault]]:
    """What the import would do, were nothing to change until then; the rejects are kept with the dry run as they are found."""
    foresight, counts = importer.foresight(user, plan), Counts()
    errors: list[Fault] = []
    lines, place = table.lines(), 0
    while some := list(islice(lines, AT_ONCE)):
        read = await asyncio.to_thread(importer.read, place, some, plan)
        found, rejects = await foresight.look(desk, read)
        counts += found
        if rejects:
            errors = (errors + _first(rejects))[:ERRORS]
            await desk.change(_rejecting(id, counts, rejects))
        place += len(some)
    return counts, errors


def _rejecting(id: str, counts: Counts, rejects: list[Reject]) -> Change[None]:
    async def change(work: Work) -> None:
        if await contact_imports.found(work.tx, id, counts):
            await contact_imports.reject(work.tx, id, rejects)

    return change


async def _actor(work: Work, user: str) -> Actor:
    found = (await accounts.users(work.tx, [user])).get(user)
    return work.know(found) if found is not None else SYSTEM


def _first(rejects: list[Reject]) -> list[Fault]:
    return [fault for reject in rejects for fault in msgspec.json.decode(reject.faults, type=list[Fault])][:ERRORS]


def _shape(job: ContactImport, errors: list[Fault]) -> ImportShape:
    assert job.state != "checked"
    c = job.counts
    return ImportShape(job.id, job.state, job.lines, job.done, c.added, c.updated, c.skipped, c.rejected, errors)


def _json(plan: Plan) -> str:
    return msgspec.json.encode(plan).decode()
