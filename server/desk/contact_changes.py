"""What is done to contacts in a transaction, many at a time, each with the events that tell it."""

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from server.desk.work import Work
from server.domain.events import EventType
from server.domain.user import Actor
from server.store import contacts, conversations, held
from server.store.contacts import Contact


async def add_contacts(work: Work, actor: Actor, new: Sequence[Contact], reason: str | None = None) -> None:
    """Raises `Conflict` when a number is another contact's of the account."""
    await contacts.insert(work.tx, new)
    for contact in new:
        work.staged.contacts[contact.id] = contact
        work.tell(contact.account, EventType.CONTACT_CREATED, actor, contact=contact.id, reason=reason)


async def change_contacts(work: Work, actor: Actor, changes: Iterable[tuple[Contact, Contact]], reason: str) -> None:
    """(before, after) of contacts that are held; what is equal is left alone. Raises `Conflict` as `add_contacts` does."""
    changed = [(before, replace(after, updated_at=work.now)) for before, after in changes if before != after]
    renumbered = {after.id for before, after in changed if before.phones != after.phones}
    await contacts.update(work.tx, [after for _, after in changed], phones=renumbered)
    for before, after in changed:
        work.staged.contacts[after.id] = after
        if after.ready_at != before.ready_at:
            work.tell(after.account, EventType.CONTACT_READY_CHANGED, actor, contact=after.id, reason=reason)
        if replace(after, ready_at=None, updated_at=0) != replace(before, ready_at=None, updated_at=0):
            why = None if reason == "by_hand" else reason
            work.tell(after.account, EventType.CONTACT_UPDATED, actor, contact=after.id, reason=why)
    elsewhere = [after for before, after in changed if before.timezone != after.timezone]
    if elsewhere:
        await held.look_again(work.tx, elsewhere[0].account, [contact.id for contact in elsewhere])
        work.wake("timer")


async def remove_contacts(work: Work, actor: Actor, held: Sequence[Contact], reason: str | None = None) -> set[str]:
    """Removes those that no conversation is held with; their ids. With the others it goes on for ever."""
    await contacts.of_phones(work.tx, ((contact.account, phone.number) for contact in held for phone in contact.phones))
    kept = await conversed_with(work, [contact.id for contact in held])
    gone = {contact.id for contact in held} - kept
    await contacts.delete(work.tx, gone)
    for contact in held:
        if contact.id in gone:
            work.staged.contacts[contact.id] = contact
            work.tell(contact.account, EventType.CONTACT_DELETED, actor, contact=contact.id, reason=reason)
    return gone


async def conversed_with(work: Work, ids: Collection[str]) -> set[str]:
    """Those of the contacts that a conversation is held with, one that this transaction opens too."""
    opened = {thread.conversation.contact for thread in work.staged.threads.values()}
    return {c.contact for c in await conversations.of_contacts(work.tx, ids)} | (opened & set(ids))
