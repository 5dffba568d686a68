"""Inbound texts: all that wait are made durable together, then their webhooks are answered (PRODUCT rules 1-4, 8, 20-22, 25)."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from server.carriers.carrier import Connection, InboundText
from server.desk.consent import obey
from server.desk.desk import Desk
from server.desk.introduce import new_thread
from server.desk.work import Work
from server.domain.consent import Keyword, classify
from server.domain.conversation import Arrival, Step, Thread, receive
from server.domain.events import EventType
from server.domain.message import Direction, Kind, Message, MessageState, Purpose
from server.domain.phone import read_sender
from server.domain.segments import count
from server.domain.user import Actor
from server.ids import new_id
from server.store import accounts, contacts, conversations, inbox
from server.store.accounts import Did

LONGEST_BODY = 10_000
"""Characters of an inbound text that are kept; no carrier's message is longer."""

HANDLED = {Keyword.STOP: Purpose.OPTED_OUT, Keyword.START: Purpose.OPTED_IN, Keyword.HELP: Purpose.HELP}


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text as it came over a connection. `id` will be its message's."""

    connection: Connection
    text: InboundText
    id: str
    sender: str
    to: str


async def receive_texts(desk: Desk, connection: Connection, texts: Sequence[InboundText], now: int) -> None:
    """Returns when every text is durable: as a message, as a repeat of one, or as unrouted. Raises `Unavailable`."""
    items = [Inbound(connection, text, new_id(now), read_sender(text.sender).text, read_sender(text.to).text) for text in texts]
    await desk.join(receive_batch, items)


async def receive_batch(work: Work, items: Sequence[Inbound]) -> list[None]:
    """Every item in the order of arrival; carriers' repeats are dropped by the inbox's unique key."""
    dids = await accounts.dids_by_number(work.tx, (item.to for item in items))
    routed = {item.id: did for item in items if (did := dids.get(item.to)) and did.account == item.connection.account}
    new = await inbox.insert(
        work.tx,
        [
            inbox.InboxRow(
                carrier=item.connection.id,
                carrier_ref=item.text.carrier_ref,
                message=item.id if item.id in routed else None,
                sender=item.sender,
                recipient=item.to,
                unrouted=None if item.id in routed else msgspec.json.encode(item.text).decode(),
                received_at=work.now,
            )
            for item in items
        ],
    )
    fresh = []
    for item in items:
        key = (item.connection.id, item.text.carrier_ref)
        if key in new and item.id in routed:
            fresh.append((item, routed[item.id]))
        new.discard(key)
    if not fresh:
        return [None] * len(items)
    threads = await _load(work, fresh)
    for item, did in fresh:
        await _receive(work, item, did, threads)
    return [None] * len(items)


async def _load(work: Work, fresh: Sequence[tuple[Inbound, Did]]) -> dict[tuple[str, str], str]:
    """Locks the conversations that exist, and knows the contacts of those that do not. Returns conversation ids by (account, phone)."""
    keys = {(did.account, item.sender) for item, did in fresh}
    threads = await conversations.by_phone(work.tx, keys)
    await work.load(threads.values())
    if unknown := keys - threads.keys():
        work.phones.update(await contacts.of_phones(work.tx, unknown))
        await work.load_contacts(work.phones[key] for key in unknown if key in work.phones)
        await work.load_opt_outs(unknown)
    return threads


async def _receive(work: Work, item: Inbound, did: Did, threads: dict[tuple[str, str], str]) -> None:
    key = (did.account, item.sender)
    if key in threads:
        thread = work.staged.threads[threads[key]]
    else:
        contact = work.staged.contacts.get(work.phones.get(key, ""))
        thread = await new_thread(work, did.account, item.sender, contact, Actor("contact", None, item.sender))
        threads[key] = thread.conversation.id
        work.phones[key] = thread.conversation.contact
    contact = work.staged.contacts[thread.conversation.contact]
    actor = Actor("contact", contact.id, contact.name)
    body = item.text.body[:LONGEST_BODY]
    said = item.text.carrier_answered
    keyword = Keyword(said) if said else classify(body, work.opted_out(thread.conversation))
    owner = work.know(did.user).id if did.user else None
    work.dids[did.id] = did
    step = receive(thread, Arrival(work.now, (await work.account(did.account)).public_minutes, keyword in HANDLED, owner))
    attached = _attached(item, did.account, work.now)
    if attached:
        await inbox.insert_media(work.tx, attached)
    message = replace(_message(item, thread, step, did, body, attached, work.now), purpose=HANDLED.get(keyword))
    work.write(message)
    latest = replace(step.thread.conversation, last_message=message.seq, did=did.id, texted_at=work.now)
    thread = work.happen(thread, Step(Thread(latest, step.thread.participants), step.happened), actor, message)
    if keyword in HANDLED:
        answers = said is not None or bool(item.connection.options.get("answers_stop"))
        await obey(work, thread, message, keyword, did, actor, confirm=not answers)


def _message(item: Inbound, thread: Thread, step: Step, did: Did, body: str, media_rows: Sequence[inbox.MediaRow], now: int) -> Message:
    counted = count(body)
    media = [{"id": m["id"], "content_type": m["content_type"], "size": None, "state": "pending", "url": None} for m in media_rows]
    return Message(
        id=item.id,
        conversation=thread.conversation.id,
        account=did.account,
        seq=step.seq_of(EventType.MESSAGE_RECEIVED),
        kind=Kind.MESSAGE,
        direction=Direction.INBOUND,
        body=body,
        state=MessageState.RECEIVED,
        created_at=now,
        did=did.id,
        encoding=counted.encoding,
        segments=counted.segments,
        carrier_ref=item.text.carrier_ref,
        media=msgspec.json.encode(media).decode() if media else "[]",
    )


def _attached(item: Inbound, account: str, now: int) -> list[inbox.MediaRow]:
    return [
        inbox.MediaRow(
            id=new_id(now),
            account=account,
            message=item.id,
            place=place,
            source=ref.url,
            content_type=ref.content_type,
            created_at=now,
        )
        for place, ref in enumerate(item.text.media)
    ]
