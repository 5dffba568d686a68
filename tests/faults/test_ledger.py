"""Each of the ledger's counts can be more than nothing."""

from typing import Any

import msgspec
import pytest

from tests.faults.ledger import Book, Fact, Given, Verdict, between, judge
from tests.faults.row import Result, Row
from tests.faults.table import table

ANA, BEN, MIA = "ana", "ben", "mia"
AT = 1_700_000_000_000_000


def fact(position: int, **changes: Any) -> Fact:
    """A text in Ana's conversation `c`, whose number is its position."""
    made = Fact(position, "c", position, "message.received", AT, "participants", False, (ANA,))
    return msgspec.structs.replace(made, **changes)


def given(of: Fact, **changes: Any) -> Given:
    """The event applied half a second after it was written."""
    made = Given(1, of.position, of.conversation, of.seq, of.type, AT / 1e6 + 0.5, AT / 1e6 + 0.5)
    return msgspec.structs.replace(made, **changes)


def verdict(facts: list[Fact], entries: list[Given], **book: Any) -> Verdict:
    """Of a tab of Ana's that was current at position 0, unless `book` says otherwise."""
    fields = {"tab": "t", "user": ANA, "manager": False, "began": 0, "n": 9, "account": "a", **book}
    return judge([Book(given=entries, **fields)], {"a": facts})


def counts(found: Verdict) -> tuple[int, int, int, int]:
    return found.lost, found.doubled, found.reordered, found.leaked


THREE = [fact(1), fact(2), fact(3)]


def test_a_tab_that_applied_everything_once_and_in_order_is_clean() -> None:
    found = verdict(THREE, [given(one) for one in THREE])
    assert found.clean
    assert (found.events, found.deliveries) == (3, 3)
    assert [round(delay, 3) for delay in found.delays] == [0.5, 0.5, 0.5]


def test_what_did_not_come_or_came_and_was_not_applied_is_lost() -> None:
    assert counts(verdict(THREE, [given(THREE[0]), given(THREE[2], applied=0.0)])) == (2, 0, 0, 0)


def test_what_was_there_before_or_was_read_over_http_or_by_a_reset_is_not_lost() -> None:
    assert counts(verdict(THREE, [], began=3)) == (0, 0, 0, 0)
    assert counts(verdict(THREE, [given(THREE[2])], covered={"c": [(2, AT / 1e6 + 3)]})) == (0, 0, 0, 0)
    assert counts(verdict(THREE, [given(THREE[2])], resets=[2])) == (0, 0, 0, 0)


def test_what_was_written_when_the_tabs_were_about_to_close_is_due_to_nobody() -> None:
    book = Book("t", ANA, manager=False, began=0, n=2, account="a", given=[given(THREE[0])])
    assert judge([book], {"a": THREE}).lost == 2
    assert judge([book], {"a": THREE}, {"a": 2}).lost == 1
    late = msgspec.structs.replace(book, given=[given(one) for one in THREE])
    assert judge([late], {"a": THREE}, {"a": 2}).clean


def test_what_was_read_over_http_is_counted_and_its_delay_too() -> None:
    some = [given(THREE[1], applied=0.0), given(THREE[2])]
    found = verdict(THREE, some, covered={"c": [(1, AT / 1e6 + 2), (2, AT / 1e6 + 3)]})
    assert (found.due, found.covered, found.lost) == (3, 1, 0)
    assert [round(delay, 3) for delay in found.delays] == [0.5, 2, 3]


def test_what_was_written_between_two_instants_can_be_judged_alone() -> None:
    facts = [fact(1), fact(2, at=AT + 5_000_000), fact(3, at=AT + 9_000_000)]
    some = between({"a": facts}, AT / 1e6 + 4, AT / 1e6 + 6)
    assert some == {"a": [facts[1]]}
    assert verdict(some["a"], []).share_lost == 1.0
    assert verdict([], []).share_lost == 0.0


def test_who_was_given_nothing_or_told_not_to_come_back_is_counted() -> None:
    whole = [given(one) for one in THREE]
    assert [(found.silent, found.gone) for found in (verdict(THREE, []), verdict(THREE, whole, codes=[1006, 4503]))] == [(1, 0), (0, 0)]
    assert [verdict(THREE, whole, codes=[1006, code]).gone for code in (4401, 4409)] == [1, 1]


def test_what_was_compared_is_summed_by_what_the_pages_show() -> None:
    books = [Book(str(n), ANA, False, 0, 9, view=view, compared=n, account="a") for n, view in enumerate(("mine", "feed", "mine", ""))]
    assert judge(books, {"a": []}).compared == {"mine": 2, "feed": 1}


POOL = [fact(1, audience=(), pool=True), fact(2, audience=(), reach="account")]
"""A stranger's text, and that it is public: Ana is told the second unasked, the first if she watches the pool."""


def behind(connection: int, **changes: Any) -> list[Given]:
    """Both, the newer one first."""
    return [given(POOL[1], connection=connection), given(POOL[0], connection=connection, **changes)]


def test_what_is_missing_of_the_pool_may_come_behind_a_newer_word_of_it_when_the_tab_comes_back() -> None:
    for changes in ({}, {"applied": 0.0}):
        found = verdict(POOL, behind(2, **changes), topics=("pool",))
        assert (counts(found), found.overtaken, len(found.delays)) == ((0, 0, 0, 0), 1, 2)


def test_what_waited_for_an_older_one_and_was_applied_after_it_is_in_order() -> None:
    later = AT / 1e6 + 0.7
    assert counts(
        verdict(THREE, [given(THREE[1], applied=later), given(THREE[0], applied=later - 0.1), given(THREE[2], applied=later + 0.1)])
    ) == (
        0,
        0,
        0,
        0,
    )


def test_on_its_first_connection_or_of_what_it_receives_whole_that_is_reordered_or_lost() -> None:
    assert counts(verdict(POOL, behind(1), topics=("pool",))) == (0, 0, 1, 0)
    assert counts(verdict(POOL, behind(1, applied=0.0), topics=("pool",))) == (1, 0, 0, 0)
    assert counts(verdict(THREE, [given(THREE[n], connection=2) for n in (0, 2, 1)])) == (0, 0, 1, 0)
    later = [given(POOL[1], connection=2), given(POOL[0], connection=2)]
    live = [msgspec.structs.replace(POOL[0], at=AT + 600_000), POOL[1]]
    assert counts(verdict(live, later, topics=("pool",))) == (0, 0, 1, 0), "it was written when the tab was there"


def test_what_is_given_twice_on_one_connection_is_doubled_unless_the_tab_asked_for_it() -> None:
    again = given(THREE[0], applied=0.0)
    whole = [given(one) for one in THREE]
    assert counts(verdict(THREE, [*whole, again])) == (0, 1, 0, 0)
    assert counts(verdict(THREE, [*whole, msgspec.structs.replace(again, asked=True)])) == (0, 0, 0, 0)
    assert counts(verdict(THREE, [*whole, msgspec.structs.replace(again, connection=2)])) == (0, 0, 0, 0)


def test_what_is_applied_twice_is_doubled_on_whatever_connection() -> None:
    found = verdict(THREE, [*[given(one) for one in THREE], given(THREE[2], connection=2)])
    assert counts(found) == (0, 1, 0, 0)


def test_a_number_that_does_not_rise_is_reordered() -> None:
    assert counts(verdict(THREE, [given(THREE[0]), given(THREE[2]), given(THREE[1])])) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    "of",
    [
        pytest.param(fact(4, audience=(BEN,)), id="others"),
        pytest.param(fact(4, audience=(), reach="managers"), id="managers"),
        pytest.param(fact(4, audience=(BEN,), reach="person", seq=None), id="personal"),
    ],
)
def test_what_concerns_only_others_is_leaked(of: Fact) -> None:
    assert counts(verdict([*THREE, of], [*[given(one) for one in THREE], given(of)])) == (0, 0, 0, 1)


def test_an_event_that_the_account_never_had_is_leaked_whatever_its_position() -> None:
    foreign = given(THREE[0], conversation="another account's")
    assert counts(verdict(THREE, [*[given(one) for one in THREE], foreign])) == (0, 0, 0, 1)
    assert counts(verdict(THREE, [*[given(one) for one in THREE], given(fact(77))])) == (0, 0, 0, 1)


def test_what_was_written_after_the_right_ended_is_leaked_and_not_lost() -> None:
    late = fact(4, at=AT + 2_000_000)
    some = [given(one) for one in THREE]
    assert counts(verdict([*THREE, late], [*some, given(late)], left=AT + 1_000_000)) == (0, 0, 0, 1)
    assert counts(verdict([*THREE, late], some, left=AT + 1_000_000)) == (0, 0, 0, 0)


def test_what_a_tab_asked_for_must_come_and_may() -> None:
    others = [fact(4, audience=(BEN,), conversation="d", seq=8), fact(5, audience=(BEN,), conversation="e", seq=1, pool=True)]
    mine = [given(one) for one in THREE]
    for book in ({"topics": ("feed",)}, {"topics": ("pool",), "watched": {"d": 7}}):
        assert counts(verdict([*THREE, *others], mine, **book)) == (2, 0, 0, 0)
        assert counts(verdict([*THREE, *others], [*mine, *[given(one) for one in others]], **book)) == (0, 0, 0, 0)


def test_a_page_that_differs_from_a_fresh_one_is_unequal() -> None:
    found = verdict(THREE, [given(one) for one in THREE], differs=".rows.0.unread: 1 instead of 0")
    assert (found.unequal, found.clean) == (1, False)


def test_a_broken_promise_is_named_below_the_table() -> None:
    result = Result(verdict([fact(1)], []), current=0.2, engine="sqlite", seed=7)
    row = Row("2", "Redis restarted empty", _nobody_plays)
    assert "| kept |" in table([(row, result)])
    result.clean()
    result.most("max_s", 3.0, 2.5)
    said = table([(row, result)])
    assert "| 2 | Redis restarted empty | sqlite | 7 | 1 | 0 | 1 | 0 | 0 | 0 | 0 |" in said
    assert "| broken | max_s 3.000 |" in said
    assert "max_s 3.000 > 2.5" in said
    assert "lost: t: message.received c seq 1 position 1" in said


async def _nobody_plays(_: object) -> Result:
    raise AssertionError
