"""Quiet hours: nothing that a person writes leaves while it is night for the contact (47 CFR 64.1200(c)(1) and the states' own hours).

What counts is what a clock on the wall says there: where clocks are put forward past the end of the quiet hours these end with the jump,
where clocks are put back into them it is quiet again. Of several zones in which a contact may be, all must be open. Where a state's own
hours count, both they and the account's must be open, by the same clocks.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from server.domain.errors import Invalid
from server.domain.state_hours import SURE, StateHours, hours_of_number
from server.domain.time_zone import zone_of, zones_of_number

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_MINUTES = 1440
WEEK_MINUTES = 7 * DAY_MINUTES
DAY_US = DAY_MINUTES * MINUTE_US
EXEMPT_HOURS = 24
MOST_EXEMPT_HOURS = 168
LOOK_AHEAD_US = 3 * DAY_US
"""Zones that are not open together within three days never are; where a state's week counts, within ten."""
LOOK_AHEAD_A_WEEK_US = 10 * DAY_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY_US = 3 * DAY_US
"""The first of January 1970 was a Thursday."""


class QuietHours(msgspec.Struct, frozen=True):
    """`start` and `end` are minutes of the day by the contact's clock: quiet from `start` on, no more at `end`; over midnight where `end`
    is the smaller. A text within `exempt_reply_hours` of the contact's own last one is a reply, which may always leave. With `states` it is
    quiet for a number, too, when it is for its state.

    Raises `Invalid`."""

    start: int
    end: int
    exempt_reply_hours: int = EXEMPT_HOURS
    states: bool = False

    def __post_init__(self) -> None:
        if not (0 <= self.start < DAY_MINUTES and 0 <= self.end < DAY_MINUTES) or self.start == self.end:
            raise Invalid("Quiet hours begin and end at two different times of the day.", field="quiet_hours")
        if not 0 <= self.exempt_reply_hours <= MOST_EXEMPT_HOURS:
            raise Invalid(f"Replies are exempt for 0 to {MOST_EXEMPT_HOURS} hours.", field="quiet_hours")

    def quiet_at(self, minute: int) -> bool:
        """Whether it is quiet at this minute of the day."""
        return (minute - self.start) % DAY_MINUTES < (self.end - self.start) % DAY_MINUTES

    def leaves_time(self) -> bool:
        """Whether it is open at some time on weekdays at which every state is."""
        return not all(self.quiet_at(minute) for minute in range(*SURE))

    def state_of(self, number: str) -> StateHours | None:
        """The hours of the number's state, where they count."""
        return hours_of_number(number) if self.states else None

    def exempt_until(self, texted_at: int | None) -> int:
        """Before this instant (µs) a text is a reply to the contact, who last texted at `texted_at`."""
        return 0 if texted_at is None else texted_at + self.exempt_reply_hours * HOUR_US


def zones_that_count(now: int, own: str | None, number: str, account: str, hours: QuietHours) -> tuple[ZoneInfo, ...]:
    """The contact's own zone; else all in which the number may be; else, where it says nothing or they are never open together, as those
    of a number without an area, the account's."""
    if own is not None and (known := zone_of(own)) is not None:
        return (known,)
    possible = tuple(zone for name in zones_of_number(number) if (zone := zone_of(name)) is not None)
    if possible and _together(now, possible, _week(hours, hours.state_of(number))) is not None:
        return possible
    return (zone_of(account) or ZoneInfo("UTC"),)


def opens_at(now: int, zones: Iterable[ZoneInfo], hours: QuietHours, state: StateHours | None = None) -> int | None:
    """When a text may leave that may not leave now, µs; None where it may leave now. Raises LookupError where the zones are never open
    together."""
    at = _together(now, tuple(zones), _week(hours, state))
    if at is None:
        raise LookupError("these zones are never open together")
    return at if at > now else None


def closes_at(now: int, zones: Iterable[ZoneInfo], hours: QuietHours, state: StateHours | None = None) -> int:
    """The first instant from `now` on (µs) at which it is quiet in one of the zones."""
    week = _week(hours, state)
    return min(_first(now, zone, week, quiet=True) for zone in zones)


def last_to_open(now: int, zones: Iterable[ZoneInfo], hours: QuietHours, state: StateHours | None = None) -> ZoneInfo:
    """Of the zones the one for which the others wait: it is quiet there longest."""
    week = _week(hours, state)
    return max(zones, key=lambda zone: _first(now, zone, week, quiet=False))


@dataclass(frozen=True, slots=True)
class _Week:
    """For each minute from Monday on whether it is quiet, and the minutes at which that changes."""

    quiet: tuple[bool, ...]
    turns: tuple[int, ...]
    weekly: bool

    def next_turn(self, minute: int) -> int:
        """The first minute after this one, which may be of the next week."""
        place = bisect_right(self.turns, minute)
        return self.turns[place] if place < len(self.turns) else self.turns[0] + WEEK_MINUTES


@lru_cache(maxsize=256)
def _week(hours: QuietHours, state: StateHours | None) -> _Week:
    """Raises LookupError where it is always quiet."""
    quiet = tuple(
        hours.quiet_at(minute % DAY_MINUTES) or (state is not None and state.quiet_at(*divmod(minute, DAY_MINUTES)))
        for minute in range(WEEK_MINUTES)
    )
    if all(quiet):
        raise LookupError("it is always quiet")
    return _Week(quiet, tuple(minute for minute in range(WEEK_MINUTES) if quiet[minute] != quiet[minute - 1]), state is not None)


def _together(now: int, zones: Sequence[ZoneInfo], week: _Week) -> int | None:
    """The first instant from `now` on at which no zone is quiet."""
    at = now
    while at - now <= (LOOK_AHEAD_A_WEEK_US if week.weekly else LOOK_AHEAD_US):
        # Before the latest of these it is quiet somewhere, so that nothing is passed over.
        latest = max(_first(at, zone, week, quiet=False) for zone in zones)
        if latest == at:
            return at
        at = latest
    return None


def _first(at: int, zone: ZoneInfo, week: _Week, *, quiet: bool) -> int:
    """The first instant from `at` on at which it is quiet in the zone, or is not."""
    while True:
        wall = _wall(at, zone)
        if week.quiet[wall // MINUTE_US] is quiet:
            return at
        turn = at + week.next_turn(wall // MINUTE_US) * MINUTE_US - wall
        then = min(turn, at + DAY_US)
        turned = _turned(at, then, zone)
        if turned is None and then == turn:
            return then
        at = then if turned is None else turned


def _wall(at: int, zone: ZoneInfo) -> int:
    """The time of the week there, in µs from Monday on."""
    return (at + _offset(at, zone) + _MONDAY_US) % (7 * DAY_US)


def _offset(at: int, zone: ZoneInfo) -> int:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone).utcoffset() // timedelta(microseconds=1)  # type: ignore[operator]


def _turned(at: int, then: int, zone: ZoneInfo) -> int | None:
    """When the clocks there are turned between `at` and `then`, which are a day apart at the most; None if they are not."""
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
