import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain import consent
from server.domain.consent import EDITION, HELP_WORDS, START_IF_OPTED_OUT, START_WORDS, STOP_WORDS, Keyword, classify

CASES = json.loads((Path(__file__).parents[1] / "data/consent.json").read_text())
_DOUBT = (consent._SOUNDS_LIKE_STOP.pattern, *consent._STOP_SIGNS)
RULE_21 = {
    Keyword.STOP: "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split(),
    Keyword.START: "START UNSTOP".split(),
    Keyword.HELP: "HELP INFO".split(),
}
around = st.text(st.sampled_from(" \t\r\n.,!?'\"()*-_~…“”¡\ufeff\u200b\0🙏👍"), max_size=5)


@pytest.mark.parametrize("vector", CASES["vectors"], ids=lambda vector: repr(vector["text"]))
def test_every_vector_does_what_is_agreed(vector: dict[str, str]) -> None:
    assert classify(vector["text"], opted_out=False) == vector["action"]
    assert classify(vector["text"], opted_out=True) == vector["if_opted_out"]


def test_the_words_are_those_of_the_vectors_file() -> None:
    assert set(CASES["keywords"]) == STOP_WORDS
    assert set(CASES["start"]) == START_WORDS
    assert set(CASES["start_only_if_opted_out"]) == START_IF_OPTED_OUT
    assert set(CASES["help"]) == HELP_WORDS


def test_whoever_changes_the_rules_gives_them_a_new_edition() -> None:
    """The ledger names the edition: what it stood for must not change behind it."""
    rules = "\n".join([*(" ".join(sorted(words)) for words in (STOP_WORDS, START_WORDS, START_IF_OPTED_OUT, HELP_WORDS)), *_DOUBT])
    assert (EDITION, hashlib.sha256(rules.encode()).hexdigest()[:12]) == ("2026-11", "f0fe6d39b469")


keywords = st.sampled_from([(keyword, word) for keyword, words in RULE_21.items() for word in words])


@given(keywords, around, around, st.sampled_from([str.upper, str.lower, str.title, str.swapcase]), st.booleans())
def test_a_keyword_counts_in_any_case_and_within_any_punctuation(
    case: tuple[Keyword, str], before: str, after: str, spell: object, opted_out: bool
) -> None:
    keyword, word = case
    assert callable(spell)
    assert classify(before + spell(word) + after, opted_out) is keyword


@given(keywords, st.sampled_from(["please ok", "7", "and", "не", "请", "my order"]), st.booleans(), st.booleans())
def test_a_keyword_within_other_words_does_nothing_by_itself(case: tuple[Keyword, str], more: str, first: bool, opted_out: bool) -> None:
    _, word = case
    body = f"{more} {word}" if first else f"{word} {more}"
    assert classify(body, opted_out) in (Keyword.REVIEW, Keyword.NONE)


@pytest.mark.parametrize("body", ["YES", "yes", " Yes! "])
def test_yes_is_a_start_only_from_a_number_that_is_opted_out(body: str) -> None:
    assert classify(body, opted_out=True) is Keyword.START
    assert classify(body, opted_out=False) is Keyword.NONE


@pytest.mark.parametrize(
    "body", ["s t o p", "S.T.O.P.", "un subscribe", "𝐒𝐓𝐎𝐏", "ＳＴＯＰ", "ⓈⓉⓄⓅ", "S\u0301top", "st\u00adop texting me", "OPT-OUT"]
)
def test_a_keyword_in_fancy_letters_is_the_keyword(body: str) -> None:
    assert classify(body, opted_out=False) is Keyword.STOP


@pytest.mark.parametrize(
    "body",
    [
        "please stop texting me",
        "Can you stop by at 5?",
        "don’t text me",
        "Never contact me again",
        "how do I unsubscribe?",
        "You have the wrong person",
        "take me off your list",
        "I revoke my consent",
        "lose my number",
        "STOP\nI mean it",
        "no more texts",
        "⛔",
    ],
)
def test_what_sounds_like_an_opt_out_is_for_a_person(body: str) -> None:
    assert classify(body, opted_out=False) is Keyword.REVIEW


@pytest.mark.parametrize(
    "body", ["Sure, text me", "Call me at the end of the day", "nonstop", "The endless story", "canceled?", "My number is new"]
)
def test_an_ordinary_text_is_nothing(body: str) -> None:
    assert classify(body, opted_out=False) is Keyword.NONE


@given(st.text(max_size=300), st.booleans())
def test_any_text_is_judged(body: str, opted_out: bool) -> None:
    assert classify(body, opted_out) in Keyword


@pytest.mark.parametrize(
    "body", ["stop " * 40_000, "\n" * 200_000, "\r\n \n" * 50_000, "remove me " * 20_000, "e\u0301" * 50_000, "a" * 200_000]
)
def test_a_huge_text_is_judged_quickly(body: str) -> None:
    classify(body, opted_out=False)
