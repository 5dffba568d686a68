"""The clock of an unanswered conversation: when it goes public."""

MINUTE_US = 60_000_000


def public_at(clock_start: int | None, public_minutes: int | None, waiting_since: int | None) -> int | None:
    """When a running clock ends, in µs UTC, or None when it never does.

    With 0 minutes a wait is due as it begins; a claim or a transfer since has started the clock anew, and then no deadline runs.
    None minutes mean never.
    """
    if clock_start is None or public_minutes is None:
        return None
    if public_minutes == 0 and clock_start != waiting_since:
        return None
    return clock_start + public_minutes * MINUTE_US
