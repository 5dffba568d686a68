"""Who may open a socket now: strangers are counted by address, and nobody is let in faster than tabs can be served."""

import math
from collections import OrderedDict, deque

from server.live.pace import Pace

MINUTE = 60.0
ADDRESSES = 10_000
"""Addresses remembered; the one not seen for longest is forgotten first."""


class Admission:
    """All instants are seconds of a clock that never goes back."""

    def __init__(self, pace: Pace) -> None:
        self._rate = pace.admitted_per_second
        self._most = pace.refusals_per_minute
        self._tokens = self._rate
        self._filled_at = float("-inf")
        self._refused: OrderedDict[str, deque[float]] = OrderedDict()

    def full(self, now: float) -> bool:
        """Whether the rate is used up."""
        self._tokens = min(self._rate, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return self._tokens < 1

    def admit(self, now: float) -> bool:
        """Takes a place, if there is one."""
        if self.full(now):
            return False
        self._tokens -= 1
        return True

    def refuse(self, address: str, now: float) -> int | None:
        """Counts a handshake without a valid session; after too many in the last minute, the seconds to wait."""
        times = self._refused.setdefault(address, deque())
        self._refused.move_to_end(address)
        while len(self._refused) > ADDRESSES:
            self._refused.popitem(last=False)
        while times and now - times[0] >= MINUTE:
            times.popleft()
        if len(times) >= self._most:
            return max(1, math.ceil(MINUTE - (now - times[0])))
        times.append(now)
        return None
