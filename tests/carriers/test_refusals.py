import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers import bandwidth_codes, documents, telnyx_codes, twilio_codes
from server.carriers.refusals import MEANINGS, Category, meaning_of
from server.domain.segments import count


def test_every_category_has_words_of_its_own_that_end_in_a_full_stop() -> None:
    assert set(MEANINGS) == set(Category)
    words = [meaning.says for meaning in MEANINGS.values()]
    assert len(set(words)) == len(words)
    assert all(says.endswith(".") and count(says).encoding == "GSM-7" for says in words)


def test_only_an_opt_out_is_an_opt_out() -> None:
    assert [category for category, meaning in MEANINGS.items() if meaning.opted_out] == [Category.OPTED_OUT]


@pytest.mark.parametrize(
    ("category", "permanent"),
    [
        (Category.OPTED_OUT, True),
        (Category.INVALID_NUMBER, True),
        (Category.LANDLINE, True),
        (Category.UNREACHABLE, False),
        (Category.RATE_LIMITED, False),
        (Category.QUEUE_EXPIRED, False),
        (Category.ACCOUNT_CONFIG, False),
        (Category.UNKNOWN, False),
    ],
)
def test_what_lasts_is_told_from_what_passes(category: Category, permanent: bool) -> None:
    assert MEANINGS[category].permanent is permanent


@pytest.mark.parametrize("codes", [twilio_codes.CODES, telnyx_codes.CODES, bandwidth_codes.CODES, documents.CODES])
def test_every_known_code_has_its_category_s_meaning(codes: dict[str, Category]) -> None:
    for code, category in codes.items():
        assert meaning_of(codes, code, "other words") is MEANINGS[category]


@given(st.text(), st.none() | st.text())
def test_an_unknown_code_is_never_permanent_and_never_without_words(code: str, verbatim: str | None) -> None:
    meaning = meaning_of({}, code, verbatim)
    assert (meaning.category, meaning.permanent, meaning.opted_out) == (Category.UNKNOWN, False, False)
    assert meaning.says


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert meaning_of({}, "31999").says == "The carrier says: error 31999"
    assert meaning_of({}, "31999", " Out of\n paper. ").says == "The carrier says: Out of paper."
    assert meaning_of({}, None) is MEANINGS[Category.UNKNOWN]
