import asyncio
import json
from base64 import b64encode
from typing import Any

import bandwidth as sdk
import httpx2
import pytest
from bandwidth.models.callback import Callback
from bandwidth.models.inbound_callback_type_enum import InboundCallbackTypeEnum
from bandwidth.models.message_status_enum import MessageStatusEnum
from bandwidth.models.status_callback_type_enum import StatusCallbackTypeEnum

from server.carriers.bandwidth import Bandwidth
from server.carriers.bandwidth_codes import LISTED_STATES, STATES
from server.carriers.carrier import BadSignature, HookRequest, Malformed, MediaRef, OutboundText, Receipt, SendResult
from server.carriers.refusals import MEANINGS, Category
from server.domain.message import MessageState
from tests.carriers.rig import REF
from tests.carriers.rig_bandwidth import BANDWIDTH, DID, MEDIA, PERSON, event, received, told
from tests.fixtures.carrier_api import CarrierApi, answers

bandwidth = Bandwidth()
PASSWORD = BANDWIDTH.sign(BANDWIDTH.connection(), "", b"")["authorization"]


def request(body: bytes, authorization: str | None = PASSWORD) -> HookRequest:
    headers = {"content-type": "application/json; charset=utf-8"} | ({"authorization": authorization} if authorization is not None else {})
    return HookRequest("POST", "https://sms.example.com/hooks/bandwidth/01jd", {}, headers, body)


def receipt(body: bytes) -> Receipt:
    [found] = bandwidth.status(BANDWIDTH.connection(), request(body))
    return found


class Pointed(sdk.ApiClient):  # type: ignore[misc]
    """Bandwidth's own client, but for the place that it calls: its host is written into every call."""

    def __init__(self, place: str) -> None:
        credentials = BANDWIDTH.credentials
        super().__init__(sdk.Configuration(username=credentials["username"], password=credentials["password"]))
        self._place = place

    def param_serialize(self, **known: Any) -> Any:
        known["_host"] = known["_host"].replace("https://messaging.bandwidth.com", self._place)
        return super().param_serialize(**known)


@pytest.mark.parametrize(
    "body", [received(), received(text="Hi", media=[f"{MEDIA}/1.png"]), told("message-delivered"), told("message-sent")]
)
def test_what_these_tests_take_for_bandwidth_s_writing_is_that_for_its_sdk(body: bytes) -> None:
    [one] = json.loads(body)
    assert Callback.from_dict(one).actual_instance.message.id == REF


def test_the_password_of_the_application_is_taken_however_the_scheme_is_written() -> None:
    for authorization in (PASSWORD, PASSWORD.replace("Basic", "basic")):
        bandwidth.verify(BANDWIDTH.connection(), request(b"[]", authorization), 0)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ",
        PASSWORD.replace("Basic", "Bearer"),
        PASSWORD.removeprefix("Basic "),
        PASSWORD + "=",
        PASSWORD + " ",
        "Basic " + b64encode(b"partyline:").decode(),
        "Basic " + b64encode(b":h00k").decode(),
        "Basic " + b64encode(b"partyline:h00k2").decode(),
        "Basic " + b64encode(b"api-user:s3cret:pass").decode(),
        "Basic partyline:h00k",
    ],
)
def test_any_other_password_is_refused(authorization: str | None) -> None:
    with pytest.raises(BadSignature):
        bandwidth.verify(BANDWIDTH.connection(), request(received(), authorization), 0)


def test_an_event_may_come_alone_instead_of_in_a_list() -> None:
    alone = b" \n" + json.dumps(json.loads(received())[0]).encode()
    assert bandwidth.inbound(BANDWIDTH.connection(), request(alone)) == bandwidth.inbound(BANDWIDTH.connection(), request(received()))
    assert receipt(json.dumps(json.loads(told("message-sent"))[0]).encode()).state is MessageState.SENT


def test_every_event_of_a_list_is_read() -> None:
    both = json.dumps([*json.loads(received(id="one")), *json.loads(received(id="two", text="Again"))]).encode()
    texts = bandwidth.inbound(BANDWIDTH.connection(), request(both))
    assert [(text.carrier_ref, text.body) for text in texts][1:] == [("two", "Again")]


def test_a_text_belongs_to_the_number_that_owns_this_copy() -> None:
    """A group text to several of our numbers comes once for each, under an id of its own."""
    [text] = bandwidth.inbound(BANDWIDTH.connection(), request(received(to=["+12025550199", DID], owner=DID)))
    assert (text.sender, text.to) == (PERSON, DID)


def test_what_only_lays_out_a_picture_message_is_no_attachment() -> None:
    media = [f"{MEDIA}/0.smil", f"{MEDIA}/1.JPG", f"{MEDIA}/2.XML", f"{MEDIA}/3.xml?x=1", f"{MEDIA}/4.txt"]
    [text] = bandwidth.inbound(BANDWIDTH.connection(), request(received(text="", media=media)))
    assert (text.body, text.media) == ("", (MediaRef(f"{MEDIA}/1.JPG"), MediaRef(f"{MEDIA}/4.txt")))


@pytest.mark.parametrize("broken", [{"from": ""}, {"from": None}, {"owner": ""}, {"id": ""}, {"id": 7}, {"text": None, "media": None}])
def test_a_text_without_what_makes_it_one_is_malformed(broken: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        bandwidth.inbound(BANDWIDTH.connection(), request(received(**broken)))


@pytest.mark.parametrize("kind", ["suggestion-response", "requested-location-response", "message-new"])
def test_an_event_that_is_not_ours_is_passed_over(kind: str) -> None:
    body = event(kind, direction="in", message={"text": {"other": "shape"}})
    assert bandwidth.inbound(BANDWIDTH.connection(), request(body)) == []
    assert bandwidth.status(BANDWIDTH.connection(), request(body)) == []


def test_every_event_and_every_listed_state_that_the_sdk_knows_is_known() -> None:
    assert {kind.value for kind in StatusCallbackTypeEnum} == {*STATES, "message-failed"}
    assert "message-received" in {kind.value for kind in InboundCallbackTypeEnum}
    assert {state.value for state in MessageStatusEnum} <= set(LISTED_STATES)


@pytest.mark.parametrize("kind", sorted(STATES))
def test_a_receipt_brings_our_token_back_in_its_tag(kind: str) -> None:
    assert receipt(told(kind, tag="0ur-own")) == Receipt(REF, "0ur-own", STATES[kind])


def test_a_receipt_without_a_tag_is_found_by_its_id() -> None:
    assert receipt(told("message-sent", tag="")).token is None


@pytest.mark.parametrize(
    ("code", "state", "category", "permanent"),
    [
        (4302, MessageState.FAILED, Category.ACCOUNT_CONFIG, False),
        (4470, MessageState.FAILED, Category.CONTENT_FILTERED, True),
        (4481, MessageState.FAILED, Category.BLOCKED, True),
        (4701, MessageState.UNDELIVERED, Category.UNREACHABLE, False),
        (4702, MessageState.UNDELIVERED, Category.UNREACHABLE, False),
        (4720, MessageState.UNDELIVERED, Category.INVALID_NUMBER, True),
        (4770, MessageState.UNDELIVERED, Category.CONTENT_FILTERED, True),
        (4773, MessageState.UNDELIVERED, Category.NOT_REGISTERED, False),
        (4775, MessageState.UNDELIVERED, Category.OPTED_OUT, True),
        (4780, MessageState.UNDELIVERED, Category.RATE_LIMITED, False),
    ],
)
def test_a_receipt_says_why_in_plain_words(code: int, state: MessageState, category: Category, permanent: bool) -> None:
    found = receipt(told("message-failed", errorCode=code, description="other-words"))
    assert (found.state, found.code, found.says, found.permanent) == (state, str(code), MEANINGS[category].says, permanent)
    assert found.opted_out is (category is Category.OPTED_OUT)


@pytest.mark.parametrize(
    ("code", "state", "permanent"),
    [
        (4001, MessageState.FAILED, True),
        (4750, MessageState.UNDELIVERED, True),
        (5100, MessageState.FAILED, False),
        (5620, MessageState.UNDELIVERED, False),
        (9999, MessageState.UNDELIVERED, False),
    ],
)
def test_of_an_unknown_code_the_first_digit_says_whether_it_lasts_and_the_second_who_refused(
    code: int, state: MessageState, permanent: bool
) -> None:
    found = receipt(told("message-failed", errorCode=code, description="no-idea"))
    assert (found.state, found.permanent, found.says) == (state, permanent, "The carrier says: no-idea")


def test_a_receipt_that_bandwidth_gave_up_leaves_the_text_sent() -> None:
    assert receipt(told("message-failed", errorCode=9902, description="receipt-timeout")) == Receipt(REF, "t0ken", MessageState.SENT)


def test_a_failure_without_a_code_is_one_all_the_same() -> None:
    found = receipt(told("message-failed", description="It broke."))
    assert (found.state, found.code, found.says) == (MessageState.UNDELIVERED, None, "The carrier says: It broke.")


TEXT = OutboundText("01jm", "t0ken", DID, PERSON, "50 % off? Größe é €\n+1 😀", (), "https://sms.example.com/status?token=t0ken")
PICTURES = OutboundText("01jm", "t0ken", DID, PERSON, "", ("https://sms.example.com/m/1?x=1", "https://sms.example.com/m/2"))


@pytest.mark.parametrize("text", [TEXT, PICTURES], ids=["words", "pictures"])
async def test_a_send_is_field_by_field_what_the_sdk_sends(carrier_api: CarrierApi, http: httpx2.AsyncClient, text: OutboundText) -> None:
    carrier_api.answer = answers(202, BANDWIDTH.accepts, content_type="application/json")
    assert await bandwidth.send(BANDWIDTH.connection(carrier_api.url), text, http) == SendResult("accepted", REF)
    wanted: dict[str, object] = {"application_id": BANDWIDTH.credentials["application_id"], "to": [text.to], "from": text.sender}
    wanted |= {"tag": text.token}
    wanted |= {"text": text.body} if text.body else {}
    wanted |= {"media": list(text.media_urls)} if text.media_urls else {}

    def by_sdk() -> None:
        with Pointed(carrier_api.url) as client:
            sdk.MessagesApi(client).create_message("9900000", sdk.MessageRequest(**wanted))
            client.rest_client.pool_manager.clear()

    await asyncio.to_thread(by_sdk)
    ours, theirs = carrier_api.seen
    assert (ours.method, ours.target) == (theirs.method, theirs.target) == ("POST", "/api/v2/users/9900000/messages")
    assert json.loads(ours.body) == json.loads(theirs.body)
    for header in ("authorization", "content-type", "accept"):
        assert ours.headers[header] == theirs.headers[header]


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"id": ""}', b'{"id": 7}', b"[" * 900])
async def test_a_good_status_without_an_id_is_unconfirmed(carrier_api: CarrierApi, http: httpx2.AsyncClient, body: bytes) -> None:
    carrier_api.answer = answers(202, body)
    result = await bandwidth.send(BANDWIDTH.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.carrier_ref) == ("unconfirmed", None)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, "retry"), (502, "retry"), (503, "retry"), (504, "unconfirmed"), (408, "unconfirmed"), (429, "retry"), (404, "rejected")],
)
async def test_what_bandwidth_answers_with_an_error_was_not_sent_but_for_a_gateway_s_word(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, outcome: str
) -> None:
    """A gateway that gave up waiting speaks for itself: what is behind it may have the text."""
    carrier_api.answer = answers(status, b"", retry_after="9")
    result = await bandwidth.send(BANDWIDTH.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.retry_after) == (outcome, 9 if outcome == "retry" else None)
    assert len(carrier_api.seen) == 1


async def test_a_refusal_says_which_field_was_wrong(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(
        400,
        b'{"type": "request-validation", "description": "Your request could not be accepted.",'
        b' "fieldErrors": [{"fieldName": "from", "description": "\'+1invalid\' must be a valid E164 number"}]}',
    )
    result = await bandwidth.send(BANDWIDTH.connection(carrier_api.url), TEXT, http)
    says = "The carrier says: Your request could not be accepted. '+1invalid' must be a valid E164 number"
    assert result == SendResult("rejected", code="request-validation", says=says)


async def test_a_refused_login_sends_the_agent_to_the_manager(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(401, b'{"type": "unauthorized", "description": "Authentication Failed"}')
    result = await bandwidth.send(BANDWIDTH.connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.says) == ("rejected", MEANINGS[Category.ACCOUNT_CONFIG].says)


def test_the_login_for_attachments_goes_to_bandwidth_alone() -> None:
    access = bandwidth.media_access(BANDWIDTH.connection())
    assert access.hosts == access.authorized == {"messaging.bandwidth.com"}
    assert access.authorization == "Basic " + b64encode(b"api-user:s3cret:pass").decode()
