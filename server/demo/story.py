"""Lets the demo's people text each other at chosen instants of the database's clock."""

from server.carriers.carrier import Connection, InboundText, Receipt, SendResult
from server.desk import send
from server.desk.dispatch import lease, record
from server.desk.media import Attachments, Given
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.desk.sweep import sweep
from server.domain.message import MessageState
from server.domain.user import User
from server.parts import Parts
from server.store import conversations
from server.store.database import Transaction

MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US


class Story:
    def __init__(self, parts: Parts, connection: Connection) -> None:
        self.parts = parts
        self._connection = connection
        self._attachments = Attachments(parts.desk)
        self._texts = 0
        self._ids: dict[str, str] = {}

    def now(self) -> int:
        """The database's clock, which is moved."""
        return self.parts.clock.now() + self.parts.db.shift_us

    def go_to(self, at: int) -> None:
        self.parts.db.shift_us = at - self.parts.clock.now()

    async def text_in(self, phone: str, body: str, did: str) -> None:
        self._texts += 1
        await receive_texts(self.parts.desk, self._connection, [InboundText(f"demo-{self._texts}", phone, did, body)], self.now())

    async def text_out(self, phone: str, body: str, agent: User, *, picture: bytes | None = None, refused: str | None = None) -> None:
        """Leaves at once and is delivered, or refused by the carrier in these words."""
        desk = self.parts.desk
        self._texts += 1
        media = [(await self._attachments.add(agent, Given("How to find us.png", picture), self.now())).id] if picture else []  # type: ignore[union-attr]
        await send.start(desk, agent, send.Draft(body, f"demo-{self._texts}", media=media), to=phone)
        await self.carry(refused)

    async def carry(self, refused: str | None = None) -> None:
        """What waits for its carrier leaves and arrives, or is refused."""
        desk = self.parts.desk
        for leased in await lease(desk):
            if refused:
                await record(desk, leased, SendResult("rejected", code="30003", says=refused))
                continue
            await record(desk, leased, SendResult("accepted", f"demo-{leased.message}"))
            await apply_receipts(desk, self._connection, [Receipt(None, leased.text.token, MessageState.DELIVERED)])

    async def time_passes(self) -> None:
        """The timer looks: what is overdue now goes public."""
        await sweep(self.parts.desk)

    async def conversation(self, phone: str) -> str:
        if phone not in self._ids:
            key = (self._connection.account, phone)

            async def read(tx: Transaction) -> str:
                return (await conversations.by_phone(tx, [key]))[key]

            self._ids[phone] = await self.parts.desk.read(read)
        return self._ids[phone]
