"""When a clock ends (PRODUCT rule 11)."""

from server.domain.clocks import MINUTE_US, public_at


def test_the_deadline_is_the_start_and_the_minutes() -> None:
    assert public_at(5, 20, 5) == 5 + 20 * MINUTE_US
    assert public_at(9, 20, 5) == 9 + 20 * MINUTE_US


def test_no_clock_and_no_minutes_have_no_deadline() -> None:
    assert public_at(None, 20, 5) is None
    assert public_at(5, None, 5) is None


def test_with_zero_minutes_a_wait_is_due_as_it_begins_unless_its_clock_was_started_anew() -> None:
    assert public_at(5, 0, 5) == 5
    assert public_at(9, 0, 5) is None
