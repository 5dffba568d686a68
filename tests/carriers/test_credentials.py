import msgspec
import pytest

from server.carriers.credentials import read_credentials
from server.carriers.registry import carriers
from server.domain.errors import Invalid, UnknownField

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TELNYX = {"api_key": "KEY0123_abc", "public_key": "A" * 43 + "="}
BANDWIDTH = {
    "account_id": "9900000",
    "username": "api-user",
    "password": "p:ß w",
    "application_id": "93de2206-9669-4e07-948d-329f4b722ee2",
    "hook_username": "partyline",
    "hook_password": "h00k",
}


async def deliver(*_: object) -> None:
    raise AssertionError("nothing is sent here")


KINDS = carriers(now=lambda: 0, sandbox_key=b"key", deliver=deliver)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("twilio", {"account_sid": "AC00000000000000000000000000000001", "auth_token": "x" * 32}),
        ("telnyx", TELNYX),
        ("bandwidth", BANDWIDTH),
        ("plivo", {"auth_id": "MAXXXXXXXXXXXXXXXXXX", "auth_token": "x" * 40}),
        ("vonage", {"api_key": "abcd1234", "api_secret": "x", "signature_secret": "y"}),
        ("generic", {"secret": SECRET}),
        ("generic", {"secret": SECRET, "send_url": "https://gateway.example/send?x=1"}),
        ("kannel", {"username": "partyline", "password": "s3cret", "hook_token": "0123456789abcdef"}),
        ("sandbox", {}),
    ],
)
def test_what_the_contract_names_is_taken(kind: str, given: dict[str, str]) -> None:
    assert dict(read_credentials(KINDS[kind], given)) == given


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("twilio", {}),
        ("twilio", {"account_sid": "AC1"}),
        ("twilio", {"account_sid": "", "auth_token": "x"}),
        ("twilio", {"account_sid": "AC1/../AC2", "auth_token": "x"}),
        ("twilio", {"account_sid": "AC1\n", "auth_token": "x"}),
        ("twilio", {"account_sid": "AC1", "auth_token": ""}),
        ("twilio", {"account_sid": "AC1", "auth_token": 7}),
        ("twilio", {"account_sid": "AC1", "auth_token": None}),
        ("kannel", {"username": "partyline", "password": "s3cret"}),
        ("kannel", {"username": "partyline", "password": "s3cret", "hook_token": ""}),
        ("kannel", {"username": "partyline", "password": "s3cret\r\nx-kannel-to: +1", "hook_token": "x"}),
        ("kannel", {"username": "party line", "password": "s3cret", "hook_token": "x"}),
        ("telnyx", {"api_key": "KEY"}),
        ("telnyx", TELNYX | {"api_key": "KEY\r\nX-Other: 1"}),
        ("telnyx", TELNYX | {"api_key": "ключ"}),
        ("telnyx", TELNYX | {"public_key": "A" * 44}),
        ("telnyx", TELNYX | {"public_key": "%" * 44}),
        ("telnyx", TELNYX | {"public_key": "é"}),
        ("bandwidth", {name: value for name, value in BANDWIDTH.items() if name != "hook_password"}),
        ("bandwidth", BANDWIDTH | {"hook_password": ""}),
        ("bandwidth", BANDWIDTH | {"account_id": "99/../1"}),
        ("bandwidth", BANDWIDTH | {"username": "api:user"}),
        ("plivo", {"auth_id": "MA1"}),
        ("plivo", {"auth_id": "MA1/../MA2", "auth_token": "x"}),
        ("plivo", {"auth_id": "MA1:", "auth_token": "x"}),
        ("vonage", {"api_key": "abcd1234", "api_secret": "x"}),
        ("vonage", {"api_key": "ab:cd", "api_secret": "x", "signature_secret": "y"}),
        ("vonage", {"api_key": "abcd1234", "api_secret": "x", "signature_secret": "y", "application_id": "z"}),
        ("generic", {}),
        ("generic", {"secret": ""}),
        ("generic", {"secret": "whsec_"}),
        ("generic", {"secret": SECRET, "send_url": ""}),
        ("generic", {"secret": SECRET, "send_url": "gateway.example"}),
        ("generic", {"secret": SECRET, "send_url": "file:///etc/passwd"}),
        ("generic", {"secret": SECRET, "send_url": "https://user:pass@gateway.example/"}),
        ("generic", {"secret": SECRET, "send_url": "http://[::1/"}),
        ("generic", {"secret": SECRET, "send_url": "https://gateway.example:80x0/"}),
        ("generic", {"secret": SECRET, "send_url": "https://gateway.example:65979/"}),
    ],
)
def test_what_cannot_work_is_refused(kind: str, given: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_credentials(KINDS[kind], given)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_unknown_key_is_refused_by_name(kind: str) -> None:
    with pytest.raises(UnknownField, match="unheard_of"):
        read_credentials(KINDS[kind], {"unheard_of": "s3cret"})


def test_a_refusal_repeats_no_value() -> None:
    with pytest.raises(Invalid) as refused:
        read_credentials(KINDS["generic"], {"secret": "s3cret-s3cret", "send_url": "s3cret.example"})
    assert "s3cret" not in refused.value.says
    with pytest.raises(UnknownField) as unknown:
        read_credentials(KINDS["sandbox"], {"x": "s3cret"})
    assert "s3cret" not in unknown.value.says


def test_a_refusal_shows_no_pattern() -> None:
    with pytest.raises(Invalid) as refused:
        read_credentials(KINDS["twilio"], {"account_sid": "AC 1", "auth_token": "x" * 32})
    assert refused.value.says == "The credentials of a twilio carrier are not right: account_sid is not written as this carrier writes it."


def test_the_parsed_keys_do_not_show_themselves() -> None:
    keys = msgspec.convert({"secret": SECRET}, KINDS["generic"].keys)
    assert SECRET not in f"{keys!r} {keys}"
