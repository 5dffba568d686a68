"""Everything live in one process: the open tabs, their pulses, and the end of the process."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from channels.bus import Bus
from channels.ear import Ear
from channels.envelope import Envelope
from channels.hub import Hub
from channels.presence import Presence
from channels.topics import Topic
from server.desk.identity import Session
from server.desk.stream import Stream
from server.domain.events import EventType
from server.live.admission import Admission
from server.live.pace import Pace
from server.live.protocol import Close
from server.live.sessions import Sessions
from server.live.tab import Around, Tab
from server.live.wire import Wire
from server.log import get_logger

log = get_logger(__name__)

Authenticate = Callable[[Mapping[str, str], Mapping[str, str]], Awaitable[Session | None]]
"""Headers and cookies of a handshake -> whose it is."""

RETRY_MS = 1_000
USER_UPDATED = b'{"type":"%b"' % EventType.USER_UPDATED.encode()


class Live:
    """One a process. `origin` is the public address's `scheme://host[:port]`; `run` must run while tabs are served."""

    def __init__(self, bus: Bus, stream: Stream, authenticate: Authenticate, origin: str, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.origin = origin
        self.authenticate = authenticate
        self.admission = Admission(self.pace)
        self.hub = Hub(bus, stream)
        self.presence = Presence(bus, self._onlookers)
        self.draining = False
        self.tabs: dict[str, list[Tab]] = {}
        """By user, the oldest first."""
        self._back_at = float("-inf")
        """When the tab that was sent away last is to come back."""
        self._stream = stream
        self._around = Around(self.hub, stream, self.presence, self.pace, self._retry_ms, self._work, self._left)
        self._tasks: asyncio.TaskGroup
        self._sessions = Sessions(stream, self.pace, self.tabs)
        self._arrived = asyncio.Event()
        self.hub.heard = self._heard
        self.hub.noticed = self._noticed

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            group.create_task(self.hub.run())
            group.create_task(self.presence.run())
            group.create_task(self._sessions.run())
            group.create_task(self._keep_who_is_here())
            group.create_task(self._beat_for_ever())

    async def drain(self, hurry: asyncio.Event) -> None:
        """Lets no other tab in, and sends those away that are here, one after the other as they may come back elsewhere. Until its turn a
        tab has everything. Faster when that takes longer than a stop may, and all at once when `hurry` is set."""
        self.draining = True
        tabs = self._all_tabs()
        random.shuffle(tabs)  # no account and no user loses all of its own together
        began = asyncio.get_running_loop().time()
        apart = min(self.pace.apart_seconds, self.pace.drain_seconds / max(1, len(tabs)))
        for number, tab in enumerate(tabs):
            await _until(began + number * apart, hurry)
            tab.drain()

    def count(self) -> int:
        """The tabs that are open here."""
        return sum(len(tabs) for tabs in self.tabs.values())

    def serve(self, wire: Wire, answer: bytes, session: Session) -> None:
        """One tab, from the answer to its handshake on. The hub must have its account."""
        tab = Tab(wire, answer, session, self._around)
        tabs = self.tabs.setdefault(session.user.id, [])
        tabs.append(tab)
        if len(tabs) == 1:
            self._arrived.set()
        still_open = [one for one in tabs if not one.ear.outbox.closed]
        for oldest in still_open[: -self.pace.tabs_per_user]:
            oldest.close(Close.TOO_MANY_TABS)
        if self.draining:
            tab.drain()

    def _left(self, tab: Tab) -> None:
        tabs = self.tabs[tab.session.user.id]
        tabs.remove(tab)
        if not tabs:
            del self.tabs[tab.session.user.id]

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(work)

    def _heard(self, topic: Topic, data: bytes) -> None:
        """Whatever is said on a user's channel is only a hint: the database is asked."""
        if topic.user is not None:
            self._sessions.doubt([topic.user])
        elif topic.conversation is not None:
            self.presence.hear(topic.account, topic.conversation, data)
        else:
            self.hub.counters.foreign += 1

    def _noticed(self, envelope: Envelope) -> None:
        if envelope.body.startswith(USER_UPDATED):
            self._sessions.doubt(self.hub.accounts[envelope.account].people)

    async def _beat_for_ever(self) -> None:
        """One task for the pulses of all tabs: a timer for each would cost more memory than looking at all of them costs time."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.pace.beat_seconds
            await asyncio.sleep(self.pace.beat_seconds)
            late = loop.time() - due
            if late > self.pace.standstill_seconds:
                for tab in self._all_tabs():
                    tab.excuse(late)
            self._beat(loop.time())

    def _beat(self, now: float) -> None:
        for tab in [tab for tabs in self.tabs.values() for tab in tabs if tab.due <= now and not tab.ear.outbox.closed]:
            try:
                tab.beat(now)
            except Exception:
                # The pulse's outermost loop: one broken tab must not keep the others waiting.
                log.warning("A tab is cut", exc_info=True)
                tab.cut()

    async def _keep_who_is_here(self) -> None:
        """Writes down whose tabs are open: soon after a first one, and again and again while they are."""
        while True:
            due = asyncio.get_running_loop().call_later(self.pace.seen_seconds, self._arrived.set)
            await self._arrived.wait()
            due.cancel()
            self._arrived.clear()
            if self.tabs:
                try:
                    await self._stream.seen(self.tabs)
                except Exception:
                    # As above: the next time they are written down again.
                    log.warning("Who is here could not be written down", exc_info=True)
            await asyncio.sleep(self.pace.arrivals_seconds)

    def _all_tabs(self) -> list[Tab]:
        return [tab for tabs in self.tabs.values() for tab in tabs]

    def _onlookers(self, account_id: str, conversation: str) -> set[Ear]:
        account = self.hub.accounts.get(account_id)
        return set() if account is None else account.onlookers(conversation)

    def _retry_ms(self) -> int:
        """A place behind those that were sent away before, and some chance, since other processes may send theirs away too."""
        now = asyncio.get_running_loop().time()
        self._back_at = max(now, self._back_at + self.pace.apart_seconds)
        return round(1_000 * (self._back_at - now)) + random.randint(RETRY_MS, 2 * RETRY_MS)


async def _until(instant: float, hurry: asyncio.Event) -> None:
    """By the loop's clock."""
    if instant > asyncio.get_running_loop().time():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(instant):
                await hurry.wait()
