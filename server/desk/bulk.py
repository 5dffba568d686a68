"""One thing done to many contacts, in transactions that let others in, and undone within a minute."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from server.desk.contact_changes import add_contacts, change_contacts, remove_contacts
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.work import Work
from server.desk.writer import Change, Locks
from server.domain import conversation as rules
from server.domain.audience import Part
from server.domain.contact import MOST_TAGS
from server.domain.errors import Invalid, NotFound, TooLate
from server.domain.thread import Conversation, Thread
from server.domain.user import User
from server.domain.wanted import Wanted
from server.ids import new_id
from server.store import accounts, bulk_changes, contact_search, contacts, conversations, live_filters
from server.store.bulk_changes import BulkChange
from server.store.contacts import Contact
from server.store.database import Transaction, stored_text

MOST = 50_000
AT_ONCE = 100
"""Contacts in one transaction: others are let in between."""
UNDO_US = 60_000_000
FORGET_US = 3_600_000_000
LONGEST_TAG = 200


class Doing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`owner` is a user's id, or null for nobody: it goes to all conversations of the contact. `delete` stands alone."""

    ready: bool | UnsetType = UNSET
    add_tag: str | UnsetType = UNSET
    remove_tag: str | UnsetType = UNSET
    owner: str | UnsetType | None = UNSET
    delete: bool | UnsetType = UNSET


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `ids` or `query`. A `dry_run` changes nothing and says what would."""

    do: Doing
    ids: list[str] | None = None
    query: Wanted | None = None
    dry_run: bool = False


class BulkDone(msgspec.Struct, frozen=True):
    """`count` contacts changed. `skipped` were so already, or cannot be: a contact with a conversation is not deleted, one without
    has no owner, one with MOST_TAGS tags gets no other. `undo` takes it back within a minute."""

    count: int
    skipped: int
    undo: str | None


class Undone(msgspec.Struct, frozen=True):
    count: int


class _Was(msgspec.Struct, frozen=True):
    """A contact before, and by their ids the owners and the subscribers of its conversations before."""

    contact: Contact
    owners: dict[str, str | None] = {}
    subscribers: dict[str, list[str]] = {}


async def bulk(desk: Desk, user: User, asked: Bulk, once: Once | None = None) -> BulkDone | msgspec.Raw:
    """Raises `Invalid` for what is no single thing to do, and `NotFound` for an id that is not the account's; then nothing was changed."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    do = _checked(asked.do)
    ids = await desk.read(lambda tx: _chosen(tx, user, asked))
    parts = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
    if asked.dry_run:
        count = sum([await desk.read(_counting(user, part, do)) for part in parts])
        return BulkDone(count, len(ids) - count, None)

    async def start(work: Work) -> str:
        await _target(work, user, do)
        made = BulkChange(new_id(work.now), user.account, user.id, msgspec.json.encode(do).decode(), None, None)
        await bulk_changes.insert(work.tx, made)
        return made.id

    await desk.again(lambda work: bulk_changes.forget(work.tx, user.account, work.now - FORGET_US))
    id = await desk.change(start)
    count = sum([await desk.change(_doing(user, part, do, id), locks=_conversations_of(part, do)) for part in parts])

    async def end(work: Work) -> BulkDone:
        await bulk_changes.done(work.tx, id)
        return BulkDone(count, len(ids) - count, id if count else None)

    return await write_once(desk, end, once)


async def undo(desk: Desk, user: User, id: str, once: Once | None = None) -> Undone | msgspec.Raw:
    """Gives back what is still as the change left it; what somebody changed since stays. Raises `TooLate`."""
    if (kept := await desk.kept(once)) is not None:
        return kept

    async def take_back(work: Work) -> Doing:
        found = await bulk_changes.get(work.tx, user.account, id)
        if found is None:
            raise NotFound
        if not await bulk_changes.take_back(work.tx, id, work.now - UNDO_US):
            raise TooLate("This can be undone once, within a minute.")
        return msgspec.json.decode(found.kind, type=Doing)

    do = await desk.change(take_back)
    count, after = 0, ""

    async def remembered(tx: Transaction) -> list[_Was]:
        return [msgspec.json.decode(was, type=_Was) for was in await bulk_changes.remembered(tx, id, after, AT_ONCE)]

    while were := await desk.read(remembered):
        ids = [was.contact.id for was in were]
        count += await desk.change(_undoing(user, were, do), locks=_conversations_of(ids, do))
        after = ids[-1]

    async def end(_: Work) -> Undone:
        return Undone(count)

    return await write_once(desk, end, once)


def _checked(do: Doing) -> Doing:
    given = {name: value for name, value in msgspec.structs.asdict(do).items() if value is not UNSET}
    if not given or do.delete is False or (do.delete is True and len(given) > 1):
        raise Invalid("Say what to do: ready, add_tag, remove_tag or owner; or delete alone.", field="do")
    tags = {name: stored_text(value).strip() for name, value in given.items() if name in ("add_tag", "remove_tag")}
    for name, tag in tags.items():
        if not tag or len(tag) > LONGEST_TAG:
            raise Invalid(f"A tag has 1 to {LONGEST_TAG} characters.", field=f"do.{name}")
    return replace(do, **tags)


async def _chosen(tx: Transaction, user: User, asked: Bulk) -> list[str]:
    if (asked.ids is None) == (asked.query is None):
        raise Invalid("Give either `ids` or `query`.")
    if asked.ids is not None:
        found = await contacts.get(tx, asked.ids)
        if any(id not in found or found[id].account != user.account for id in asked.ids):
            raise NotFound
        ids = sorted(set(asked.ids))
    else:
        wanted = asked.query or Wanted()
        if wanted.live_filter is not None and await live_filters.get(tx, user.account, wanted.live_filter) is None:
            raise NotFound
        ids = await contact_search.ids(tx, user.account, wanted, limit=MOST + 1)
    if len(ids) > MOST:
        raise Invalid(f"At most {MOST} contacts at once.")
    return ids


async def _target(work: Work, user: User, do: Doing) -> None:
    """Raises `NotFound` unless the owner to be is a user of the account who is not disabled."""
    if not isinstance(do.owner, str):
        return
    target = await accounts.working_user(work.tx, user.account, do.owner)
    if target is None:
        raise NotFound("There is no such user to own them.")
    work.know(target)


def _conversations_of(ids: Sequence[str], do: Doing) -> Locks:
    async def found(work: Work) -> Iterable[str]:
        return [c.id for c in await conversations.of_contacts(work.tx, ids)] if do.owner is not UNSET else []

    return found


def _counting(user: User, ids: Sequence[str], do: Doing) -> Callable[[Transaction], Awaitable[int]]:
    async def count(tx: Transaction) -> int:
        found = [c for c in (await contacts.get(tx, ids)).values() if c.account == user.account]
        held = await conversations.of_contacts(tx, ids)
        if do.delete is True:
            return len(found) - len({c.contact for c in held})
        owned = {c.contact for c in held if do.owner is not UNSET and _another_owner(c, do.owner)}
        return sum(contact.id in owned or _described(contact, do, tx.now) != contact for contact in found)

    return count


def _doing(user: User, ids: Sequence[str], do: Doing, id: str) -> Change[int]:
    async def change(work: Work) -> int:
        actor = work.know(user)
        await _target(work, user, do)
        held = await contacts.hold(work.tx, user.account, ids)
        work.staged.contacts.update(held)
        if do.delete is True:
            gone = await remove_contacts(work, actor, list(held.values()), "bulk")
            await bulk_changes.remember(work.tx, id, ((contact, msgspec.json.encode(_Was(held[contact])).decode()) for contact in gone))
            return len(gone)
        described = {contact: _described(before, do, work.now) for contact, before in held.items()}
        await change_contacts(work, actor, ((held[contact], after) for contact, after in described.items()), "bulk")
        were = {contact: _Was(before) for contact, before in held.items()}
        for thread in [each for each in work.staged.threads.values() if each.conversation.contact in held]:
            c = thread.conversation
            if do.owner is not UNSET and _another_owner(c, do.owner):
                _give(work, user, thread, do.owner)
                were[c.contact].owners[c.id] = c.owner
                were[c.contact].subscribers[c.id] = _subscribers(thread)
        changed = [contact for contact, after in described.items() if were[contact].owners or after != held[contact]]
        await bulk_changes.remember(work.tx, id, ((contact, msgspec.json.encode(were[contact]).decode()) for contact in changed))
        return len(changed)

    return change


def _undoing(user: User, were: Sequence[_Was], do: Doing) -> Change[int]:
    async def change(work: Work) -> int:
        if do.delete is True:
            return await _bring_back(work, user, [was.contact for was in were])
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
                    _give(work, user, thread, owner)
                    _subscribed_as_before(work, user, conversation, do.owner, was.subscribers.get(conversation))
                    changed.add(was.contact.id)
        return len(changed)

    return change


async def _bring_back(work: Work, user: User, gone: Sequence[Contact]) -> int:
    """With the numbers that are still nobody's; a contact that has lost all of its numbers to others stays away."""
    taken = await contacts.of_phones(work.tx, ((contact.account, phone.number) for contact in gone for phone in contact.phones))
    there = await contacts.get(work.tx, [contact.id for contact in gone])
    back = []
    for contact in gone:
        phones = tuple(phone for phone in contact.phones if (contact.account, phone.number) not in taken)
        if contact.id not in there and (phones or not contact.phones):
            back.append(replace(contact, phones=phones, updated_at=work.now))
    await add_contacts(work, work.know(user), back, "undo")
    return len(back)


def _described(before: Contact, do: Doing, now: int) -> Contact:
    after = before
    if do.ready is not UNSET and do.ready != (before.ready_at is not None):
        after = replace(after, ready_at=now if do.ready else None)
    if do.add_tag is not UNSET and do.add_tag not in after.tags and len(after.tags) < MOST_TAGS:
        after = replace(after, tags=(*after.tags, do.add_tag))
    if do.remove_tag is not UNSET and do.remove_tag in after.tags:
        after = replace(after, tags=tuple(tag for tag in after.tags if tag != do.remove_tag))
    return after


def _given_back(now: Contact, was: Contact, do: Doing) -> Contact:
    after = now
    if do.ready is not UNSET and do.ready == (now.ready_at is not None):
        after = replace(after, ready_at=was.ready_at)
    if do.add_tag is not UNSET and do.add_tag not in was.tags:
        after = replace(after, tags=tuple(tag for tag in after.tags if tag != do.add_tag))
    if do.remove_tag is not UNSET and do.remove_tag in was.tags and do.remove_tag not in after.tags:
        after = replace(after, tags=was.tags if set(was.tags) == {*after.tags, do.remove_tag} else (*after.tags, do.remove_tag))
    return after


def _another_owner(c: Conversation, owner: str | None) -> bool:
    return c.owner != owner or (owner is not None and c.public)


def _give(work: Work, user: User, thread: Thread, owner: str | None) -> None:
    """To `owner`, or to nobody: then what waits is public."""
    if owner is not None:
        step = rules.transfer(thread, user, owner, work.now)
    else:
        assert thread.conversation.owner is not None
        step = rules.leave_ownerless(thread, thread.conversation.owner, work.now, reason="bulk")
    work.happen(thread, step, work.know(user))
    work.wake("timer")


def _subscribed_as_before(work: Work, user: User, conversation: str, interim: str | None, before: list[str] | None) -> None:
    """Whoever owned it in between takes part as before: nobody knows that of what an earlier version remembered."""
    thread = work.staged.threads[conversation]
    if interim is None or before is None or (interim in before) == (interim in _subscribers(thread)):
        return
    step = rules.subscribe(thread, interim, reason="undo") if interim in before else rules.unsubscribe(thread, interim)
    work.happen(thread, step, work.know(user))


def _subscribers(thread: Thread) -> list[str]:
    return [id for id, participant in thread.participants.items() if participant.part is Part.SUBSCRIBER]
