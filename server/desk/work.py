"""One transaction's work: threads loaded under a lock, changed in memory, and written together at the end with their events."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec.structs import replace

from server.domain.audience import alerts, audience
from server.domain.errors import NotFound
from server.domain.events import PERSONAL, EventType, Reach, reach
from server.domain.message import Message
from server.domain.thread import Conversation, Step, Thread
from server.domain.user import SYSTEM, Actor, User
from server.domain.wait import Waits, follow
from server.store import accounts, consent, contacts, conversations, messages, waits
from server.store.accounts import Account, Did
from server.store.consent import Standing
from server.store.contacts import Contact
from server.store.database import Transaction
from server.store.waits import Claim

NOTHING_SAID = Standing()


class Pending(msgspec.Struct, frozen=True):
    """An event that has its `seq` but not yet its position. `conversation` is the state that it shows."""

    account: str
    type: EventType
    actor: Actor
    audience: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    alert: tuple[str, ...] = ()
    conversation: Conversation | None = None
    thread: Thread | None = None
    seq: int | None = None
    pool: bool = False
    message: str | None = None
    contact: str | None = None
    reason: str | None = None
    user: str | None = None
    data: dict[str, Any] | None = None

    @property
    def reach(self) -> Reach:
        return reach(self.type)


@dataclass(slots=True)
class Staged:
    """What a transaction will write. Copied before each item, so that a refused one leaves nothing behind."""

    threads: dict[str, Thread] = field(default_factory=dict)
    new_messages: dict[str, Message] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    events: list[Pending] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    waits: Waits = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)

    def copy(self) -> "Staged":
        return Staged(
            dict(self.threads),
            dict(self.new_messages),
            dict(self.messages),
            dict(self.contacts),
            dict(self.standings),
            list(self.events),
            set(self.wakes),
            self.waits,
            list(self.claims),
        )


class Work:
    """Given to a use case for the length of one transaction. `now` is the database's clock, µs UTC."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.now = tx.now
        self.staged = Staged()
        self.loaded: dict[str, Thread | None] = {}
        self.people: dict[str, User] = {}
        self.dids: dict[str, Did] = {}
        self.numbers: dict[str, Did] = {}
        self.conversations: dict[tuple[str, str], str] = {}
        self._accounts: dict[str, Account] = {}

    @asynccontextmanager
    async def item(self) -> AsyncIterator[None]:
        """One item of a batch: what it staged and wrote is undone if it raises."""
        before, loaded = self.staged.copy(), dict(self.loaded)
        try:
            async with self.tx.savepoint():
                yield
        except BaseException:
            self.staged, self.loaded = before, loaded
            raise

    async def account(self, id: str) -> Account:
        if id not in self._accounts:
            self._accounts.update(await accounts.accounts(self.tx, [id]))
        return self._accounts[id]

    def set_account(self, account: Account) -> None:
        self._accounts[account.id] = account

    async def load(self, ids: Iterable[str]) -> None:
        """Locks these conversations in the order of their ids, with participants, contacts and how their numbers stand."""
        wanted = [id for id in dict.fromkeys(ids) if id not in self.staged.threads]
        if not wanted:
            return
        found = await conversations.lock(self.tx, wanted)
        self.people.update(found.people)
        self.staged.threads.update(found.threads)
        self.loaded.update(found.threads)
        await self.load_contacts(thread.conversation.contact for thread in found.threads.values())
        await self.load_standings((t.conversation.account, t.conversation.phone) for t in found.threads.values())

    async def load_contacts(self, ids: Iterable[str]) -> None:
        missing = [id for id in dict.fromkeys(ids) if id not in self.staged.contacts]
        if missing:
            self.staged.contacts.update(await contacts.get(self.tx, missing))

    async def load_standings(self, numbers: Iterable[tuple[str, str]]) -> None:
        """By (account, number)."""
        missing = [key for key in dict.fromkeys(numbers) if key not in self.staged.standings]
        if missing:
            found = await consent.standings(self.tx, missing)
            self.staged.standings.update({key: found.get(key, NOTHING_SAID) for key in missing})

    async def thread(self, account: str, id: str) -> Thread:
        """A conversation of the account, locked. Raises `NotFound`."""
        await self.load([id])
        thread = self.staged.threads.get(id)
        if thread is None or thread.conversation.account != account:
            raise NotFound
        return thread

    async def thread_of(self, account: str, phone: str) -> Thread | None:
        """The conversation with this phone, locked, or None where there is none yet."""
        for thread in self.staged.threads.values():
            if (thread.conversation.account, thread.conversation.phone) == (account, phone):
                return thread
        found = (await conversations.by_phone(self.tx, [(account, phone)])).get((account, phone))
        return await self.thread(account, found) if found is not None else None

    def open(self, conversation: Conversation, contact: Contact) -> Thread:
        """A new conversation, which nobody else can see before the commit."""
        thread = Thread(conversation, {})
        self.loaded[conversation.id] = None
        self.staged.threads[conversation.id] = thread
        self.staged.contacts[contact.id] = contact
        return thread

    def know(self, user: User) -> Actor:
        self.people[user.id] = user
        return Actor.of(user)

    def opted_out(self, conversation: Conversation) -> bool:
        return self.standing(conversation).opted_out

    def standing(self, conversation: Conversation) -> Standing:
        """Of the conversation's number, as this transaction has it."""
        return self.staged.standings.get((conversation.account, conversation.phone), NOTHING_SAID)

    def happen(self, before: Thread, step: Step, actor: Actor = SYSTEM, message: Message | None = None) -> Thread:
        """Stages a step: its events get their numbers, each showing the state after the step. Returns the thread as it now is."""
        after, c = step.thread, step.thread.conversation
        seq = before.conversation.seq
        who = audience(before.participants, after.participants)
        joined = tuple(sorted(after.participants.keys() - before.participants.keys()))
        for happening in step.happened:
            personal = happening.type in PERSONAL
            seq += 0 if personal else 1
            c = replace(c, seq=seq)
            self.staged.events.append(
                Pending(
                    account=c.account,
                    type=happening.type,
                    actor=actor,
                    audience=(happening.user,) if personal and happening.user else who,
                    joined=joined,
                    alert=alerts(
                        happening.type,
                        after.participants,
                        actor=actor.id,
                        sender=message.user if message else None,
                        mentioned=message.mentions if message else (),
                        told=message is not None and (message.left_seq is not None or message.id not in self.staged.new_messages),
                    ),
                    conversation=c,
                    thread=after,
                    seq=None if personal else seq,
                    pool=before.conversation.public or c.public,
                    message=message.id if message and happening.type.startswith(("message.", "note.")) else None,
                    reason=happening.reason,
                    user=happening.user,
                )
            )
            if happening.type is EventType.CONVERSATION_CLAIMED and happening.user is not None:
                self.staged.claims.append(Claim(c.id, seq, c.account, happening.user, c.did, self.now))
        author = message.user if message else None
        self.staged.waits = follow(self.staged.waits, before.conversation, step, author or _user(actor), self.now)
        now = Thread(c, after.participants)
        self.staged.threads[c.id] = now
        return now

    def tell(
        self,
        account: str,
        event: EventType,
        actor: Actor,
        *,
        data: dict[str, Any] | None = None,
        contact: str | None = None,
        message: str | None = None,
        reason: str | None = None,
        audience: tuple[str, ...] = (),
    ) -> None:
        """Stages an event that belongs to no conversation. `audience` are the users whom it concerns alone."""
        self.staged.events.append(
            Pending(account, event, actor, audience=audience, data=data, contact=contact, message=message, reason=reason)
        )

    def write(self, message: Message) -> None:
        """Stages a new message."""
        self.staged.new_messages[message.id] = message

    def rewrite(self, message: Message) -> None:
        """Stages a changed message, new or not."""
        if message.id in self.staged.new_messages:
            self.staged.new_messages[message.id] = message
        else:
            self.staged.messages[message.id] = message

    async def message(self, id: str) -> Message | None:
        """A message as this transaction has it, with its conversation locked: read after the lock, so that no other can change it."""
        found = await messages.by_id(self.tx, id)
        if found is None:
            return self.staged.new_messages.get(id)
        await self.load([found.conversation])
        found = await messages.by_id(self.tx, id)
        return self.staged_message(found) if found else None

    def staged_message(self, message: Message) -> Message:
        """The message as this transaction has it by now."""
        return self.staged.new_messages.get(message.id) or self.staged.messages.get(message.id) or message

    def wake(self, role: str) -> None:
        """`timer` or `sender` looks at once after the commit."""
        self.staged.wakes.add(role)

    async def save(self) -> None:
        """Writes threads and messages; the events follow in `ledger.write_events`."""
        changed = [(self.loaded[id], thread) for id, thread in sorted(self.staged.threads.items())]
        await conversations.save(self.tx, [(old, now) for old, now in changed if old is not now])
        await messages.insert(self.tx, list(self.staged.new_messages.values()))
        await messages.update(self.tx, list(self.staged.messages.values()))
        await waits.save(self.tx, self.staged.waits.values())
        await waits.save_claims(self.tx, self.staged.claims)


def _user(actor: Actor) -> str | None:
    return actor.id if actor.kind == "user" else None
