"""Outbound texts of people: accepted, durable and queued in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from server.desk import views
from server.desk.attach import attach
from server.desk.desk import Desk, Once
from server.desk.doubtful import sent_again
from server.desk.introduce import thread_with
from server.desk.lost import lost_claim
from server.desk.numbers import senders, usual
from server.desk.outbound import queued, scheduled, spoken, with_opt_out
from server.desk.quiet_hours import opening, overrides, refusal, trace_override
from server.desk.shapes import MessageShape, OwnConversationShape, message_shape
from server.desk.work import Work
from server.domain.conversation import answer, schedule
from server.domain.errors import (
    ClientIdConflict,
    Invalid,
    NoNumber,
    NotFound,
    NotRepliable,
    OptedOut,
    TooLong,
    UnseenMessage,
)
from server.domain.events import EventType
from server.domain.media import attachments
from server.domain.message import SILENT, Message
from server.domain.phone import PhoneNumber, SenderKind, read_sender
from server.domain.segments import MOST_SEGMENTS, count
from server.domain.thread import Thread
from server.domain.user import Actor, User
from server.store import accounts, contacts, conversations, drafts, messages
from server.store.accounts import Did
from server.store.contacts import Contact
from server.store.database import Transaction, stored_text

LONGEST_AHEAD_US = 366 * 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """What an author asks to send. `seen_seq` is the newest number on the author's screen; `did` an id, None for the usual one;
    `send_at` when it is to leave, µs UTC, None at once. With `override_quiet_hours` a manager lets it leave in them. `again` is the id
    of a text that this one repeats, `unconfirmed` or not arrived: its attachments may go with this one too."""

    body: str
    client_id: str
    seen_seq: int | None = None
    did: str | None = None
    media: Sequence[str] = ()
    send_at: int | None = None
    override_quiet_hours: bool = False
    again: str | None = None


class Started(msgspec.Struct, frozen=True):
    message: MessageShape
    conversation: OwnConversationShape


async def send(desk: Desk, user: User, conversation: str, draft: Draft, once: Once | None = None) -> MessageShape | msgspec.Raw:
    """Raises what may stand in the way, each a `Refused` of its own; then nothing was sent and the draft is the author's still."""

    async def change(work: Work) -> str:
        actor = work.know(user)
        if (again := await _again(work, user, draft)) is not None:
            if again.conversation != conversation:
                raise ClientIdConflict("This client_id belongs to a text in another conversation.")
            return again.id
        return await _send(desk, work, user, actor, await work.thread(user.account, conversation), draft)

    return await desk.write(change, views.message, once, locks=[conversation])


async def start(
    desk: Desk, user: User, draft: Draft, *, to: str | None = None, contact: str | None = None, once: Once | None = None
) -> Started | msgspec.Raw:
    """Sends to a number or to a contact's first mobile phone; opens the conversation if there is none yet."""
    if (to is None) == (contact is None):
        raise Invalid("Give either `to`, a phone number, or `contact`, a contact's id.")

    async def change(work: Work) -> str:
        actor = work.know(user)
        phone = _number(to) if to is not None else await _mobile_of(work, user, contact or "")
        if (again := await _again(work, user, draft)) is not None:
            before = await work.thread(user.account, again.conversation)
            if before.conversation.phone != phone:
                raise ClientIdConflict("This client_id belongs to a text to another number.")
            return again.id
        return await _send(desk, work, user, actor, await thread_with(work, user.account, phone, actor), draft)

    async def then(tx: Transaction, id: str) -> Started:
        message = await views.message(tx, id)
        return Started(message, await views.conversation(tx, user, message.conversation))

    async def held_with(work: Work) -> Sequence[str]:
        return [c.id for c in await conversations.of_contacts(work.tx, [contact] if contact else []) if c.account == user.account]

    return await desk.write(change, then, once, locks=held_with)


async def _again(work: Work, user: User, draft: Draft) -> Message | None:
    """The text that this `client_id` already made. Raises `ClientIdConflict` if it was another text."""
    staged = [m for m in work.staged.new_messages.values() if (m.user, m.client_id) == (user.id, draft.client_id)]
    found = staged[0] if staged else await messages.by_client_id(work.tx, user.id, draft.client_id)
    if found is None:
        return None
    if found.body_asked != stored_text(draft.body) or [each.id for each in attachments(found.media)] != list(draft.media):
        raise ClientIdConflict("This client_id came with another text before.")
    return found


async def _send(desk: Desk, work: Work, user: User, actor: Actor, thread: Thread, draft: Draft) -> str:
    c = thread.conversation
    if work.opted_out(c):
        raise OptedOut("The contact opted out. Texts cannot be sent until the contact texts START.")
    if not read_sender(c.phone).repliable:
        raise NotRepliable("This sender is a name, not a number, and cannot be answered.")
    await _nothing_newer(work, thread, user, draft)
    any_hour_at = await overrides(work, user, c, draft.override_quiet_hours)
    opens = await opening(work, c, draft.send_at or work.now)
    waits = opens if any_hour_at is None else None
    if waits is not None and draft.send_at is None:
        raise refusal(work.now, waits)
    repeats = None
    if draft.again is not None:
        repeats = await sent_again(work, user, c.id, draft.again)
        thread = work.staged.threads[c.id]
    did = await _did(work, thread, user, draft.did)
    body = await _body(desk, work, thread, draft, did)
    if draft.send_at is None:
        step = answer(thread, user, work.now)
        text = queued(work, step, did, body)
    else:
        step = schedule(thread, user)
        text = scheduled(work, step, did, body, _later(draft.send_at, work.now), waits.at if waits else None)
    text = await attach(desk, work, text, did, draft.media, repeats)
    message = replace(text, user=user.id, client_id=draft.client_id, body_asked=stored_text(draft.body), any_hour_at=any_hour_at)
    work.write(message)
    after = spoken(work, step.thread, message) if draft.send_at is None else _expected(step.thread, message)
    work.happen(thread, replace(step, thread=after), actor, message)
    await drafts.delete(work.tx, user.id, c.id)
    await _no_longer_ready(work, work.staged.contacts[c.contact], actor, message)
    if any_hour_at is not None:
        await trace_override(work, user, message, opens)
    return message.id


def _later(at: int, now: int) -> int:
    if not now < at <= now + LONGEST_AHEAD_US:
        raise Invalid("Give a time in the future, at most a year ahead.", field="send_at")
    return at


def _expected(thread: Thread, text: Message) -> Thread:
    """A scheduled text is nothing that was said yet; it stands in the row of a conversation that has nothing else."""
    c = thread.conversation
    first = replace(c, last_message=c.last_message or text.seq, did=c.did or text.did)
    return Thread(first, thread.participants)


async def _nothing_newer(work: Work, thread: Thread, user: User, draft: Draft) -> None:
    """Rule 17, and the contract's `already_claimed`: what the author has not seen yet holds the send."""
    c = thread.conversation
    if draft.seen_seq is None:
        return
    if c.claimed_by is not None and c.claimed_by != user.id and c.claimed_seq > draft.seen_seq:
        raise await lost_claim(work, c)
    stored = await messages.newest_teammate(work.tx, c.id, user.id, draft.seen_seq)
    known = [work.staged_message(stored)] if stored is not None else []
    staged = [m for m in (*work.staged.new_messages.values(), *work.staged.messages.values()) if m.conversation == c.id]
    theirs = (m for m in (*known, *staged) if m.user not in (None, user.id) and m.said_seq > draft.seen_seq and m.state not in SILENT)
    newer = max(theirs, key=lambda m: m.said_seq, default=None)
    if newer is not None:
        users = await accounts.users(work.tx, newer.people)
        dids = await accounts.dids_by_id(work.tx, [newer.did] if newer.did else [])
        raise UnseenMessage("A teammate wrote meanwhile.", message=message_shape(newer, users, dids), seq=newer.said_seq)


async def _did(work: Work, thread: Thread, user: User, asked: str | None) -> Did:
    """Rule 1: the one asked for; else the one that the contact last texted or that was last used; else the user's; else the account's."""
    c = thread.conversation
    mine = await senders(work.tx, user.account)
    if asked is not None:
        if asked not in mine:
            raise NotFound("There is no such number of ours that can send texts.")
        return mine[asked]
    if c.did in mine:
        return mine[c.did]
    found = usual(mine, user, (await work.account(user.account)).default_did)
    if found is None:
        raise NoNumber("You have no SMS number yet. Ask a manager to assign one.")
    return found


async def _body(desk: Desk, work: Work, thread: Thread, draft: Draft, did: Did) -> str:
    """The text as it leaves, with the opt-out line if it is the first to this phone. Pictures need no words."""
    body = stored_text(draft.body)
    if not body.strip() and not draft.media:
        raise Invalid("A text needs words.", field="body")
    if thread.conversation.introduced_at is None:
        line = (await work.account(did.account)).opt_out_text
        # What is sent again has it already: it was the first then, too.
        if draft.again is None or not body.rstrip().endswith(line):
            body = with_opt_out(body, line)
    most = desk.carriers[did.kind].max_characters
    if len(body) > most:
        raise TooLong(f"The text is too long: {len(body)} characters, and {most} are the most.")
    segments = count(body).segments
    if segments > MOST_SEGMENTS and not draft.media:
        raise TooLong(f"The text is too long: {segments} segments, and {MOST_SEGMENTS} are the most.")
    return body


async def _no_longer_ready(work: Work, contact: Contact, actor: Actor, message: Message) -> None:
    """Rule 24."""
    changed = await contacts.no_longer_ready(work.tx, contact.id, work.now)
    if changed is None:
        return
    work.staged.contacts[contact.id] = changed
    work.tell(contact.account, EventType.CONTACT_READY_CHANGED, actor, contact=contact.id, message=message.id, reason="text_sent")


def _number(to: str) -> str:
    sender = read_sender(to)
    return sender.text if sender.kind is SenderKind.SHORT_CODE else str(PhoneNumber.parse(to, "US"))


async def _mobile_of(work: Work, user: User, contact: str) -> str:
    """Holds the contact: nobody removes it or takes its number before the conversation with it is open."""
    found = (await contacts.hold(work.tx, user.account, [contact])).get(contact)
    if found is None:
        raise NotFound
    mobile = next((phone.number for phone in found.phones if phone.kind == "mobile"), None)
    if mobile is None:
        raise NotRepliable("This contact has no mobile number.")
    return mobile
