"""How fast texts leave over one number, whatever they are and whenever somebody looks."""

from hypothesis import given
from hypothesis import strategies as st

from server.domain.pace import BURST_US, SECOND_US, Pace

TEXTS = st.lists(st.integers(1, 10), min_size=1, max_size=60)


def leave(pace: Pace, texts: list[int], looks: list[int], now: int = 0) -> list[tuple[int, int]]:
    """(when, segments) of each text, taken as soon as somebody looks and the bucket lets it go."""
    left = []
    for index, segments in enumerate(texts):
        while pace.opens_at > now:
            now += looks[index % len(looks)]
        left.append((now, segments))
        pace = pace.after(segments, now)
    return left


@given(rate=st.integers(1, 1000), texts=TEXTS, looks=st.lists(st.integers(1_000, 700_000), min_size=1, max_size=5))
def test_in_no_span_of_time_more_leaves_than_its_segments_a_burst_and_one_text(rate: int, texts: list[int], looks: list[int]) -> None:
    left = leave(Pace(rate), texts, looks)
    for first, (start, _) in enumerate(left):
        total = 0
        for when, segments in left[first:]:
            total += segments
            assert total <= (when - start + BURST_US) * rate / SECOND_US + segments + 1


@given(rate=st.integers(1, 1000), texts=TEXTS)
def test_over_time_the_whole_rate_is_used(rate: int, texts: list[int]) -> None:
    when, _ = leave(Pace(rate), texts, [1_000])[-1]
    assert when <= sum(texts[:-1]) * SECOND_US / rate + 1_000 * len(texts)


def test_a_slow_number_sends_one_by_one_from_the_first_on() -> None:
    assert [when for when, _ in leave(Pace(1), [1, 1, 3, 1], [1_000])] == [0, 1_000_000, 2_000_000, 5_000_000]


def test_a_fast_number_sends_some_together() -> None:
    left = leave(Pace(100), [1] * 120, [1_000])
    assert sum(when == 0 for when, _ in left) == 20
    assert left[-1][0] == 1_000_000


def test_a_long_rest_earns_no_more_than_a_burst() -> None:
    left = leave(Pace(100), [1] * 120, [1_000], now=3_600_000_000)
    assert sum(when == 3_600_000_000 for when, _ in left) == 20


def test_without_a_rate_nothing_but_a_pause_holds_it() -> None:
    assert [when for when, _ in leave(Pace(), [10] * 5, [1_000])] == [0] * 5
    assert Pace(paused_until=7).opens_at == 7
    assert Pace(1, spent_until=5_000_000, paused_until=9_000_000).after(1, 9_000_000).opens_at == 10_000_000
