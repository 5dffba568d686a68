"""What every carrier promises, whatever its format: one rig per kind says how that carrier writes and signs."""

import contextlib
import json
from dataclasses import replace
from urllib.parse import quote_plus

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers.carrier import (
    BadSignature,
    HookRequest,
    Malformed,
    Receipt,
    UnsupportedType,
)
from server.carriers.credentials import read_credentials
from server.domain.message import BROKEN, MessageState
from server.domain.phone import read_sender
from tests.carriers.rig import BODY, CARRIERS, NOW_US, REF, TEXT, Rig
from tests.carriers.rigs import FORM, RIGS, every, in_json, over_http, typed, with_media
from tests.fixtures.carrier_api import CarrierApi, answers

HEADERS = sorted({name for rig in RIGS for name in rig.request(rig.text).headers})


def test_every_carrier_has_a_rig() -> None:
    assert {rig.kind for rig in RIGS} == set(CARRIERS)


@every
def test_it_is_found_by_its_own_kind_and_takes_its_own_credentials(rig: Rig) -> None:
    assert rig.carrier.kind == rig.kind
    assert dict(read_credentials(rig.carrier, rig.credentials)) == rig.credentials


@every
def test_a_signed_text_is_taken_and_read(rig: Rig) -> None:
    request = rig.request(rig.text)
    rig.carrier.verify(rig.connection(), request, NOW_US)
    [text] = rig.carrier.inbound(rig.connection(), request)
    sender, to = read_sender(text.sender), read_sender(text.to)
    assert (text.carrier_ref, sender.text, to.text, text.body) == (REF, "+12025550143", "+12025550142", BODY)
    assert [media.url for media in text.media] == (["https://m.example/1"] if rig.media else [])
    assert text.carrier_answered is None


@in_json
def test_a_text_that_was_cut_inside_an_emoji_comes_in_with_a_mark_in_its_place(rig: Rig) -> None:
    """CARRIERS 6: what is left of the pair becomes U+FFFD."""
    assert rig.text.count(rb"\ud83d\ude00") == 1
    for half in (rb"\ud83d", rb"\uDE00"):
        request = rig.request(rig.text.replace(rb"\ud83d\ude00", half))
        rig.carrier.verify(rig.connection(), request, NOW_US)
        [text] = rig.carrier.inbound(rig.connection(), request)
        assert text.body == BODY.replace("😀", "\ufffd")
        assert [media.url for media in text.media] == ["https://m.example/1"]


@with_media
@pytest.mark.parametrize(
    ("url", "left"), [("", []), (None, []), ("https://m.example/1\a", [""]), ("https://m.example/" + "x" * 5000, [""]), (7, [""])]
)
def test_the_words_come_in_whatever_is_said_of_an_attachment(rig: Rig, url: object, left: list[str]) -> None:
    """Without an address there is none; with one that cannot be read there is one that will be refused."""
    named = (b'"https://m.example/1"', json.dumps(url).encode())
    if rig.content_type == FORM:
        named = (b"https%3A%2F%2Fm.example%2F1", quote_plus("" if url is None else "\a7" if url == 7 else str(url)).encode())
    request = rig.request(rig.text.replace(*named))
    assert request.body != rig.text
    rig.carrier.verify(rig.connection(), request, NOW_US)
    [text] = rig.carrier.inbound(rig.connection(), request)
    assert (text.carrier_ref, text.body, [media.url for media in text.media]) == (REF, BODY, left)


@every
@pytest.mark.parametrize(("said", "state"), [("sent", MessageState.SENT), ("delivered", MessageState.DELIVERED)])
def test_a_signed_receipt_is_taken_and_read_with_our_token(rig: Rig, said: str, state: MessageState) -> None:
    request = rig.request(rig.receipt(said), status=True)
    rig.carrier.verify(rig.connection(), request, NOW_US)
    assert rig.carrier.status(rig.connection(), request) == [Receipt(REF if rig.names else None, "t0ken", state)]


@every
def test_a_receipt_of_a_failure_has_code_and_words_and_tells_an_opt_out(rig: Rig) -> None:
    body, code = rig.failed
    [receipt] = rig.carrier.status(rig.connection(), rig.request(body, status=True))
    assert receipt.state in BROKEN
    assert (receipt.code, receipt.permanent, receipt.opted_out) == (code, True, rig.opts_out)
    assert receipt.says


@every
def test_a_request_without_a_signature_is_refused(rig: Rig) -> None:
    request = rig.request(rig.text)
    for name in set(request.headers) - {"content-type"}:
        held = {key: value for key, value in request.headers.items() if key != name}
        with pytest.raises(BadSignature):
            rig.carrier.verify(rig.connection(), replace(request, headers=held), NOW_US)


@every
def test_a_changed_or_shortened_signature_is_refused(rig: Rig) -> None:
    request = rig.request(rig.text)
    for name in set(request.headers) - {"content-type"}:
        for value in (request.headers[name][:-1], request.headers[name] + "A", request.headers[name].swapcase() + "é"):
            with pytest.raises(BadSignature):
                rig.carrier.verify(rig.connection(), replace(request, headers={**request.headers, name: value}), NOW_US)


@every
def test_a_signature_for_another_connection_is_refused(rig: Rig) -> None:
    with pytest.raises(BadSignature):
        rig.carrier.verify(rig.other(), rig.request(rig.text), NOW_US)


@every
def test_a_signature_over_another_body_is_refused_where_it_covers_the_body(rig: Rig) -> None:
    request = rig.request(rig.text)
    changed = replace(request, body=rig.text.replace(b"2025550143", b"2025550144"))
    assert changed.body != request.body
    with pytest.raises(BadSignature) if rig.covers_body else contextlib.nullcontext():
        rig.carrier.verify(rig.connection(), changed, NOW_US)


@typed
def test_what_is_signed_but_of_another_type_is_not_read(rig: Rig) -> None:
    request = rig.request(rig.text, content_type="text/plain")
    for read in (lambda: rig.carrier.inbound(rig.connection(), request), lambda: rig.carrier.status(rig.connection(), request)):
        with pytest.raises(UnsupportedType):
            read()


@every
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"a=1", b"\x00\xff", b"%ff=%fe"])
def test_what_is_signed_but_unreadable_is_malformed(rig: Rig, body: bytes) -> None:
    for status in (False, True):
        request = rig.request(b"")
        request = replace(request, body=body)
        with pytest.raises(Malformed):
            (rig.carrier.status if status else rig.carrier.inbound)(rig.connection(), request)


@every
def test_a_text_is_no_receipt_and_a_receipt_is_no_text(rig: Rig) -> None:
    with pytest.raises(Malformed):
        rig.carrier.status(rig.connection(), rig.request(rig.text))
    with pytest.raises(Malformed):
        rig.carrier.inbound(rig.connection(), rig.request(rig.receipt("delivered")))


@every
@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=30)))
def test_nothing_that_a_stranger_sends_gets_further_than_a_refusal(rig: Rig, body: bytes, headers: dict[str, str]) -> None:
    """And never Malformed, on which the raw body is kept."""
    request = HookRequest("POST", "https://sms.example.com/hooks/x", {}, headers, body)
    with pytest.raises((BadSignature, UnsupportedType)):
        rig.carrier.verify(rig.connection(), request, NOW_US)


@every
@given(st.binary(max_size=200), st.data())
def test_reading_ends_in_a_result_or_a_refusal(rig: Rig, junk: bytes, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([rig.text, rig.receipt("delivered"), rig.failed[0]]))
    cut = data.draw(st.integers(0, len(whole)))
    request = HookRequest("POST", "https://x/", {}, {"content-type": rig.content_type}, whole[:cut] + junk + whole[cut:])
    for read in (rig.carrier.inbound, rig.carrier.status):
        with contextlib.suppress(Malformed):
            read(rig.connection(), request)


@every
def test_it_says_that_all_is_well(rig: Rig) -> None:
    answer = rig.carrier.acknowledge()
    assert 200 <= answer.status < 300
    assert answer.content_type


@every
async def test_an_accepted_text_has_a_reference_where_the_carrier_names_texts(
    rig: Rig, carrier_api: CarrierApi, http: httpx2.AsyncClient
) -> None:
    carrier_api.answer = answers(200, rig.accepts)
    result = await rig.carrier.send(rig.connection(carrier_api.url), TEXT, http)
    assert result.outcome == "accepted"
    assert bool(result.carrier_ref) == rig.names


@over_http
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "unconfirmed"),
        (302, "unconfirmed"),
        (400, "rejected"),
        (401, "rejected"),
        (404, "rejected"),
        (429, "retry"),
        (500, "server_error"),
    ],
)
async def test_a_status_alone_decides_as_the_house_rules_say(
    rig: Rig, carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, outcome: str
) -> None:
    carrier_api.answer = answers(status, b"")
    result = await rig.carrier.send(rig.connection(carrier_api.url), TEXT, http)
    expected = rig.server_error if outcome == "server_error" else outcome
    assert (result.outcome, result.carrier_ref, result.permanent, result.opted_out) == (expected, None, False, False)
    assert result.code
    assert result.says
    assert len(carrier_api.seen) == 1


@over_http
async def test_a_carrier_that_is_not_there_is_tried_again(rig: Rig, carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    url = carrier_api.url
    await carrier_api.stop()
    assert (await rig.carrier.send(rig.connection(url), TEXT, http)).outcome == "retry"


@over_http
async def test_receipts_are_asked_for_with_our_token(rig: Rig, carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(200, rig.accepts)
    await rig.carrier.send(rig.connection(carrier_api.url), TEXT, http)
    [seen] = carrier_api.seen
    assert rig.asked(seen) in (TEXT.status_url, TEXT.token)
