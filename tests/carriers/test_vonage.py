import asyncio
import json

import httpx2
import pytest
from vonage import Auth, HttpClientOptions
from vonage import Vonage as Sdk
from vonage_messages import MmsContent, MmsImage, MmsVcard, Sms
from vonage_messages.models import MmsContentItemImage, MmsContentItemVideo, MmsResource

from server.carriers.carrier import (
    BadSignature,
    Connection,
    Credentials,
    HookRequest,
    InboundText,
    Malformed,
    MediaRef,
    OutboundText,
    SendResult,
)
from server.carriers.credentials import read_credentials
from server.carriers.refusals import MEANINGS, Category
from server.carriers.vonage import STATES, Vonage
from server.domain.errors import Invalid
from server.domain.message import MessageState
from tests.carriers.rig_vonage import PEM, SECRET, VONAGE, token
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.detour import Detour

NOW_US = 1_795_000_000_000_000
URL = "https://sms.example.com/hooks/vonage/01jd00000000000000000000aa"
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
APPLICATION = VONAGE.credentials["application_id"]
SENT_US = 1_795_374_000_000_000
it = Vonage(lambda: NOW_US)

# developer.vonage.com/en/api/messages, inbound and status webhooks of v1
TEXT_IN: dict[str, object] = {
    "channel": "sms",
    "message_uuid": UUID,
    "to": "12025550142",
    "from": "12025550143",
    "timestamp": "2026-11-22T19:00:00Z",
    "text": "Größe & 50 %",
    "sms": {"num_messages": "2", "keyword": "GRÖSSE"},
    "usage": {"currency": "EUR", "price": "0.0333"},
    "origin": {"network_code": "12345"},
    "message_type": "text",
}
STATUS_IN: dict[str, object] = {
    "message_uuid": UUID,
    "to": "12025550143",
    "from": "12025550142",
    "timestamp": "2026-11-22T19:00:00Z",
    "status": "delivered",
    "channel": "sms",
    "client_ref": "partyline-t0ken",
    "usage": {"currency": "EUR", "price": "0.0333"},
}
OLD_IN: dict[str, object] = {
    "message_uuid": UUID,
    "to": {"number": "12025550142", "type": "sms"},
    "from": {"number": "12025550143", "type": "sms"},
    "timestamp": "2026-11-22T19:00:00Z",
    "direction": "inbound",
    "message": {"content": {"type": "text", "text": "Hi"}},
}


def connection(api_url: str | None = None) -> Connection:
    return Connection("01jd", "01ja", "vonage", "Vonage", Credentials(VONAGE.credentials), {}, api_url)


def request(document: object, **query: str) -> HookRequest:
    body = json.dumps(document).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token(connection(), body)}"}
    return HookRequest("POST", URL, query, headers, body)


def inbound(document: object) -> InboundText:
    asked = request(document)
    it.verify(connection(), asked, NOW_US)
    [text] = it.inbound(connection(), asked)
    return text


def without(document: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in document.items() if name not in names}


def test_a_text_is_read() -> None:
    assert inbound(TEXT_IN) == InboundText(UUID, "12025550143", "12025550142", "Größe & 50 %", sent_at=SENT_US)


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file", "vcard"])
def test_an_attachment_of_any_kind_is_read_and_its_caption_is_the_text(kind: str) -> None:
    url = "https://api-us.nexmo.com/v3/media/1b456509-974c-458b-aafa-45fc48a4d976"
    text = inbound(without(TEXT_IN, "text") | {"channel": "mms", "message_type": kind, kind: {"url": url, "name": "1", "caption": "Look"}})
    assert (text.body, text.media) == ("Look", (MediaRef(url),))
    assert inbound(TEXT_IN | {"channel": "mms", kind: {"url": url, "caption": "Look"}}).body == TEXT_IN["text"]


def test_several_attachments_are_read_in_their_order() -> None:
    content = [{"type": "image", "url": "https://m.example/1"}, {"type": "video", "url": "https://m.example/2", "caption": "Look"}]
    text = inbound(without(TEXT_IN, "text") | {"channel": "mms", "message_type": "content", "content": content})
    assert (text.body, [media.url for media in text.media]) == ("Look", ["https://m.example/1", "https://m.example/2"])


@pytest.mark.parametrize("missing", ["message_uuid", "to", "from", "channel", "text"])
def test_a_text_without_what_makes_it_one_is_malformed(missing: str) -> None:
    with pytest.raises(Malformed):
        inbound(without(TEXT_IN, missing))


def test_another_channel_is_malformed() -> None:
    with pytest.raises(Malformed, match="channel"):
        inbound(TEXT_IN | {"channel": "whatsapp"})


def test_the_old_format_is_refused_with_what_to_do() -> None:
    with pytest.raises(Malformed, match="set the application to v1"):
        inbound(OLD_IN)
    with pytest.raises(Malformed, match="set the application to v1"):
        it.status(connection(), request(OLD_IN | {"status": "delivered"}))


def test_a_webhook_without_a_token_is_refused() -> None:
    asked = request(TEXT_IN)
    for headers in (
        {"content-type": "application/json"},
        {**asked.headers, "authorization": "Basic YTpi"},
        {**asked.headers, "authorization": "Bearer"},
    ):
        with pytest.raises(BadSignature):
            it.verify(connection(), HookRequest("POST", URL, {}, headers, asked.body), NOW_US)


def test_the_clock_of_a_token_is_looked_at() -> None:
    for seconds in (-301, 25 * 3600 + 1):
        with pytest.raises(BadSignature):
            it.verify(connection(), request(TEXT_IN), NOW_US + seconds * 1_000_000)


@pytest.mark.parametrize("status", sorted(STATES))
def test_every_state_is_read_with_our_token_wherever_it_comes_back(status: str) -> None:
    for asked in (request(STATUS_IN | {"status": status}), request(without(STATUS_IN | {"status": status}, "client_ref"), token="t0ken")):
        [got] = it.status(connection(), asked)
        assert (got.carrier_ref, got.token, got.state) == (UUID, "t0ken", STATES[status])


def test_another_system_s_reference_is_not_taken_for_our_token() -> None:
    [got] = it.status(connection(), request(STATUS_IN | {"client_ref": "order-17"}))
    assert got.token is None


@pytest.mark.parametrize(
    ("error", "code", "category", "opted_out"),
    [
        ({"type": "https://developer.vonage.com/api-errors/messages#1240", "title": 1240, "detail": "x"}, "1240", Category.OPTED_OUT, True),
        ({"type": "https://developer.vonage.com/api-errors/messages#1050", "title": "Barred"}, "1050", Category.BLOCKED, False),
        ({"title": "1180", "detail": "x"}, "1180", Category.UNREACHABLE, False),
    ],
)
def test_a_failure_says_why_in_plain_words(error: dict[str, object], code: str, category: Category, opted_out: bool) -> None:
    [got] = it.status(connection(), request(STATUS_IN | {"status": "rejected", "error": error}))
    assert (got.state, got.code, got.says, got.opted_out) == (MessageState.FAILED, code, MEANINGS[category].says, opted_out)


def test_a_failure_that_is_not_known_has_vonage_s_words() -> None:
    [got] = it.status(connection(), request(STATUS_IN | {"status": "undeliverable", "error": {"title": 9999, "detail": "Out of paper."}}))
    assert (got.state, got.code, got.says) == (MessageState.UNDELIVERED, "9999", "The carrier says: Out of paper.")
    [got] = it.status(connection(), request(STATUS_IN | {"status": "rejected"}))
    assert (got.code, got.says) == (None, MEANINGS[Category.UNKNOWN].says)


STATUS_URL = f"{URL}/status?token=t0ken"
PICTURES = ("https://sms.example.com/m/1?x=1", "https://sms.example.com/m/2")
TEXT = OutboundText("m", "t0ken", "+12025550142", "+12025550143", "Ready & waiting: 50 % off? Größe é €\n+1", status_url=STATUS_URL)
WITH = {"to": "12025550143", "from_": "12025550142", "client_ref": "partyline-t0ken", "webhook_url": STATUS_URL, "webhook_version": "v1"}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (TEXT, Sms(text=TEXT.body, **WITH)),
        (
            OutboundText("m", "t0ken", "+12025550142", "+12025550143", "Look", PICTURES[:1], STATUS_URL, ("image/png",)),
            MmsImage(image=MmsResource(url=PICTURES[0], caption="Look"), **WITH),
        ),
        (
            OutboundText("m", "t0ken", "+12025550142", "+12025550143", "", PICTURES[:1], STATUS_URL, ("text/vcard",)),
            MmsVcard(vcard=MmsResource(url=PICTURES[0]), **WITH),
        ),
        (
            OutboundText("m", "t0ken", "+12025550142", "+12025550143", "Look", PICTURES, STATUS_URL, ("image/png", "video/mp4")),
            MmsContent(content=[MmsContentItemImage(url=PICTURES[0], caption="Look"), MmsContentItemVideo(url=PICTURES[1])], **WITH),
        ),
        (
            OutboundText("m", "t", "+12025550142", "+12025550143", "Hi"),
            Sms(text="Hi", to="12025550143", from_="12025550142", client_ref="partyline-t"),
        ),
    ],
)
async def test_a_send_is_field_by_field_what_the_sdk_sends(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, text: OutboundText, same: object
) -> None:
    carrier_api.answer = answers(202, json.dumps({"message_uuid": UUID}).encode(), content_type="application/json")
    await it.send(connection(carrier_api.url), text, http)
    sdk = Sdk(Auth(application_id=APPLICATION, private_key=PEM), HttpClientOptions(max_retries=0))
    with sdk.http_client._session as session:
        session.mount("https://", Detour(carrier_api.url))
        await asyncio.to_thread(lambda: sdk.messages.send(same))
    ours, theirs = carrier_api.seen
    assert (ours.method, ours.target) == (theirs.method, theirs.target) == ("POST", "/v1/messages")
    assert json.loads(ours.body) == json.loads(theirs.body)
    for header in ("content-type", "accept"):
        assert ours.headers[header] == theirs.headers[header]
    # Both are tokens of the same key: what they say is compared in test_vonage_token.
    assert ours.headers["authorization"].split(".")[0] == theirs.headers["authorization"].split(".")[0]


async def test_an_accepted_text_has_vonage_s_id(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(202, json.dumps({"message_uuid": UUID}).encode())
    assert await it.send(connection(carrier_api.url), TEXT, http) == SendResult("accepted", UUID)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"message_uuid": ""}', b'{"message_uuid": 7}', b'{"message_uuid": "\xff"}'])
async def test_a_good_status_without_an_id_is_unconfirmed(carrier_api: CarrierApi, http: httpx2.AsyncClient, body: bytes) -> None:
    carrier_api.answer = answers(202, body)
    assert (await it.send(connection(carrier_api.url), TEXT, http)).outcome == "unconfirmed"


@pytest.mark.parametrize(
    ("status", "problem", "outcome", "code", "says"),
    [
        (402, {"title": "Low balance", "detail": "Top up."}, "rejected", "http_402", "The carrier says: Top up."),
        (422, {"title": "Invalid params"}, "rejected", "http_422", "The carrier says: Invalid params"),
        (
            422,
            {"type": "https://developer.vonage.com/api-errors/messages#1120"},
            "rejected",
            "1120",
            MEANINGS[Category.ACCOUNT_CONFIG].says,
        ),
        (403, {"title": "1000"}, "retry", "1000", MEANINGS[Category.RATE_LIMITED].says),
        (401, None, "rejected", "http_401", MEANINGS[Category.ACCOUNT_CONFIG].says),
    ],
)
async def test_a_refusal_says_why(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, problem: object, outcome: str, code: str, says: str
) -> None:
    carrier_api.answer = answers(status, json.dumps(problem).encode())
    result = await it.send(connection(carrier_api.url), TEXT, http)
    assert (result.outcome, result.code, result.says) == (outcome, code, says)


def test_an_attachment_is_fetched_by_the_application_from_vonage_alone() -> None:
    access = it.media_access(connection())
    assert access.hosts == access.authorized
    assert access.hosts is not None
    assert "api-us.nexmo.com" in access.hosts
    assert access.authorization is not None
    assert access.authorization.startswith("Bearer ")
    plain = Connection("01jd", "01ja", "vonage", "V", Credentials({"api_key": "a", "api_secret": "b", "signature_secret": "c"}))
    assert (it.media_access(plain).authorization, it.media_access(plain).authorized) == (None, frozenset())


@pytest.mark.parametrize(
    "more", [{"application_id": "a"}, {"private_key": PEM}, {"application_id": "a", "private_key": "nonsense"}, {"application_id": ""}]
)
def test_an_application_comes_with_its_key_or_not_at_all(more: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_credentials(it, {"api_key": "a", "api_secret": "b", "signature_secret": SECRET, **more})
    assert PEM[:60] not in str(refused.value)
