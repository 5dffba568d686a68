"""One thing done to many contacts, in transactions that let others in: what is broken off between them goes on with its repeat."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from server.desk import bulk_doing
from server.desk.bulk_doing import Doing, Was, conversations_of, give, subscribers
from server.desk.contact_changes import change_contacts, remove_contacts
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.work import Work
from server.desk.writer import Change
from server.domain.contact import MOST_TAGS
from server.domain.errors import Invalid, NotFound
from server.domain.thread import Conversation
from server.domain.user import User
from server.domain.wanted import Wanted
from server.ids import new_id
from server.store import accounts, bulk_changes, contact_search, contacts, conversations, live_filters
from server.store.bulk_changes import BulkChange
from server.store.contacts import Contact
from server.store.database import Transaction, stored_text

MOST = 50_000
FORGET_US = 3_600_000_000
LONGEST_TAG = 200


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


async def bulk(desk: Desk, user: User, asked: Bulk, once: Once | None = None) -> BulkDone | msgspec.Raw:
    """Raises `Invalid` for what is no single thing to do, and `NotFound` for an id that is not the account's; then nothing was changed.
    What is broken off between two transactions goes on when it comes again with its key: answer and undo are of all of it."""
    if (kept := await desk.kept(once)) is not None:
        return kept
    do, begun = _checked(asked.do), await desk.begun(once)
    ids = await desk.read(lambda tx: _chosen(tx, user, asked, begun))
    if asked.dry_run:
        count = sum([await desk.read(_counting(user, part, do)) for part in _parts(ids)])
        return BulkDone(count, len(ids) - count, None)

    async def start(work: Work, begun: str | None) -> str:
        await _target(work, user, do)
        id = begun or new_id(work.now)
        await bulk_changes.insert(work.tx, BulkChange(id, user.account, user.id, msgspec.json.encode(do).decode(), None, None))
        return id

    await desk.again(lambda work: bulk_changes.forget(work.tx, user.account, work.now - FORGET_US))
    id = await desk.begin(start, once)
    if isinstance(id, msgspec.Raw):
        return id
    done = await desk.read(lambda tx: bulk_changes.contacts(tx, id))
    for part in _parts([contact for contact in ids if contact not in done]):
        await desk.change(_doing(user, part, do, id), locks=conversations_of(part, do))

    count = await desk.read(lambda tx: bulk_changes.count(tx, id))

    async def end(work: Work) -> BulkDone:
        await bulk_changes.done(work.tx, id)
        return BulkDone(count, len(done.union(ids)) - count, id if count else None)

    return await write_once(desk, end, once)


def _parts(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + bulk_doing.AT_ONCE] for start in range(0, len(ids), bulk_doing.AT_ONCE)]


def _checked(do: Doing) -> Doing:
    given = {name: value for name, value in msgspec.structs.asdict(do).items() if value is not UNSET}
    if not given or do.delete is False or (do.delete is True and len(given) > 1):
        raise Invalid("Say what to do: ready, add_tag, remove_tag or owner; or delete alone.", field="do")
    tags = {name: stored_text(value).strip() for name, value in given.items() if name in ("add_tag", "remove_tag")}
    for name, tag in tags.items():
        if not tag or len(tag) > LONGEST_TAG:
            raise Invalid(f"A tag has 1 to {LONGEST_TAG} characters.", field=f"do.{name}")
    return replace(do, **tags)


async def _chosen(tx: Transaction, user: User, asked: Bulk, begun: str | None) -> list[str]:
    """A repeat that goes on with what was `begun` has been found right, and what it is to change may be gone by now."""
    if (asked.ids is None) == (asked.query is None):
        raise Invalid("Give either `ids` or `query`.")
    if asked.ids is not None:
        found = await contacts.get(tx, asked.ids) if begun is None else {}
        if begun is None and any(id not in found or found[id].account != user.account for id in asked.ids):
            raise NotFound
        ids = sorted(set(asked.ids))
    else:
        wanted = asked.query or Wanted()
        if begun is None and wanted.live_filter is not None and await live_filters.get(tx, user.account, wanted.live_filter) is None:
            raise NotFound
        ids = await contact_search.ids(tx, user.account, wanted, limit=MOST + 1)
    if begun is None and len(ids) > MOST:
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


def _counting(user: User, ids: Sequence[str], do: Doing) -> Callable[[Transaction], Awaitable[int]]:
    async def count(tx: Transaction) -> int:
        found = [c for c in (await contacts.get(tx, ids)).values() if c.account == user.account]
        held = await conversations.of_contacts(tx, ids)
        if do.delete is True:
            return len(found) - len({c.contact for c in held})
        owned = {c.contact for c in held if do.owner is not UNSET and _another_owner(c, do.owner)}
        return sum(contact.id in owned or _described(contact, do, tx.now) != contact for contact in found)

    return count


def _doing(user: User, ids: Sequence[str], do: Doing, id: str) -> Change[None]:
    async def change(work: Work) -> None:
        actor = work.know(user)
        await _target(work, user, do)
        held = await contacts.hold(work.tx, user.account, ids)
        work.staged.contacts.update(held)
        if do.delete is True:
            gone = await remove_contacts(work, actor, list(held.values()), "bulk")
            await bulk_changes.remember(work.tx, id, ((contact, msgspec.json.encode(Was(held[contact])).decode()) for contact in gone))
            return
        described = {contact: _described(before, do, work.now) for contact, before in held.items()}
        await change_contacts(work, actor, ((held[contact], after) for contact, after in described.items()), "bulk")
        were = {contact: Was(before) for contact, before in held.items()}
        for thread in [each for each in work.staged.threads.values() if each.conversation.contact in held]:
            c = thread.conversation
            if do.owner is not UNSET and _another_owner(c, do.owner):
                give(work, user, thread, do.owner)
                were[c.contact].owners[c.id] = c.owner
                were[c.contact].subscribers[c.id] = subscribers(thread)
        changed = [contact for contact, after in described.items() if were[contact].owners or after != held[contact]]
        await bulk_changes.remember(work.tx, id, ((contact, msgspec.json.encode(were[contact]).decode()) for contact in changed))

    return change


def _described(before: Contact, do: Doing, now: int) -> Contact:
    after = before
    if do.ready is not UNSET and do.ready != (before.ready_at is not None):
        after = replace(after, ready_at=now if do.ready else None)
    if do.add_tag is not UNSET and do.add_tag not in after.tags and len(after.tags) < MOST_TAGS:
        after = replace(after, tags=(*after.tags, do.add_tag))
    if do.remove_tag is not UNSET and do.remove_tag in after.tags:
        after = replace(after, tags=tuple(tag for tag in after.tags if tag != do.remove_tag))
    return after


def _another_owner(c: Conversation, owner: str | None) -> bool:
    return c.owner != owner or (owner is not None and c.public)
