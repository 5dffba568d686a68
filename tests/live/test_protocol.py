"""Frames and rates without I/O."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.live.pace import Pace
from server.live.protocol import (
    NOBODYS_ID,
    BadFrame,
    FrameRate,
    Pong,
    Resume,
    Target,
    Typing,
    Unwatch,
    Viewing,
    Watch,
    parse,
    plausible,
)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"op":"resume"}', Resume(None, None)),
        ('{"op":"resume","position":null,"epoch":null}', Resume(None, None)),
        ('{"op":"resume","position":7,"epoch":"e"}', Resume(7, "e")),
        ('{"op":"watch","id":1,"conversation":"c"}', Watch(1, Target("conversation", "c"), None)),
        ('{"op":"watch","id":0,"conversation":"c","after":41}', Watch(0, Target("conversation", "c"), 41)),
        ('{"op":"watch","id":2,"topic":"feed","after":0}', Watch(2, Target("topic", "feed"), 0)),
        ('{"op":"unwatch","id":3,"topic":"pool"}', Unwatch(3, Target("topic", "pool"))),
        ('{"op":"typing","conversation":"c"}', Typing("c")),
        ('{"op":"viewing","conversation":null}', Viewing(None)),
        ('{"op":"viewing","conversation":"c"}', Viewing("c")),
        ('{"op":"pong"}', Pong()),
        ('{"op":"pong","later":"perhaps"}', Pong()),
    ],
)
def test_every_frame_of_the_contract_is_understood(text: str, frame: object) -> None:
    assert parse(text) == frame


@pytest.mark.parametrize(
    ("text", "request_id"),
    [
        ('{"op":"resume","position":-1}', None),
        ('{"op":"resume","position":"1"}', None),
        ('{"op":"resume","position":1.0}', None),
        ('{"op":"resume","position":true}', None),
        ('{"op":"resume","epoch":7}', None),
        ('{"op":"watch","conversation":"c"}', None),
        ('{"op":"watch","id":"1","conversation":"c"}', None),
        ('{"op":"watch","id":-1,"conversation":"c"}', None),
        ('{"op":"watch","id":9007199254740993,"conversation":"c"}', None),
        ('{"op":"watch","id":1}', 1),
        ('{"op":"watch","id":1,"topic":"users"}', 1),
        ('{"op":"watch","id":1,"topic":"feed","conversation":"c"}', 1),
        ('{"op":"watch","id":1,"conversation":7}', 1),
        ('{"op":"watch","id":1,"conversation":"c","after":-1}', 1),
        ('{"op":"unwatch","id":1}', 1),
        ('{"op":"typing"}', None),
        ('{"op":"typing","conversation":null}', None),
        ('{"op":"viewing","conversation":1}', None),
    ],
)
def test_a_frame_with_a_wrong_value_is_refused_without_counting_as_senseless(text: str, request_id: int | None) -> None:
    with pytest.raises(BadFrame) as info:
        parse(text)
    assert (info.value.senseless, info.value.id) == (False, request_id)


@settings(deadline=None)
@given(st.text(max_size=300) | st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)).map(repr))
def test_whatever_comes_in_is_a_frame_or_a_bad_frame(text: str) -> None:
    with pytest.raises(BadFrame):
        parse(text)


def test_an_id_that_cannot_be_one_is_looked_up_as_nobodys() -> None:
    assert plausible("0" * 25 + "a") == "0" * 25 + "a"
    for name in ("", "x", "*", "0" * 27, "A" * 26, "0" * 25 + "\n", "\ud800" * 26, "é" * 26):
        assert plausible(name) == NOBODYS_ID


@pytest.mark.parametrize(("per_second", "allowed"), [(20, True), (21, False), (40, False)])
def test_the_rate_is_twenty_a_second_for_three_seconds(per_second: int, allowed: bool) -> None:
    rate = FrameRate(Pace())
    answers = [rate.allows(100 + number / per_second) for number in range(per_second * 3)]
    assert all(answers) is allowed
    assert all(answers[: 2 * per_second])


def test_a_tab_that_returns_may_watch_everything_at_once_and_no_more() -> None:
    rate = FrameRate(Pace())
    assert all(rate.allows(5.0) for _ in range(120))
    assert not rate.allows(5.0)


def test_slow_seconds_between_fast_ones_are_forgiven() -> None:
    rate = FrameRate(Pace())
    for second in range(0, 40, 2):
        assert all(rate.allows(second + number / 30) for number in range(25))
