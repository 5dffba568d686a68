"""When a text may leave, by the clocks on the contact's wall."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.domain.quiet_hours import DAY_MINUTES, HOUR_US, MINUTE_US, QuietHours, closes_at, last_to_open, opens_at, zones_that_count
from server.domain.time_zone import zones_of_number

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NIGHT = QuietHours(20 * 60, 8 * 60)
NEW_YORK, ANCHORAGE, ADAK, PHOENIX, DENVER, KOLKATA, LORD_HOWE, CAIRO = (
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "America/Anchorage",
        "America/Adak",
        "America/Phoenix",
        "America/Denver",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Africa/Cairo",
    )
)
ZONES = (NEW_YORK, ANCHORAGE, ADAK, PHOENIX, DENVER, KOLKATA, LORD_HOWE, CAIRO, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia"))
minutes = st.integers(0, DAY_MINUTES - 1)
hours = st.tuples(minutes, minutes).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))
instants = st.integers(1_704_067_200, 1_830_297_600).map(lambda second: second * 1_000_000)


def us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def there(zone: ZoneInfo, *when: int, fold: int = 0) -> int:
    """What a clock on the wall says there, as an instant."""
    return us(datetime(*when, tzinfo=zone, fold=fold))  # type: ignore[arg-type, misc]


def utc(*when: int) -> int:
    return us(datetime(*when, tzinfo=UTC))  # type: ignore[arg-type, misc]


def minute_there(at: int, zone: ZoneInfo) -> int:
    local = (EPOCH + timedelta(microseconds=at)).astimezone(zone)
    return local.hour * 60 + local.minute


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ((2026, 11, 23, 7, 59), (2026, 11, 23, 8, 0)),
        ((2026, 11, 23, 8, 0), None),
        ((2026, 11, 23, 19, 59), None),
        ((2026, 11, 23, 20, 0), (2026, 11, 24, 8, 0)),
        ((2026, 12, 31, 23, 30), (2027, 1, 1, 8, 0)),
    ],
)
def test_a_text_waits_from_evening_to_morning(when: tuple[int, ...], opens: tuple[int, ...] | None) -> None:
    assert opens_at(there(NEW_YORK, *when), [NEW_YORK], NIGHT) == (there(NEW_YORK, *opens) if opens else None)


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = QuietHours(13 * 60, 15 * 60 + 30)
    assert opens_at(there(DENVER, 2026, 5, 4, 13, 0), [DENVER], siesta) == there(DENVER, 2026, 5, 4, 15, 30)
    assert opens_at(there(DENVER, 2026, 5, 4, 15, 30), [DENVER], siesta) is None
    assert opens_at(there(DENVER, 2026, 5, 4, 3, 0), [DENVER], siesta) is None


def test_when_clocks_go_forward_the_night_is_an_hour_shorter() -> None:
    """8 March 2026, two o'clock in New York."""
    evening = there(NEW_YORK, 2026, 3, 7, 22, 0)
    assert opens_at(evening, [NEW_YORK], NIGHT) == evening + 9 * HOUR_US == utc(2026, 3, 8, 12)


def test_when_clocks_go_back_the_night_is_an_hour_longer() -> None:
    """1 November 2026, two o'clock in New York."""
    evening = there(NEW_YORK, 2026, 10, 31, 22, 0)
    assert opens_at(evening, [NEW_YORK], NIGHT) == evening + 11 * HOUR_US == utc(2026, 11, 1, 13)


def test_quiet_hours_that_end_in_the_hour_that_is_left_out_end_with_the_jump() -> None:
    early = QuietHours(20 * 60, 2 * 60 + 30)
    assert opens_at(there(NEW_YORK, 2026, 3, 8, 1, 0), [NEW_YORK], early) == utc(2026, 3, 8, 7), "three o'clock, which follows two"


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_begin_again_with_it() -> None:
    early = QuietHours(20 * 60, 60 + 30)
    first = there(NEW_YORK, 2026, 11, 1, 1, 30)
    assert opens_at(there(NEW_YORK, 2026, 11, 1, 0, 0), [NEW_YORK], early) == first
    assert opens_at(first + 10 * MINUTE_US, [NEW_YORK], early) is None
    assert opens_at(there(NEW_YORK, 2026, 11, 1, 1, 10, fold=1), [NEW_YORK], early) == first + HOUR_US


def test_clocks_that_are_turned_by_half_an_hour_are_read_as_they_stand() -> None:
    """Lord Howe Island, 4 October 2026; India is half an hour off."""
    evening = there(LORD_HOWE, 2026, 10, 3, 21, 0)
    assert opens_at(evening, [LORD_HOWE], NIGHT) == evening + 11 * HOUR_US - 30 * MINUTE_US
    assert opens_at(utc(2026, 6, 1, 2, 29), [KOLKATA], NIGHT) == utc(2026, 6, 1, 2, 30)


def test_arizona_keeps_its_clocks_while_denver_turns_them() -> None:
    summer, winter = utc(2026, 7, 1, 14, 30), utc(2026, 12, 1, 14, 30)
    assert opens_at(summer, [PHOENIX], NIGHT) == utc(2026, 7, 1, 15)
    assert opens_at(summer, [DENVER], NIGHT) is None
    assert opens_at(winter, [PHOENIX], NIGHT) == opens_at(winter, [DENVER], NIGHT) == utc(2026, 12, 1, 15)
    turned = there(DENVER, 2026, 3, 7, 22, 0)
    assert opens_at(turned, [PHOENIX], NIGHT) == turned + 10 * HOUR_US
    assert opens_at(turned, [DENVER], NIGHT) == turned + 9 * HOUR_US


def test_of_several_zones_all_must_be_open() -> None:
    """Alaska has two: where it is eight in Anchorage it is seven in Adak, which is the first to close."""
    both = [ADAK, ANCHORAGE]
    assert opens_at(there(ANCHORAGE, 2026, 11, 23, 8, 30), both, NIGHT) == there(ADAK, 2026, 11, 23, 8, 0)
    assert opens_at(there(ANCHORAGE, 2026, 11, 23, 20, 10), both, NIGHT) == there(ADAK, 2026, 11, 24, 8, 0)
    assert closes_at(there(ADAK, 2026, 11, 23, 12, 0), both, NIGHT) == there(ANCHORAGE, 2026, 11, 23, 20, 0)
    assert last_to_open(there(ANCHORAGE, 2026, 11, 23, 22, 14), both, NIGHT) is ADAK


def test_zones_that_are_never_open_together_have_no_opening() -> None:
    narrow = QuietHours(10 * 60, 8 * 60)
    with pytest.raises(LookupError):
        opens_at(utc(2026, 6, 1), [NEW_YORK, KOLKATA], narrow)


def test_the_contacts_own_zone_goes_before_its_number_and_that_before_the_accounts() -> None:
    def counted(own: str | None, number: str, hours: QuietHours = NIGHT) -> list[str]:
        return [zone.key for zone in zones_that_count(utc(2026, 6, 1), own, number, "Europe/Berlin", hours)]

    assert counted("Asia/Tokyo", "+12125550143") == ["Asia/Tokyo"]
    assert counted(None, "+19072345678") == ["America/Adak", "America/Anchorage"]
    assert counted("Mars/X", "+14805550143") == ["America/Phoenix"]
    for unknown in ("+15555550100", "72345", "ACME"):
        assert counted(None, unknown) == ["Europe/Berlin"]


def test_a_number_that_may_be_anywhere_waits_for_all_or_for_the_account_where_all_are_never_open() -> None:
    """Toll-free numbers name every zone of North America, from Guam to Newfoundland."""
    zones = zones_that_count(utc(2026, 6, 1), None, "+18005550199", "America/Chicago", NIGHT)
    assert len(zones) == len(zones_of_number("+18005550199")) > 30
    narrow = QuietHours(11 * 60, 9 * 60)
    assert [zone.key for zone in zones_that_count(utc(2026, 6, 1), None, "+18005550199", "America/Chicago", narrow)] == ["America/Chicago"]


def test_a_reply_is_exempt_for_its_hours_and_no_longer() -> None:
    at = utc(2026, 6, 1)
    assert NIGHT.exempt_until(at) == at + 24 * HOUR_US
    assert QuietHours(0, 1, 0).exempt_until(at) == at
    assert NIGHT.exempt_until(None) == 0


@pytest.mark.parametrize(("start", "end", "exempt"), [(480, 480, 1), (-1, 480, 1), (480, DAY_MINUTES, 1), (1, 2, -1), (1, 2, 169)])
def test_hours_that_are_none_are_refused(start: int, end: int, exempt: int) -> None:
    with pytest.raises(Invalid):
        QuietHours(start, end, exempt)


@given(hours, minutes)
def test_every_minute_is_quiet_or_open_as_counting_around_the_clock_says(hours: QuietHours, minute: int) -> None:
    around = [(hours.start + step) % DAY_MINUTES for step in range((hours.end - hours.start) % DAY_MINUTES)]
    assert hours.quiet_at(minute) == (minute in around)


@given(instants, st.sampled_from(ZONES), hours)
@example(there(NEW_YORK, 2026, 3, 8, 1, 59), NEW_YORK, QuietHours(60, 150))
@example(there(NEW_YORK, 2026, 11, 1, 1, 59), NEW_YORK, QuietHours(119, 90))
@example(there(CAIRO, 2026, 4, 23, 23, 59), CAIRO, QuietHours(1380, 30))
def test_it_opens_at_the_first_minute_that_is_not_quiet(at: int, zone: ZoneInfo, hours: QuietHours) -> None:
    """Minute by minute, as somebody would who looks at the clock there."""
    opens = opens_at(at, [zone], hours)
    looked = at
    while hours.quiet_at(minute_there(looked, zone)):
        looked = (looked // MINUTE_US + 1) * MINUTE_US
    assert (at if opens is None else opens) == looked
    assert (opens is None) == (looked == at)


@given(instants, st.lists(st.sampled_from(ZONES), min_size=2, max_size=4), hours)
def test_no_zone_is_quiet_when_several_open_and_one_is_in_every_minute_before(at: int, zones: list[ZoneInfo], hours: QuietHours) -> None:
    try:
        opens = opens_at(at, zones, hours) or at
    except LookupError:
        opens = at + 2 * 24 * HOUR_US
    else:
        assert not any(hours.quiet_at(minute_there(opens, zone)) for zone in zones)
    for looked in range(at, opens, 7 * MINUTE_US):
        assert any(hours.quiet_at(minute_there(looked, zone)) for zone in zones)


@given(instants, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3), hours)
def test_it_closes_at_the_first_minute_that_is_quiet_in_one_of_them(at: int, zones: list[ZoneInfo], hours: QuietHours) -> None:
    closes = closes_at(at, zones, hours)
    assert any(hours.quiet_at(minute_there(closes, zone)) for zone in zones)
    for looked in range(at, closes, 7 * MINUTE_US):
        assert not any(hours.quiet_at(minute_there(looked, zone)) for zone in zones)
