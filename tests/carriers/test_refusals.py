import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers import bandwidth_codes, documents, telnyx_codes, twilio_codes
from server.carriers.refusals import MEANINGS, Category, meaning_of, turned_away
from server.domain.segments import count
from tests.carriers.rig import TEXT, Rig
from tests.carriers.rigs import over_http
from tests.fixtures.carrier_api import CarrierApi, answers


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


@pytest.mark.parametrize(
    ("category", "twilio", "telnyx", "bandwidth"),
    [
        (Category.OPTED_OUT, "21610", "40300", "4775"),
        (Category.INVALID_NUMBER, "21211 30005", "40310", "4720 4721"),
        (Category.LANDLINE, "21614 21635 30006", "40001", ""),
        (Category.UNREACHABLE, "30003", "40006 40008", "4701 4702"),
        (Category.BLOCKED, "30004", "40003 40004", "4481 4482 4772"),
        (Category.CONTENT_FILTERED, "30007", "40002 40009", "4470 4770"),
        (Category.NOT_REGISTERED, "30034", "40010 40329", "4773 4795"),
        (Category.RATE_LIMITED, "20429 21611", "10011 40011 40318", "http_429 4780 4781 4785"),
        (Category.QUEUE_EXPIRED, "30001", "40005 40014", ""),
        (Category.ACCOUNT_CONFIG, "20003 21606 21408 30002", "40305 40315 40333", "4432 http_401"),
    ],
)
def test_what_means_the_same_is_told_in_the_same_words_by_every_carrier(
    category: Category, twilio: str, telnyx: str, bandwidth: str
) -> None:
    for codes, written in ((twilio_codes.CODES, twilio), (telnyx_codes.CODES, telnyx), (bandwidth_codes.CODES, bandwidth)):
        assert {codes[code] for code in written.split()} <= {category}


@given(st.text(), st.none() | st.text())
def test_an_unknown_code_is_never_permanent_and_never_without_words(code: str, verbatim: str | None) -> None:
    meaning = meaning_of({}, code, verbatim)
    assert (meaning.category, meaning.permanent, meaning.opted_out) == (Category.UNKNOWN, False, False)
    assert meaning.says


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert meaning_of({}, "31999").says == "The carrier says: error 31999"
    assert meaning_of({}, "31999", " Out of\n paper. ").says == "The carrier says: Out of paper."
    assert meaning_of({}, None) is MEANINGS[Category.UNKNOWN]


@pytest.mark.parametrize("said", ['{"e": 1}', "<html><body>Forbidden</body></html>", "[]", "\x00\x01 what", "  ", "0"])
def test_what_is_written_for_programs_is_not_shown(said: str) -> None:
    assert meaning_of({}, "http_400", said).says == "The carrier says: error http_400"
    assert said.strip() == "0" or meaning_of({}, said) is MEANINGS[Category.UNKNOWN]


def test_words_in_the_place_of_a_code_are_shown_as_words() -> None:
    assert meaning_of({}, "why not").says == "The carrier says: why not"


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_send_is_told_that_the_account_is_not_set_up_unless_the_carrier_says_better(status: int) -> None:
    assert turned_away(status, meaning_of({}, "77", "bad")) is MEANINGS[Category.ACCOUNT_CONFIG]
    assert turned_away(status, MEANINGS[Category.OPTED_OUT]) is MEANINGS[Category.OPTED_OUT]
    assert turned_away(400, meaning_of({}, "77", "bad")).category is Category.UNKNOWN


@over_http
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"", b"bad", b'{"e": 1}', b'{"error": "bad"}', b"<html>Forbidden</html>"])
async def test_every_carrier_that_turns_us_away_sends_the_agent_to_the_manager(
    rig: Rig, carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, body: bytes
) -> None:
    carrier_api.answer = answers(status, body)
    result = await rig.carrier.send(rig.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.says) == ("rejected", MEANINGS[Category.ACCOUNT_CONFIG].says)


@over_http
@pytest.mark.parametrize("body", [b'{"e": 1}', b"<html>Bad</html>", b"[1, 2]", b"\x01\x02"])
async def test_no_carrier_s_document_is_shown_as_words(rig: Rig, carrier_api: CarrierApi, http: httpx2.AsyncClient, body: bytes) -> None:
    carrier_api.answer = answers(400, body)
    says = (await rig.carrier.send(rig.connection(carrier_api.url), TEXT, http)).says or ""
    assert says == "The carrier says: error http_400"
