"""Outbound webhooks: which events they carry, how an event is called there, when a delivery is tried again and a webhook given up."""

from enum import StrEnum

from server.domain.events import PERSONAL, EventType

SECOND_US = 1_000_000
DAY_US = 24 * 3600 * SECOND_US

RETRY_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400)
"""The waits behind the first failures of a delivery; from then on the last one, up to a day after the first attempt."""
JITTER = 0.1

RESTS_AFTER = 10
"""So many failures without a success between them, of whatever deliveries: then it is the receiver that is down."""
REST_SECONDS, LONGEST_REST_SECONDS = 5, 300

LANES = 10
"""Contacts whose events are posted to one receiver at the same time, where it asked for that."""

TEST = "webhook.test"
"""The type of what a manager sends by hand, which is no event of the account."""

TYPES = tuple(type for type in EventType if type not in PERSONAL)
"""What concerns one person alone leaves nobody's house, as it is not in the feed."""


class Why(StrEnum):
    """Why a webhook is off: by a manager; after a day without a success; because the receiver said 410 Gone."""

    PAUSED = "paused"
    FAILING = "failing"
    GONE = "gone"


class Order(StrEnum):
    """What is posted one after another: everything, or what concerns one contact, while others' events go at the same time."""

    ACCOUNT = "account"
    CONTACT = "contact"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


def event_id(epoch: str, account: str, position: int) -> str:
    """The id of an event, the same at every attempt, replay and webhook: made of what `hello`, `GET /me` and the event itself say.

    Without a dot, since the signature puts dots between its parts (Standard Webhooks).
    """
    return f"evt_{epoch}_{account}_{position}"


def retry_at(attempt: int, first_at: int, now: int, chance: float) -> int | None:
    """When a delivery that failed for the `attempt`th time is tried again, µs; None: it is given up. `chance` is from 0 to 1."""
    if now >= first_at + DAY_US:
        return None
    wait = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1] * SECOND_US
    return min(now + _spread(wait, chance), first_at + DAY_US)


def rest_until(failures: int, now: int, chance: float) -> int | None:
    """Until when nothing at all is sent to a receiver after so many failures in a row; None: it goes on."""
    if failures < RESTS_AFTER:
        return None
    seconds = min(REST_SECONDS * 2 ** min(failures - RESTS_AFTER, 10), LONGEST_REST_SECONDS)
    return now + _spread(seconds * SECOND_US, chance)


def gives_up(failing_since: int, now: int, code: int | None) -> Why | None:
    """Whether a failure switches its webhook off."""
    if code == 410:
        return Why.GONE
    return Why.FAILING if now >= failing_since + DAY_US else None


def _spread(wait: int, chance: float) -> int:
    return round(wait * (1 + JITTER * (2 * chance - 1)))
