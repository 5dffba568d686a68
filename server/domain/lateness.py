"""When a text that reached us late was sent, and which of two people's words came first."""

LATE_US = 60_000_000
"""What took no longer came at once."""
LONGEST_US = 25 * 3_600_000_000
"""No carrier repeats a text for more than 24 hours (Bandwidth, Vonage): an older time is a wrong one."""


def late(at: int | None, now: int) -> int | None:
    """When it was sent, as its carrier says, where that was a while ago; None where it came at once, or nobody knows. µs UTC."""
    return at if at is not None and LATE_US < now - at <= LONGEST_US else None
