"""Who is let in, by a clock of the test's own."""

from server.live.admission import ADDRESSES, Admission
from server.live.pace import Pace


def test_a_hundred_refusals_a_minute_are_told_401_and_then_how_long_to_wait() -> None:
    admission = Admission(Pace())
    assert [admission.refuse("a", 10 + n / 10) for n in range(100)] == [None] * 100
    assert admission.refuse("a", 30.0) == 40
    assert admission.refuse("a", 69.9) == 1
    assert admission.refuse("b", 30.0) is None
    assert admission.refuse("a", 70.05) is None
    assert admission.refuse("a", 70.05) == 1


def test_only_so_many_addresses_are_remembered_the_newest() -> None:
    admission = Admission(Pace(refusals_per_minute=1))
    assert admission.refuse("first", 1.0) is None
    for number in range(ADDRESSES):
        admission.refuse(str(number), 2.0)
    assert admission.refuse("first", 3.0) is None
    assert admission.refuse(str(ADDRESSES - 1), 3.0) == 59


def test_places_come_back_at_the_rate_and_are_not_saved_up() -> None:
    admission = Admission(Pace(admitted_per_second=10))
    assert sum(admission.admit(5.0) for _ in range(50)) == 10
    assert admission.full(5.05)
    assert sum(admission.admit(5.5) for _ in range(50)) == 5
    assert sum(admission.admit(100.0) for _ in range(50)) == 10
