"""The clock of an unanswered conversation: when it goes public (PRODUCT rules 8-13)."""

MINUTE_US = 60_000_000


def public_at(clock_start: int | None, public_minutes: int | None) -> int | None:
    """When a running clock ends, in µs UTC, or None when it never does.

    0 minutes: a new wait is public at once by its own rule, and a claimed or transferred conversation stays with its owner, so
    no deadline runs. None means never (rule 11).
    """
    if clock_start is None or not public_minutes:
        return None
    return clock_start + public_minutes * MINUTE_US


def overdue(clock_start: int | None, public_minutes: int | None, now: int) -> bool:
    at = public_at(clock_start, public_minutes)
    return at is not None and at <= now
