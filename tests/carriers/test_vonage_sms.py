import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vonage import Auth, HttpClientOptions
from vonage import Vonage as Sdk
from vonage_sms import SmsMessage

from server.carriers.carrier import (
    BadSignature,
    Connection,
    Credentials,
    HookRequest,
    InboundText,
    Malformed,
    OutboundText,
    Part,
    SendResult,
)
from server.carriers.refusals import MEANINGS, Category
from server.carriers.vonage import Vonage
from server.carriers.vonage_sms import STATES
from server.domain.message import MessageState
from tests.carriers.rig_vonage_sms import KEY, SECRET, signed
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.detour import Detour

NOW = 1_795_000_000
URL = "https://sms.example.com/hooks/vonage/01jd00000000000000000000aa"
# developer.vonage.com/en/messaging/sms/guides/inbound-sms and /delivery-receipts
FIELDS = {
    "api-key": KEY,
    "msisdn": "12025550143",
    "to": "12025550142",
    "messageId": "0A0000000123ABCD1",
    "text": "Is it ready & = paid? Größe – 😀",
    "type": "unicode",
    "keyword": "IS",
    "message-timestamp": "2026-11-22 19:00:00",
    "timestamp": str(NOW),
    "nonce": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
}
STATUS = {
    "api-key": KEY,
    "msisdn": "12025550143",
    "to": "12025550142",
    "network-code": "12345",
    "messageId": "0C00000012345678",
    "price": "0.03330000",
    "status": "delivered",
    "scts": "2611221900",
    "err-code": "0",
    "client-ref": "partyline-t0ken",
    "message-timestamp": "2026-11-22 19:00:00",
    "timestamp": str(NOW),
    "nonce": "n-2",
}
SENT_US = 1_795_374_000_000_000
it = Vonage(lambda: NOW * 1_000_000)


def connection(api_url: str | None = None, secret: str = SECRET) -> Connection:
    keys = {"api_key": KEY, "api_secret": "s3cret", "signature_secret": secret}
    return Connection("01jd", "01ja", "vonage", "Vonage", Credentials(keys), {}, api_url)


def request(fields: Mapping[str, object], way: str = "form", url: str = URL) -> HookRequest:
    """As the account was set to be called: by GET, with a form or with JSON."""
    query = {"token": "t0ken"} if "token=t0ken" in url else {}
    if way == "get":
        return HookRequest("GET", f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}", query, {}, b"")
    body = urlencode(fields).encode() if way == "form" else json.dumps(fields).encode()
    kind = "application/x-www-form-urlencoded" if way == "form" else "application/json"
    return HookRequest("POST", url, query, {"content-type": kind}, body)


def verify(asked: HookRequest, now: int = NOW, secret: str = SECRET) -> None:
    it.verify(connection(secret=secret), asked, now * 1_000_000)


def plain_hash(fields: Mapping[str, str]) -> dict[str, str]:
    """Vonage's own default, which the SDK has no function for (signing-messages, "md5hash")."""
    text = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(fields.items()))
    return {**fields, "sig": hashlib.md5((text + SECRET).encode()).hexdigest()}


ways = pytest.mark.parametrize("way", ["get", "form", "json"])


@ways
@pytest.mark.parametrize("method", ["md5", "sha1", "sha256", "sha512"])
def test_what_the_sdk_signs_is_taken_and_the_sdk_would_take_it(way: str, method: str) -> None:
    auth = Auth(api_key=KEY, signature_secret=SECRET, signature_method=method)
    whole = FIELDS | {"sig": auth.sign_params(dict(FIELDS))}
    assert auth.check_signature(dict(whole))
    verify(request(whole, way))
    verify(request(whole | {"sig": whole["sig"].upper()}, way))


@ways
def test_the_plain_hash_is_taken(way: str) -> None:
    verify(request(plain_hash(FIELDS), way))


@given(st.dictionaries(st.text("abc-_ é", min_size=1, max_size=5), st.text(max_size=9)))
def test_whatever_fields_the_sdk_signs_are_taken(fields: dict[str, str]) -> None:
    verify(request(signed(fields | {"timestamp": str(NOW)})))


@ways
@pytest.mark.parametrize("name", sorted(FIELDS))
def test_one_changed_field_is_refused(way: str, name: str) -> None:
    for whole in (signed(FIELDS), plain_hash(FIELDS)):
        with pytest.raises(BadSignature):
            verify(request(whole | {name: whole[name] + "1"}, way))
        with pytest.raises(BadSignature):
            verify(request({field: value for field, value in whole.items() if field != name}, way))


@ways
def test_a_field_cannot_hide_in_another_s_name(way: str) -> None:
    """Names are signed as they are: two fields joined by their own '&' and '=' would have the same signature."""
    whole = signed(FIELDS | {"concat": "true", "concat-part": "1"})
    hidden = {name: value for name, value in whole.items() if name not in ("concat", "concat-part")}
    with pytest.raises(BadSignature):
        verify(request(hidden | {"concat=true&concat-part": "1"}, way))


@ways
def test_another_signature_secret_or_method_is_refused(way: str) -> None:
    with pytest.raises(BadSignature):
        verify(request(signed(FIELDS), way), secret=SECRET[::-1])
    for sig in ("", "0" * 32, "0" * 64, "é" * 32, signed(FIELDS)["sig"][:-1], signed(FIELDS)["sig"][:40]):
        with pytest.raises(BadSignature):
            verify(request(FIELDS | {"sig": sig}, way))


@pytest.mark.parametrize(
    ("fields", "age", "good"),
    [
        (FIELDS, 25 * 3600, True),
        (FIELDS, 25 * 3600 + 1, False),
        (FIELDS, -301, False),
        (STATUS, 73 * 3600, True),
        (STATUS, 73 * 3600 + 1, False),
        ({name: value for name, value in FIELDS.items() if name != "timestamp"}, 0, False),
        (FIELDS | {"timestamp": "soon"}, 0, False),
    ],
)
def test_a_signature_is_good_for_as_long_as_vonage_repeats(fields: dict[str, str], age: int, good: bool) -> None:
    asked = request(plain_hash(fields))
    if good:
        verify(asked, now=NOW + age)
    else:
        with pytest.raises(BadSignature):
            verify(asked, now=NOW + age)


def test_another_account_s_webhook_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(request(signed(FIELDS | {"api-key": "abcd1235"})))


@ways
def test_our_token_in_the_address_may_be_signed_or_not(way: str) -> None:
    url = f"{URL}/status?token=t0ken"
    for whole in (signed(STATUS), signed(STATUS | {"token": "t0ken"})):
        sent = {name: value for name, value in whole.items() if name != "token"}
        verify(request(sent, way, url))


@ways
def test_a_text_is_read_whichever_way_it_comes(way: str) -> None:
    asked = request(signed(FIELDS), way)
    verify(asked)
    assert it.inbound(connection(), asked) == [
        InboundText(FIELDS["messageId"], "12025550143", "12025550142", FIELDS["text"], sent_at=SENT_US)
    ]


@ways
def test_a_part_of_a_long_text_says_which(way: str) -> None:
    [text] = it.inbound(
        connection(), request(FIELDS | {"concat": "true", "concat-ref": "08B5", "concat-total": "3", "concat-part": "2"}, way)
    )
    assert text.part == Part("08B5", 2, 3)


def test_json_may_hold_half_an_emoji() -> None:
    whole = request(FIELDS | {"text": "Hi 😀"}, "json")
    half = replace(whole, body=whole.body.replace(rb"\ud83d\ude00", rb"\ud83d"))
    assert half.body != whole.body
    [text] = it.inbound(connection(), half)
    assert text.body == "Hi \ufffd"


def test_json_may_hold_numbers_and_truth() -> None:
    [text] = it.inbound(connection(), request(FIELDS | {"concat": True, "concat-ref": "08B5", "concat-total": 3, "concat-part": 2}, "json"))
    assert text.part == Part("08B5", 2, 3)


def test_the_only_part_is_a_text() -> None:
    [text] = it.inbound(connection(), request(FIELDS | {"concat": "true", "concat-ref": "1", "concat-total": "1", "concat-part": "1"}))
    assert text.part is None


@pytest.mark.parametrize(("part", "total"), [("0", "2"), ("3", "2"), ("x", "2"), ("1", "256"), ("1", ""), ("²", "2")])
def test_a_part_that_cannot_be_is_malformed(part: str, total: str) -> None:
    with pytest.raises(Malformed):
        it.inbound(connection(), request(FIELDS | {"concat": "true", "concat-ref": "1", "concat-total": total, "concat-part": part}))


def test_a_binary_message_is_shown_for_what_it_is() -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "text"} | {"type": "binary", "data": "0A0B"}
    [text] = it.inbound(connection(), request(fields))
    assert text.body == "[Binary message: 0A0B]"


@pytest.mark.parametrize("missing", ["msisdn", "to", "text", "messageId"])
def test_a_text_without_what_makes_it_one_is_malformed(missing: str) -> None:
    with pytest.raises(Malformed):
        it.inbound(connection(), request({name: value for name, value in FIELDS.items() if name != missing}))


@ways
@pytest.mark.parametrize("status", sorted(STATES))
def test_every_state_is_read_with_our_token(way: str, status: str) -> None:
    [got] = it.status(connection(), request(STATUS | {"status": status}, way))
    assert (got.carrier_ref, got.token, got.state) == (STATUS["messageId"], "t0ken", STATES[status])


@pytest.mark.parametrize(
    ("code", "category", "permanent", "opted_out"),
    [
        ("9", Category.OPTED_OUT, True, True),
        ("3", Category.INVALID_NUMBER, True, False),
        ("4", Category.BLOCKED, True, False),
        ("2", Category.UNREACHABLE, False, False),
        ("7", Category.UNREACHABLE, False, False),
        ("8", Category.CARRIER_ERROR, False, False),
    ],
)
def test_a_failure_says_why_in_plain_words(code: str, category: Category, permanent: bool, opted_out: bool) -> None:
    [got] = it.status(connection(), request(STATUS | {"status": "failed", "err-code": code}))
    assert (got.state, got.code, got.says) == (MessageState.UNDELIVERED, code, MEANINGS[category].says)
    assert (got.permanent, got.opted_out) == (permanent, opted_out)


def test_another_system_s_reference_is_not_taken_for_our_token() -> None:
    [got] = it.status(connection(), request(STATUS | {"client-ref": "order-17"}))
    assert got.token is None


STATUS_URL = f"{URL}/status?token=t0ken"
SENT = {"to": "12025550143", "message-id": "0A0000000123ABCD1", "status": "0", "remaining-balance": "3.14", "message-price": "0.03"}


def answered(*messages: Mapping[str, str]) -> bytes:
    return json.dumps({"message-count": str(len(messages)), "messages": messages}).encode()


@pytest.mark.parametrize("body", ["Ready & waiting: 50 % off?", "Größe é € – 😀\n+1"])
@pytest.mark.parametrize("status_url", [STATUS_URL, None, STATUS_URL.replace("example", "e" * 60)])
async def test_a_send_is_field_by_field_what_the_sdk_sends(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, body: str, status_url: str | None
) -> None:
    carrier_api.answer = answers(200, answered(SENT), content_type="application/json")
    text = OutboundText("m", "t0ken", "+12025550142", "+12025550143", body, status_url=status_url)
    await it.send(connection(carrier_api.url), text, http)
    asked = {"status_report_req": True, "callback": f"{URL}/status"} if status_url == STATUS_URL else {}
    kind = "text" if body.isascii() else "unicode"
    same = SmsMessage(to="12025550143", from_="12025550142", text=body, type=kind, client_ref="partyline-t0ken", **asked)
    sdk = Sdk(Auth(api_key=KEY, api_secret="s3cret"), HttpClientOptions(max_retries=0))
    with sdk.http_client._session as session:
        session.mount("https://", Detour(carrier_api.url))
        await asyncio.to_thread(lambda: sdk.sms.send(same))
    ours, theirs = carrier_api.seen
    assert (ours.method, ours.target) == (theirs.method, theirs.target) == ("POST", "/sms/json")
    assert sorted(ours.form) == sorted(theirs.form)
    for header in ("authorization", "content-type", "accept"):
        assert ours.headers[header] == theirs.headers[header]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([SENT, SENT | {"message-id": "2"}], SendResult("accepted", SENT["message-id"])),
        ([{"status": "1", "error-text": "Throttled"}], SendResult("retry", code="1", says=MEANINGS[Category.RATE_LIMITED].says)),
        ([{"status": "7", "error-text": "Barred"}], SendResult("rejected", code="7", says=MEANINGS[Category.BLOCKED].says, permanent=True)),
        ([{"status": "3", "error-text": "Bad from"}], SendResult("rejected", code="3", says="The carrier says: Bad from")),
    ],
)
async def test_an_answer_of_200_says_what_became_of_it(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, messages: list[dict[str, str]], expected: SendResult
) -> None:
    carrier_api.answer = answers(200, answered(*messages))
    assert await it.send(connection(carrier_api.url), OutboundText("m", "t", "+12025550142", "+12025550143", "Hi"), http) == expected


@pytest.mark.parametrize("messages", [[SENT, {"status": "1"}], [{"status": "3"}, SENT], [{"status": "5"}], []])
async def test_a_text_that_may_have_gone_in_part_is_unconfirmed(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, messages: list[dict[str, str]]
) -> None:
    carrier_api.answer = answers(200, answered(*messages))
    result = await it.send(connection(carrier_api.url), OutboundText("m", "t", "+12025550142", "+12025550143", "Hi"), http)
    assert (result.outcome, result.carrier_ref) == ("unconfirmed", SENT["message-id"] if SENT in messages else None)


async def test_attachments_do_not_leave_over_this_interface(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    text = OutboundText("m", "t", "+12025550142", "+12025550143", "Hi", ("https://sms.example.com/m/1",))
    result = await it.send(connection(carrier_api.url), text, http)
    assert (result.outcome, result.code, carrier_api.seen) == ("rejected", "no_application", [])
