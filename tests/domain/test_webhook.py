"""When a delivery is tried again, when a receiver is left in peace, and when it is given up."""

from server.domain.events import PERSONAL, EventType
from server.domain.webhook import DAY_US, RESTS_AFTER, RETRY_SECONDS, SECOND_US, TYPES, Why, event_id, gives_up, rest_until, retry_at

NOW = 1_795_000_000_000_000


def schedule(chance: float) -> list[float]:
    """The waits of a delivery that never succeeds, in seconds."""
    waits, attempt, now = [], 1, NOW
    while (following := retry_at(attempt, NOW, now, chance)) is not None:
        waits.append((following - now) / SECOND_US)
        attempt, now = attempt + 1, following
    return waits


def test_the_waits_grow_and_end_a_day_after_the_first_attempt() -> None:
    waits = schedule(0.5)
    assert waits[:8] == [float(seconds) for seconds in RETRY_SECONDS]
    assert set(waits[8:-1]) == {float(RETRY_SECONDS[-1])}
    assert sum(waits) == DAY_US / SECOND_US


def test_the_waits_are_spread_by_a_tenth() -> None:
    assert schedule(0)[0] == 4.5
    assert schedule(1)[0] == 5.5
    assert sum(schedule(0)) == sum(schedule(1)) == DAY_US / SECOND_US


def test_a_receiver_that_fails_again_and_again_rests_for_five_minutes_at_the_most() -> None:
    assert rest_until(RESTS_AFTER - 1, NOW, 0.5) is None
    rests = [rest_until(failures, NOW, 0.5) for failures in range(RESTS_AFTER, RESTS_AFTER + 2_000)]
    seconds = [(rest - NOW) // SECOND_US for rest in rests if rest is not None]
    assert seconds[:8] == [5, 10, 20, 40, 80, 160, 300, 300]
    assert len(seconds) == 2_000
    assert seconds[-1] == 300


def test_a_webhook_is_given_up_after_a_day_or_when_its_receiver_is_gone() -> None:
    assert gives_up(NOW, NOW + DAY_US - 1, 500) is None
    assert gives_up(NOW, NOW + DAY_US, None) is Why.FAILING
    assert gives_up(NOW, NOW, 410) is Why.GONE


def test_the_id_of_an_event_is_its_own_in_every_account_and_after_a_restore() -> None:
    ids = {event_id(epoch, account, position) for epoch in ("e1", "e2") for account in ("a1", "a2") for position in (1, 2)}
    assert len(ids) == 8
    assert not any("." in id for id in ids)


def test_what_concerns_one_person_alone_goes_to_no_webhook() -> None:
    assert set(TYPES) == set(EventType) - PERSONAL
