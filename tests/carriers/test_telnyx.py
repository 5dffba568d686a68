import asyncio
import json
import time
from base64 import b64encode

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey
from telnyx import Telnyx as Sdk
from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature

from server.carriers.carrier import (
    BadSignature,
    Connection,
    Credentials,
    HookRequest,
    Malformed,
    MediaRef,
    OutboundText,
    Receipt,
    SendResult,
)
from server.carriers.refusals import MEANINGS, Category
from server.carriers.telnyx import Telnyx
from server.carriers.telnyx_codes import CODES, STATES
from server.domain.message import MessageState
from tests.carriers.rig import REF, document
from tests.carriers.rig_telnyx import OTHER, PUBLIC, TELNYX, event, received, signed, told
from tests.fixtures.carrier_api import CarrierApi, answers

telnyx = Telnyx()
URL = "https://sms.example.com/hooks/telnyx/01jd"


def request(body: bytes, headers: dict[str, str] | None = None, *, query: dict[str, str] | None = None) -> HookRequest:
    return HookRequest("POST", URL, query or {}, {"content-type": "application/json"} | (headers or {}), body)


def taken_by_us(body: bytes, headers: dict[str, str], key: str, now: int) -> bool:
    connection = Connection("01jd", "01ja", "telnyx", "T", Credentials({"api_key": "KEY", "public_key": key}))
    try:
        telnyx.verify(connection, request(body, headers), now * 1_000_000)
    except BadSignature:
        return False
    return True


def taken_by_telnyx(body: bytes, headers: dict[str, str], key: str) -> bool:
    try:
        verify_webhook_signature(body, headers, key)
    except WebhookVerificationError:
        return False
    return True


BODY = received(text="Grüße 😀")


def broken(now: int) -> dict[str, tuple[bytes, dict[str, str], str]]:
    good = signed(str(now), BODY)
    signature = good["telnyx-signature-ed25519"]
    return {
        "one byte of the body": (BODY.replace(b"2025550143", b"2025550144"), good, PUBLIC),
        "the same JSON with other spaces": (json.dumps(json.loads(BODY), separators=(",", ":")).encode(), good, PUBLIC),
        "a byte more": (BODY + b" ", good, PUBLIC),
        "no body": (b"", good, PUBLIC),
        "another account's key": (BODY, good, OTHER),
        "signed by another key": (BODY, signed(str(now), BODY, SigningKey(b"\x02" * 32)), PUBLIC),
        "a time that was not signed": (BODY, good | {"telnyx-timestamp": str(now - 1)}, PUBLIC),
        "five minutes and more ago": (BODY, signed(str(now - 310), BODY), PUBLIC),
        "five minutes and more ahead": (BODY, signed(str(now + 310), BODY), PUBLIC),
        "a time that is none": (BODY, signed("soon", BODY), PUBLIC),
        "no time": (BODY, {"telnyx-signature-ed25519": signature}, PUBLIC),
        "no signature": (BODY, {"telnyx-timestamp": str(now)}, PUBLIC),
        "half a signature": (BODY, good | {"telnyx-signature-ed25519": signature[:44]}, PUBLIC),
        "a signature that is no base64": (BODY, good | {"telnyx-signature-ed25519": "%" * 88}, PUBLIC),
        "one bit of the signature": (
            BODY,
            good | {"telnyx-signature-ed25519": ("B" if signature[0] != "B" else "C") + signature[1:]},
            PUBLIC,
        ),
    }


def test_telnyx_s_own_verifier_and_ours_take_the_same_request() -> None:
    now = int(time.time())
    for at in (now, now - 290, now + 290):
        headers = signed(str(at), BODY)
        assert taken_by_telnyx(BODY, headers, PUBLIC)
        assert taken_by_us(BODY, headers, PUBLIC, now)


@pytest.mark.parametrize("wrong", sorted(broken(0)))
def test_telnyx_s_own_verifier_and_ours_refuse_the_same_request(wrong: str) -> None:
    now = int(time.time())
    body, headers, key = broken(now)[wrong]
    assert not taken_by_telnyx(body, headers, key)
    assert not taken_by_us(body, headers, key, now)


@given(body=st.text(st.characters(exclude_categories=["Cs"]), max_size=60), seed=st.binary(min_size=32, max_size=32))
def test_whatever_is_signed_is_taken_by_both_and_by_none_with_a_byte_more(body: str, seed: bytes) -> None:
    now, key = int(time.time()), SigningKey(seed)
    public = b64encode(key.verify_key.encode()).decode()
    headers = signed(str(now), body.encode(), key)
    assert taken_by_us(body.encode(), headers, public, now) is taken_by_telnyx(body.encode(), headers, public) is True
    more = body.encode() + b"."
    assert taken_by_us(more, headers, public, now) is taken_by_telnyx(more, headers, public) is False


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_is_good_for_five_minutes_both_ways(seconds: int, taken: bool) -> None:
    now = 1_795_000_000
    assert taken_by_us(BODY, signed(str(now + seconds), BODY), PUBLIC, now) is taken


def test_the_address_is_not_signed_and_a_receipt_s_token_is_checked_by_the_house() -> None:
    """Telnyx signs time and body alone, so our own token in the query is what ties a receipt to a text."""
    now = int(time.time())
    assert taken_by_telnyx(BODY, signed(str(now), BODY), PUBLIC)
    [receipt] = telnyx.status(TELNYX.connection(), request(told("delivered"), query={"token": "another"}))
    assert receipt.token == "another"


@pytest.mark.parametrize("cc", [[], ["+12025550199"], [{"phone_number": "+12025550199", "carrier": "", "line_type": "Wireless"}]])
def test_the_others_of_a_group_may_be_texts_or_objects(cc: list[object]) -> None:
    [text] = telnyx.inbound(TELNYX.connection(), request(received(cc=cc)))
    assert (text.sender, text.to) == ("+12025550143", "+12025550142")


def test_of_several_receivers_the_one_that_telnyx_marks_is_ours() -> None:
    to = [{"phone_number": "+12025550199", "status": ""}, {"phone_number": "+12025550142", "status": "webhook_delivered"}]
    [text] = telnyx.inbound(TELNYX.connection(), request(received(to=to)))
    assert text.to == "+12025550142"


def test_pictures_without_words_are_a_text() -> None:
    media: list[object] = [
        {"url": "https://media.telnyx.com/1", "content_type": "image/jpeg", "hash_sha256": "0", "size": 9},
        {"url": "https://media.telnyx.com/2", "content_type": None, "sha256": "0", "size": 9},
    ]
    [text] = telnyx.inbound(TELNYX.connection(), request(received(text="", media=media, type="MMS")))
    assert (text.body, text.media) == ("", (MediaRef("https://media.telnyx.com/1", "image/jpeg"), MediaRef("https://media.telnyx.com/2")))


@pytest.mark.parametrize(
    ("told", "answered"), [("STOP", "stop"), ("START", "start"), ("HELP", "help"), ("", None), (None, None), ("HOURS", None)]
)
def test_a_keyword_that_telnyx_answered_itself_is_marked(told: str | None, answered: str | None) -> None:
    [text] = telnyx.inbound(TELNYX.connection(), request(received(autoresponse_type=told)))
    assert text.carrier_answered == answered


@pytest.mark.parametrize("kind", ["message.replaced_link_clicked", "call.initiated", "message.queued"])
def test_an_event_that_is_not_ours_is_passed_over(kind: str) -> None:
    assert telnyx.inbound(TELNYX.connection(), request(event(kind))) == []
    assert telnyx.status(TELNYX.connection(), request(event(kind))) == []


@pytest.mark.parametrize(
    "broken", [{"from": {}}, {"from": None}, {"to": []}, {"to": "+12025550142"}, {"to": [{}]}, {"id": ""}, {"id": None}, {"text": None}]
)
def test_a_text_without_what_makes_it_one_is_malformed(broken: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        telnyx.inbound(TELNYX.connection(), request(received(**broken)))


@pytest.mark.parametrize("status", sorted(STATES))
@pytest.mark.parametrize("kind", ["message.sent", "message.finalized"])
def test_every_state_of_telnyx_is_one_of_ours(status: str, kind: str) -> None:
    [receipt] = telnyx.status(TELNYX.connection(), request(told(status, event_type=kind), query={"token": "t"}))
    assert (receipt.carrier_ref, receipt.token, receipt.state) == (REF, "t", STATES[status])


def test_every_state_that_the_sdk_knows_is_known() -> None:
    from typing import get_args

    from telnyx.types.outbound_message_payload import To

    known = {state for choice in get_args(To.model_fields["status"].annotation) for state in get_args(choice)}
    assert known == set(STATES)


def test_a_receipt_that_telnyx_gave_up_leaves_the_text_sent() -> None:
    [receipt] = telnyx.status(TELNYX.connection(), request(told("delivery_unconfirmed")))
    assert receipt == Receipt(REF, None, MessageState.SENT)


def test_every_receiver_of_a_group_text_has_a_receipt() -> None:
    to = [{"phone_number": "+12025550143", "status": "delivered"}, {"phone_number": "+12025550199", "status": "delivery_failed"}]
    receipts = telnyx.status(TELNYX.connection(), request(told("", to=to)))
    assert [receipt.state for receipt in receipts] == [MessageState.DELIVERED, MessageState.UNDELIVERED]


@pytest.mark.parametrize(
    ("code", "category", "permanent"),
    [
        ("40001", Category.LANDLINE, True),
        ("40002", Category.CONTENT_FILTERED, False),
        ("40003", Category.BLOCKED, True),
        ("40004", Category.BLOCKED, False),
        ("40006", Category.UNREACHABLE, False),
        ("40300", Category.OPTED_OUT, True),
    ],
)
def test_a_receipt_says_why_in_plain_words(code: str, category: Category, permanent: bool) -> None:
    [receipt] = telnyx.status(TELNYX.connection(), request(told("delivery_failed", {"code": code, "title": "No", "detail": "No."})))
    assert (receipt.code, receipt.says, receipt.permanent) == (code, MEANINGS[category].says, permanent)
    assert receipt.opted_out is (category is Category.OPTED_OUT)


def test_an_unknown_code_is_told_in_telnyx_s_own_words() -> None:
    [receipt] = telnyx.status(
        TELNYX.connection(), request(told("delivery_failed", {"code": "49999", "title": "Odd", "detail": "Very odd."}))
    )
    assert (receipt.code, receipt.says, receipt.permanent) == ("49999", "The carrier says: Very odd.", False)


@pytest.mark.parametrize("status", ["", "webhook_delivered", "vanished"])
def test_a_receipt_with_an_unknown_state_is_malformed(status: str) -> None:
    with pytest.raises(Malformed):
        telnyx.status(TELNYX.connection(), request(told(status)))


TEXT = OutboundText("01jm", "t0ken", "+12025550142", "+12025550143", "50 % off? Größe é €\n+1 😀", (), f"{URL}/status?token=t0ken")
PLAIN = OutboundText("01jm", "t0ken", "+12025550142", "+12025550143", "Hi")
PICTURES = OutboundText(
    "01jm", "t0ken", "+12025550142", "+12025550143", "", ("https://sms.example.com/m/1?x=1", "https://sms.example.com/m/2"), URL
)


@pytest.mark.parametrize("text", [TEXT, PLAIN, PICTURES], ids=["words", "no receipts", "pictures"])
async def test_a_send_is_field_by_field_what_the_sdk_sends(carrier_api: CarrierApi, http: httpx2.AsyncClient, text: OutboundText) -> None:
    carrier_api.answer = answers(200, TELNYX.accepts, content_type="application/json")
    assert (await telnyx.send(TELNYX.connection(carrier_api.url), text, http)).outcome == "accepted"
    wanted: dict[str, object] = {"to": text.to, "from_": text.sender}
    wanted |= {"text": text.body} if text.body else {}
    wanted |= {"media_urls": list(text.media_urls)} if text.media_urls else {}
    wanted |= {"webhook_url": text.status_url} if text.status_url else {}

    def by_sdk() -> None:
        with Sdk(api_key=TELNYX.credentials["api_key"], base_url=f"{carrier_api.url}/v2", max_retries=0) as sdk:
            sdk.messages.send(**wanted)

    await asyncio.to_thread(by_sdk)
    ours, theirs = carrier_api.seen
    assert (ours.method, ours.target) == (theirs.method, theirs.target) == ("POST", "/v2/messages")
    assert json.loads(ours.body) == json.loads(theirs.body)
    for header in ("authorization", "content-type", "accept"):
        assert ours.headers[header] == theirs.headers[header]


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"data": {}}', b'{"data": {"id": ""}}', b'{"data": {"id": 7}}', b"[" * 900])
async def test_a_good_status_without_an_id_is_unconfirmed(carrier_api: CarrierApi, http: httpx2.AsyncClient, body: bytes) -> None:
    carrier_api.answer = answers(200, body)
    result = await telnyx.send(TELNYX.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.carrier_ref) == ("unconfirmed", None)


async def test_a_text_that_failed_in_the_answer_already_is_rejected(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    to = [{"phone_number": TEXT.to, "status": "sending_failed"}]
    carrier_api.answer = answers(200, document(data={"id": REF, "to": to, "errors": [{"code": "40001", "title": "Not routable"}]}))
    result = await telnyx.send(TELNYX.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.carrier_ref, result.code, result.permanent) == ("rejected", REF, "40001", True)


@pytest.mark.parametrize(
    ("status", "code", "outcome", "permanent", "opted_out"),
    [
        (403, "40300", "rejected", True, True),
        (422, "40310", "rejected", True, False),
        (401, "10009", "rejected", False, False),
        (403, "10011", "retry", False, False),
        (429, "10011", "retry", False, False),
        (400, "40318", "retry", False, False),
        (400, "49999", "rejected", False, False),
    ],
)
async def test_a_refusal_says_whether_it_is_for_good(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, code: str, outcome: str, permanent: bool, opted_out: bool
) -> None:
    carrier_api.answer = answers(status, document(errors=[{"code": code, "title": "No", "detail": "Why not."}]), retry_after="7")
    result = await telnyx.send(TELNYX.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.permanent, result.opted_out) == (outcome, permanent, opted_out)
    assert result.says
    if status == 429:
        assert (result.code, result.retry_after) == ("http_429", 7)
    elif code == "49999":
        assert result.says == "The carrier says: Why not."
    else:
        assert (result.code, result.says) == (code, MEANINGS[CODES[code]].says)


async def test_a_refusal_without_words_is_one_all_the_same(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(403, b"<html>Forbidden</html>")
    assert await telnyx.send(TELNYX.connection(carrier_api.url), TEXT, http) == SendResult(
        "rejected", code="http_403", says=MEANINGS[Category.ACCOUNT_CONFIG].says
    )


def test_nothing_but_its_own_credentials_is_sent_for_a_picture() -> None:
    """Telnyx's links are public: whoever is asked for one gets no key of ours."""
    access = telnyx.media_access(TELNYX.connection())
    assert (access.hosts, access.authorization, access.authorized) == (None, None, frozenset())
