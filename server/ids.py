"""Identifiers: ULIDs (github.com/ulid/spec) in lower case, so that ids of one table sort by the time of their making."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]


def new_id(at_us: int) -> str:
    """26 characters of Crockford's base 32: 48 bits of milliseconds, then 80 random bits.

    `at_us` is in microseconds, UTC. Two ids of the same millisecond have no order between them.
    Raises ValueError before 1970 and after the year 10889, which 48 bits cannot hold.
    """
    milliseconds = at_us // 1_000
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"no id can be made for the instant {at_us}")
    return _written(milliseconds << 80 | secrets.randbits(80))


def id_after(last: str | None, at_us: int) -> str:
    """As `new_id`, but behind the id `last` whatever the clock says. Random, so that two who go on from the same id do not meet."""
    made = new_id(at_us)
    if last is None or made > last:
        return made
    number = 0
    for character in last:
        number = number << 5 | ALPHABET.index(character)
    return _written(number + 1 + secrets.randbits(64))


def _written(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -10, -10)])
