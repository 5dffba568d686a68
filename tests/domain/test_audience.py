"""Who is alerted and who receives: PRODUCT rules 5-7."""

from server.domain.audience import Part, Participant, alerted, alerts, audience
from server.domain.events import EventType, Reach, reach

OWNER = Participant("ana", Part.OWNER)
BEN, MUTED = Participant("ben", Part.SUBSCRIBER), Participant("dana", Part.SUBSCRIBER, muted_at=1)
PEOPLE = {p.user: p for p in (OWNER, BEN, MUTED)}


def test_the_owner_and_every_unmuted_subscriber_are_alerted_but_not_the_sender() -> None:
    assert alerts(EventType.MESSAGE_RECEIVED, PEOPLE, actor="maria", sender=None) == ("ana", "ben")
    assert alerts(EventType.MESSAGE_QUEUED, PEOPLE, actor="ben", sender="ben") == ("ana",)
    assert alerted(PEOPLE) == ("ana", "ben")


def test_an_automatic_text_alerts_nobody_and_a_failure_its_sender() -> None:
    assert alerts(EventType.MESSAGE_QUEUED, PEOPLE, actor=None, sender=None) == ()
    assert alerts(EventType.MESSAGE_FAILED, PEOPLE, actor=None, sender="ben") == ("ben",)
    assert alerts(EventType.MESSAGE_DELIVERED, PEOPLE, actor=None, sender="ben") == ()


def test_whoever_took_part_before_or_after_receives_the_event() -> None:
    assert audience(PEOPLE, {"ana": OWNER}) == ("ana", "ben", "dana")
    assert audience({}, {}) == ()


def test_every_event_has_a_reach_and_the_pools_reach_everybody() -> None:
    account_wide = {event for event in EventType if reach(event) is Reach.ACCOUNT}
    assert account_wide == {
        EventType.CONVERSATION_PUBLIC,
        EventType.CONVERSATION_CLAIMED,
        EventType.CONVERSATION_RELEASED,
        EventType.SETTINGS_CHANGED,
        EventType.USER_UPDATED,
        *(event for event in EventType if event.startswith("contact.")),
    }
    assert {event for event in EventType if reach(event) is Reach.PERSON} == {
        EventType.CONVERSATION_READ,
        EventType.SUBSCRIBER_MUTED,
        EventType.PREFERENCES_CHANGED,
    }
