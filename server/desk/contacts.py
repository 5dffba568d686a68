"""Contacts: made, changed, removed, opted out by hand, each with its events in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from server.desk import contact_views
from server.desk.consent import opt_out
from server.desk.contact_changes import add_contacts, change_contacts, remove_contacts
from server.desk.contact_views import ReadContactShape
from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.work import Work
from server.domain.contact import MOST_FIELDS, MOST_PHONES, MOST_TAGS
from server.domain.errors import AlreadyExists, HasConversation, Invalid, NotFound
from server.domain.phone import PhoneNumber
from server.domain.time_zone import zone_of
from server.domain.user import User
from server.ids import new_id
from server.store import contacts, conversations
from server.store.contacts import Contact, Phone
from server.store.database import Conflict, stored_text

KINDS = ("mobile", "landline", "other")
LONGEST_NAME = 200


class PhoneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    kind: str = "mobile"


class NewContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    phones: list[PhoneBody]
    ready: bool = False
    tags: list[str] = []
    timezone: str | None = None
    fields: dict[str, str] = {}


class ContactChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays; `phones`, `tags` and `fields` are replaced whole."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    phones: list[PhoneBody] | msgspec.UnsetType = msgspec.UNSET
    ready: bool | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType | None = msgspec.UNSET
    fields: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


async def add_contact(desk: Desk, user: User, new: NewContact, once: Once | None = None) -> ReadContactShape | msgspec.Raw:
    """Raises `AlreadyExists` when a number is another contact's."""

    async def change(work: Work) -> str:
        made = Contact(
            id=new_id(work.now),
            account=user.account,
            name=_name(new.name),
            ready_at=work.now if new.ready else None,
            timezone=_zone(new.timezone),
            tags=_tags(new.tags),
            fields=_fields(new.fields),
            phones=_phones(new.phones),
            created_at=work.now,
            updated_at=work.now,
        )
        try:
            async with work.tx.savepoint():
                await add_contacts(work, work.know(user), [made])
        except Conflict:
            raise AlreadyExists("One of these numbers is another contact's.", field="phones") from None
        return made.id

    return await desk.write(change, lambda tx, id: contact_views.contact(tx, user, id), once)


async def change_contact(
    desk: Desk, user: User, id: str, changes: ContactChanges, once: Once | None = None
) -> ReadContactShape | msgspec.Raw:
    """Raises `AlreadyExists` when a number is another contact's, and `HasConversation` when one that is left out has a conversation."""

    async def change(work: Work) -> str:
        before = (await contacts.hold(work.tx, user.account, [id])).get(id)
        if before is None:
            raise NotFound
        work.staged.contacts[id] = before
        after = _changed(before, changes, work.now)
        await _keep_what_is_conversed_with(work, before, after)
        try:
            async with work.tx.savepoint():
                await change_contacts(work, work.know(user), [(before, after)], "by_hand")
        except Conflict:
            raise AlreadyExists("One of these numbers is another contact's.", field="phones") from None
        return id

    return await desk.write(change, lambda tx, _: contact_views.contact(tx, user, id), once)


async def remove_contact(desk: Desk, user: User, id: str, once: Once | None = None) -> None:
    """Raises `HasConversation`."""

    async def change(work: Work) -> None:
        held = await contacts.hold(work.tx, user.account, [id])
        if not held:
            raise NotFound
        if not await remove_contacts(work, work.know(user), list(held.values())):
            raise HasConversation("There is a conversation with this contact, and it stays.")

    await write_once(desk, change, once)


async def opt_out_by_hand(
    desk: Desk, user: User, id: str, number: str, reason: str, once: Once | None = None
) -> ReadContactShape | msgspec.Raw:
    """Rule 22: nothing is sent to this number any more."""

    async def change(work: Work) -> str:
        actor = work.know(user)
        await work.load_contacts([id])
        found = work.staged.contacts.get(id)
        if found is None or found.account != user.account or number not in {phone.number for phone in found.phones}:
            raise NotFound
        await opt_out(work, (user.account, number), id, actor, source="user", says=stored_text(reason)[:500])
        return id

    async def conversation(work: Work) -> Iterable[str]:
        return (await conversations.by_phone(work.tx, [(user.account, number)])).values()

    return await desk.write(change, lambda tx, _: contact_views.contact(tx, user, id), once, locks=conversation)


async def _keep_what_is_conversed_with(work: Work, before: Contact, after: Contact) -> None:
    """A conversation is for ever its contact's, so its number cannot leave the contact."""
    kept = {phone.number for phone in after.phones}
    dropped = [(before.account, phone.number) for phone in before.phones if phone.number not in kept]
    if not dropped:
        return
    await contacts.of_phones(work.tx, dropped)
    opened = {(thread.conversation.account, thread.conversation.phone) for thread in work.staged.threads.values()}
    for key in dropped:
        if key in opened or await conversations.by_phone(work.tx, [key]):
            raise HasConversation(f"There is a conversation with {key[1]}, so this number stays with its contact.", field="phones")


def _changed(before: Contact, changes: ContactChanges, now: int) -> Contact:
    after = before
    if changes.name is not msgspec.UNSET:
        after = replace(after, name=_name(changes.name))
    if changes.phones is not msgspec.UNSET:
        after = replace(after, phones=_phones(changes.phones, before.phones))
    if changes.tags is not msgspec.UNSET:
        after = replace(after, tags=_tags(changes.tags))
    if changes.fields is not msgspec.UNSET:
        after = replace(after, fields=_fields(changes.fields))
    if changes.timezone is not msgspec.UNSET:
        after = replace(after, timezone=_zone(changes.timezone, before.timezone))
    if changes.ready is not msgspec.UNSET and changes.ready != (before.ready_at is not None):
        after = replace(after, ready_at=now if changes.ready else None)
    return after


def _name(text: str) -> str:
    name = stored_text(text).strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"A contact needs a name of at most {LONGEST_NAME} characters.", field="name")
    return name


def _phones(bodies: Sequence[PhoneBody], before: Sequence[Phone] = ()) -> tuple[Phone, ...]:
    """What the contact has already may be a short code or a name that texted us."""
    if not 0 < len(bodies) <= MOST_PHONES:
        raise Invalid(f"A contact has 1 to {MOST_PHONES} phones.", field="phones")
    had = {phone.number for phone in before}
    phones = []
    for body in bodies:
        if body.kind not in KINDS:
            raise Invalid(f"A phone's kind is one of {', '.join(KINDS)}.", field="phones")
        phones.append(Phone(body.number if body.number in had else str(PhoneNumber.parse(body.number, "US")), body.kind))
    if len({phone.number for phone in phones}) != len(phones):
        raise Invalid("The same number stands there twice.", field="phones")
    return tuple(phones)


def _tags(texts: Sequence[str]) -> tuple[str, ...]:
    """Each once, in their order."""
    tags = dict.fromkeys(stored_text(text).strip()[:LONGEST_NAME].strip() for text in texts)
    tags.pop("", None)
    if len(tags) > MOST_TAGS:
        raise Invalid(f"A contact has at most {MOST_TAGS} tags.", field="tags")
    return tuple(tags)


def _zone(name: str | None, before: str | None = None) -> str | None:
    """What the contact has already may have left the data base since."""
    if name is not None and name != before and zone_of(name) is None:
        raise Invalid("That is no time zone such as America/New_York.", field="timezone")
    return name


def _fields(fields: Mapping[str, str]) -> dict[str, str]:
    if len(fields) > MOST_FIELDS:
        raise Invalid(f"A contact has at most {MOST_FIELDS} fields.", field="fields")
    return {stored_text(name)[:LONGEST_NAME]: stored_text(value)[:2000] for name, value in fields.items()}
