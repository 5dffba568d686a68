"""Delivery receipts: matched by our token or the carrier's reference, kept when they come first (PRODUCT rule 27)."""

from collections.abc import Sequence

from server.carriers.carrier import Connection, Receipt
from server.desk.desk import Desk
from server.desk.outcome import News, apply
from server.desk.work import Work
from server.domain.message import Message
from server.ids import new_id
from server.store import inbox, messages


async def apply_receipts(desk: Desk, connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Returns when every receipt is applied or durably parked. A word about another account's message is parked and never shown."""

    async def change(work: Work) -> None:
        for receipt in receipts:
            await _apply(work, connection, receipt)

    await desk.change(change)


async def _apply(work: Work, connection: Connection, receipt: Receipt) -> None:
    message = await _find(work, connection, receipt)
    if message is not None:
        await work.load([message.conversation])
        await apply(work, message, News(receipt.state, receipt.code, receipt.says, receipt.opted_out))
    elif receipt.carrier_ref is not None:
        await inbox.park_receipt(
            work.tx,
            new_id(work.now),
            connection.id,
            receipt.carrier_ref,
            receipt.state,
            receipt.code,
            receipt.says,
            receipt.opted_out,
        )


async def _find(work: Work, connection: Connection, receipt: Receipt) -> Message | None:
    found = await messages.by_token(work.tx, receipt.token) if receipt.token else None
    if found is None and receipt.carrier_ref is not None:
        found = await messages.by_carrier_ref(work.tx, connection.id, receipt.carrier_ref)
    if found is None or found.account != connection.account:
        return None
    return found
