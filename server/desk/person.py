"""A user as managers see one: how to reach and what hangs on the person."""

from collections.abc import Sequence

from server.desk.shapes import DidShape, UserShape, did_shape, instant, instant_or_none
from server.domain.errors import AlreadyExists, NotFound
from server.store import accounts, participation_counts, people, seen
from server.store.database import Transaction
from server.store.people import Person

TAKEN = "Somebody signs in with this email already."


class PersonShape(UserShape, frozen=True):
    """`open_conversations` the user owns; `dids` are the caller IDs; `last_seen_at` is when a tab was last open, to half a minute."""

    email: str
    created_at: str
    disabled_at: str | None
    open_conversations: int
    dids: list[DidShape]
    last_seen_at: str | None


async def person_shape(tx: Transaction, account: str, id: str) -> PersonShape:
    """Raises `NotFound`."""
    person = await people.get(tx, account, id)
    if person is None:
        raise NotFound
    return (await person_shapes(tx, account, [person]))[0]


async def person_shapes(tx: Transaction, account: str, persons: Sequence[Person]) -> list[PersonShape]:
    ids = [person.user.id for person in persons]
    owned, was_here = await participation_counts.owned(tx, ids), await seen.last_seen(tx, ids)
    dids = await accounts.dids_of(tx, account)
    return [
        PersonShape(
            id=person.user.id,
            name=person.user.name,
            role=person.user.role,
            email=person.email,
            created_at=instant(person.created_at),
            disabled_at=instant_or_none(person.disabled_at),
            open_conversations=owned.get(person.user.id, 0),
            dids=[did_shape(did) for did in dids if did.user and did.user.id == person.user.id],
            last_seen_at=instant_or_none(was_here.get(person.user.id)),
        )
        for person in persons
    ]


async def free_email(tx: Transaction, person: Person) -> None:
    """Raises `AlreadyExists` when somebody else has it."""
    other = await people.by_email(tx, person.email)
    if other is not None and other.user.id != person.user.id:
        raise AlreadyExists(TAKEN, field="email")
