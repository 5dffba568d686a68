"""A stretch of time in a request's query: days of a time zone, or exact instants."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from starlette.requests import Request

from server.domain.errors import Invalid
from server.domain.time_zone import zone_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1900, 9000)
"""Far enough from the first and the last that a calendar knows, whatever the zone and however many days are counted from there."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to before `until`, µs UTC, each None where it was not asked for. `zone_name` as in IANA's data base."""

    since: int | None
    until: int | None
    zone_name: str
    zone: tzinfo


def span_in(request: Request) -> Span:
    """`?from=&to=&time_zone=`: a day is all of that day in the zone, `to` too; an RFC 3339 instant is itself. Raises `Invalid`."""
    name, zone = _zone(request.query_params.get("time_zone"))
    since, until = _instant(request, "from", zone), _instant(request, "to", zone)
    if since is not None and until is not None and until <= since:
        raise Invalid("The time ends before it begins: the last day is before the first.", field="to")
    return Span(since, until, name, zone)


def _zone(given: str | None) -> tuple[str, tzinfo]:
    if given is None or given == "UTC":
        return "UTC", UTC
    zone = zone_of(given)
    if zone is None:
        raise Invalid("`time_zone` is a name of IANA's data base, such as Europe/Berlin.", field="time_zone")
    return given, zone


def _instant(request: Request, name: str, zone: tzinfo) -> int | None:
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        if len(given) == len("2026-11-22"):
            day = date.fromisoformat(given) + timedelta(days=1 if name == "to" else 0)
            at = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            at = datetime.fromisoformat(given)
            if at.tzinfo is None:
                raise ValueError
        if at.year not in _YEARS:
            raise ValueError
        return (at - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise Invalid(f"`{name}` is a day, such as 2026-11-22, or an instant of RFC 3339.", field=name) from None
