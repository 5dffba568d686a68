"""When a carrier says that a text was sent. A time that cannot be read is no time: the text is not lost for it."""

import re
from datetime import UTC, datetime

from server.carriers.listing import instant

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


def sent(written: object, *, utc: bool = False) -> int | None:
    """µs UTC, of RFC 3339. `utc`: the carrier writes no zone and means UTC; else a time without one is nobody knows when."""
    read = _TIME.fullmatch(written) if isinstance(written, str) else None
    if read is None or not (read[1] or utc):
        return None
    try:
        at = datetime.fromisoformat(read[0])
        return instant(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
