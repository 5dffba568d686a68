import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from vonage_jwt import JwtClient, verify_signature

from server.carriers.carrier import BadSignature, Connection, Credentials
from server.carriers.vonage_token import check, make, read_key
from tests.carriers.rig_vonage import KEY, PEM, SECRET, token

APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
CREDENTIALS = Credentials({"api_key": "abcd1234", "signature_secret": SECRET, "application_id": APPLICATION})
VONAGE = Connection("01jd", "01ja", "vonage", "Vonage", CREDENTIALS)
BODY = b'{"message_uuid": "x"}'
NOW = int(time.time())
"""The SDK reads the clock itself."""


def verify(given: str, body: bytes = BODY, now: int = NOW, credentials: Credentials = CREDENTIALS) -> None:
    check(given, credentials, body, now * 1_000_000)


def test_what_the_sdk_takes_is_taken() -> None:
    given = token(VONAGE, BODY, iat=NOW)
    assert verify_signature(given, SECRET)
    verify(given)


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_one_changed_letter_is_refused(at: int) -> None:
    given = token(VONAGE, BODY, iat=NOW)
    at %= len(given)
    changed = given[:at] + ("A" if given[at] != "A" else "B") + given[at + 1 :]
    with pytest.raises(BadSignature):
        verify(changed)


def test_one_changed_byte_of_the_body_is_refused_though_the_sdk_would_take_it() -> None:
    given = token(VONAGE, BODY, iat=NOW)
    for body in (BODY + b" ", BODY.replace(b"x", b"y"), b""):
        with pytest.raises(BadSignature):
            verify(given, body)
    assert verify_signature(given, SECRET)


@pytest.mark.parametrize(("age", "good"), [(0, True), (25 * 3600, True), (25 * 3600 + 1, False), (-300, True), (-301, False)])
def test_a_token_is_good_for_as_long_as_vonage_repeats(age: int, good: bool) -> None:
    given = token(VONAGE, BODY, iat=NOW)
    if good:
        verify(given, now=NOW + age)
    else:
        with pytest.raises(BadSignature):
            verify(given, now=NOW + age)


@pytest.mark.parametrize(
    "claims",
    [
        {"api_key": "abcd1235"},
        {"api_key": None},
        {"application_id": "78d335fa-323d-0114-9c3d-d6f0d48968c0"},
        {"payload_hash": None},
        {"payload_hash": hashlib.sha256(BODY).hexdigest()[:-1]},
        {"iat": None},
        {"iat": "now"},
        {"exp": NOW - 301},
    ],
)
def test_a_token_that_says_something_else_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(BadSignature):
        verify(token(VONAGE, BODY, **{"iat": NOW, **claims}))


def test_a_token_of_no_application_is_its_account_s() -> None:
    verify(token(VONAGE, BODY, iat=NOW, application_id=None))


def test_a_token_that_is_not_signed_is_refused() -> None:
    claims = jwt.decode(token(VONAGE, BODY, iat=NOW), SECRET, algorithms=["HS256"])
    with pytest.raises(BadSignature):
        verify(jwt.encode(claims, "", algorithm="none"))


@pytest.mark.parametrize("algorithm", ["HS512", "none", "hs256", "RS256"])
def test_a_signature_that_is_named_otherwise_is_refused(algorithm: str) -> None:
    _, said, _ = token(VONAGE, BODY, iat=NOW).split(".")
    head = urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).decode().rstrip("=")
    mac = hmac.digest(SECRET.encode(), f"{head}.{said}".encode(), "sha256")
    with pytest.raises(BadSignature, match="algorithm"):
        verify(f"{head}.{said}.{urlsafe_b64encode(mac).decode().rstrip('=')}")


@given(st.text(max_size=60))
def test_anything_else_is_refused_quietly(given: str) -> None:
    with pytest.raises(BadSignature):
        verify(given)


def test_our_token_says_what_the_sdk_s_says_and_is_signed_with_the_application_s_key() -> None:
    theirs = JwtClient(APPLICATION, PEM).generate_application_jwt().decode()
    ours = make(APPLICATION, PEM, NOW * 1_000_000)
    heads = [jwt.get_unverified_header(each) for each in (ours, theirs)]
    assert heads[0] == heads[1] == {"alg": "RS256", "typ": "JWT"}
    said, wanted = (jwt.decode(each, KEY.public_key(), algorithms=["RS256"]) for each in (ours, theirs))
    assert said.keys() == wanted.keys()
    assert said["application_id"] == wanted["application_id"] == APPLICATION
    assert said["exp"] - said["iat"] == wanted["exp"] - wanted["iat"]
    assert said["jti"] != jwt.decode(make(APPLICATION, PEM, NOW * 1_000_000), options={"verify_signature": False})["jti"]


@pytest.mark.parametrize("pem", [PEM, PEM.replace("\n", ""), PEM.replace("\n", " "), PEM.replace("\n", "\\n"), f"  {PEM}\n\n"])
def test_a_key_is_read_as_a_person_pastes_it(pem: str) -> None:
    read_key(pem)
    jwt.decode(make(APPLICATION, pem, NOW * 1_000_000), KEY.public_key(), algorithms=["RS256"])


def test_an_older_form_of_the_key_is_read_too() -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    read_key(pem)
    jwt.decode(make(APPLICATION, pem, NOW * 1_000_000), KEY.public_key(), algorithms=["RS256"])


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "s3cret",
        PEM[:200] + PEM[300:],
        PEM.replace("PRIVATE", "PUBLIC"),
        json.dumps(PEM[:100]),
        generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    ],
)
def test_what_is_no_key_for_this_is_refused_and_not_repeated(pem: str) -> None:
    with pytest.raises(ValueError, match="private_key is") as refused:
        read_key(pem)
    assert not pem or pem not in str(refused.value)
