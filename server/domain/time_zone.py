"""Time zones by their names in IANA's data base, which is a part of the machine as the phone numbers' table is."""

from functools import lru_cache
from zoneinfo import ZoneInfo

LONGEST_ZONE = 64


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """None for what is no name of a zone, such as Mars/X."""
    if len(name) > LONGEST_ZONE:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None
