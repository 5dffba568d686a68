"""Quiet hours: nothing that a person writes leaves while it is night for the contact (47 CFR 64.1200(c)(1) and the states' own hours).

What counts is what a clock on the wall says there: where clocks are put forward past the end of the quiet hours these end with the jump,
where clocks are put back into them it is quiet again. Of several zones in which a contact may be, all must be open.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from server.domain.errors import Invalid
from server.domain.time_zone import zone_of, zones_of_number

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_MINUTES = 1440
EXEMPT_HOURS = 24
MOST_EXEMPT_HOURS = 168
LOOK_AHEAD_US = 3 * 24 * HOUR_US
"""Zones that are not open together within three days never are."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class QuietHours(msgspec.Struct, frozen=True):
    """`start` and `end` are minutes of the day by the contact's clock: quiet from `start` on, no more at `end`; over midnight where `end`
    is the smaller. A text within `exempt_reply_hours` of the contact's own last one is a reply, which may always leave.

    Raises `Invalid`."""

    start: int
    end: int
    exempt_reply_hours: int = EXEMPT_HOURS

    def __post_init__(self) -> None:
        if not (0 <= self.start < DAY_MINUTES and 0 <= self.end < DAY_MINUTES) or self.start == self.end:
            raise Invalid("Quiet hours begin and end at two different times of the day.", field="quiet_hours")
        if not 0 <= self.exempt_reply_hours <= MOST_EXEMPT_HOURS:
            raise Invalid(f"Replies are exempt for 0 to {MOST_EXEMPT_HOURS} hours.", field="quiet_hours")

    def quiet_at(self, minute: int) -> bool:
        """Whether it is quiet at this minute of the day."""
        return (minute - self.start) % DAY_MINUTES < (self.end - self.start) % DAY_MINUTES

    def exempt_until(self, texted_at: int | None) -> int:
        """Before this instant (µs) a text is a reply to the contact, who last texted at `texted_at`."""
        return 0 if texted_at is None else texted_at + self.exempt_reply_hours * HOUR_US


def zones_that_count(now: int, own: str | None, number: str, account: str, hours: QuietHours) -> tuple[ZoneInfo, ...]:
    """The contact's own zone; else all in which the number may be; else, where it says nothing or they are never open together, as those
    of a number without an area, the account's."""
    if own is not None and (known := zone_of(own)) is not None:
        return (known,)
    possible = tuple(zone for name in zones_of_number(number) if (zone := zone_of(name)) is not None)
    if possible and _together(now, possible, hours) is not None:
        return possible
    return (zone_of(account) or ZoneInfo("UTC"),)


def opens_at(now: int, zones: Iterable[ZoneInfo], hours: QuietHours) -> int | None:
    """When a text may leave that may not leave now, µs; None where it may leave now. Raises LookupError where the zones are never open
    together."""
    at = _together(now, tuple(zones), hours)
    if at is None:
        raise LookupError("these zones are never open together")
    return at if at > now else None


def closes_at(now: int, zones: Iterable[ZoneInfo], hours: QuietHours) -> int:
    """The first instant from `now` on (µs) at which it is quiet in one of the zones."""
    return min(_first(now, zone, hours, quiet=True) for zone in zones)


def last_to_open(now: int, zones: Iterable[ZoneInfo], hours: QuietHours) -> ZoneInfo:
    """Of the zones the one for which the others wait: it is quiet there longest."""
    return max(zones, key=lambda zone: _first(now, zone, hours, quiet=False))


def _together(now: int, zones: Sequence[ZoneInfo], hours: QuietHours) -> int | None:
    """The first instant from `now` on at which no zone is quiet."""
    at = now
    while at - now <= LOOK_AHEAD_US:
        # Before the latest of these it is quiet somewhere, so that nothing is passed over.
        latest = max(_first(at, zone, hours, quiet=False) for zone in zones)
        if latest == at:
            return at
        at = latest
    return None


def _first(at: int, zone: ZoneInfo, hours: QuietHours, *, quiet: bool) -> int:
    """The first instant from `at` on at which it is quiet in the zone, or is not."""
    edge = hours.start if quiet else hours.end
    while True:
        wall = _wall(at, zone)
        if hours.quiet_at(wall // MINUTE_US) is quiet:
            return at
        then = at + (edge * MINUTE_US - wall) % (DAY_MINUTES * MINUTE_US)
        turned = _turned(at, then, zone)
        if turned is None:
            return then
        at = turned


def _wall(at: int, zone: ZoneInfo) -> int:
    """The time of the day there, in µs."""
    return (at + _offset(at, zone)) % (DAY_MINUTES * MINUTE_US)


def _offset(at: int, zone: ZoneInfo) -> int:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).utcoffset() // timedelta(microseconds=1)  # type: ignore[operator]


def _turned(at: int, then: int, zone: ZoneInfo) -> int | None:
    """When the clocks there are turned between `at` and `then`, which are less than a day apart; None if they are not."""
    before = _offset(at, zone)
    if _offset(then, zone) == before:
        return None
    low, high = at // SECOND_US, -(-then // SECOND_US)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle * SECOND_US, zone) == before:
            low = middle
        else:
            high = middle
    return high * SECOND_US
