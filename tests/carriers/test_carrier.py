import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.carriers.carrier import (
    Connection,
    Credentials,
    HookRequest,
    InboundText,
    Malformed,
    MediaRef,
    OutboundText,
    Receipt,
    legible,
    readable,
)
from server.domain.message import MessageState

SECRET = "do-not-print"


def request(body: bytes, **headers: str) -> HookRequest:
    return HookRequest(
        "POST", "https://sms.example.com/hooks", {}, {name.replace("_", "-"): value for name, value in headers.items()}, body
    )


@pytest.mark.parametrize(
    "thing",
    [
        Credentials({"auth_token": SECRET}),
        Connection("01jd", "01ja", "twilio", "Main", Credentials({"auth_token": SECRET})),
        HookRequest("GET", f"https://x/?token={SECRET}", {"token": SECRET}, {"x-signature": SECRET}, SECRET.encode()),
        InboundText("SM1", "+1", "+2", SECRET, (MediaRef(SECRET),)),
        OutboundText("01jm", SECRET, "+1", "+2", SECRET, (SECRET,), SECRET),
        Receipt("SM1", SECRET, MessageState.SENT),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_neither_secrets_nor_bodies_are_in_a_repr(thing: object) -> None:
    assert SECRET not in f"{thing!r} {thing} {[thing]}"


def test_credentials_are_read_by_name_and_show_their_names() -> None:
    credentials = Credentials({"account_sid": "AC1", "auth_token": SECRET})
    assert dict(credentials) == {"account_sid": "AC1", "auth_token": SECRET}
    assert repr(credentials) == "Credentials(account_sid=…, auth_token=…)"


def test_a_form_keeps_its_order_its_repeats_and_its_empty_fields() -> None:
    assert request(b"b=2&a=&b=1&c&d=+%2B").form == [("b", "2"), ("a", ""), ("b", "1"), ("c", ""), ("d", " +")]


def test_a_form_is_read_once() -> None:
    it = request(b"a=1")
    assert it.form is it.form


@given(st.dictionaries(st.text(st.characters(exclude_characters="&=+%#"), min_size=1), st.binary()))
def test_bytes_that_are_not_utf_8_can_be_had_back(fields: dict[str, bytes]) -> None:
    body = "&".join(f"n{i}=" + "".join(f"%{byte:02x}" for byte in value) for i, value in enumerate(fields.values()))
    assert [value.encode("utf-8", "surrogateescape") for _, value in request(body.encode()).form] == list(fields.values())


@pytest.mark.parametrize(
    ("declared", "media_type", "charset"),
    [
        ("application/json", "application/json", "utf-8"),
        ("Application/JSON; charset=UTF-8", "application/json", "utf-8"),
        ('text/plain; x=1; Charset="ISO-8859-1"', "text/plain", "iso-8859-1"),
        ("", "", "utf-8"),
    ],
)
def test_a_content_type_is_a_media_type_and_a_charset(declared: str, media_type: str, charset: str) -> None:
    it = request(b"", content_type=declared)
    assert (it.media_type, it.charset) == (media_type, charset)


def test_a_request_without_a_content_type_has_none() -> None:
    assert (request(b"").media_type, request(b"").charset) == ("", "utf-8")


@given(st.text(st.characters()))
def test_a_legible_body_can_be_stored_and_loses_nothing_else(body: str) -> None:
    shown = legible(body)
    shown.encode()
    assert "\0" not in shown
    if all(character != "\0" and not "\ud800" <= character <= "\udfff" for character in body):
        assert shown == body


def test_a_lone_surrogate_is_shown_as_the_replacement_character() -> None:
    assert legible("a\ud83db\udc00c\0d") == "a\ufffdb\ufffdcd"


@pytest.mark.parametrize("value", ["", "x" * 256, "a\0b", "a\nb", "\ud800", "\u202eevil"])
def test_an_identifier_that_cannot_be_stored_or_shown_is_malformed(value: str) -> None:
    with pytest.raises(Malformed):
        readable(value, "id")
