"""What may go out at the same time: each contact's events one after another."""

import pytest

from server.domain.lanes import Lanes, contact_of


def test_of_each_lane_one_is_under_way_and_the_first_of_a_free_lane_is_next() -> None:
    lanes: Lanes[int] = Lanes()
    for number, lane in enumerate("aabcb"):
        lanes.add(lane, number)
    assert [lanes.take(), lanes.take(), lanes.take(), lanes.take()] == [("a", 0), ("b", 2), ("c", 3), None]
    lanes.free("b")
    lanes.add("d", 5)
    assert [lanes.take(), lanes.take(), lanes.take()] == [("b", 4), ("d", 5), None]
    lanes.free("a")
    assert [lanes.take(), lanes.take()] == [("a", 1), None]


@pytest.mark.parametrize(
    ("event", "contact"),
    [
        ('{"data":{"message":{"id":"m"},"conversation":{"id":"c","contact":{"id":"maria"}}}}', "maria"),
        ('{"data":{"contact":{"id":"maria"},"reason":"keyword","message":{"id":"m"}}}', "maria"),
        ('{"data":{"live_filter":{"id":"f"},"contact":{"id":"maria"},"count":3}}', "maria"),
        ('{"data":{"live_filter":{"id":"f"},"contact":null}}', ""),
        ('{"data":{"conversation":"c","read_seq":4}}', ""),
        ('{"data":{"settings":{}}}', ""),
    ],
)
def test_an_event_goes_in_the_lane_of_the_contact_that_it_is_about(event: str, contact: str) -> None:
    assert contact_of(event) == contact


@pytest.mark.parametrize(
    "event",
    [
        '{"data":{"contact":{"name":"Maria"}}}',
        '{"data":{"contact":"maria"}}',
        '{"data":{"conversation":{"id":"c","contact":null}}}',
        '{"data":{"conversation":{"id":"c"}}}',
        '{"data":{"conversation":7}}',
        '{"data":[]}',
        '{"data":null}',
        "{}",
    ],
)
def test_an_event_of_a_shape_that_nobody_foresaw_is_in_the_lane_of_those_without_a_contact(event: str) -> None:
    assert contact_of(event) == ""
