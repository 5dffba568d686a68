import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers.carrier import HookRequest, InboundText, Malformed, MediaRef, Receipt
from server.carriers.documents import STATES, read_receipt, read_text
from server.domain.message import MessageState

RECEIVED = {
    "type": "message.received",
    "id": "gw-1",
    "from": "+12025550143",
    "to": "+12025550142",
    "body": "Hi",
    "media": [{"url": "https://gateway.example/1", "content_type": "image/png"}, {"url": "https://gateway.example/2"}],
    "at": "2026-11-22T12:00:00Z",
}
STATUS = {"type": "message.status", "id": "gw-2", "state": "delivered"}


def request(document: object, query: dict[str, str] | None = None) -> HookRequest:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return HookRequest("POST", "https://x/", query or {}, {"content-type": "application/json"}, body)


def test_a_text_is_read_as_documented() -> None:
    assert read_text(request(RECEIVED)) == InboundText(
        "gw-1",
        "+12025550143",
        "+12025550142",
        "Hi",
        (MediaRef("https://gateway.example/1", "image/png"), MediaRef("https://gateway.example/2")),
        sent_at=1_795_348_800_000_000,
    )


def test_a_text_needs_neither_body_nor_media_nor_time() -> None:
    assert read_text(request({"type": "message.received", "id": "1", "from": "72345", "to": "+12025550142"})) == InboundText(
        "1", "72345", "+12025550142", ""
    )


def test_fields_that_are_not_known_are_passed_over() -> None:
    assert read_text(request(RECEIVED | {"later": {"version": 2}})).carrier_ref == "gw-1"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_body_comes_through_letter_by_letter_but_for_nul(body: str) -> None:
    assert read_text(request(RECEIVED | {"body": body})).body == body.replace("\0", "")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"\xff",
        b'{"type": "message.received", "id": "\xff", "from": "1", "to": "2"}',
        b"[" * 100_000,
        b'{"type": "message.received", "id": "1", "from": "1", "to": "2", "x": ' + b"[" * 50_000,
        [RECEIVED],
        None,
        STATUS,
        RECEIVED | {"type": "message.sent"},
        {name: value for name, value in RECEIVED.items() if name != "type"},
        {name: value for name, value in RECEIVED.items() if name != "id"},
        {name: value for name, value in RECEIVED.items() if name != "from"},
        {name: value for name, value in RECEIVED.items() if name != "to"},
        RECEIVED | {"id": ""},
        RECEIVED | {"id": 1},
        RECEIVED | {"id": "a\0"},
        RECEIVED | {"from": "x" * 300},
        RECEIVED | {"body": None},
        RECEIVED | {"media": [{"url": "https://gateway.example/1"}] * 11},
        RECEIVED | {"media": ["https://gateway.example/1"]},
    ],
)
def test_what_is_no_text_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_text(request(document))


def test_what_is_wrong_is_said_without_the_value() -> None:
    with pytest.raises(Malformed) as error:
        read_text(request(RECEIVED | {"body": ["s3cret"], "id": "s3cret"}))
    assert "$.body" in str(error.value) or "$.id" in str(error.value)
    assert "s3cret" not in str(error.value)
    with pytest.raises(Malformed, match="unknown type"):
        read_text(request(RECEIVED | {"type": "s3cret"}))


@pytest.mark.parametrize("state", sorted(STATES))
def test_a_receipt_has_the_state_and_our_token(state: str) -> None:
    receipt = read_receipt(request(STATUS | {"state": state}, {"token": "abc"}))
    assert (receipt.carrier_ref, receipt.token, receipt.state) == ("gw-2", "abc", STATES[state])


def test_the_contract_s_words_for_the_ends_of_a_message() -> None:
    assert (STATES["expired"], STATES["rejected"], STATES["read"]) == (
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.DELIVERED,
    )


@pytest.mark.parametrize("error", ["landline", {"code": "landline"}, {"code": "landline", "says": "No SMS here."}])
def test_a_receipt_says_why(error: object) -> None:
    receipt = read_receipt(request(STATUS | {"state": "failed", "error": error}))
    assert (receipt.code, receipt.permanent, receipt.opted_out) == ("landline", True, False)
    assert receipt.says
    assert "landline" in receipt.says


def test_a_gateway_s_own_code_keeps_its_words() -> None:
    receipt = read_receipt(request(STATUS | {"state": "undelivered", "error": {"code": "E7", "says": "Out of paper."}}))
    assert receipt == Receipt("gw-2", None, MessageState.UNDELIVERED, "E7", "The carrier says: Out of paper.")


def test_an_opt_out_at_the_gateway_is_one() -> None:
    assert read_receipt(request(STATUS | {"state": "failed", "error": "opted_out"})).opted_out


@pytest.mark.parametrize(
    "document",
    [
        RECEIVED,
        STATUS | {"state": "received"},
        STATUS | {"state": ""},
        STATUS | {"state": "failed", "error": ""},
        STATUS | {"state": "failed", "error": {"says": "x"}},
        STATUS | {"id": ""},
        {"type": "message.status", "id": "1"},
    ],
)
def test_what_is_no_receipt_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        read_receipt(request(document))
