"""A list of opt-outs from a CSV file: every number on it is opted out, a contact's or nobody's; who is already stays as they are."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec

from server.desk import importing
from server.desk.consent import opt_out
from server.desk.desk import Desk, Once
from server.desk.importing import CheckedImport, ImportShape, Lines
from server.desk.work import Work
from server.desk.writer import Locks
from server.domain.contact_csv import Column, Fault, Table
from server.domain.opt_out_csv import Asked, asked_of, list_columns, read_list
from server.domain.user import Actor, User
from server.store import consent, contact_imports, contacts, conversations
from server.store.consent import Standing
from server.store.contact_imports import ContactImport, Counts, Reject
from server.store.database import Transaction


class ListPlan(msgspec.Struct, frozen=True):
    """What the columns mean: number, reason, at or ignore."""

    columns: tuple[Column, ...]

    @property
    def numbered(self) -> bool:
        return any(column.means == "number" for column in self.columns)


@dataclass(frozen=True, slots=True)
class ListLine:
    """One line of the file: `place` counts from 0 below the headers. `asked` is None where it has faults."""

    place: int
    number: int
    cells: list[str]
    asked: Asked | None
    faults: list[Fault]


async def check_list(desk: Desk, user: User, content: bytes, once: Once | None = None) -> CheckedImport | msgspec.Raw:
    """Raises `Invalid` for a file that cannot be read. Opts nobody out."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    table = await asyncio.to_thread(read_list, content)
    return await importing.check(desk, OPT_OUTS, user, table, ListPlan(list_columns(table.headers)), once)


async def start_list(desk: Desk, user: User, content: bytes, once: Once | None = None) -> ImportShape | msgspec.Raw:
    """Raises `Invalid` for a file that cannot be read, and for one without numbers."""
    table = await asyncio.to_thread(read_list, content)
    return await importing.start(desk, OPT_OUTS, user, content, table, ListPlan(list_columns(table.headers)), once)


class _OptOuts:
    kind: contact_imports.ImportKind = "opt_outs"
    plan = ListPlan

    def table(self, content: bytes) -> Table:
        return read_list(content)

    def read(self, start: int, lines: Lines, plan: ListPlan) -> list[ListLine]:
        read = []
        for place, (number, cells) in enumerate(lines, start):
            asked, faults = asked_of(number, cells, plan.columns)
            read.append(ListLine(place, number, cells, asked, faults))
        return read

    def foresight(self, user: User, _plan: ListPlan) -> "_Foresight":
        return _Foresight(user)

    def locks(self, account: str, lines: list[ListLine]) -> Locks:
        async def conversations_of(work: Work) -> Iterable[str]:
            return (await conversations.by_phone(work.tx, _keys(account, lines))).values()

        return conversations_of

    async def take(
        self, work: Work, job: ContactImport, _plan: ListPlan, lines: list[ListLine], actor: Actor
    ) -> tuple[Counts, list[Reject]]:
        keys = _keys(job.account, lines)
        await work.load_standings(keys)
        owners = await contacts.owners(work.tx, keys)
        await work.load_contacts(owners.values())
        standing = {number: work.staged.standings[(account, number)] for account, number in keys}
        outcome = Outcome(work.now, standing, await consent.last_opt_ins(work.tx, job.account, standing))
        new = outcome.settle(lines)
        counts = outcome.counts
        # In one order, so that two lists never wait for each other: a number that nobody texts with has no conversation to lock.
        for asked in sorted(new, key=lambda asked: asked.number):
            key, says = (job.account, asked.number), asked.reason
            if not await opt_out(work, key, owners.get(key), actor, source="import", says=says, asked_at=asked.at, unless_out=True):
                counts += Counts(added=-1, skipped=1)
        return counts, outcome.rejects


OPT_OUTS = _OptOuts()


class Outcome:
    """What becomes of lines. `standings` and `opt_ins` (µs) by number, as they are before the first of them."""

    def __init__(self, now: int, standings: dict[str, Standing], opt_ins: dict[str, int]) -> None:
        self._now = now
        self._out = {number for number, standing in standings.items() if standing.opted_out}
        self._opt_ins = opt_ins
        self.counts = Counts()
        self.rejects: list[Reject] = []

    def settle(self, lines: Iterable[ListLine]) -> list[Asked]:
        """Those who are to be opted out, each once."""
        new = []
        for line in lines:
            asked, faults = line.asked, line.faults
            if asked is not None and asked.at is not None and asked.at > self._now:
                asked, faults = None, [Fault(line.number, None, "The date of this line is in the future.")]
            if asked is None:
                self.rejects.append(Reject(line.place, line.number, _json(line.cells), _json(faults)))
                self.counts += Counts(rejected=1)
            elif asked.number in self._out or (asked.at is not None and asked.at < self._opt_ins.get(asked.number, 0)):
                self.counts += Counts(skipped=1)
            else:
                self._out.add(asked.number)
                self.counts += Counts(added=1)
                new.append(asked)
        return new


class _Foresight:
    """Who would be opted out by then, as far as the lines were read."""

    def __init__(self, user: User) -> None:
        self._account = user.account
        self._seen: set[str] = set()

    async def look(self, desk: Desk, lines: list[ListLine]) -> tuple[Counts, list[Reject]]:
        now, standings, opt_ins = await desk.read(_standings(self._account, lines))
        standings |= dict.fromkeys(self._seen, Standing(opted_out_at=now))
        outcome = Outcome(now, standings, opt_ins)
        self._seen |= {asked.number for asked in outcome.settle(lines)}
        return outcome.counts, outcome.rejects


def _standings(account: str, lines: list[ListLine]) -> Callable[[Transaction], Awaitable[tuple[int, dict[str, Standing], dict[str, int]]]]:
    async def read(tx: Transaction) -> tuple[int, dict[str, Standing], dict[str, int]]:
        keys = _keys(account, lines)
        found = {number: standing for (_, number), standing in (await consent.standings(tx, keys)).items()}
        return tx.now, found, await consent.last_opt_ins(tx, account, (number for _, number in keys))

    return read


def _keys(account: str, lines: Iterable[ListLine]) -> list[tuple[str, str]]:
    return [(account, line.asked.number) for line in lines if line.asked is not None]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
