"""Which channels this process listens to, and for how many reasons. The last reason gone, a channel is kept for a while."""

from collections.abc import Iterable
from dataclasses import dataclass

from channels.bus import Bus

LINGER_SECONDS = 30.0


@dataclass(slots=True)
class Topic:
    """One channel: whose events may come over it, and which conversation's or user's alone. `left_at` is when the last reason went."""

    channel: str
    account: str
    conversation: str | None = None
    user: str | None = None
    reasons: int = 0
    left_at: float | None = None


class Topics:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._by_channel: dict[bytes, Topic] = {}

    def get(self, channel: bytes) -> Topic | None:
        return self._by_channel.get(channel)

    def note(self, wanted: Iterable[Topic]) -> list[str]:
        """One more reason for each; the channels that are new here. They are not subscribed yet."""
        new = []
        for topic in wanted:
            name = topic.channel.encode()
            known = self._by_channel.get(name)
            if known is None:
                known = self._by_channel[name] = topic
                new.append(topic.channel)
            known.reasons += 1
            known.left_at = None
        return new

    async def take(self, wanted: list[Topic]) -> bool:
        """One more reason for each. Returns when Redis has confirmed them, or soon if it is away; whether any of them was new."""
        new = self.note(wanted)
        await self._bus.subscribe([topic.channel for topic in wanted])
        return bool(new)

    def drop(self, channel: str, now: float) -> None:
        """One reason less."""
        topic = self._by_channel[channel.encode()]
        topic.reasons -= 1
        if topic.reasons == 0:
            topic.left_at = now

    def tidy(self, now: float) -> None:
        """Unsubscribes from what nobody has needed for `LINGER_SECONDS`."""
        over = [t.channel for t in self._by_channel.values() if t.left_at is not None and now - t.left_at >= LINGER_SECONDS]
        for channel in over:
            del self._by_channel[channel.encode()]
        self._bus.unsubscribe(over)
