"""Contacts and conversations that come to be because somebody texts."""

from server.desk.work import Work
from server.domain.events import EventType
from server.domain.thread import Conversation, Thread
from server.domain.user import Actor
from server.ids import new_id
from server.store import contacts
from server.store.contacts import Contact, Phone


async def new_thread(work: Work, account: str, phone: str, contact: Contact | None, actor: Actor) -> Thread:
    """The conversation with `phone`, which has none yet; with a contact named by its number where nobody has it."""
    if contact is None:
        contact = Contact(
            id=new_id(work.now),
            account=account,
            name=phone,
            phones=(Phone(phone, "mobile"),),
            created_at=work.now,
            updated_at=work.now,
        )
        await contacts.insert(work.tx, [contact])
        work.staged.contacts[contact.id] = contact
        work.tell(account, EventType.CONTACT_CREATED, actor, contact=contact.id)
    await work.load_standings([(account, phone)])
    return work.open(Conversation(id=new_id(work.now), account=account, contact=contact.id, phone=phone, active_at=work.now), contact)


async def thread_with(work: Work, account: str, phone: str, actor: Actor) -> Thread:
    """The conversation with `phone`, new if need be, locked."""
    thread = await work.thread_of(account, phone)
    if thread is not None:
        return thread
    owner = (await contacts.of_phones(work.tx, [(account, phone)])).get((account, phone))
    if owner is not None:
        await work.load_contacts([owner])
    return await new_thread(work, account, phone, work.staged.contacts[owner] if owner else None, actor)
