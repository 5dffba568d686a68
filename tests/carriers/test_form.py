"""What is no UTF-8 in a form costs neither the text nor its other words; what names a text or a phone has to be readable."""

from dataclasses import replace

import pytest

from server.carriers.carrier import HookRequest, Malformed, UnsupportedType
from server.carriers.form import FORM, asked, fields_of
from tests.carriers.rig import Rig
from tests.carriers.rig_plivo import PLIVO
from tests.carriers.rig_vonage_sms import VONAGE_SMS
from tests.carriers.rigs import TWILIO

BAD = "Montr%E9al"
forms = pytest.mark.parametrize("rig", [TWILIO, PLIVO, VONAGE_SMS], ids=["twilio", "plivo", "vonage"])
WORDS = {"twilio": "Body", "plivo": "Text", "vonage": "text"}
NAMES = {"twilio": ["MessageSid", "From", "To"], "plivo": ["MessageUUID", "From", "To"], "vonage": ["messageId", "msisdn", "to"]}


def request(body: str, content_type: str = FORM, query: str = "") -> HookRequest:
    return HookRequest("POST", f"https://x/{query}", {}, {"content-type": content_type}, body.encode())


def with_field(rig: Rig, body: bytes, name: str, value: str) -> HookRequest:
    """What came last of a name counts."""
    return replace(rig.request(body), body=body + f"&{name}={value}".encode())


@forms
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_letters_that_are_not_utf_8_are_marked_and_the_rest_of_the_words_is_there(rig: Rig, method: str) -> None:
    it = with_field(rig, rig.text, WORDS[rig.kind], BAD)
    if method == "GET" and "GET" in rig.carrier.methods:
        it = replace(it, method="GET", url=f"https://x/?{it.body.decode()}", body=b"")
    [text] = rig.carrier.inbound(rig.connection(), it)
    assert text.body == "Montr\ufffdal"


@forms
def test_a_field_that_nobody_reads_costs_nothing(rig: Rig) -> None:
    [whole] = rig.carrier.inbound(rig.connection(), rig.request(rig.text))
    assert rig.carrier.inbound(rig.connection(), with_field(rig, rig.text, "FromCity", BAD)) == [whole]
    told = rig.receipt("delivered")
    assert rig.carrier.status(rig.connection(), with_field(rig, told, "FromCity", BAD)) == rig.carrier.status(
        rig.connection(), rig.request(told)
    )


@forms
@pytest.mark.parametrize("which", range(3))
def test_a_name_or_a_number_that_is_not_utf_8_is_malformed(rig: Rig, which: int) -> None:
    with pytest.raises(Malformed):
        rig.carrier.inbound(rig.connection(), with_field(rig, rig.text, NAMES[rig.kind][which], BAD))


@pytest.mark.parametrize("name", ["messageId", "err-code"])
def test_a_receipt_whose_name_or_code_is_not_utf_8_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        VONAGE_SMS.carrier.status(VONAGE_SMS.connection(), with_field(VONAGE_SMS, VONAGE_SMS.failed[0], name, BAD))


def test_a_reference_that_is_not_utf_8_is_none_of_ours() -> None:
    it = with_field(VONAGE_SMS, VONAGE_SMS.receipt("delivered"), "client-ref", f"partyline-{BAD}")
    [receipt] = VONAGE_SMS.carrier.status(VONAGE_SMS.connection(), replace(it, query={}))
    assert receipt.token is None


def test_fields_come_from_the_body_or_by_get_from_the_query() -> None:
    it = request("a=1&b=&a=2", query="?a=3&c=%2B+")
    assert fields_of(it) == {"a": "2", "b": ""}
    assert fields_of(replace(it, method="GET")) == {"a": "3", "c": "+ "} == dict(asked(it))


def test_another_type_is_not_read_and_another_charset_is_malformed() -> None:
    with pytest.raises(UnsupportedType):
        fields_of(request("a=1", "application/json"))
    with pytest.raises(Malformed):
        fields_of(request("a=1", f"{FORM}; charset=iso-8859-1"))
