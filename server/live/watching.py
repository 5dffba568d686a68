"""What one tab has asked for beyond what concerns its user: conversations, and the topics of its account."""

from collections.abc import Sequence
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
        """Watching again what is watched reads again what is after `after`. Raises as the database does."""
        target = asked.target
        if not await self._may_watch(target):
            self._refuse(asked, "not_found")
        elif target not in self._since and len(self._since) >= self._limit:
            self._refuse(asked, "limit")
        else:
            self._ear.hold()
            try:
                await (self._conversation(asked) if target.kind == "conversation" else self._topic(asked))
            finally:
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
        return target in self._since or await self._stream.has(self._ear.account, plausible(target.name))

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
        await write(ear, self._wire, page.events)
        while page.more:
            page = await self._stream.conversation(ear.account, name, page.events[-1].seq)
            await write(ear, self._wire, page.events)
        if asked.after is None:
            ear.cover(page.position, lambda event: event.conversation == name and not ear.gets_unasked(event), self._floor)
        else:
            ear.cover(page.position, lambda event: event.conversation == name and event.seq is not None, self._floor)

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
        await write(ear, self._wire, self._missed(page.events, topic, others))
        while page.more:
            page = await self._stream.everything(ear.account, page.events[-1].position)
            await write(ear, self._wire, self._missed(page.events, topic, others))
        ear.cover(page.position, lambda event: _on(topic, event) and not self._comes_anyway(event, others), self._floor)

    def _missed(self, events: Sequence[Envelope], topic: TopicName, others: dict[Target, int]) -> list[Envelope]:
        """Those of the topic that have not come to this tab for another reason."""
        return [event for event in events if _on(topic, event) and not self._comes_anyway(event, others)]

    def _comes_anyway(self, event: Envelope, others: dict[Target, int]) -> bool:
        if event.position > self.origin and self._ear.gets_unasked(event):
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
