"""Reading from the database what Redis did not bring: at a steady pace, and at once where something is known to be missing."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from channels.account import Account
from channels.bus import Bus
from channels.ear import ready
from channels.envelope import Envelope
from channels.lull import Lull

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
ANXIOUS_SECONDS = 0.5
"""The pace while Redis is bad."""
SOON_SECONDS = 0.05
PORTION_BYTES = 256 * 1024
"""Given to the tabs of an account at once."""


@dataclass(frozen=True, slots=True)
class Swept:
    """Events after the asked positions, each account's in order without a gap; `more` when there was too much for one reading."""

    epoch: str
    envelopes: Sequence[Envelope]
    more: bool


class Source(Protocol):
    """Where the truth is read. May raise; then it is asked again later."""

    async def head(self, account: str) -> tuple[int, str]:
        """The account's last position, and the epoch. Raises LookupError for an account that is not there."""

    async def after(self, floors: Mapping[str, int]) -> Swept:
        """What was written after these positions, for all these accounts in one reading."""


class Sweep:
    """Moves the floors of all `accounts`, and tells their tabs. `tidy` is called at the steady pace."""

    def __init__(self, bus: Bus, source: Source, accounts: dict[str, Account], lull: Lull, tidy: Callable[[], None]) -> None:
        self.epoch = ""
        self._bus = bus
        self._source = source
        self._accounts = accounts
        self._lull = lull
        self._tidy = tidy
        self._hinted: set[str] = set()
        self._wake = asyncio.Event()

    def now(self, account_id: str) -> None:
        """Something of this account may have been missed."""
        self._hinted.add(account_id)
        self._wake.set()

    def soon(self, account_id: str) -> None:
        """Something of this account is there whose order only the database knows."""
        self._hinted.add(account_id)
        asyncio.get_running_loop().call_later(SOON_SECONDS, self._wake.set)

    def all(self) -> None:
        self._hinted.update(self._accounts)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        due = _now() + SWEEP_SECONDS
        while True:
            pace = SWEEP_SECONDS if self._bus.healthy else ANXIOUS_SECONDS
            due = min(due, _now() + pace)
            await self._until(due)
            hinted, self._hinted = self._hinted, set()
            regular = _now() >= due
            try:
                await self.sweep(set(self._accounts) if regular else hinted)
            except Exception:
                # The tick's outermost loop: the database is away or worse, and may come back.
                self._bus.counters.sweep_failures += 1
                self._hinted |= hinted
                log.warning("The sweep failed", exc_info=True)
                await asyncio.sleep(ANXIOUS_SECONDS / 2)
            if regular:
                due = _now() + pace
                self._tell()
                self._tidy()

    async def sweep(self, account_ids: set[str]) -> None:
        more = True
        while more:
            floors = {each: self._accounts[each].floor for each in account_ids if each in self._accounts}
            if not floors:
                return
            self._bus.counters.sweeps += 1
            found = await self._source.after(floors)
            if found.epoch != self.epoch:
                await self._begin_anew(found.epoch)
                return
            rows: dict[str, list[Envelope]] = {}
            for envelope in found.envelopes:
                rows.setdefault(envelope.account, []).append(envelope)
            for account_id, some in rows.items():
                for portion in _portions(some):
                    await self._lull.over()
                    if account_id in self._accounts:
                        self._accounts[account_id].swept(portion)
                    await asyncio.sleep(0)  # lets the tabs be written to
            more = found.more

    async def _begin_anew(self, epoch: str) -> None:
        heads = [(account, await self._head(account.id)) for account in list(self._accounts.values())]
        for account, position in heads:
            account.restart(position)
        self.epoch = epoch

    async def _head(self, account_id: str) -> int:
        try:
            position, _ = await self._source.head(account_id)
        except LookupError:
            return 0  # it came after the backup, and its sessions with it
        return position

    async def _until(self, due: float) -> None:
        if not self._wake.is_set():
            handle = asyncio.get_running_loop().call_at(due, self._wake.set)
            await self._wake.wait()
            handle.cancel()
        self._wake.clear()

    def _tell(self) -> None:
        for account in self._accounts.values():
            behind = [ear for ear in account.everyone.ears if ear.held is None and ear.told < account.floor]
            if behind:
                frame = ready(account.floor)
                for ear in behind:
                    ear.told = account.floor
                    ear.outbox.push(frame)


def _portions(some: list[Envelope]) -> Iterator[list[Envelope]]:
    """In order, of about `PORTION_BYTES` each."""
    began = size = 0
    for number, envelope in enumerate(some, 1):
        size += len(envelope.body)
        if size >= PORTION_BYTES or number == len(some):
            yield some[began:number]
            began, size = number, 0


def _now() -> float:
    return asyncio.get_running_loop().time()
