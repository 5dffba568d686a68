import asyncio
import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from server.carriers.carrier import (
    BadSignature,
    Connection,
    Credentials,
    HookRequest,
    InboundText,
    Malformed,
    MediaRef,
    OutboundText,
    Receipt,
    SendResult,
    UnsupportedType,
)
from server.carriers.refusals import MEANINGS, Category
from server.carriers.twilio import Twilio
from server.carriers.twilio_codes import STATES
from server.domain.message import MessageState
from tests.fixtures.carrier_api import CarrierApi, answers

TOKEN = "12345678901234567890123456789012"
SID = "AC00000000000000000000000000000001"
URL = "https://sms.example.com/hooks/twilio/01jd00000000000000000000aa"
MESSAGE = "SM0123456789abcdef0123456789abcdef"
FIELDS = {
    "ToCountry": "US",
    "SmsMessageSid": MESSAGE,
    "NumMedia": "0",
    "FromCity": "",
    "SmsSid": MESSAGE,
    "SmsStatus": "received",
    "Body": "Hi, is it ready?",
    "To": "+12025550142",
    "NumSegments": "1",
    "MessageSid": MESSAGE,
    "AccountSid": SID,
    "From": "+12025550143",
    "ApiVersion": "2010-04-01",
}
twilio = Twilio()


def connection(api_url: str | None = None, token: str = TOKEN) -> Connection:
    return Connection("01jd", "01ja", "twilio", "Twilio", Credentials({"account_sid": SID, "auth_token": token}), {}, api_url)


def request(
    fields: Mapping[str, str] | bytes,
    *,
    url: str = URL,
    signature: str | None = None,
    content_type: str = "application/x-www-form-urlencoded; charset=UTF-8",
    query: Mapping[str, str] | None = None,
) -> HookRequest:
    """As Twilio posts it; signed by Twilio's own SDK unless a signature is given."""
    body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    if signature is None and not isinstance(fields, bytes):
        signature = RequestValidator(TOKEN).compute_signature(url, fields)
    headers = {"content-type": content_type} | ({"x-twilio-signature": signature} if signature else {})
    return HookRequest("POST", url, query or {}, headers, body)


def verify(it: HookRequest) -> None:
    twilio.verify(connection(), it, 0)


def inbound(fields: Mapping[str, str]) -> InboundText:
    it = request(fields)
    verify(it)
    [text] = twilio.inbound(connection(), it)
    return text


def receipt(fields: Mapping[str, str], query: Mapping[str, str] | None = None) -> Receipt:
    it = request({"MessageSid": MESSAGE, "To": "+12025550143", "From": "+12025550142", **fields}, query=query)
    verify(it)
    [receipt] = twilio.status(connection(), it)
    return receipt


def test_a_text_is_read() -> None:
    assert inbound(FIELDS) == InboundText(MESSAGE, "+12025550143", "+12025550142", "Hi, is it ready?")


def test_the_signature_of_twilio_s_own_documentation_is_taken() -> None:
    it = HookRequest(
        "POST",
        "https://example.com/myapp.php?foo=1&bar=2",
        {},
        {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "L/OH5YylLD5NRKLltdqwSvS0BnU="},
        urlencode(
            {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212"}
        ).encode(),
    )
    twilio.verify(connection(token="12345"), it, 0)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    fields=st.dictionaries(texts.filter(bool), texts, max_size=8), token=texts.filter(bool), query=st.sampled_from(["", "?token=a%20b&x=1"])
)
def test_whatever_the_sdk_signs_is_taken_and_nothing_with_another_field(fields: dict[str, str], token: str, query: str) -> None:
    it = connection(token=token)
    signature = RequestValidator(token).compute_signature(URL + query, fields)
    twilio.verify(it, request(fields, url=URL + query, signature=signature), 0)
    with pytest.raises(BadSignature):
        twilio.verify(it, request({**fields, "one": "more"}, url=URL + query, signature=signature), 0)


@given(
    scheme=st.sampled_from(["http", "https"]),
    called=st.sampled_from(["sms.example.com", "sms.example.com:443", "sms.example.com:80", "sms.example.com:8443"]),
    signed=st.sampled_from(["sms.example.com", "sms.example.com:443", "sms.example.com:80", "sms.example.com:8443", "sms.example.org"]),
)
def test_the_port_may_be_there_or_not_exactly_as_for_the_sdk(scheme: str, called: str, signed: str) -> None:
    validator = RequestValidator(TOKEN)
    signature = validator.compute_signature(f"{scheme}://{signed}/hooks/x?a=1", FIELDS)
    url = f"{scheme}://{called}/hooks/x?a=1"
    try:
        verify(request(FIELDS, url=url, signature=signature))
        taken = True
    except BadSignature:
        taken = False
    assert taken == validator.validate(url, FIELDS, signature)


def test_a_repeated_field_is_signed_as_the_sdk_signs_it() -> None:
    class Fields(dict[str, str]):
        def getall(self, name: str) -> list[str]:
            return ["b", "a", "b"] if name == "Tag" else [self[name]]

    signature = RequestValidator(TOKEN).compute_signature(URL, Fields(FIELDS, Tag=""))
    verify(request(b"Tag=b&Tag=a&Tag=b&" + urlencode(FIELDS).encode(), signature=signature))


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_one_changed_field_is_refused(field: str) -> None:
    signature = RequestValidator(TOKEN).compute_signature(URL, FIELDS)
    with pytest.raises(BadSignature):
        verify(request({**FIELDS, field: FIELDS[field] + "x"}, signature=signature))


@pytest.mark.parametrize("url", [URL + "?a=1", URL[:-1] + "b", URL + "/status", URL.replace("https", "http"), URL.replace(".com", ".org")])
def test_a_signature_over_another_address_is_refused(url: str) -> None:
    with pytest.raises(BadSignature):
        verify(request(FIELDS, url=url, signature=RequestValidator(TOKEN).compute_signature(URL, FIELDS)))


def test_another_account_s_token_is_refused() -> None:
    with pytest.raises(BadSignature):
        twilio.verify(connection(token=TOKEN[::-1]), request(FIELDS), 0)


@given(st.text(max_size=40))
def test_a_signature_of_any_characters_is_refused_quietly(signature: str) -> None:
    with pytest.raises(BadSignature):
        verify(request(urlencode(FIELDS).encode(), signature=signature))


def test_bytes_that_are_not_utf_8_are_verified_as_they_came_and_then_marked() -> None:
    body = urlencode({name: value for name, value in FIELDS.items() if name != "Body"}).encode() + b"&Body=%ff%fe\xfd"
    parts = sorted([*(pair for pair in FIELDS.items() if pair[0] != "Body"), ("Body", "\udcff\udcfe\udcfd")])
    it = request(body, signature=sign_raw(URL, parts))
    verify(it)
    [text] = twilio.inbound(connection(), it)
    assert text.body == "\ufffd\ufffd\ufffd"


def sign_raw(url: str, pairs: list[tuple[str, str]]) -> str:
    """The SDK's scheme over bytes that are no text: its own function takes only valid Unicode."""
    text = url.encode() + "".join(name + value for name, value in pairs).encode("utf-8", "surrogateescape")
    return base64.b64encode(hmac.digest(TOKEN.encode(), text, "sha1")).decode()


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_a_body_that_is_no_form_is_of_the_wrong_type(content_type: str) -> None:
    with pytest.raises(UnsupportedType):
        verify(request(FIELDS, content_type=content_type))


def test_a_declared_charset_other_than_utf_8_is_malformed() -> None:
    it = request(FIELDS, content_type="application/x-www-form-urlencoded; charset=ISO-8859-1")
    verify(it)
    with pytest.raises(Malformed):
        twilio.inbound(connection(), it)


@pytest.mark.parametrize("missing", ["From", "To", "Body", "MessageSid"])
def test_a_text_without_what_makes_it_one_is_malformed(missing: str) -> None:
    with pytest.raises(Malformed):
        inbound({name: value for name, value in FIELDS.items() if name != missing})


def test_an_old_signature_cannot_be_used_for_a_new_message_id() -> None:
    """Names and values are signed with nothing between them, so the end of the id can swallow what comes after it."""
    signature = RequestValidator(TOKEN).compute_signature(URL, FIELDS)
    moved = {name: value for name, value in FIELDS.items() if name not in ("MessageSid", "NumMedia")}
    it = request({**moved, "MessageSid": MESSAGE + "NumMedia0"}, signature=signature)
    verify(it)
    with pytest.raises(Malformed):
        twilio.inbound(connection(), it)


def test_an_empty_body_with_pictures_is_a_text() -> None:
    text = inbound(
        FIELDS
        | {"Body": "", "NumMedia": "2", "MediaUrl0": "https://api.twilio.com/a", "MediaContentType0": "image/jpeg"}
        | {"MediaUrl1": "https://api.twilio.com/b"}
    )
    assert text.body == ""
    assert text.media == (MediaRef("https://api.twilio.com/a", "image/jpeg"), MediaRef("https://api.twilio.com/b", None))


def test_pictures_without_any_body_are_a_text() -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "Body"}
    text = inbound(fields | {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/a"})
    assert (text.body, len(text.media)) == ("", 1)


@pytest.mark.parametrize(("told", "answered"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("NEW", None)])
def test_a_keyword_that_twilio_answered_itself_is_marked(told: str, answered: str | None) -> None:
    assert inbound(FIELDS | {"OptOutType": told}).carrier_answered == answered


@given(texts)
def test_a_body_comes_through_letter_by_letter_but_for_nul(body: str) -> None:
    assert inbound(FIELDS | {"Body": body}).body == body.replace("\0", "")


def test_a_sender_without_a_number_is_kept_as_it_came() -> None:
    assert inbound(FIELDS | {"From": "ACME Bank"}).sender == "ACME Bank"


@pytest.mark.parametrize("status", sorted(STATES))
def test_every_state_that_twilio_reports_moves_the_message_forward(status: str) -> None:
    got = receipt({"MessageStatus": status}, {"token": "abc"})
    assert (got.carrier_ref, got.token, got.state) == (MESSAGE, "abc", STATES[status])
    assert got.state in {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED}


def test_every_outbound_state_that_the_sdk_knows_is_known() -> None:
    from twilio.rest.api.v2010.account.message import MessageInstance

    known = {value for name, value in vars(MessageInstance.Status).items() if not name.startswith("_")}
    assert known - {"received", "receiving"} == set(STATES)


def test_a_receipt_says_why_in_plain_words() -> None:
    got = receipt({"MessageStatus": "undelivered", "ErrorCode": "30005"})
    meaning = MEANINGS[Category.INVALID_NUMBER]
    assert got == Receipt(MESSAGE, None, MessageState.UNDELIVERED, "30005", meaning.says, permanent=True)


def test_a_receipt_that_tells_of_an_opt_out_is_one() -> None:
    assert receipt({"MessageStatus": "failed", "ErrorCode": "21610"}).opted_out


@pytest.mark.parametrize("status", ["", "received", "vanished"])
def test_a_receipt_with_an_unknown_state_is_malformed(status: str) -> None:
    with pytest.raises(Malformed):
        receipt({"MessageStatus": status})


TEXT = OutboundText(
    message="01jm0000000000000000000000",
    token="t0ken",
    sender="+12025550142",
    to="+12025550143",
    body="Ready & waiting: 50 % off? Größe é €\n+1",
    status_url=f"{URL}/status?token=t0ken",
)
CREATED = b'{"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "num_segments": "1", "error_code": null}'


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        OutboundText("m", "t", "+12025550142", "+12025550143", "Hi"),
        OutboundText("m", "t", "+12025550142", "+12025550143", "", ("https://sms.example.com/m/1?x=1", "https://sms.example.com/m/2"), "u"),
    ],
)
async def test_a_send_is_field_by_field_what_the_sdk_sends(carrier_api: CarrierApi, http: httpx2.AsyncClient, text: OutboundText) -> None:
    carrier_api.answer = answers(201, CREATED)
    await twilio.send(connection(carrier_api.url), text, http)
    sdk = Client(SID, TOKEN)
    sdk.api.base_url = carrier_api.url
    wanted: dict[str, object] = {"to": text.to, "from_": text.sender}
    wanted |= {"body": text.body} if text.body else {}
    wanted |= {"media_url": list(text.media_urls)} if text.media_urls else {}
    wanted |= {"status_callback": text.status_url} if text.status_url else {}
    try:
        await asyncio.to_thread(lambda: sdk.messages.create(**wanted))
    finally:
        sdk.http_client.session.close()
    ours, theirs = carrier_api.seen
    assert (ours.method, ours.target) == (theirs.method, theirs.target)
    assert sorted(ours.form) == sorted(theirs.form)
    for header in ("authorization", "content-type"):
        assert ours.headers[header] == theirs.headers[header]


async def test_an_accepted_text_has_twilio_s_id(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(201, CREATED)
    assert await twilio.send(connection(carrier_api.url), TEXT, http) == SendResult("accepted", MESSAGE)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>", b'{"sid": 7}', b'{"sid": ""}', b'{"sid": "' + b"x" * 90 + b'"}', b'{"sid": "\xff"}', b"[" * 900]
)
async def test_a_good_status_without_an_id_is_unconfirmed(carrier_api: CarrierApi, http: httpx2.AsyncClient, body: bytes) -> None:
    carrier_api.answer = answers(201, body)
    result = await twilio.send(connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.carrier_ref) == ("unconfirmed", None)


async def test_a_text_that_failed_in_the_answer_already_is_rejected(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    """No callback comes for the state of the answer."""
    carrier_api.answer = answers(201, CREATED.replace(b"queued", b"failed").replace(b"null", b"30006"))
    result = await twilio.send(connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.code, result.permanent) == ("rejected", "30006", True)


@pytest.mark.parametrize(
    ("status", "code", "outcome", "permanent", "opted_out"),
    [
        (400, 21610, "rejected", True, True),
        (400, 21211, "rejected", True, False),
        (400, 21614, "rejected", True, False),
        (401, 20003, "rejected", False, False),
        (400, 21611, "retry", False, False),
        (400, 99999, "rejected", False, False),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, code: int, outcome: str, permanent: bool, opted_out: bool
) -> None:
    carrier_api.answer = answers(status, b'{"code": %d, "message": "Why not.", "status": %d}' % (code, status))
    result = await twilio.send(connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.code, result.permanent, result.opted_out) == (outcome, str(code), permanent, opted_out)
    assert result.says
    if code == 99999:
        assert result.says == "The carrier says: Why not."


async def test_a_refusal_without_words_is_one_all_the_same(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(403, b"<html>Forbidden</html>")
    result = await twilio.send(connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.code, result.says) == ("rejected", "http_403", MEANINGS[Category.ACCOUNT_CONFIG].says)


async def test_no_answer_is_unconfirmed_and_sent_once(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(503, b"")
    assert (await twilio.send(connection(carrier_api.url), TEXT, http)).outcome == "unconfirmed"
    assert len(carrier_api.seen) == 1
