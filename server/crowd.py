"""How many wait for an answer of this process, and for how long one more would: whether it is taken on."""

from collections.abc import Iterator

from server.clock import Clock
from server.log import get_logger

BURST_SECONDS = 5.0
"""Plivo waits eight for an answer, Bandwidth ten, Twilio and Vonage fifteen."""
STANDING_SECONDS = 1.0
"""Telnyx waits for two."""
PEOPLE_SECONDS = 10.0
"""They wait, and would have to press again; nginx waits for thirty."""
LOOK_SECONDS = 0.5
FORGET = 0.75
"""What is left of an earlier pace at the next look: less than half after two seconds in which nobody is answered."""
FEW = 64
MOST = 4_000
"""So many whose bodies are here already, however fast they are answered, for the memory that they take."""
TOLD_SECONDS = 10.0

log = get_logger(__name__)


class Crowd:
    """Those who wait at one door. `few` are no crowd: so many share the next commit or two, and calls that take long by themselves are few.

    What counts is not how many they are, since what a process does in a second is another number on every machine and every day, but how
    long whoever comes now would wait: as many as there are, by as many as were answered in a second (Little's law). A crowd that has just
    come is a burst, or a disk that stands still for a moment, and is worked off: BURST_SECONDS. One that has stood for longer than that
    does not go away while others are taken on, and only makes everybody late: STANDING_SECONDS. (So does B. Maurer, Fail at Scale, ACM
    Queue 13/8, after Controlled Delay, RFC 8289.)
    """

    def __init__(self, door: str, clock: Clock, *, burst: float, standing: float, few: int = FEW, most: int = MOST) -> None:
        self.door = door
        self.few = few
        self.most = most
        self._burst = burst
        self._standing = standing
        self.here = 0
        self.refused = 0
        self._now = clock.monotonic
        self._since = self._looked_at = 0.0
        self._answered = 0
        self._pace = 0.0
        self._told_at = float("-inf")

    def enter(self) -> None:
        self.here += 1
        if self.here == self.few + 1:
            self._since = self._looked_at = self._now()
            self._answered, self._pace = 0, 0.0

    def leave(self, *, answered: bool) -> None:
        self.here -= 1
        self._answered += answered

    def full(self) -> bool:
        """Whether whoever comes now is to be refused, which is counted."""
        if self.here <= self.few:
            return False
        now = self._now()
        patience = self._burst if now - self._since < self._burst else self._standing
        if self.here < self.most and self._wait(now) <= patience:
            return False
        self.refused += 1
        if now - self._told_at >= TOLD_SECONDS:
            self._told_at = now
            log.warning("requests.refused", door=self.door, waiting=self.here, refused=self.refused)
        return True

    def _wait(self, now: float) -> float:
        """Seconds that whoever comes now would wait; where nobody has been answered yet, those that the crowd has."""
        took = now - self._looked_at
        if took >= LOOK_SECONDS:
            self._pace = max(self._answered / took, self._pace * FORGET)
            self._answered, self._looked_at = 0, now
        return self.here / self._pace if self._pace else now - self._since


class Crowds:
    """One for each kind of call, so that whoever floods the sign-in form, or comes back with a thousand tabs, takes no carrier's place."""

    def __init__(self, clock: Clock) -> None:
        self.hooks = Crowd("hooks", clock, burst=BURST_SECONDS, standing=STANDING_SECONDS)
        self.login = Crowd("login", clock, burst=PEOPLE_SECONDS, standing=PEOPLE_SECONDS)
        self.others = Crowd("others", clock, burst=PEOPLE_SECONDS, standing=PEOPLE_SECONDS)

    def __iter__(self) -> Iterator[Crowd]:
        return iter((self.hooks, self.login, self.others))
