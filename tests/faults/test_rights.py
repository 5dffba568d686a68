"""What may not come to somebody who was taken out of a conversation: the judge of that can say no."""

from typing import Any

from tests.faults.ledger import Book, Fact, Given
from tests.faults.row import Result
from tests.faults.rows.rights import FALLS, GOES, TakenOut, _judge_ended, forbidden_to

OUT = TakenOut("c1", "ana", latest=10_000_000)


def told(
    position: int, at: float, type: str = "message.received", *, owner: str = "ben", user: str = "", reach: str = "participants"
) -> Any:
    event = {"type": type, "data": {"conversation": {"owner": {"id": owner}}, **({"user": {"id": user}} if user else {})}}
    return {"position": position, "at": round(at * 1_000_000), "reach": reach, "event": event}


def test_what_is_committed_after_the_grace_may_not_come_and_what_is_before_may() -> None:
    assert forbidden_to(OUT, [told(1, 8.0), told(2, 9.5), told(3, 10.5), told(4, 11.0, reach="account")]) == {3}


def test_whoever_is_added_again_or_becomes_the_owner_may_have_what_follows() -> None:
    assert forbidden_to(OUT, [told(1, 10.5), told(2, 11.0, "subscriber.added", user="ana"), told(3, 12.0)]) == {1}
    assert forbidden_to(OUT, [told(1, 10.5), told(2, 11.0, "subscriber.added", user="cleo"), told(3, 12.0)]) == {1, 2, 3}
    assert forbidden_to(OUT, [told(1, 10.5), told(2, 11.0, owner="ana"), told(3, 12.0, owner="cleo")]) == {1}


def fact(position: int, reach: str = "participants") -> Fact:
    return Fact(position, "c1", position, "message.received", 0, reach, False, ("ana",))


def judged(name: str, *positions: int) -> Result:
    """As if the tab of this person had been given these, of three that came too late for it; the third concerns the account."""
    given = [Given(1, position, "c1", position, "message.received", 1.0, 1.0) for position in positions]
    book = Book("t", "ana", manager=False, began=0, n=0, given=given)
    after = {1: fact(1), 2: fact(2), 3: fact(3, "account")}
    result = Result()
    _judge_ended(result, name, [book], after, {"c1"})
    return result


def test_whoever_is_disabled_gets_nothing_and_whoever_is_an_agent_now_what_concerns_all() -> None:
    assert judged(GOES).broken == []
    assert judged(GOES, 2, 3).figures["late_goes"] == "2"
    assert judged(FALLS, 3).broken == []
    assert judged(FALLS, 2, 3).figures["late_falls"] == "1"


def test_it_is_no_proof_when_nothing_happened_afterwards() -> None:
    result = Result()
    _judge_ended(result, GOES, [Book("t", "ana", manager=False, began=0, n=0)], {}, {"c1"})
    assert "nothing was shown" in result.broken[0]
