"""Kannel's own: what stands in a query, what the bits of a receipt say, what smsbox answers. In tests/whole it really runs."""

from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers.carrier import BadSignature, Connection, Credentials, HookRequest, InboundText, Malformed, OutboundText, Receipt
from server.carriers.kannel import Kannel
from server.domain.message import MessageState
from tests.fixtures.carrier_api import CarrierApi, Seen, answers

TOKEN = "0123456789abcdef"
KANNEL = Kannel()
TEXT = OutboundText(
    "01jm", "t0_-ken", "+12025550142", "+12025550143", "Good day", (), "https://sms.example.com/hooks/kannel/01jd/status?token=x"
)


def connection(api_url: str | None = None, hook_token: str = TOKEN) -> Connection:
    return Connection(
        "01jd",
        "01ja",
        "kannel",
        "Main",
        Credentials({"username": "partyline", "password": "s3cret", "hook_token": hook_token}),
        {},
        api_url,
    )


def called(query: str) -> HookRequest:
    return HookRequest("GET", f"https://sms.example.com/hooks/kannel/01jd?{query}", dict(parse_qsl(query, keep_blank_values=True)), {}, b"")


def text(**changed: str) -> InboundText:
    """Values are as they stand in the query."""
    fields = {"id": "6b1d", "from": "%2B12025550143", "to": "%2B12025550142", "text": "Hi", "charset": "UTF-8"} | changed
    [read] = KANNEL.inbound(connection(), called("&".join(f"{name}={value}" for name, value in fields.items())))
    return read


def receipt(state: object, reason: str = "", message: str = "t0_-ken") -> Receipt:
    [read] = KANNEL.status(connection(), called(f"token={TOKEN}&message={message}&state={state}&reason={quote_plus(reason)}"))
    return read


@pytest.mark.parametrize(
    "given", ["", "token=", f"token={TOKEN[:-1]}", f"token={TOKEN}0", f"token={TOKEN.upper()}", f"Token={TOKEN}", "token=%FF"]
)
def test_a_call_without_the_token_or_with_a_wrong_one_is_refused(given: str) -> None:
    with pytest.raises(BadSignature):
        KANNEL.verify(connection(), called(f"{given}&id=1"), 0)


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=1, max_size=40))
def test_whatever_the_token_is_it_opens_its_own_door_alone(token: str) -> None:
    KANNEL.verify(connection(hook_token=token), called(f"token={quote(token, safe='')}"), 0)
    with pytest.raises(BadSignature):
        KANNEL.verify(connection(hook_token=f"{token}x"), called(f"token={quote(token, safe='')}"), 0)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_body_comes_through_letter_by_letter_but_for_nul(body: str) -> None:
    assert text(text=quote_plus(body)).body == body.replace("\0", "")


@pytest.mark.parametrize(
    ("raw", "charset", "body"),
    [
        ("Gr%F6%DFe", "ISO-8859-1", "Größe"),
        ("%00H%00i%D8%3D%DE%00", "UTF-16BE", "Hi😀"),
        ("%00H%D8%3D%00i", "UTF-16BE", "H\ufffdi"),
        ("Gr%C3%B6%C3%9Fe", "8-BIT", "Größe"),
        ("Gr%F6%DFe", "8-BIT", "Größe"),
        ("Gr%F6%DFe", "UTF-8", "Größe"),
        ("%80+5", "windows-1252", "€ 5"),
        ("Hi", "", "Hi"),
        ("Hi", "zip", "Hi"),
        ("++a++b%0A", "UTF-8", "  a  b\n"),
        ("", "UTF-8", ""),
    ],
)
def test_a_body_is_read_in_the_charset_that_kannel_names_and_never_lost(raw: str, charset: str, body: str) -> None:
    assert text(text=raw, charset=charset).body == body


@pytest.mark.parametrize(
    ("raw", "sender"),
    [
        ("%2B12025550143", "+12025550143"),
        ("12025550143", "12025550143"),
        ("72345", "72345"),
        ("Acme+Bank", "Acme Bank"),
        ("Caf%E9", "Café"),
        ("Caf%C3%A9", "Café"),
        ("Bank%00%01", "Bank\ufffd\ufffd"),
    ],
)
def test_a_sender_of_any_kind_is_taken(raw: str, sender: str) -> None:
    assert text(**{"from": raw}).sender == sender


@pytest.mark.parametrize("missing", ["id", "from", "to", "text"])
def test_a_get_url_that_leaves_something_out_is_malformed(missing: str) -> None:
    fields = {"id": "1", "from": "2", "to": "3", "text": "4"}
    del fields[missing]
    with pytest.raises(Malformed):
        KANNEL.inbound(connection(), called("&".join(f"{name}={value}" for name, value in fields.items())))


@given(st.text(), st.lists(st.tuples(st.sampled_from("id from to text charset message state reason".split()), st.binary(max_size=20))))
def test_reading_ends_in_a_result_or_a_refusal(junk: str, fields: list[tuple[str, bytes]]) -> None:
    query = "&".join([*(f"{name}={quote(value)}" for name, value in fields), junk])
    for read in (KANNEL.inbound, KANNEL.status):
        try:
            read(connection(), called(query.encode("utf-8", "surrogatepass").decode("latin-1")))
        except Malformed:
            continue


@pytest.mark.parametrize(
    ("bits", "state"),
    [
        (1, MessageState.DELIVERED),
        (2, MessageState.UNDELIVERED),
        (4, MessageState.SENT),
        (8, MessageState.SENT),
        (16, MessageState.FAILED),
        (32, MessageState.UNDELIVERED),
        (34, MessageState.UNDELIVERED),
        (9, MessageState.DELIVERED),
        (24, MessageState.FAILED),
    ],
)
def test_the_bits_of_a_receipt_are_states(bits: int, state: MessageState) -> None:
    read = receipt(bits)
    assert (read.carrier_ref, read.token, read.state) == (None, "t0_-ken", state)
    assert bool(read.code) == bool(read.says) == (state in (MessageState.FAILED, MessageState.UNDELIVERED))


@pytest.mark.parametrize("state", ["", "0", "64", "-1", "1.0", "1111", "%d", "%B9", "delivered"])
def test_a_receipt_without_a_known_bit_is_malformed(state: str) -> None:
    with pytest.raises(Malformed):
        receipt(state)


def test_a_receipt_without_our_token_is_malformed() -> None:
    with pytest.raises(Malformed):
        receipt(1, message="")


@pytest.mark.parametrize(
    ("bits", "reason", "code", "words"),
    [
        (16, "NACK/0x0000000B/Invalid Destination Address", "0x0000000b", "There is no such phone number."),
        (16, "NACK/0x00000045/Submit failed", "0x00000045", "The carrier says: Submit failed"),
        (16, "NACK/Retries Exceeded", "Retries Exceeded", "waited too long"),
        (16, "NACK/no SMSC", "no SMSC", "not set up"),
        (16, "NACK/", "NACK", "gave no reason"),
        (
            2,
            "id:7 sub:001 dlvrd:000 submit date:2611221200 done date:2611221201 stat:UNDELIV err:011 text:Your code",
            "UNDELIV 011",
            "no reason",
        ),
        (2, "id:7 stat:REJECTD err:000 text:Your code", "REJECTD", "no reason"),
        (34, "id:7 stat:EXPIRED err:000 text:Your code", "EXPIRED", "waited too long"),
        (32, "", "dlr_32", "waited too long"),
        (2, "", "dlr_2", "gave no reason"),
    ],
)
def test_why_a_text_did_not_arrive_is_said_in_words_and_never_in_its_own(bits: int, reason: str, code: str, words: str) -> None:
    read = receipt(bits, reason)
    assert read.code == code
    assert read.says is not None
    assert words in read.says
    assert "Your code" not in read.says


def test_its_answer_is_empty_since_kannel_texts_whatever_it_is_told() -> None:
    answer = KANNEL.acknowledge()
    assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", b"")


async def sent(api: CarrierApi, http: httpx2.AsyncClient, text: OutboundText = TEXT, **named: str) -> Seen:
    api.answer = answers(202, b"0: Accepted for delivery")
    result = await KANNEL.send(connection(api.url, **named), text, http)
    assert (result.outcome, result.carrier_ref) == ("accepted", None)
    return api.seen[-1]


async def test_a_text_is_posted_as_sendsms_takes_it(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    seen = await sent(carrier_api, http)
    assert (seen.method, seen.target, seen.body) == ("POST", "/cgi-bin/sendsms", b"Good day")
    assert seen.headers["content-type"] == "text/plain; charset=UTF-8"
    assert {name: value for name, value in seen.headers.items() if name.startswith("x-")} == {
        "x-kannel-username": "partyline",
        "x-kannel-password": "s3cret",
        "x-kannel-from": "+12025550142",
        "x-kannel-to": "+12025550143",
        "x-kannel-coding": "0",
        "x-kannel-dlr-mask": "59",
        "x-kannel-dlr-url": f"https://sms.example.com/hooks/kannel/01jd/status?token={TOKEN}&message=t0_-ken&state=%d&reason=%A",
    }


async def test_what_gsm_cannot_write_is_asked_for_as_ucs_2(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    for body, coding in (("5 € {ö}", "0"), ("5 € – 😀", "2"), ("ça", "2")):
        seen = await sent(carrier_api, http, OutboundText("01jm", "t", "+1", "+2", body))
        assert (seen.body.decode(), seen.headers["x-kannel-coding"]) == (body, coding)
        assert "x-kannel-dlr-url" not in seen.headers


async def test_a_token_with_percent_in_it_survives_kannels_own_escapes(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    seen = await sent(carrier_api, http, hook_token="a%B+d&%d")
    filled = seen.headers["x-kannel-dlr-url"].replace("%d", "1").replace("%A", "")
    request = called(urlsplit(filled).query)
    KANNEL.verify(connection(hook_token="a%B+d&%d"), request, 0)
    assert KANNEL.status(connection(), request) == [Receipt(None, "t0_-ken", MessageState.DELIVERED)]


async def test_the_address_of_the_service_may_be_given_whole(carrier_api: CarrierApi, http: httpx2.AsyncClient) -> None:
    carrier_api.answer = answers(202, b"3: Queued for later delivery")
    for path, target in (("", "/cgi-bin/sendsms"), ("/", "/cgi-bin/sendsms"), ("/sms/out", "/sms/out")):
        assert (await KANNEL.send(connection(carrier_api.url + path), TEXT, http)).outcome == "accepted"
        assert carrier_api.seen[-1].target == target


@pytest.mark.parametrize(
    ("status", "body", "outcome", "words"),
    [
        (202, "0: Accepted for delivery", "accepted", None),
        (202, "3: Queued for later delivery", "accepted", None),
        (202, "Sent.", "accepted", None),
        (200, "<html>Welcome</html>", "unconfirmed", "may have been sent"),
        (403, "Authorization failed for sendsms", "rejected", "not set up"),
        (403, "Not routable. Do not try again.", "rejected", "not set up"),
        (400, "Number(s) has/have been denied by white- and/or black-lists.", "rejected", "blocks"),
        (400, "Sender missing and no global set, rejected", "rejected", "The carrier says: Sender missing and no global set, rejected"),
        (503, "Temporal failure, try again later.", "unconfirmed", "may have been sent"),
    ],
)
async def test_what_smsbox_answers_decides(
    carrier_api: CarrierApi, http: httpx2.AsyncClient, status: int, body: str, outcome: str, words: str | None
) -> None:
    carrier_api.answer = answers(status, body.encode())
    result = await KANNEL.send(connection(carrier_api.url), TEXT, http)
    assert result.outcome == outcome
    assert (words is None) == (result.says is None)
    assert words is None or words in (result.says or "")


def test_ten_segments_are_the_most() -> None:
    assert KANNEL.max_characters == 10 * 153
