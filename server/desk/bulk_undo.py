"""What was done to many contacts, taken back: in transactions that let others in, and to its end also if it is broken off between them."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from server.desk import bulk_doing
from server.desk.bulk_doing import Doing, Was, conversations_of, give, subscribers
from server.desk.contact_changes import add_contacts, change_contacts
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.work import Work
from server.desk.writer import Change
from server.domain import conversation as rules
from server.domain.errors import NotFound, TooLate
from server.domain.user import User
from server.store import accounts, bulk_changes, contacts
from server.store.contacts import Contact
from server.store.database import Transaction

UNDO_US = 60_000_000


class Undone(msgspec.Struct, frozen=True):
    count: int


async def undo(desk: Desk, user: User, id: str, once: Once | None = None) -> Undone | msgspec.Raw:
    """Gives back what is still as the change left it; what somebody changed since stays. Raises `TooLate`."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    found = await desk.read(lambda tx: bulk_changes.get(tx, user.account, id))
    if found is None:
        raise NotFound
    do = msgspec.json.decode(found.kind, type=Doing)

    async def start(work: Work, begun: str | None) -> str:
        if begun is None and not await bulk_changes.can_be_undone(work.tx, id, work.now - UNDO_US):
            raise TooLate("This can be undone once, within a minute.")
        return id

    begun = await desk.begin(start, once)
    if isinstance(begun, msgspec.Raw):
        return begun
    after = ""

    async def remembered(tx: Transaction) -> list[Was]:
        return [msgspec.json.decode(was, type=Was) for was in await bulk_changes.remembered(tx, id, after, bulk_doing.AT_ONCE)]

    while were := await desk.read(remembered):
        ids = [was.contact.id for was in were]
        await desk.change(_undoing(user, were, do, id), locks=conversations_of(ids, do))
        after = ids[-1]

    async def end(work: Work) -> Undone:
        await bulk_changes.undone(work.tx, id)
        return Undone(await bulk_changes.given_back(work.tx, id))

    return await write_once(desk, end, once)


def _undoing(user: User, were: Sequence[Was], do: Doing, id: str) -> Change[None]:
    async def change(work: Work) -> None:
        taken = await bulk_changes.take(work.tx, id, [was.contact.id for was in were])
        mine = [was for was in were if was.contact.id in taken]
        back = await _brought_back(work, user, mine) if do.delete is True else await _changed_back(work, user, mine, do)
        await bulk_changes.remember(work.tx, id, ((contact, bulk_changes.GIVEN_BACK) for contact in back))

    return change


async def _brought_back(work: Work, user: User, were: Sequence[Was]) -> set[str]:
    """With the numbers that are still nobody's; a contact that has lost all of its numbers to others stays away."""
    gone = [was.contact for was in were]
    taken = await contacts.of_phones(work.tx, ((contact.account, phone.number) for contact in gone for phone in contact.phones))
    there = await contacts.get(work.tx, [contact.id for contact in gone])
    back = []
    for contact in gone:
        phones = tuple(phone for phone in contact.phones if (contact.account, phone.number) not in taken)
        if contact.id not in there and (phones or not contact.phones):
            back.append(replace(contact, phones=phones, updated_at=work.now))
    await add_contacts(work, work.know(user), back, "undo")
    return {contact.id for contact in back}


async def _changed_back(work: Work, user: User, were: Sequence[Was], do: Doing) -> set[str]:
    held = await contacts.hold(work.tx, user.account, [was.contact.id for was in were])
    work.staged.contacts.update(held)
    back = {was.contact.id: _given_back(held[was.contact.id], was.contact, do) for was in were if was.contact.id in held}
    await change_contacts(work, work.know(user), ((held[id], after) for id, after in back.items()), "undo")
    changed = {id for id, after in back.items() if after != held[id]}
    for was in were:
        for conversation, owner in was.owners.items():
            thread = work.staged.threads.get(conversation)
            if thread is None or do.owner is UNSET or thread.conversation.owner != do.owner:
                continue
            if owner is None or await accounts.working_user(work.tx, user.account, owner) is not None:
                give(work, user, thread, owner)
                _subscribed_as_before(work, user, conversation, do.owner, was.subscribers.get(conversation))
                changed.add(was.contact.id)
    return changed


def _given_back(now: Contact, was: Contact, do: Doing) -> Contact:
    after = now
    if do.ready is not UNSET and do.ready == (now.ready_at is not None):
        after = replace(after, ready_at=was.ready_at)
    if do.add_tag is not UNSET and do.add_tag not in was.tags:
        after = replace(after, tags=tuple(tag for tag in after.tags if tag != do.add_tag))
    if do.remove_tag is not UNSET and do.remove_tag in was.tags and do.remove_tag not in after.tags:
        after = replace(after, tags=was.tags if set(was.tags) == {*after.tags, do.remove_tag} else (*after.tags, do.remove_tag))
    return after


def _subscribed_as_before(work: Work, user: User, conversation: str, interim: str | None, before: list[str] | None) -> None:
    """Whoever owned it in between takes part as before: nobody knows that of what an earlier version remembered."""
    thread = work.staged.threads[conversation]
    if interim is None or before is None or (interim in before) == (interim in subscribers(thread)):
        return
    step = rules.subscribe(thread, interim, reason="undo") if interim in before else rules.unsubscribe(thread, interim)
    work.happen(thread, step, work.know(user))
