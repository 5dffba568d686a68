"""What one tab has asked for beyond what concerns its user: conversations, and the topics of its account."""

from typing import Literal

from channels.ear import Ear
from channels.envelope import PERSON, Envelope
from channels.frames import frame
from channels.hub import Hub, TopicName
from server.desk.stream import Stream
from server.live.missed import write
from server.live.protocol import Target, Unwatch, Watch, error, plausible
from server.live.wire import Wire

NOTHING_YET = 2**63
"""A watch that has brought nothing so far."""


class Watching:
    """`ok` comes first, then what was missed, then what is new: events wait while the database is read."""

    __slots__ = ("_ear", "_hub", "_limit", "_since", "_stream", "_wire", "origin")

    def __init__(self, ear: Ear, wire: Wire, hub: Hub, stream: Stream, limit: int) -> None:
        self._ear = ear
        self._wire = wire
        self._hub = hub
        self._stream = stream
        self._limit = limit
        self._since: dict[Target, int] = {}
        """From where on each watch has brought everything: a seq of the conversation, a position of the topic."""
        self.origin = 0
        """The position from which on the tab got all that concerns it unasked."""

    def has(self, conversation: str) -> bool:
        return Target("conversation", conversation) in self._since

    async def watch(self, asked: Watch) -> None:
        """Watching again what is watched reads again what is after `after`. Raises as the database does, and `Over`: then events wait for
        ever, and no N is told that would claim what was not written."""
        target = asked.target
        if not await self._may_watch(target):
            self._refuse(asked, "not_found")
        elif target not in self._since and len(self._since) >= self._limit:
            self._refuse(asked, "limit")
        else:
            self._ear.hold()
            await (self._conversation(asked) if target.kind == "conversation" else self._topic(asked))
            self._ear.let_go()
            self._ear.tell(self._floor)

    def unwatch(self, asked: Unwatch) -> None:
        """Also when it was not watched."""
        if self._since.pop(asked.target, None) is not None:
            self._look_away(asked.target)
        self._push({"op": "ok", "id": asked.id})

    def stop(self) -> None:
        for target in self._since:
            self._look_away(target)
        self._since.clear()

    async def _may_watch(self, target: Target) -> bool:
        if target.kind == "topic":
            return target.name == "pool" or self._ear.manager
        return await self._stream.has(self._ear.account, plausible(target.name))

    async def _conversation(self, asked: Watch) -> None:
        ear, target, name = self._ear, asked.target, asked.target.name
        before = self._since.get(target)
        self._since[target] = NOTHING_YET if before is None else before
        if before is None:
            await self._hub.look(ear, name, "watch")
        page = await self._stream.conversation(ear.account, name, asked.after)
        if page.too_far:
            self._too_far(asked, before)
            return
        after = page.seq if asked.after is None else asked.after
        self._since[target] = min(after, page.seq, self._since[target])
        if asked.after is not None and asked.after > page.seq:
            ear.reset(page.position, "epoch")
            return
        self._push({"op": "ok", "id": asked.id, "seq": page.seq})
        if asked.after is None:
            ear.cover(page.position, lambda event: event.conversation == name and not ear.gets_unasked(event), self._floor)
            return

        def is_read(event: Envelope) -> bool:
            return event.conversation == name and event.seq is not None

        await write(ear, self._wire, page.events)
        while page.more:
            ear.forget(is_read)
            page = await self._stream.conversation(ear.account, name, page.events[-1].seq)
            if page.too_far:
                ear.reset(page.position, "too_far")
                return
            await write(ear, self._wire, page.events)
        ear.cover(page.position, is_read, self._floor)

    async def _topic(self, asked: Watch) -> None:
        ear, target = self._ear, asked.target
        topic: TopicName = "feed" if target.name == "feed" else "pool"
        before = self._since.get(target)
        self._since[target] = NOTHING_YET if before is None else before
        if before is None:
            await self._hub.follow(ear, topic)
        page = await self._stream.everything(ear.account, asked.after)
        if page.too_far:
            self._too_far(asked, before)
            return
        others = {other: since for other, since in self._since.items() if other != target}
        after = page.position if asked.after is None else asked.after
        self._since[target] = min(after, page.position, self._since[target])
        if after > page.position:
            ear.reset(page.position, "epoch")
            return
        self._push({"op": "ok", "id": asked.id, "position": page.position})

        def is_read(event: Envelope) -> bool:
            """Of the topic, and does not come to this tab for another reason."""
            return _on(topic, event) and not self._comes_anyway(event, others)

        await write(ear, self._wire, filter(is_read, page.events))
        while page.more:
            ear.forget(is_read)
            page = await self._stream.everything(ear.account, page.events[-1].position)
            if page.too_far:
                ear.reset(page.position, "too_far")
                return
            await write(ear, self._wire, filter(is_read, page.events))
        ear.cover(page.position, is_read, self._floor)

    def _comes_anyway(self, event: Envelope, others: dict[Target, int]) -> bool:
        if event.position > min(self.origin, self._ear.since) and self._ear.gets_unasked(event):
            return True
        if event.conversation is not None and event.seq is not None:
            since = others.get(Target("conversation", event.conversation))
            if since is not None and event.seq > since:
                return True
        return any(target.kind == "topic" and event.position > since and _on(target.name, event) for target, since in others.items())

    def _too_far(self, asked: Watch, before: int | None) -> None:
        """A watch that was there before stays."""
        if before is None:
            del self._since[asked.target]
            self._look_away(asked.target)
        self._refuse(asked, "too_far")

    def _look_away(self, target: Target) -> None:
        if target.kind == "conversation":
            self._hub.look_away(self._ear, target.name, "watch")
        else:
            self._hub.unfollow(self._ear, "feed" if target.name == "feed" else "pool")

    def _refuse(self, asked: Watch, code: Literal["not_found", "limit", "too_far"]) -> None:
        self._push(error(code, asked.id))

    def _push(self, message: dict[str, object]) -> None:
        self._ear.outbox.push(frame(message))

    @property
    def _floor(self) -> int:
        return self._hub.accounts[self._ear.account].floor


def _on(topic: str, event: Envelope) -> bool:
    return event.reach != PERSON and (topic == "feed" or event.pool)
