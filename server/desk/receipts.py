"""Delivery receipts: matched by our token or the carrier's reference, kept when they come first."""

from collections.abc import Sequence

from server.carriers.carrier import BadSignature, Connection, Receipt
from server.carriers.nonce import Nonce
from server.desk.desk import Desk
from server.desk.nonces import SPENT, spend
from server.desk.outcome import News, apply
from server.desk.work import Work
from server.domain.message import Message
from server.ids import new_id
from server.store import inbox, messages

AT_ONCE = 50
FORGOTTEN_AT_ONCE = 500
STRAY_US = 7 * 86_400_000_000
"""For so long a word about a message that is not ours is kept."""


async def apply_receipts(desk: Desk, connection: Connection, receipts: Sequence[Receipt], nonce: Nonce | None = None) -> None:
    """Returns when every receipt is applied or durably parked. A word about another account's message is parked and never shown.

    Raises `BadSignature` where a receipt brings a token that is not ours, or their nonce had come with something else: then nothing was
    changed, and what others do in the same transaction is none the worse.
    """

    strange: list[BadSignature] = []

    async def concerned(work: Work) -> list[str]:
        strange.clear()
        try:
            found = [await _find(work, connection, receipt) for receipt in receipts]
        except BadSignature as error:
            strange.append(error)
            return []
        return [message.conversation for message in found if message is not None]

    async def change(work: Work) -> BadSignature | None:
        if strange:
            return strange[0]
        if not all(await spend(work, [(connection.id, nonce)])):
            return BadSignature(SPENT)
        for receipt in receipts:
            await _apply(work, connection, receipt)
        return None

    refused = await desk.change(change, locks=concerned)
    if refused is not None:
        raise refused


async def apply_parked(desk: Desk) -> int:
    """Applies receipts that were parked while their text's reference was being recorded elsewhere. Returns how many."""
    if not await desk.read(lambda tx: inbox.known_by_now(tx, 1)):
        return 0  # without keeping anybody from writing
    parked: list[inbox.ParkedReceipt] = []

    async def concerned(work: Work) -> list[str]:
        parked[:] = await inbox.known_by_now(work.tx, AT_ONCE)
        return [receipt.conversation for receipt in parked]

    async def change(work: Work) -> int:
        for receipt in parked:
            message = await work.message(receipt.message)
            if message is not None and await inbox.take(work.tx, receipt.id):
                await apply(work, message, News(receipt.state, receipt.code, receipt.says, receipt.opted_out))
        return len(parked)

    return await desk.change(change, locks=concerned)


async def forget_stray(desk: Desk) -> int:
    """Forgets at most FORGOTTEN_AT_ONCE receipts whose message was never found; returns how many. Where there is none it only looks."""
    if not await desk.read(lambda tx: inbox.any_stray(tx, tx.now - STRAY_US)):
        return 0
    return await desk.change(lambda work: inbox.forget_stray(work.tx, work.now - STRAY_US, FORGOTTEN_AT_ONCE))


async def _apply(work: Work, connection: Connection, receipt: Receipt) -> None:
    found = await _find(work, connection, receipt)
    message = await work.message(found.id) if found is not None else None
    if message is not None:
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
    """The text that a receipt is about, as stored or as this transaction will leave it.

    Raises `BadSignature` for a token that we never gave.
    """
    found = None
    if receipt.token:
        # It stands in an address, where anything can be written; ours are plain letters, and no database looks for NUL.
        plain = receipt.token.isascii() and receipt.token.isprintable()
        found = await messages.by_token(work.tx, receipt.token) if plain else None
        if found is None:
            raise BadSignature("an unknown token")
    elif receipt.carrier_ref is not None:
        named = [m for m in work.staged.messages.values() if m.carrier_ref == receipt.carrier_ref and m.account == connection.account]
        staged = next((m for m in named if m.carrier in (None, connection.id)), None)
        found = staged or await messages.by_carrier_ref(work.tx, connection.id, receipt.carrier_ref)
    if found is None or found.account != connection.account:
        return None
    return found
