"""When a clock ends (PRODUCT rule 11)."""

from server.domain.clocks import MINUTE_US, overdue, public_at


def test_the_deadline_is_the_start_and_the_minutes() -> None:
    assert public_at(5, 20) == 5 + 20 * MINUTE_US


def test_no_clock_no_minutes_and_zero_minutes_have_no_deadline() -> None:
    assert public_at(None, 20) is None
    assert public_at(5, None) is None
    assert public_at(5, 0) is None


def test_overdue_from_the_deadline_on() -> None:
    end = 5 + MINUTE_US
    assert not overdue(5, 1, end - 1)
    assert overdue(5, 1, end)
