"""Which entry of a carrier's list is which text without an answer: one for one, and nothing said where it cannot be known."""

import pytest

from server.domain import doubtful
from server.domain.doubtful import Doubt, Entry, Verdict, judge

OURS, MARIA, WEI = "+12025550100", "+12025550143", "+12025550144"
AT = 1_700_000_000_000_000
SECOND = 1_000_000


def doubt(id: str, body: str = "Hello", to: str = MARIA, *, after: float = 0) -> Doubt:
    return Doubt(id, OURS, to, body, AT + round(after * SECOND))


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
