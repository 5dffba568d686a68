"""The sessions behind the open tabs, looked at again: at a steady pace, and soon where somebody hints that one is over."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from server.desk.stream import Stream
from server.live.pace import Pace
from server.live.protocol import Close
from server.live.tab import Tab
from server.log import get_logger

log = get_logger(__name__)

HINT_SECONDS = 0.05
"""Hints that come faster than this share one look at the database."""


class Sessions:
    """Closes the tabs whose session is over or whose user has other rights now. `tabs` are those that are open, by user."""

    def __init__(self, stream: Stream, pace: Pace, tabs: Mapping[str, Sequence[Tab]]) -> None:
        self._stream = stream
        self._pace = pace
        self._tabs = tabs
        self._doubted: set[str] = set()
        self._doubt = asyncio.Event()

    def doubt(self, users: Iterable[str]) -> None:
        """Something may have changed for these users: a hint, which the database confirms or not."""
        self._doubted.update(users)
        self._doubt.set()

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._pace.recheck_seconds
        while True:
            waking = loop.call_at(due, self._doubt.set)
            await self._doubt.wait()
            waking.cancel()
            self._doubt.clear()
            doubted, self._doubted = self._doubted, set()
            if loop.time() >= due:
                due = loop.time() + self._pace.recheck_seconds
                tabs = [tab for some in self._tabs.values() for tab in some]
            else:
                tabs = [tab for user in doubted for tab in self._tabs.get(user, ())]
            if not tabs:
                continue
            try:
                await self._look(tabs)
            except Exception:
                # The tick's outermost loop: the database is away or worse, and may come back.
                self._doubted |= doubted
                log.warning("Sessions could not be looked up", exc_info=True)
            await asyncio.sleep(HINT_SECONDS)

    async def _look(self, tabs: list[Tab]) -> None:
        """Another role ends the sessions too: which of both it was decides what the tab is told."""
        users = await self._stream.still_signed_in({tab.session.id for tab in tabs})
        over = {tab.session.user.id for tab in tabs if tab.session.id not in users}
        roles = await self._stream.roles(over) if over else {}
        for tab in tabs:
            before, user = tab.session.user, users.get(tab.session.id)
            if (user.role if user else roles.get(before.id, before.role)) is not before.role:
                tab.close(Close.RIGHTS_CHANGED)
            elif user is None:
                tab.close(Close.SESSION_OVER)
