"""The batch writer: everything that waits shares one transaction, and nobody is answered before it is committed."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from channels.envelope import Envelope
from server.desk.ledger import write_events
from server.desk.renewals import Renewals
from server.desk.work import Work
from server.domain.errors import Refused
from server.exhaustion import heed
from server.failpoints import failpoint
from server.spread import Spread
from server.store.database import Conflict, Database, Transaction, Unavailable

T = TypeVar("T")
R = TypeVar("R")
I = TypeVar("I")  # noqa: E741

BATCH = 32
ATTEMPTS = 3
SIZES = (1, 2, 4, 8, 16, 32, 64)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

Published = Callable[[Sequence[Envelope], frozenset[str]], None]
"""Called after a commit with its events, in order, and the roles to wake. Must not block."""

Change = Callable[[Work], Awaitable[T]]
Then = Callable[[Transaction, T], Awaitable[R]]
Locks = Sequence[str] | Callable[[Work], Awaitable[Iterable[str]]]
"""The conversations that a change will lock: their ids, or how to find them in its transaction."""


@dataclass(frozen=True, slots=True)
class Group(Generic[I, R]):
    """Items that are handled together: `handle` gives one result for each, `locks` the conversations that they will lock."""

    handle: Callable[[Work, Sequence[I]], Awaitable[Sequence[R]]]
    locks: Callable[[Work, Sequence[I]], Awaitable[Iterable[str]]]


@dataclass(slots=True)
class _Job:
    done: asyncio.Future[Any]
    change: Change[Any] | None = None
    then: Then[Any, Any] | None = None
    group: Group[Any, Any] | None = None
    item: Any = None
    key: object = None
    locks: Locks = ()
    alone: bool = False


class Writer:
    """One a process. `run` must be running for `do` and `join` to be answered.

    A batch is one transaction; an item that the rules refuse spoils only itself, and after any other failure each item is tried alone.
    Where the database takes several writes at once (`abreast`), so many batches are under way, as if each were another process's.
    """

    def __init__(self, db: Database, published: Published) -> None:
        self._db = db
        self._published = published
        self._jobs: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._under_way: dict[asyncio.Task[None], set[object]] = {}
        self._renewals = Renewals()
        self.batches = 0
        self.written = 0
        self.failed = 0
        self.sizes, self.seconds = Spread(SIZES), Spread(SECONDS)

    async def do(self, change: Change[T], then: Then[T, R], *, key: object = None, locks: Locks = (), alone: bool = False) -> R:
        """Runs `change`, and `then` after everything is written, in the same transaction; returns what `then` returns, committed.

        Two with the same `key` never share a transaction, so that the second sees what the first left. The `locks` of all that share
        one are taken first, in one order, so that two processes never wait for each other. `alone`: it shares its transaction with
        nobody, since it locks the account, which everybody else does last.
        """
        job = _Job(asyncio.get_running_loop().create_future(), change=change, then=then, key=key, locks=locks, alone=alone)
        return cast(R, await self._wait(job))

    async def join(self, group: Group[I, R], item: I) -> R:
        """As `do` for an item that is handled together with all others of its group that wait."""
        return cast(R, await self._wait(_Job(asyncio.get_running_loop().create_future(), group=group, item=item)))

    async def run(self) -> None:
        """Until `stop`, and what waited by then is written."""
        async with asyncio.TaskGroup() as tasks:
            while (first := await self._jobs.get()) is not None:
                await self._room(self._db.abreast)
                jobs = [first]
                while len(jobs) < BATCH and not self._jobs.empty():
                    job = self._jobs.get_nowait()
                    if job is None:
                        self._jobs.put_nowait(None)
                        break
                    jobs.append(job)
                for some in _apart([job for job in jobs if not job.done.done()]):
                    await self._begin(some, tasks)

    def stop(self) -> None:
        """Ends `run` behind everything that waits now."""
        self._jobs.put_nowait(None)

    async def _wait(self, job: _Job) -> Any:
        self._jobs.put_nowait(job)
        return await job.done

    async def _begin(self, jobs: list[_Job], tasks: asyncio.TaskGroup) -> None:
        """Returns when the next batch may begin beside this one, if the database takes one: this one's locks are held, so that what comes
        later in a conversation waits for it."""
        keys = {job.key for job in jobs if job.key is not None}
        shared = not any(job.alone for job in jobs)
        await self._room(self._db.abreast if shared and all(keys.isdisjoint(others) for others in self._under_way.values()) else 1)
        if self._db.abreast == 1:
            await self._write(jobs, lambda: None)
            return
        locked = asyncio.Event()
        task = tasks.create_task(self._write(jobs, locked.set))
        task.add_done_callback(lambda _: locked.set())
        self._under_way[task] = keys
        await locked.wait()
        if not shared:
            await self._room(1)

    async def _room(self, most: int) -> None:
        """Until fewer than so many batches are under way."""
        while len(self._under_way) >= most:
            done, _ = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._under_way.pop(task)

    async def _write(self, jobs: list[_Job], locked: Callable[[], object]) -> None:
        if not jobs:
            return
        began = time.monotonic()
        try:
            outcomes, work, envelopes = await self._commit(jobs, locked)
        except Exception as error:  # noqa: BLE001 - the outermost loop of every write: the failure goes to whoever waits
            heed(error)  # whether it was committed is not known, and each item alone would be done again
            if len(jobs) > 1 and not isinstance(error, Unavailable):
                for job in jobs:
                    await self._write([job], locked)
                return
            outcomes, work, envelopes = [error] * len(jobs), None, []
            self.failed += 1
        else:
            self.sizes.add(len(jobs))
            self.seconds.add(time.monotonic() - began)
        self.batches += 1
        self.written += len(jobs)
        if work is not None and (envelopes or work.staged.wakes):
            failpoint("writer.committed")
            self._published(envelopes, frozenset(work.staged.wakes))
        _answer(jobs, outcomes)

    async def _commit(self, jobs: list[_Job], locked: Callable[[], object]) -> tuple[list[Any], Work, list[Envelope]]:
        for attempt in range(ATTEMPTS):
            try:
                return await self._db.write(lambda tx: _batch(tx, jobs, locked, self._renewals))
            except Conflict:
                # Another process made the same contact or conversation meanwhile: the next try finds it.
                if len(jobs) > 1 or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError


def _answer(jobs: list[_Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.done.done():
            continue
        if isinstance(outcome, BaseException):
            job.done.set_exception(outcome)
        else:
            job.done.set_result(outcome)


def _apart(jobs: list[_Job]) -> list[list[_Job]]:
    """The jobs in batches in which no key stands twice, each key's in their order; then those that share with nobody."""
    batches: list[list[_Job]] = []
    seen: Counter[object] = Counter()
    for job in jobs:
        if job.alone:
            continue
        turn = seen[job.key] if job.key is not None else 0
        seen[job.key] += 1
        while len(batches) <= turn:
            batches.append([])
        batches[turn].append(job)
    return [*batches, *([job] for job in jobs if job.alone)]


async def _batch(
    tx: Transaction, jobs: list[_Job], locked: Callable[[], object], renewals: Renewals
) -> tuple[list[Any], Work, list[Envelope]]:
    began = renewals.begin()
    work = Work(tx)
    outcomes: list[Any] = [None] * len(jobs)
    groups: dict[Group[Any, Any], list[int]] = {}
    for index, job in enumerate(jobs):
        if job.group is not None:
            groups.setdefault(job.group, []).append(index)
    await work.load(await _wanted(work, jobs, groups))
    locked()
    for group, indexes in groups.items():
        for index, outcome in zip(indexes, await group.handle(work, [jobs[i].item for i in indexes]), strict=True):
            outcomes[index] = outcome
    for index, job in enumerate(jobs):
        if job.change is not None:
            outcomes[index] = await _one(work, job.change)
    await work.save()
    for index, job in enumerate(jobs):
        if job.then is not None and not isinstance(outcomes[index], Refused):
            outcomes[index] = await job.then(tx, outcomes[index])
    return outcomes, work, await write_events(work, renewals, began)


async def _wanted(work: Work, jobs: list[_Job], groups: Mapping[Group[Any, Any], list[int]]) -> set[str]:
    """Every conversation that this batch says it will lock."""
    wanted: set[str] = set()
    for locks in [job.locks for job in jobs]:
        wanted.update(await locks(work) if callable(locks) else locks)
    for group, indexes in groups.items():
        wanted.update(await group.locks(work, [jobs[i].item for i in indexes]))
    return wanted


async def _one(work: Work, change: Change[Any]) -> Any:
    try:
        async with work.item():
            return await change(work)
    except Refused as refused:
        return refused
