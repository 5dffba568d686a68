"""Numbers and encodes the events of a transaction: positions last, each event encoded once for everybody."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from channels.envelope import Envelope
from server.desk.membership import settle
from server.desk.renewals import Renewals
from server.desk.shapes import (
    ActorShape,
    ConversationShape,
    EventShape,
    MessageShape,
    contact_shape,
    conversation_fields,
    instant,
    message_shape,
    user_shape,
)
from server.desk.work import NOTHING_SAID, Pending, Work
from server.domain.audience import Part
from server.domain.events import RENEWING, EventType
from server.domain.message import Message
from server.domain.phone import read_sender
from server.store import accounts, consent, contacts, events, held, messages
from server.store.accounts import Account

_encode = msgspec.json.Encoder().encode


async def write_events(work: Work, renewals: Renewals, began: int) -> list[Envelope]:
    """Takes the accounts' positions, moves contacts in and out of live filters, inserts the events, and returns them as they travel.
    `began` is what `renewals` said before the transaction read anything.

    Locks the accounts: nothing may follow.
    """
    pending = work.staged.events
    if not pending:
        return []
    shown = await _shown(work)
    taken = await _take(work, pending)
    last = {account: position for account, (position, _) in taken.items()}
    # SQLite has one writer at a time: nobody can have changed anything since this one read it.
    changed = {account for account, (_, renewed) in taken.items() if renewals.meanwhile(account, renewed, began)}
    if changed and work.tx.engine != "sqlite":
        await _renew(work, shown)
    if moved := await settle(work):
        last |= {account: position for account, (position, _) in (await _take(work, moved)).items()}
    counts = Counter(event.account for event in pending)
    next_position = {account: last[account] - counts[account] + 1 for account in counts}
    at = instant(work.now)
    rows: list[events.EventRow] = []
    envelopes: list[Envelope] = []
    for event in pending:
        position = next_position[event.account]
        next_position[event.account] += 1
        conversation = event.conversation.id if event.conversation else None
        body = _encode(
            EventShape(
                type=event.type,
                conversation=conversation,
                seq=event.seq,
                position=position,
                at=at,
                actor=ActorShape(event.actor.kind, event.actor.id, event.actor.name),
                alert=list(event.alert),
                data=shown.data(event),
            )
        )
        rows.append(
            events.EventRow(
                account=event.account,
                position=position,
                conversation=conversation,
                seq=event.seq,
                type=event.type,
                at=work.now,
                reach=event.reach,
                pool=int(event.pool),
                audience=_encode(event.audience).decode(),
                body=body.decode(),
                contact=event.contact,
            )
        )
        envelopes.append(
            Envelope(
                account=event.account,
                position=position,
                conversation=conversation,
                seq=event.seq,
                reach=event.reach,
                pool=event.pool,
                audience=event.audience,
                joined=event.joined,
                body=body,
            )
        )
    await events.insert(work.tx, rows)
    return envelopes


async def _take(work: Work, pending: Sequence[Pending]) -> dict[str, tuple[int, int]]:
    renewing = Counter(event.account for event in pending if event.type in RENEWING)
    return await events.take_positions(work.tx, Counter(event.account for event in pending), renewing)


async def _renew(work: Work, shown: "_Shown") -> None:
    """A position says that all before it is known: what the events show is read again, behind those who had the account before. What this
    transaction removed stays as it was."""
    staged = work.staged
    zones = {contact.id: contact.timezone for contact in staged.contacts.values()}
    staged.contacts.update(await contacts.get(work.tx, list(staged.contacts)))
    standings = await consent.standings(work.tx, list(staged.standings))
    staged.standings.update({key: standings.get(key, NOTHING_SAID) for key in staged.standings})
    work.people.update(await accounts.users(work.tx, list(work.people)))
    work.dids.update(await accounts.dids_by_id(work.tx, list(work.dids)))
    found = await accounts.accounts(work.tx, list(shown.minutes))
    shown.minutes.update({account.id: account.public_minutes for account in found.values()})
    other_hours = {id for id, account in found.items() if _hours(account) != _hours(await work.account(id))}
    other_zone = {id for id, zone in zones.items() if zone != staged.contacts[id].timezone}
    texts = [text for text in (*staged.new_messages.values(), *staged.messages.values()) if text.asked_at is not None]
    threads = [staged.threads[text.conversation].conversation for text in texts]
    if again := {c.id for c in threads if c.account in other_hours or c.contact in other_zone}:
        await held.look_at(work.tx, again)
        work.wake("timer")


def _hours(account: Account) -> tuple[object, str]:
    """What decides when texts are held."""
    return account.quiet_hours, account.timezone


class _Shown:
    """What the events of one transaction show, each thing looked up once."""

    def __init__(self, work: Work, latest: dict[str, Message], minutes: dict[str, int | None]) -> None:
        self._work = work
        self._latest = latest
        self.minutes = minutes
        self._messages: dict[str, MessageShape] = {}

    def message(self, message: Message) -> MessageShape:
        shape = self._messages.get(message.id)
        if shape is None:
            shape = message_shape(message, self._work.people, self._work.dids)
            self._messages[message.id] = shape
        return shape

    def data(self, event: Pending) -> dict[str, Any]:
        if event.data is not None:
            return event.data
        if event.type is EventType.CONVERSATION_READ and event.thread is not None and event.user is not None:
            read = event.thread.participants[event.user].read_seq
            return {"conversation": event.thread.conversation.id, "read_seq": read}
        data: dict[str, Any] = {}
        staged = self._work.staged
        if event.message is not None:
            data["message"] = self.message(staged.new_messages.get(event.message) or staged.messages[event.message])
        if event.contact is not None:
            contact = staged.contacts[event.contact]
            data["contact"] = contact_shape(contact, staged.standings)
        if event.thread is not None and event.conversation is not None:
            data["conversation"] = self._conversation(event)
        if event.reason is not None:
            data["reason"] = event.reason
        if event.user is not None and event.user in self._work.people:
            data["user"] = user_shape(self._work.people[event.user])
        return data

    def _conversation(self, event: Pending) -> ConversationShape:
        assert event.thread is not None
        assert event.conversation is not None
        work, c = self._work, event.conversation
        people = event.thread.participants.values()
        last = self._latest.get(c.id)
        return ConversationShape(
            **conversation_fields(
                c,
                contact=work.staged.contacts[c.contact],
                standing=work.standing(c),
                owner=work.people[c.owner] if c.owner else None,
                subscribers=sorted(
                    (work.people[p.user] for p in people if p.part is Part.SUBSCRIBER), key=lambda user: (user.name, user.id)
                ),
                did=work.dids.get(c.did) if c.did else None,
                last_message=self.message(last) if last else None,
                public_minutes=self.minutes[c.account],
                repliable=read_sender(c.phone).repliable,
            )
        )


async def _shown(work: Work) -> _Shown:
    staged = work.staged
    latest = await _latest_messages(work)
    contact_ids = {e.contact for e in staged.events if e.contact}
    await work.load_contacts(contact_ids)
    await work.load_standings((staged.contacts[id].account, phone.number) for id in contact_ids for phone in staged.contacts[id].phones)
    told = [*latest.values(), *staged.new_messages.values(), *staged.messages.values()]
    threads = [e.thread for e in staged.events if e.thread]
    users = {u for m in told for u in m.people} | {u for t in threads for u in t.participants}
    users |= {t.conversation.owner for t in threads if t.conversation.owner} | {e.user for e in staged.events if e.user}
    if missing := users - work.people.keys():
        work.people.update(await accounts.users(work.tx, missing))
    dids = {m.did for m in told if m.did} | {t.conversation.did for t in threads if t.conversation.did}
    if unknown := dids - work.dids.keys():
        work.dids.update(await accounts.dids_by_id(work.tx, unknown))
    minutes = {e.account: (await work.account(e.account)).public_minutes for e in staged.events}
    return _Shown(work, latest, minutes)


async def _latest_messages(work: Work) -> dict[str, Message]:
    """The last message of every conversation that an event shows, as this transaction leaves it."""
    staged = work.staged
    last = {
        (t.conversation.id, t.conversation.last_message)
        for t in (staged.threads[e.conversation.id] for e in staged.events if e.conversation and e.thread)
        if t.conversation.last_message is not None
    }
    mine = {(m.conversation, m.seq): m for m in (*staged.new_messages.values(), *staged.messages.values())}
    found = {key: mine[key] for key in last if key in mine}
    if elsewhere := last - mine.keys():
        found |= await messages.get(work.tx, elsewhere)
    return {conversation: message for (conversation, _), message in found.items()}
