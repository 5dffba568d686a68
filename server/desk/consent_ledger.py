"""What a contact's numbers consented to, with the evidence for each line."""

import msgspec

from server.desk import contact_views
from server.desk.desk import Desk
from server.desk.shapes import UserShape, instant, instant_or_none, user_shape
from server.domain.user import User
from server.store import accounts, consent
from server.store.database import Transaction


class ConsentShape(msgspec.Struct, frozen=True):
    """One line of the ledger, which is never changed.

    `kind` is opted_out, opted_in, review (a text sounds like an opt-out) or kept (it was none); `source` is keyword, carrier, user, import,
    review (a person decided about a text), words (those of a text that had been read back without them came, and were none) or late (a
    text that changed nothing: the person had said otherwise before it reached us). `says` is the text that was written, or the reason
    that was given; `message` the text's id.
    `asked_at` is when the person asked for it, where that is known; `rules` the edition of the rules by which texts were read then.
    """

    id: str
    number: str
    kind: str
    source: str
    message: str | None
    user: str | None
    by: UserShape | None
    says: str | None
    at: str
    asked_at: str | None
    rules: str | None


async def consent_ledger(desk: Desk, user: User, id: str) -> list[ConsentShape]:
    """Oldest first, over all the contact's numbers. Raises `NotFound`."""

    async def read(tx: Transaction) -> list[ConsentShape]:
        found = await contact_views.contact_of(tx, user, id)
        entries = await consent.ledger(tx, user.account, (phone.number for phone in found.phones))
        people = await accounts.users(tx, {entry.user for entry in entries if entry.user})
        return [_shape(entry, people) for entry in entries]

    return await desk.read(read)


def _shape(entry: consent.ConsentEntry, people: dict[str, User]) -> ConsentShape:
    by = people.get(entry.user) if entry.user else None
    return ConsentShape(
        id=entry.id,
        number=entry.number,
        kind=entry.kind,
        source=entry.source,
        message=entry.message,
        user=entry.user,
        by=user_shape(by) if by else None,
        says=entry.says,
        at=instant(entry.at),
        asked_at=instant_or_none(entry.asked_at),
        rules=entry.rules,
    )
