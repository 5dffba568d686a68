"""The limits and times of the websocket, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The contract's figures; a test that waits for one of them makes it shorter."""

    first_frame_seconds: float = 10.0
    ping_seconds: float = 25.0
    pong_seconds: float = 45.0
    watches: int = 100
    frames_per_second: int = 20
    frames_seconds: int = 3
    tabs_per_user: int = 20
    refusals_per_minute: int = 100
    """Handshakes without a valid session, from one address."""
    admitted_per_second: float = 1_000.0
    """What one core serves (docs/performance.md). Beyond it a handshake is refused before it costs anything, and comes back."""
    recheck_seconds: float = 0.7
    """How often every open session is looked up again, in one reading; also without any hint a session that is over lasts no second."""
    seen_seconds: float = 30.0
    """How often it is written down who has a tab open, for all of them in one go."""
    drain_seconds: float = 2.5
    """A process that stops sends its tabs away within this time, however many they are."""
    arrivals_seconds: float = 2.0
    """Those who open their first tab within this time share one writing."""
    retry_after_seconds: int = 2

    @property
    def apart_seconds(self) -> float:
        """Between two tabs that are told to come back: they come at half the rate at which one process lets them in."""
        return 2 / self.admitted_per_second

    @property
    def beat_seconds(self) -> float:
        """How late a ping or a close may be."""
        return min(self.first_frame_seconds, self.ping_seconds, self.pong_seconds) / 50

    @property
    def standstill_seconds(self) -> float:
        """When this process itself had no turn for so long, a pong that did not come proves nothing."""
        return (self.pong_seconds - self.ping_seconds) / 4

    @property
    def burst(self) -> int:
        """Frames at once: a tab that comes back may watch everything it had in one go."""
        return self.watches + 20
