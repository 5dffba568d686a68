"""The hours of single states, by the clocks on the contact's wall, and the table that they stand in."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.geodata import GEOCODE_DATA

from server.domain import state_hours
from server.domain.quiet_hours import DAY_MINUTES, MINUTE_US, QuietHours, closes_at, last_to_open, opens_at, zones_that_count
from server.domain.state_hours import SURE, hours_of_number, states
from server.domain.time_zone import zones_of_number

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TABLE = json.loads(Path(state_hours.__file__).with_suffix(".json").read_text())
NEVER = QuietHours(3 * 60, 3 * 60 + 1, states=True)
"""Quiet for a minute of the night, so that only the state's hours tell."""
FLORIDA, TEXAS, CONNECTICUT, RHODE_ISLAND, OHIO, TOLL_FREE = (
    "+13055550143",
    "+12145550143",
    "+12035550143",
    "+14015550143",
    "+16145550143",
    "+18005550199",
)
ZONES = {FLORIDA: "America/New_York", TEXAS: "America/Chicago", CONNECTICUT: "America/New_York", RHODE_ISLAND: "America/New_York"}
THURSDAY, FRIDAY, SATURDAY, SUNDAY = 19, 20, 21, 22
"""Of November 2026."""


def us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def opening(number: str, day: int, clock: str, hours: QuietHours = NEVER) -> tuple[str, str] | None:
    """The day and time by the clock there at which a text may leave; None where it may leave at once."""
    zone = ZoneInfo(ZONES[number])
    hour, minute = map(int, clock.split(":"))
    at = us(datetime(2026, 11, day, hour, minute, tzinfo=zone))
    opens = opens_at(at, [zone], hours, hours.state_of(number))
    if opens is None:
        return None
    there = (EPOCH + timedelta(microseconds=opens)).astimezone(zone)
    return f"{there:%a}", f"{there:%H:%M}"


@pytest.mark.parametrize(
    ("number", "day", "clock", "opens"),
    [
        (FLORIDA, THURSDAY, "07:59", ("Thu", "08:00")),
        (FLORIDA, THURSDAY, "08:00", None),
        (FLORIDA, SUNDAY, "19:59", None),
        (FLORIDA, SUNDAY, "20:00", ("Mon", "08:00")),
        (CONNECTICUT, THURSDAY, "08:30", ("Thu", "09:00")),
        (CONNECTICUT, THURSDAY, "20:00", ("Fri", "09:00")),
        (TEXAS, FRIDAY, "20:59", None),
        (TEXAS, SATURDAY, "21:00", ("Sun", "12:00")),
        (TEXAS, SUNDAY, "11:59", ("Sun", "12:00")),
        (TEXAS, SUNDAY, "21:00", ("Mon", "09:00")),
        (RHODE_ISLAND, FRIDAY, "18:00", ("Sat", "10:00")),
        (RHODE_ISLAND, SATURDAY, "16:59", None),
        (RHODE_ISLAND, SATURDAY, "17:00", ("Mon", "09:00")),
        (RHODE_ISLAND, SUNDAY, "12:00", ("Mon", "09:00")),
    ],
)
def test_a_text_waits_for_the_state_of_its_area_code(number: str, day: int, clock: str, opens: tuple[str, str] | None) -> None:
    assert opening(number, day, clock) == opens


def test_of_the_states_hours_and_the_accounts_the_stricter_counts_at_each_end() -> None:
    ours = QuietHours(18 * 60, 8 * 60 + 30, states=True)
    assert opening(FLORIDA, THURSDAY, "08:10", ours) == ("Thu", "08:30")
    assert opening(FLORIDA, THURSDAY, "19:00", ours) == ("Fri", "08:30")
    assert opening(TEXAS, THURSDAY, "08:40", ours) == ("Thu", "09:00")
    assert opening(TEXAS, SATURDAY, "19:00", ours) == ("Sun", "12:00")


def test_where_the_account_does_not_say_so_only_its_own_hours_count() -> None:
    without = QuietHours(NEVER.start, NEVER.end)
    assert without.state_of(TEXAS) is None
    assert opening(TEXAS, SUNDAY, "08:00", without) is None


def test_other_states_other_countries_and_numbers_without_an_area_have_no_hours_of_their_own() -> None:
    for number in (OHIO, TOLL_FREE, "+442079460143", "305555", "ACME", "+1305", "+130555501433", "+3055550143"):
        assert hours_of_number(number) is None, number


def test_of_several_zones_all_must_be_open_by_the_states_hours() -> None:
    """Texas reaches into the time of Denver, and so may a contact's phone."""
    state, zones = NEVER.state_of(TEXAS), [ZoneInfo("America/Chicago"), ZoneInfo("America/Denver")]
    morning, noon = (us(datetime(2026, 11, 19, hour, 30, tzinfo=zones[0])) for hour in (9, 12))
    assert opens_at(morning, zones, NEVER, state) == us(datetime(2026, 11, 19, 9, 0, tzinfo=zones[1]))
    assert last_to_open(morning, zones, NEVER, state) is zones[1]
    assert closes_at(noon, zones, NEVER, state) == us(datetime(2026, 11, 19, 21, 0, tzinfo=zones[0]))
    assert [zone.key for zone in zones_that_count(noon, None, "+19155550143", "UTC", NEVER)] == ["America/Denver"], "El Paso"


def test_clocks_that_are_turned_on_a_closed_sunday_move_monday_morning_with_them() -> None:
    """1 November 2026, a Sunday: Rhode Island opens on Monday at nine, a winter's nine."""
    zone = ZoneInfo("America/New_York")
    evening = us(datetime(2026, 10, 31, 17, 0, tzinfo=zone))
    assert opens_at(evening, [zone], NEVER, NEVER.state_of(RHODE_ISLAND)) == us(datetime(2026, 11, 2, 14, 0, tzinfo=UTC))


def test_the_hours_are_said_as_people_say_them() -> None:
    says = {state.name: state.says for state in states()}
    assert says["Florida"] == "08:00–20:00"
    assert says["Texas"] == "09:00–21:00, Sunday 12:00–21:00"
    assert says["Rhode Island"] == "Monday to Friday 09:00–18:00, Saturday 10:00–17:00, Sunday not at all"
    assert list(says) == sorted(says)
    assert len(says) == len(TABLE["states"])


def test_hours_that_leave_no_time_on_weekdays_are_known() -> None:
    """Else a text to a state might wait for ever."""
    assert not QuietHours(10 * 60, 18 * 60, states=True).leaves_time()
    assert QuietHours(10 * 60, 17 * 60 + 59, states=True).leaves_time()
    for state in states():
        for day in range(5):
            assert not any(state.quiet_at(day, minute) for minute in range(*SURE)), state.name


def test_the_table_says_whence_it_is_and_has_every_area_code_that_the_number_plan_gives_to_its_states() -> None:
    assert {"hours_from", "area_codes_from", "as_of"} < TABLE.keys()
    for state in TABLE["states"]:
        names = {state["name"], f"{state['name']} State"}
        city = re.compile(rf", {state['code']}$")
        places = ((prefix, place.get("en", "")) for prefix, place in GEOCODE_DATA.items() if prefix[0] == "1" and len(prefix) > 3)
        assert set(state["area_codes"]) == {int(prefix[1:4]) for prefix, place in places if place in names or city.search(place)}
        for code in state["area_codes"]:
            assert len(zones_of_number(f"+1{code}5550143")) == 1, "an area code that tells no place"


@given(
    st.integers(1_704_067_200, 1_830_297_600).map(lambda second: second * 1_000_000),
    st.sampled_from(states()),
    st.sampled_from(["America/New_York", "America/Chicago", "America/Los_Angeles"]),
    st.tuples(st.integers(0, DAY_MINUTES - 1), st.integers(0, DAY_MINUTES - 1)).filter(lambda pair: pair[0] != pair[1]),
)
def test_it_opens_at_the_first_minute_that_is_quiet_for_neither(
    at: int, state: state_hours.StateHours, name: str, night: tuple[int, int]
) -> None:
    """Minute by minute, as somebody would who looks at the calendar and the clock there."""
    hours, zone = QuietHours(*night, states=True), ZoneInfo(name)
    if not hours.leaves_time():
        return
    looked = at
    while True:
        there = (EPOCH + timedelta(microseconds=looked)).astimezone(zone)
        minute = there.hour * 60 + there.minute
        if not hours.quiet_at(minute) and not state.quiet_at(there.weekday(), minute):
            break
        looked = (looked // MINUTE_US + 1) * MINUTE_US
    assert (opens_at(at, [zone], hours, state) or at) == looked
