import pytest

from server.domain.lateness import late

NOW = 1_795_000_000_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND


@pytest.mark.parametrize("ago", [60 * SECOND + 1, HOUR, 25 * HOUR])
def test_what_was_sent_a_while_ago_says_when(ago: int) -> None:
    assert late(NOW - ago, NOW) == NOW - ago


@pytest.mark.parametrize("ago", [60 * SECOND, 0, -1, -61 * SECOND, -HOUR, 25 * HOUR + 1, NOW, 30 * 24 * HOUR])
def test_what_came_at_once_is_from_the_future_or_older_than_any_repeat_came_at_once(ago: int) -> None:
    assert late(NOW - ago, NOW) is None


def test_what_nobody_knows_came_at_once() -> None:
    assert late(None, NOW) is None
