"""The hours that single states of the United States keep for texts that sell, by a number's area code.

The table is `state_hours.json`, which says whence and of when it is. An area code tells where a number was given out, not where its
phone is; holidays and other exceptions are not in the table.
"""

from functools import lru_cache
from itertools import groupby
from pathlib import Path

import msgspec

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SURE = (10 * 60, 18 * 60)
"""From Monday to Friday every state of the table is open between these minutes of the day."""
_AREA = slice(2, 5)
_NUMBER_DIGITS = 12


class Open(msgspec.Struct, frozen=True):
    """From one minute of the day on, and no more at the other."""

    start: int
    end: int

    @property
    def clocks(self) -> tuple[str, str]:
        """As "08:00" and "20:00"."""
        return f"{self.start // 60:02}:{self.start % 60:02}", f"{self.end // 60:02}:{self.end % 60:02}"


class StateHours(msgspec.Struct, frozen=True):
    """`week` is when texts may leave to a state's numbers on each day from Monday on; None: not at all."""

    name: str
    week: tuple[Open | None, ...]

    def quiet_at(self, day: int, minute: int) -> bool:
        """On a day from 0, Monday, to 6, at this minute of it."""
        open = self.week[day]
        return open is None or not open.start <= minute < open.end

    @property
    def says(self) -> str:
        """As "08:00–20:00" or "09:00–21:00, Sunday 12:00–21:00": what is so on most days is said without them."""
        runs = [(open, [day for _, day in days]) for open, days in groupby(zip(self.week, DAYS, strict=True), key=lambda each: each[0])]
        return ", ".join(f"{_between(days)}{'–'.join(open.clocks) if open else 'not at all'}" for open, days in runs)


class _State(msgspec.Struct, frozen=True):
    name: str
    weekdays: str
    saturday: str | None
    sunday: str | None
    area_codes: list[int]


class _Table(msgspec.Struct, frozen=True):
    as_of: str
    states: list[_State]


def hours_of_number(number: str) -> StateHours | None:
    """Those of the state whose area code the number has; None where none are known."""
    if not number.startswith("+1") or len(number) != _NUMBER_DIGITS:
        return None
    return _by_area().get(number[_AREA])


def as_of() -> str:
    """The day of the table, such as 2026-11-22."""
    return _table().as_of


@lru_cache(maxsize=1)
def states() -> tuple[StateHours, ...]:
    """All of the table, by name."""
    return tuple(sorted(set(_by_area().values()), key=lambda state: state.name))


@lru_cache(maxsize=1)
def _by_area() -> dict[str, StateHours]:
    return {str(code): hours for state in _table().states for hours in [_state(state)] for code in state.area_codes}


@lru_cache(maxsize=1)
def _table() -> _Table:
    return msgspec.json.decode(Path(__file__).with_suffix(".json").read_bytes(), type=_Table)


def _state(state: _State) -> StateHours:
    days = [state.weekdays] * 5 + [state.saturday, state.sunday]
    return StateHours(state.name, tuple(None if day is None else _open(day) for day in days))


def _open(written: str) -> Open:
    start, end = (60 * int(clock[:2]) + int(clock[3:]) for clock in written.split("-"))
    return Open(start, end)


def _between(days: list[str]) -> str:
    """Before the hours of these days, which follow one another."""
    if len(days) > 5:
        return ""
    return f"{days[0]} " if len(days) == 1 else f"{days[0]} to {days[-1]} "
