"""How fast texts may leave over one number: a bucket of segments that fills with time, and pauses that its carrier asks for."""

import msgspec

SECOND_US = 1_000_000
BURST_US = 200_000
"""So much of a second's segments may leave together: a sender need not look again for each text of a fast number."""


class Pace(msgspec.Struct, frozen=True):
    """`rate` is in segments a second, None for any number of them. Instants are µs UTC: at `spent_until` all that has left is paid for by
    time, before `paused_until` nothing leaves.

    In any span of time there leave at most the span's segments, those of BURST_US, and the text that went over.
    """

    rate: int | None = None
    spent_until: int = 0
    paused_until: int = 0

    @property
    def opens_at(self) -> int:
        """From when on the next text may leave, however long it is."""
        if self.rate is None:
            return self.paused_until
        return max(self.paused_until, self.spent_until - max(0, BURST_US - SECOND_US // self.rate))

    def after(self, segments: int, now: int) -> "Pace":
        """Once a text of so many segments has left at `now`."""
        if self.rate is None:
            return self
        return msgspec.structs.replace(self, spent_until=max(self.spent_until, now) + max(1, segments) * SECOND_US // self.rate)
