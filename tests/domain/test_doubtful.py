"""Which entry of a carrier's list is which text without an answer: one for one, and nothing said where it cannot be known."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain import doubtful
from server.domain.doubtful import Doubt, Entry, Verdict, judge

OURS, MARIA, WEI = "+12025550100", "+12025550143", "+12025550144"
AT = 1_700_000_000_000_000
SECOND = 1_000_000


def doubt(id: str, body: str = "Hello", to: str = MARIA, *, after: float = 0, judged: bool = False) -> Doubt:
    return Doubt(id, OURS, to, body, AT + round(after * SECOND), judged)


def entry(ref: str, body: str | None = "Hello", to: str = MARIA, *, after: float = 1) -> Entry:
    return Entry(ref, OURS, to, body, AT + round(after * SECOND))


def test_the_same_words_between_the_same_numbers_are_the_same_text() -> None:
    assert judge([doubt("a")], [entry("x", to=WEI), entry("y", "Hello!"), entry("z", " Hello\n")]) == Verdict({"a": "z"}, [])


def test_one_entry_is_one_text_and_the_first_belongs_to_the_first() -> None:
    doubts = [doubt("b", after=60), doubt("a")]
    assert judge(doubts, [entry("y", after=61), entry("x")]) == Verdict({"a": "x", "b": "y"}, [])
    assert judge(doubts, [entry("x")]) == Verdict({"a": "x"}, ["b"])


def test_what_was_there_before_it_was_handed_over_is_another_text() -> None:
    assert judge([doubt("a")], [entry("x", after=-61)]) == Verdict({}, ["a"])
    assert judge([doubt("a")], [entry("x", after=-59)]) == Verdict({"a": "x"}, []), "the carrier's clock may be behind"


def test_an_entry_without_words_says_something_only_if_there_is_no_choice() -> None:
    assert judge([doubt("a")], [entry("x", None)]) == Verdict({"a": "x"}, [])
    assert judge([doubt("a"), doubt("b", "Bye")], [entry("x", None)]) == Verdict({}, [])
    assert judge([doubt("a")], [entry("x", None), entry("y", None)]) == Verdict({}, [])
    assert judge([doubt("a"), doubt("b", to=WEI)], [entry("x", None)]) == Verdict({"a": "x"}, ["b"])


def test_an_old_text_that_was_not_found_takes_no_entry_from_a_new_one_of_the_same_words() -> None:
    old, new = doubt("old", judged=True), doubt("new", after=3600)
    assert judge([old, new], [entry("x", after=3601)]) == Verdict({"new": "x"}, ["old"])
    assert judge([old, new], [entry("y", after=3602), entry("x", after=3601)]) == Verdict({"new": "x", "old": "y"}, [])


def test_without_words_an_entry_is_no_text_that_was_handed_over_long_before() -> None:
    old, new = doubt("old"), doubt("new", "Bye", after=1200)
    assert judge([old], [entry("x", None, after=1201)]) == Verdict({}, []), "it may have been late: nothing is known"
    assert judge([old, new], [entry("x", None, after=1201)]) == Verdict({"new": "x"}, [])


words, seconds = st.sampled_from(["Hello", "Bye"]), st.integers(0, 7200)
doubts_between_two = st.lists(st.tuples(words, seconds, st.booleans()), max_size=6).map(
    lambda all: [doubt(f"d{n}", body, after=after, judged=judged) for n, (body, after, judged) in enumerate(all)]
)
entries_between_two = st.lists(st.tuples(words, seconds), max_size=6).map(
    lambda all: [entry(f"e{n}", body, after=after) for n, (body, after) in enumerate(all)]
)


@given(doubts_between_two, entries_between_two)
@example([doubt("old", judged=True), doubt("new", after=3600)], [entry("x", after=3601)])
def test_what_is_judged_changes_nothing_for_what_is_not_and_an_entry_is_one_text(doubts: list[Doubt], entries: list[Entry]) -> None:
    verdict = judge(doubts, entries)
    alone = judge([doubt for doubt in doubts if not doubt.judged], entries)
    new = {doubt.id for doubt in doubts if not doubt.judged}
    assert {id: ref for id, ref in verdict.found.items() if id in new} == alone.found
    assert [id for id in verdict.missing if id in new] == alone.missing
    assert len(set(verdict.found.values())) == len(verdict.found)
    at, handed = {entry.ref: entry.at for entry in entries}, {doubt.id: doubt.handed_at for doubt in doubts}
    assert all(at[ref] > handed[id] - doubtful.EARLIEST_US for id, ref in verdict.found.items())


def test_texts_between_other_numbers_are_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, may_be = 0, doubtful._may_be

    def counted(doubt: Doubt, entry: Entry) -> bool:
        nonlocal looks
        looks += 1
        return may_be(doubt, entry)

    monkeypatch.setattr(doubtful, "_may_be", counted)
    numbers = [f"+1202555{n:04}" for n in range(200)]
    verdict = judge([doubt(to, to=to) for to in numbers], [entry(to, to=to) for to in numbers])
    assert verdict == Verdict({to: to for to in numbers}, [])
    assert looks == len(numbers)
