import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Invalid
from server.domain.phone import NotAPhoneNumber, PhoneNumber, Sender, SenderKind, read_sender


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("+12025550143", None, "+12025550143"),
        (" +1 (202) 555-0143 ", None, "+12025550143"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("12025550143", "US", "+12025550143"),
        ("１２０２５５５０１４３", "US", "+12025550143"),
        ("tel:+1-202-555-0143", None, "+12025550143"),
        ("0044 7911 123456", "GB", "+447911123456"),
        ("07911 123456", "GB", "+447911123456"),
        ("+4915112345678", "US", "+4915112345678"),
        ("+5215512345678", None, "+525512345678"),
        ("+15550001111", None, "+15550001111"),
        ("555 000 1111", "US", "+15550001111"),
    ],
)
def test_a_possible_number_becomes_e164(raw: str, region: str | None, number: str) -> None:
    assert PhoneNumber.parse(raw, region) == number


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("", "US"),
        ("hello", "US"),
        ("2025550143", None),
        ("5550143", "US"),
        ("72345", "US"),
        ("911", "US"),
        ("+1 202", None),
        ("+1202555014399", None),
        ("+999123456789", None),
        ("+12025550143 x12", None),
        ("+12025550143;ext=3", None),
        ("+" + "1" * 300, None),
        ("\0", "US"),
    ],
)
def test_what_nobody_could_text_is_refused_with_a_sentence(raw: str, region: str | None) -> None:
    with pytest.raises(NotAPhoneNumber) as refused:
        PhoneNumber.parse(raw, region)
    assert isinstance(refused.value, Invalid)
    assert refused.value.says.endswith(".")


@given(st.text(max_size=40), st.sampled_from([None, "US", "MX", "DE", "XX"]))
def test_any_text_is_a_number_or_refused_and_a_number_stays_itself(raw: str, region: str | None) -> None:
    try:
        number = PhoneNumber.parse(raw, region)
    except NotAPhoneNumber:
        return
    assert PhoneNumber.parse(number) == number
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()


def test_a_number_can_be_written_as_json() -> None:
    assert msgspec.json.encode({"to": PhoneNumber.parse("+12025550143")}) == b'{"to":"+12025550143"}'


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        ("+12025550143", Sender("+12025550143", SenderKind.NUMBER)),
        ("12025550143", Sender("+12025550143", SenderKind.NUMBER)),
        (" +12025550143 ", Sender("+12025550143", SenderKind.NUMBER)),
        ("+15550001111", Sender("+15550001111", SenderKind.NUMBER)),
        ("+19999999999999", Sender("+19999999999999", SenderKind.NUMBER)),
        ("+5215512345678", Sender("+525512345678", SenderKind.NUMBER)),
        ("5215512345678", Sender("+525512345678", SenderKind.NUMBER)),
        ("72345", Sender("72345", SenderKind.SHORT_CODE)),
        ("723456", Sender("723456", SenderKind.SHORT_CODE)),
        ("ACME Bank", Sender("ACME Bank", SenderKind.NAME)),
        ("1800FLOWERS", Sender("1800FLOWERS", SenderKind.NAME)),
        ("+0123456789", Sender("+0123456789", SenderKind.NAME)),
        ("٧٢٣٤٥", Sender("٧٢٣٤٥", SenderKind.NAME)),
        ("7", Sender("7", SenderKind.NAME)),
    ],
)
def test_a_sender_is_a_number_a_short_code_or_a_name(raw: str, sender: Sender) -> None:
    assert read_sender(raw) == sender


def test_only_a_name_cannot_be_answered() -> None:
    assert [read_sender(raw).repliable for raw in ("+12025550143", "72345", "ACME")] == [True, True, False]


@given(st.text())
def test_no_sender_is_refused_and_reading_it_again_changes_nothing(raw: str) -> None:
    sender = read_sender(raw)
    assert read_sender(sender.text) == sender


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_what_a_carrier_writes_and_what_a_person_types_is_the_same_number(national: int) -> None:
    assert read_sender(f"+1{national}").text == PhoneNumber.parse(str(national), "US")
