"""The sandbox's network: what becomes of a text once the carrier took it, and phones that answer by themselves.

Dials turn it by hand: they belong to this process, and only the demo, which is one process, shows them. Elsewhere
every text arrives, and nobody answers.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from server.carriers.carrier import Connection, InboundText, OutboundText, Receipt
from server.clock import Clock
from server.desk.desk import Desk
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.domain.message import Message, MessageState
from server.ids import new_id
from server.log import get_logger
from server.store import messages
from server.store.database import Transaction

Delivery = Literal["ok", "slow", "fail", "lost"]

ARRIVES_SECONDS = 1.0
SLOW_SECONDS = 8.0
UNREACHABLE = ("30003", "The phone is switched off or out of coverage.")
REFUSED = ("30007", "The network refused the text.")

log = get_logger(__name__)


@dataclass(slots=True)
class Dials:
    """`delay` are the seconds that a phone takes to answer, from and to. `away` are phones out of coverage, `refused` numbers of
    ours whose texts the network does not carry. `lines` are what a phone answers, one after another, then from the start."""

    replies: bool = False
    delay: tuple[float, float] = (2.0, 8.0)
    delivery: Delivery = "ok"
    away: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Storm:
    """Texts from `phones`, in turn, to our number `to`."""

    connection: Connection
    to: str
    phones: Sequence[str]
    per_second: int
    seconds: int


class Network:
    """`carry` takes a text from the carrier at once; `run` carries it on."""

    def __init__(self) -> None:
        self.dials = Dials()
        self._taken: asyncio.Queue[tuple[Connection, OutboundText] | Storm] = asyncio.Queue()
        self._answered: dict[str, int] = {}

    async def carry(self, connection: Connection, text: OutboundText) -> None:
        self._taken.put_nowait((connection, text))

    def storm(self, storm: Storm) -> None:
        self._taken.put_nowait(storm)

    async def run(self, desk: Desk, clock: Clock) -> None:
        """For ever; what is under way when it is cancelled gets no receipt, as it happens on real networks."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                taken = await self._taken.get()
                if isinstance(taken, Storm):
                    tasks.create_task(self._rage(desk, clock, taken))
                else:
                    tasks.create_task(self._deliver(desk, clock, *taken))

    async def _deliver(self, desk: Desk, clock: Clock, connection: Connection, text: OutboundText) -> None:
        dials = self.dials
        try:
            if dials.delivery == "lost":
                return
            await clock.sleep(SLOW_SECONDS if dials.delivery == "slow" else ARRIVES_SECONDS)
            refusal = (
                REFUSED if text.sender in dials.refused else UNREACHABLE if text.to in dials.away or dials.delivery == "fail" else None
            )
            if refusal:
                code, says = refusal
                await apply_receipts(desk, connection, [Receipt(None, text.token, MessageState.UNDELIVERED, code, says)])
                return
            await apply_receipts(desk, connection, [Receipt(None, text.token, MessageState.DELIVERED)])
            await self._answer(desk, clock, connection, text)
        except Exception:
            # A receipt or an answer that gets lost, as real ones do: the text stays `sent`.
            log.exception("sandbox.text_lost", message=text.message)

    async def _answer(self, desk: Desk, clock: Clock, connection: Connection, text: OutboundText) -> None:
        """Only a person's text is answered: automatic ones would make two machines talk."""
        lines = self.dials.lines.get(text.to)
        if not self.dials.replies or not lines:
            return

        async def read(tx: Transaction) -> Message | None:
            return await messages.by_id(tx, text.message)

        message = await desk.read(read)
        if message is None or message.user is None:
            return
        await clock.sleep(random.uniform(*self.dials.delay))
        turn = self._answered.get(text.to, 0)
        self._answered[text.to] = turn + 1
        await _text_in(desk, clock, connection, text.to, text.sender, lines[turn % len(lines)])

    async def _rage(self, desk: Desk, clock: Clock, storm: Storm) -> None:
        began = clock.monotonic()
        try:
            for number in range(storm.per_second * storm.seconds):
                await clock.sleep(began + number / storm.per_second - clock.monotonic())
                phone = storm.phones[number % len(storm.phones)]
                await _text_in(desk, clock, storm.connection, phone, storm.to, f"Number {number + 1} of a storm")
        except Exception:
            log.exception("sandbox.storm_ended")


async def _text_in(desk: Desk, clock: Clock, connection: Connection, phone: str, to: str, body: str) -> None:
    now = clock.now()
    await receive_texts(desk, connection, [InboundText(new_id(now), phone, to, body)], now)
