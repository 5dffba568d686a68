import asyncio
import base64
import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import httpx2
import plivo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plivo.utils import validate_signature, validate_v3_signature
from plivo.utils.signature_v3 import construct_get_url, construct_post_url, get_signature_v3

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
from server.carriers.plivo import CODES, STATES, Plivo
from server.carriers.refusals import MEANINGS, Category
from server.domain.message import MessageState
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.detour import Detour

ID, TOKEN, NONCE = "MAXXXXXXXXXXXXXXXXXX", "0123456789abcdef0123456789abcdef01234567", "05429567804466091622"
URL = "https://sms.example.com/hooks/plivo/01jd00000000000000000000aa"
STATUS_URL = f"{URL}/status?token=t0ken&a=b+%26c&a=1"
UUID = "5dc07a5e-25da-11eb-8ed8-0242ac110004"
FIELDS = {
    "From": "12025550143",
    "MessageIntent": "",
    "MessageUUID": UUID,
    "PowerpackUUID": "",
    "Text": "Hi, is it ready? Größe & 50 % – 😀\n+1",
    "To": "12025550142",
    "TotalAmount": "0",
    "TotalRate": "0",
    "Type": "sms",
    "Units": "1",
}
STATUS = {"MessageUUID": UUID, "Status": "delivered", "ErrorCode": "000", "From": "12025550142", "To": "12025550143", "Sequence": "3"}
it = Plivo()


def connection(api_url: str | None = None, token: str = TOKEN) -> Connection:
    return Connection("01jd", "01ja", "plivo", "Plivo", Credentials({"auth_id": ID, "auth_token": token}), {}, api_url)


def v3(fields: Mapping[str, str], url: str = URL, method: str = "POST", token: str = TOKEN) -> str:
    """Plivo's own SDK signs, and finds its signature good. It cannot read a query with letters that are not ASCII."""
    text = construct_get_url(url, dict(fields)) if method == "GET" else construct_post_url(url, dict(fields))
    signature = get_signature_v3(token, text.decode(), NONCE).decode()
    assert validate_v3_signature(method, url, NONCE, token, signature, dict(fields))
    return str(signature)


def request(fields: Mapping[str, str], url: str = URL, method: str = "POST", **headers: str) -> HookRequest:
    """As Plivo calls, signed with V3 unless headers are given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = named or {"x-plivo-signature-v3": v3(fields, url, method), "x-plivo-signature-v3-nonce": NONCE}
    if method == "GET" and fields:
        url = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
    if method == "POST":
        named["content-type"] = "application/x-www-form-urlencoded"
    query = {"token": "t0ken"} if "token=t0ken" in url else {}
    return HookRequest(method, url, query, named, urlencode(fields).encode() if method == "POST" else b"")


def by_v2(url: str, owner: str = "") -> dict[str, str]:
    """The SDK only checks V2; what it takes is its own."""
    place = urlsplit(url)._replace(query="").geturl()
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), (place + NONCE).encode(), "sha256")).decode()
    assert validate_signature(url, NONCE, signature, TOKEN)
    return {f"x_plivo_signature_{owner}v2": signature, "x_plivo_signature_v2_nonce": NONCE}


def verify(asked: HookRequest, token: str = TOKEN) -> None:
    it.verify(connection(token=token), asked, 0)


def inbound(fields: Mapping[str, str], method: str = "POST") -> InboundText:
    asked = request(fields, method=method)
    verify(asked)
    [text] = it.inbound(connection(), asked)
    return text


def receipt(fields: Mapping[str, str]) -> Receipt:
    asked = request({**STATUS, **fields}, STATUS_URL)
    verify(asked)
    [found] = it.status(connection(), asked)
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("url", [URL, STATUS_URL, "http://127.0.0.1:8000/hooks/plivo/01jd"])
@pytest.mark.parametrize("fields", [FIELDS, STATUS, {}])
def test_what_the_sdk_signs_with_v3_is_taken(method: str, url: str, fields: dict[str, str]) -> None:
    verify(request(fields, url, method))


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=9)))
def test_whatever_fields_the_sdk_signs_are_taken(fields: dict[str, str]) -> None:
    verify(request(fields))


def test_one_of_several_signatures_is_enough_whichever_account_s() -> None:
    other = v3(FIELDS, token=TOKEN[::-1])
    for headers in (
        {"x_plivo_signature_v3": f"{other},{v3(FIELDS)}"},
        {"x_plivo_signature_v3": other, "x_plivo_signature_ma_v3": v3(FIELDS)},
        {"x_plivo_signature_ma_v3": f"{v3(FIELDS)},{other}"},
    ):
        verify(request(FIELDS, x_plivo_signature_v3_nonce=NONCE, **headers))
    with pytest.raises(BadSignature):
        verify(request(FIELDS, x_plivo_signature_v3_nonce=NONCE, x_plivo_signature_v3=f"{other},,{other}"))


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_one_changed_field_is_refused(field: str) -> None:
    with pytest.raises(BadSignature):
        verify(request(FIELDS | {field: FIELDS[field] + "x"}, x_plivo_signature_v3=v3(FIELDS), x_plivo_signature_v3_nonce=NONCE))


@pytest.mark.parametrize(
    "url", [URL + "?a=1", URL[:-1] + "b", URL + "/status", URL.replace("https", "http"), URL.replace(".com", ".org"), URL + "?"]
)
def test_a_signature_over_another_address_is_refused(url: str) -> None:
    if url.endswith("?"):
        url += "token=t0ken"
    for version, headers in (("v3", {"x_plivo_signature_v3": v3(FIELDS), "x_plivo_signature_v3_nonce": NONCE}), ("v2", by_v2(URL))):
        if version == "v2" and url.startswith(URL + "?"):
            continue  # V2 covers no query
        with pytest.raises(BadSignature):
            verify(request(FIELDS, url, **headers))


def test_another_account_s_token_and_another_nonce_are_refused() -> None:
    with pytest.raises(BadSignature):
        verify(request(FIELDS), TOKEN[::-1])
    with pytest.raises(BadSignature):
        verify(request(FIELDS, x_plivo_signature_v3=v3(FIELDS), x_plivo_signature_v3_nonce=NONCE + "1"))


@pytest.mark.parametrize("owner", ["", "ma_"])
@pytest.mark.parametrize("url", [URL, STATUS_URL])
def test_v2_is_taken_where_no_v3_is_given_and_covers_the_place_alone(owner: str, url: str) -> None:
    verify(request(FIELDS, url, **by_v2(url, owner)))
    verify(request(FIELDS | {"Text": "something else"}, url, **by_v2(url, owner)))


def test_v2_has_its_nonce_spent_with_all_that_came_and_v3_beside_it_refuses_nothing() -> None:
    spent = it.verify(connection(), request(FIELDS, **by_v2(URL)), 0)
    assert spent is not None
    assert (spent.value, spent.alone) == (NONCE, True)
    assert it.verify(connection(), request(FIELDS, **by_v2(URL)), 0) == spent, "a repeat is the same"
    for other in (
        request(FIELDS | {"Text": "forged"}, **by_v2(URL)),
        request({**FIELDS, "MessageUUID": UUID[::-1]}, **by_v2(URL)),
        request(FIELDS, URL + "?a=1", **by_v2(URL)),
        request(FIELDS, method="GET", **by_v2(URL)),
        request({}, method="GET", **by_v2(URL)),
    ):
        changed = it.verify(connection(), other, 0)
        assert changed is not None
        assert (changed.value, changed.digest != spent.digest) == (NONCE, True)
    both = it.verify(connection(), request(FIELDS, x_plivo_signature_v3=v3(FIELDS), x_plivo_signature_v3_nonce=NONCE, **by_v2(URL)), 0)
    assert both is not None
    assert (both.value, both.digest, both.alone) == (NONCE, spent.digest, False)
    assert it.verify(connection(), request(FIELDS), 0) is None


def test_what_v2_signed_for_a_receipt_is_no_signature_for_a_text() -> None:
    """Address and nonce have nothing between them, so the end of the one could begin the other."""
    seen = by_v2(f"{URL}/status")
    assert validate_signature(URL, f"/status{NONCE}", seen["x_plivo_signature_v2"], TOKEN), "the SDK would take it"
    with pytest.raises(BadSignature):
        verify(request(FIELDS, **seen | {"x_plivo_signature_v2_nonce": f"/status{NONCE}"}))


def test_a_wrong_v3_is_not_made_good_by_a_right_v2() -> None:
    with pytest.raises(BadSignature):
        verify(request(FIELDS, x_plivo_signature_v3="x", x_plivo_signature_v3_nonce=NONCE, **by_v2(URL)))


def test_a_v2_signature_without_nonce_or_with_one_byte_changed_is_refused() -> None:
    good = by_v2(URL)
    for headers in (
        {"x_plivo_signature_v2": good["x_plivo_signature_v2"]},
        good | {"x_plivo_signature_v2_nonce": "1"},
        good | {"x_plivo_signature_v2": good["x_plivo_signature_v2"][:-2] + "A="},
    ):
        with pytest.raises(BadSignature):
            verify(request(FIELDS, **headers))


def test_an_old_signature_cannot_be_used_for_a_new_message_id() -> None:
    """V3 has nothing between names and values, so the end of the id can swallow what comes after it."""
    moved = {name: value for name, value in FIELDS.items() if name != "PowerpackUUID"} | {"MessageUUID": UUID + "PowerpackUUID"}
    asked = request(moved, x_plivo_signature_v3=v3(FIELDS), x_plivo_signature_v3_nonce=NONCE)
    verify(asked)
    with pytest.raises(Malformed):
        it.inbound(connection(), asked)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", ""])
def test_a_body_that_is_no_form_is_of_the_wrong_type(content_type: str) -> None:
    asked = request(FIELDS)
    typed = HookRequest("POST", asked.url, {}, {**asked.headers, "content-type": content_type}, asked.body)
    with pytest.raises(UnsupportedType):
        verify(typed)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_text_is_read_whichever_way_it_comes(method: str) -> None:
    assert inbound(FIELDS, method) == InboundText(UUID, "12025550143", "12025550142", FIELDS["Text"])


@pytest.mark.parametrize("first", [0, 1])
def test_pictures_are_read_whether_they_are_counted_from_nought_or_from_one(first: int) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "Text"} | {"Type": "mms", "Body": "", "MediaCount": "11"}
    urls = [f"https://media.plivo.com/{number}" for number in range(11)]
    text = inbound(fields | {f"Media{first + number}": url for number, url in enumerate(urls)})
    assert (text.body, text.media) == ("", tuple(MediaRef(url) for url in urls))


@pytest.mark.parametrize(("intent", "answered"), [("optout", "stop"), ("optin", "start"), ("help", "help"), ("", None), ("new", None)])
def test_a_keyword_that_plivo_took_itself_is_marked(intent: str, answered: str | None) -> None:
    assert inbound(FIELDS | {"MessageIntent": intent}).carrier_answered == answered


@pytest.mark.parametrize("missing", ["From", "To", "Text", "MessageUUID"])
def test_a_text_without_what_makes_it_one_is_malformed(missing: str) -> None:
    with pytest.raises(Malformed):
        inbound({name: value for name, value in FIELDS.items() if name != missing})


def test_a_whatsapp_message_is_malformed() -> None:
    with pytest.raises(Malformed):
        inbound(FIELDS | {"Type": "whatsapp"})


def test_bytes_that_are_not_utf_8_are_verified_as_they_came_and_then_marked() -> None:
    asked = request(FIELDS, **by_v2(URL))
    broken = HookRequest("POST", asked.url, {}, asked.headers, asked.body + b"&Text=%ff")
    verify(broken)
    [text] = it.inbound(connection(), broken)
    assert text.body == "\ufffd"


@pytest.mark.parametrize("status", sorted(STATES))
def test_every_state_that_plivo_reports_moves_the_message_forward(status: str) -> None:
    got = receipt({"Status": status, "ErrorCode": ""})
    assert (got.carrier_ref, got.token, got.state, got.code) == (UUID, "t0ken", STATES[status], None)


@pytest.mark.parametrize(
    ("code", "state", "category", "permanent", "opted_out"),
    [
        ("200", MessageState.FAILED, Category.OPTED_OUT, True, True),
        ("50", MessageState.FAILED, Category.INVALID_NUMBER, True, False),
        ("30", MessageState.FAILED, Category.CONTENT_FILTERED, True, False),
        ("80", MessageState.FAILED, Category.UNREACHABLE, False, False),
        ("420", MessageState.UNDELIVERED, Category.QUEUE_EXPIRED, False, False),
    ],
)
def test_a_receipt_says_why_in_plain_words(code: str, state: MessageState, category: Category, permanent: bool, opted_out: bool) -> None:
    got = receipt({"Status": "failed", "ErrorCode": code})
    assert got == Receipt(UUID, "t0ken", state, code, MEANINGS[category].says, permanent, opted_out)


def test_a_code_that_is_not_known_is_shown_as_it_is() -> None:
    got = receipt({"Status": "failed", "ErrorCode": "777"})
    assert (got.says, got.permanent) == ("The carrier says: error 777", False)
    assert "777" not in CODES


@pytest.mark.parametrize("status", ["", "received", "vanished"])
def test_a_receipt_with_an_unknown_state_is_malformed(status: str) -> None:
    with pytest.raises(Malformed):
        receipt({"Status": status})


TEXT = OutboundText("m", "t0ken", "+12025550142", "+12025550143", "Ready & waiting: 50 % off? Größe é €\n+1", status_url=STATUS_URL)
CREATED = json.dumps({"api_id": "1", "message": "message(s) queued", "message_uuid": [UUID]}).encode()
PICTURES = ("https://sms.example.com/m/1?x=1", "https://sms.example.com/m/2")


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        OutboundText("m", "t", "+12025550142", "+12025550143", "Hi"),
        OutboundText("m", "t", "+12025550142", "+12025550143", "", PICTURES, STATUS_URL),
        OutboundText("m", "t", "22666", "+12025550143", "Hi", PICTURES[:1]),
    ],
)
async def test_a_send_is_field_by_field_what_the_sdk_sends(carrier_api: CarrierApi, http: httpx2.AsyncClient, text: OutboundText) -> None:
    carrier_api.answer = answers(202, CREATED)
    await it.send(connection(carrier_api.url), text, http)
    wanted: dict[str, object] = {"src": text.sender.removeprefix("+"), "dst": text.to.removeprefix("+")}
    wanted |= {"text": text.body} if text.body else {}
    wanted |= {"type_": "mms", "media_urls": list(text.media_urls)} if text.media_urls else {}
    wanted |= {"url": text.status_url} if text.status_url else {}
    with plivo.RestClient(ID, TOKEN) as sdk:
        sdk.session.mount("https://", Detour(carrier_api.url))
        await asyncio.to_thread(lambda: sdk.messages.create(**wanted))
    ours, theirs = carrier_api.seen
    assert (ours.method, ours.target) == (theirs.method, theirs.target)
    assert json.loads(ours.body) == json.loads(theirs.body)
    for header in ("authorization", "content-type", "accept"):
        assert ours.headers[header] == theirs.headers[header]


async def test_an_accepted_text_has_plivo_s_id(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(202, CREATED)
    assert await it.send(connection(carrier_api.url), TEXT, http) == SendResult("accepted", UUID)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html>",
        b'{"message_uuid": []}',
        b'{"message_uuid": ["a b"]}',
        b'{"message_uuid": "x"}',
        b'{"message_uuid": ["1", "2"]}',
    ],
)
async def test_a_good_status_without_one_id_is_unconfirmed(carrier_api: CarrierApi, http: httpx2.AsyncClient, body: bytes) -> None:
    carrier_api.answer = answers(202, body)
    assert (await it.send(connection(carrier_api.url), TEXT, http)).outcome == "unconfirmed"


async def test_a_refusal_has_plivo_s_words(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(400, b'{"api_id": "1", "error": "src parameter not valid"}')
    result = await it.send(connection(carrier_api.url), TEXT, http)
    assert result == SendResult("rejected", code="http_400", says="The carrier says: src parameter not valid")


@pytest.mark.parametrize(("body", "outcome"), [("é…" * 369, "rejected"), ("é…" * 368 + "…", "accepted"), ("a" * 1600, "accepted")])
async def test_a_text_that_plivo_would_not_take_does_not_leave(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, body: str, outcome: str
) -> None:
    carrier_api.answer = answers(202, CREATED)
    result = await it.send(connection(carrier_api.url), OutboundText("m", "t", "+12025550142", "+12025550143", body), http)
    assert result.outcome == outcome
    assert len(carrier_api.seen) == (outcome == "accepted")


def test_media_are_fetched_with_the_login_from_plivo_alone() -> None:
    access = it.media_access(connection())
    assert access.hosts == access.authorized == {"media.plivo.com"}
    assert access.authorization is not None
    assert access.authorization.startswith("Basic ")
