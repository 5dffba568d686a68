"""Instants as people and programs write them, in µs UTC."""

from datetime import UTC, datetime, timedelta

from server.domain.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime, field: str) -> int:
    """Of an instant with its zone. Raises `Invalid`, with `field`, for one that is in no year from 1 to 9999: none could show it."""
    try:
        return (at.astimezone(UTC) - _EPOCH) // _MICROSECOND
    except OverflowError:
        raise Invalid("Give an instant in the years 1 to 9999.", field=field) from None
