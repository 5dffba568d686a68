"""What came for a number that is nobody's: never dropped, and shown to managers."""

import msgspec

from server.carriers.carrier import InboundText
from server.desk.desk import Desk
from server.desk.shapes import instant
from server.domain.user import User
from server.store import unrouted
from server.store.database import Transaction
from server.store.unrouted import Key, Unrouted


class UnroutedShape(msgspec.Struct, frozen=True):
    """A text that reached nobody. `to` is the number that was texted and belongs to no account; `carrier` brought it."""

    id: str
    carrier: str
    sender: str = msgspec.field(name="from")
    to: str
    body: str
    received_at: str


class UnroutedPage(msgspec.Struct, frozen=True):
    """`next` is where the page ended, None at the end."""

    items: list[UnroutedShape]
    next: Key | None


async def unrouted_texts(desk: Desk, by: User, after: Key | None, limit: int) -> UnroutedPage:
    """Newest first."""

    async def read(tx: Transaction) -> UnroutedPage:
        found = await unrouted.page(tx, by.account, after, limit + 1)
        return UnroutedPage([_shape(text) for text in found[:limit]], found[limit - 1].key if len(found) > limit else None)

    return await desk.read(read)


def _shape(kept: Unrouted) -> UnroutedShape:
    text = msgspec.json.decode(kept.text, type=InboundText)
    return UnroutedShape(
        id=f"{kept.carrier}.{kept.carrier_ref}",
        carrier=kept.carrier,
        sender=kept.sender,
        to=kept.recipient,
        body=text.body,
        received_at=instant(kept.received_at),
    )
