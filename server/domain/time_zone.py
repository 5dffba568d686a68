"""Time zones by their names in IANA's data base, which is a part of the machine as the phone numbers' table is."""

from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

LONGEST_ZONE = 64
_UNKNOWN = "Etc/Unknown"
_OF_THIS_MACHINE = ("right/", "posix/", "localtime", "posixrules", "Factory")
"""What stands beside the zones in a machine's folder: it means something else on another machine, and nothing to a browser."""


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """None for what is no name of a zone, such as Mars/X."""
    if len(name) > LONGEST_ZONE or name.startswith(_OF_THIS_MACHINE):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None


@lru_cache(maxsize=4096)
def zones_of_number(number: str) -> tuple[str, ...]:
    """Where a phone of this number may be, as its digits tell; nothing for a short code, a name, and digits that tell nothing."""
    try:
        found = timezone.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(zone for zone in found if zone != _UNKNOWN)
