"""Who in this process listens to what: which tabs, for which accounts, over which channels. Takes what Redis brings to them."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from typing import Literal

from channels import names
from channels.account import Account
from channels.bus import Bus
from channels.ear import Ear
from channels.envelope import Envelope, Malformed, decode, is_envelope
from channels.frames import Turn
from channels.groups import Group, Person
from channels.line import Message
from channels.sweep import Source, Sweep
from channels.topics import LINGER_SECONDS, Topic, Topics

TopicName = Literal["feed", "pool"]
Look = Literal["watch", "view"]


class Hub:
    """`heard(topic, data)` is called with what is no event: hints on a user's channel, presence on a conversation's.

    `noticed(event)` is called with each account-wide event that belongs to no conversation.
    """

    def __init__(self, bus: Bus, source: Source) -> None:
        self.counters = bus.counters
        self.turn = Turn(self.counters)
        self.turn.lull.told = bus.hold
        self.topics = Topics(bus)
        self.accounts: dict[str, Account] = {}
        self.sweep = Sweep(bus, source, self.accounts, self.turn.lull, self._tidy)
        self.heard: Callable[[Topic, bytes], None] = _nobody
        self.noticed: Callable[[Envelope], None] = _nothing
        self._bus = bus
        self._source = source
        self._starting = asyncio.Lock()
        self._joined: list[tuple[str, list[str]]] = []
        self._joining = asyncio.Event()
        self._idle_since: dict[str, float] = {}
        bus.receive = self.receive
        bus.gap = self.sweep.all

    async def run(self) -> None:
        """Until cancelled: the sweep, and attending the conversations that users of ours join."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sweep.run())
            group.create_task(self._attend_for_ever())

    async def account(self, account_id: str) -> Account:
        """The account as this process serves it; its first tab makes it start at the head. Raises as `Source`."""
        found = self.accounts.get(account_id)
        if found is not None:
            return found
        async with self._starting:
            found = self.accounts.get(account_id)
            if found is None:
                position, epoch = await self._source.head(account_id)
                if not self.accounts:
                    self.sweep.epoch = epoch
                found = self.accounts[account_id] = Account(account_id, position, self.turn, self._on_joined, self._on_noticed)
                self._idle_since[account_id] = _now()
        return found

    async def enter(self, ear: Ear) -> None:
        """A tab begins to listen. Returns when Redis has confirmed its channels, or soon if it is away."""
        account = await self.account(ear.account)
        person = account.people.setdefault(ear.user, Person(ear.user))
        self._idle_since.pop(ear.account, None)
        for group in (account.everyone, person):
            group.ears[ear] = None
        if ear.manager:
            account.managers.ears[ear] = None
        account.changed()
        if await self.topics.take(_own(ear)):
            self.sweep.now(ear.account)

    def leave(self, ear: Ear) -> None:
        """The tab is gone; it has looked away and unfollowed before."""
        account = self.accounts[ear.account]
        person = account.people[ear.user]
        for group in (account.everyone, account.managers, person):
            group.ears.pop(ear, None)
        account.changed()
        now = _now()
        for topic in _own(ear):
            self.topics.drop(topic.channel, now)
        if not person.ears:
            del account.people[ear.user]
            for conversation in person.attended:
                self.topics.drop(names.conversation(ear.account, conversation), now)
        if not account.everyone.ears:
            self._idle_since[ear.account] = now

    async def attend(self, ear: Ear, conversations: Iterable[str]) -> None:
        """This user takes part in these; returns as `enter` does."""
        person = self.accounts[ear.account].people[ear.user]
        new = [conversation for conversation in conversations if conversation not in person.attended]
        person.attended.update(map(sys.intern, new))
        if await self.topics.take([_of_conversation(ear.account, each) for each in new]):
            self.sweep.now(ear.account)

    async def look(self, ear: Ear, conversation: str, to: Look) -> bool:
        """The tab watches (gets events) or views (gets presence); returns as `enter` does; whether the channel was new here."""
        self._looking(ear, to).setdefault(conversation, Group()).ears[ear] = None
        self.accounts[ear.account].changed()
        return await self.topics.take([_of_conversation(ear.account, conversation)])

    def look_away(self, ear: Ear, conversation: str, to: Look) -> None:
        groups = self._looking(ear, to)
        del groups[conversation].ears[ear]
        if not groups[conversation].ears:
            del groups[conversation]
        self.accounts[ear.account].changed()
        self.topics.drop(names.conversation(ear.account, conversation), _now())

    async def follow(self, ear: Ear, topic: TopicName) -> None:
        """The tab watches a topic of its account; returns as `enter` does."""
        self._topic_group(ear, topic).ears[ear] = None
        self.accounts[ear.account].changed()
        await self.topics.take([Topic(_topic_channel(ear, topic), ear.account)])

    def unfollow(self, ear: Ear, topic: TopicName) -> None:
        del self._topic_group(ear, topic).ears[ear]
        self.accounts[ear.account].changed()
        self.topics.drop(_topic_channel(ear, topic), _now())

    def receive(self, messages: list[Message]) -> None:
        """Everything that one read from Redis brought."""
        batches: dict[str, list[Envelope]] = {}
        get = self.topics.get
        for channel, data in messages:
            topic = get(channel)
            if topic is None:
                continue
            if is_envelope(data):
                envelope = self._open(topic, data)
                if envelope is not None:
                    batch = batches.get(topic.account)
                    if batch is None:
                        batch = batches[topic.account] = []
                    batch.append(envelope)
            else:
                self.heard(topic, data)
        for account_id, batch in batches.items():
            account = self.accounts.get(account_id)
            if account is not None:
                now, soon = account.arrive(batch)
                if now:
                    self.sweep.now(account_id)
                elif soon:
                    self.sweep.soon(account_id)

    def _open(self, topic: Topic, data: bytes) -> Envelope | None:
        """An envelope of one account on a channel of another is forged or astray, and dropped."""
        try:
            envelope = decode(data)
        except Malformed:
            self.counters.foreign += 1
            return None
        if (
            envelope.account == topic.account
            and (topic.conversation is None or envelope.conversation == topic.conversation)
            and (topic.user is None or topic.user in envelope.audience)
        ):
            return envelope
        self.counters.foreign += 1
        return None

    def _tidy(self) -> None:
        now = _now()
        self.topics.tidy(now)
        for account_id in [each for each, since in self._idle_since.items() if now - since >= LINGER_SECONDS]:
            del self._idle_since[account_id], self.accounts[account_id]

    def _on_joined(self, account_id: str, person: Person, conversation: str) -> None:
        person.attended.add(conversation)
        self._joined.append((account_id, self.topics.note([_of_conversation(account_id, conversation)])))
        self._joining.set()

    def _on_noticed(self, envelope: Envelope) -> None:
        self.noticed(envelope)

    async def _attend_for_ever(self) -> None:
        while True:
            await self._joining.wait()
            self._joining.clear()
            joined, self._joined = self._joined, []
            await self._bus.subscribe([channel for _, channels in joined for channel in channels])
            for account_id in {account_id for account_id, channels in joined if channels}:
                self.sweep.now(account_id)

    def _looking(self, ear: Ear, to: Look) -> dict[str, Group]:
        account = self.accounts[ear.account]
        return account.watched if to == "watch" else account.viewed

    def _topic_group(self, ear: Ear, topic: TopicName) -> Group:
        account = self.accounts[ear.account]
        return account.feed if topic == "feed" else account.pool


def _own(ear: Ear) -> list[Topic]:
    return [Topic(names.account(ear.account), ear.account), Topic(names.user(ear.account, ear.user), ear.account, user=ear.user)]


def _of_conversation(account_id: str, conversation: str) -> Topic:
    return Topic(names.conversation(account_id, conversation), account_id, conversation=conversation)


def _topic_channel(ear: Ear, topic: TopicName) -> str:
    return names.feed(ear.account) if topic == "feed" else names.pool(ear.account)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _nobody(topic: Topic, data: bytes) -> None:  # noqa: ARG001 - the shape of `Hub.heard`
    return None


def _nothing(envelope: Envelope) -> None:  # noqa: ARG001 - the shape of `Hub.noticed`
    return None
