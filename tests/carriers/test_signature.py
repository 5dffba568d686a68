import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from server.carriers.carrier import BadSignature
from server.carriers.signature import check, read_secret, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = read_secret(SECRET)
NOW_US = 1_795_000_000_000_000
secrets = st.binary(min_size=1, max_size=64).map(lambda key: "whsec_" + base64.b64encode(key).decode())
texts = st.text(st.characters(exclude_categories=["Cs"]))


def from_library(secret: str, webhook_id: str, at_us: int, body: str) -> dict[str, str]:
    at = datetime.fromtimestamp(at_us // 1_000_000, tz=UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at_us // 1_000_000),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
    }


@given(secret=secrets, webhook_id=texts.filter(bool), body=texts)
def test_what_the_library_signs_is_taken(secret: str, webhook_id: str, body: str) -> None:
    check(read_secret(secret), from_library(secret, webhook_id, NOW_US, body), body.encode(), NOW_US)


@given(secret=secrets, webhook_id=texts.filter(bool), body=texts)
def test_the_library_takes_what_is_signed_here(secret: str, webhook_id: str, body: str) -> None:
    headers = sign(read_secret(secret), webhook_id, time.time_ns() // 1_000, body.encode())
    Webhook(secret).verify(body.encode(), headers, json_parse=False)


def test_the_library_refuses_what_is_signed_here_for_another_body() -> None:
    headers = sign(KEY, "id", time.time_ns() // 1_000, b"{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{ }", headers, json_parse=False)


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_"), "whsec_" + base64.b64encode(b"x" * 25).decode().rstrip("=")])
def test_a_secret_is_read_as_the_library_reads_it(secret: str) -> None:
    check(read_secret(secret), from_library(secret, "id", NOW_US, "{}"), b"{}", NOW_US)


@pytest.mark.parametrize("secret", ["", "whsec_", "!", "whsec_A", "ключ"])
def test_a_secret_without_a_key_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        read_secret(secret)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_before_and_after_are_taken(seconds: int) -> None:
    check(KEY, sign(KEY, "id", NOW_US, b"{}"), b"{}", NOW_US + seconds * 1_000_000)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_time_further_off_is_refused(seconds: int) -> None:
    headers = sign(KEY, "id", NOW_US, b"{}")
    with pytest.raises(BadSignature):
        check(KEY, headers, b"{}", NOW_US + seconds * 1_000_000)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "x", "1795000001", "v1,", "v1a,AAAA", "٣", "\udcff"])
def test_a_missing_or_other_header_is_refused(name: str, value: str | None) -> None:
    headers = sign(KEY, "id", NOW_US, b"{}")
    headers = {key: held for key, held in headers.items() if key != name} | ({} if value is None else {name: value})
    with pytest.raises(BadSignature):
        check(KEY, headers, b"{}", NOW_US)


def test_a_truncated_signature_is_refused() -> None:
    headers = sign(KEY, "id", NOW_US, b"{}")
    with pytest.raises(BadSignature):
        check(KEY, headers | {"webhook-signature": headers["webhook-signature"][:-1]}, b"{}", NOW_US)


def test_a_signature_of_another_version_is_not_looked_at() -> None:
    headers = sign(KEY, "id", NOW_US, b"{}")
    with pytest.raises(BadSignature):
        check(KEY, headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, b"{}", NOW_US)


@given(st.binary(min_size=1, max_size=40), st.integers(min_value=0), st.integers(1, 255))
def test_one_changed_byte_is_refused(body: bytes, place: int, change: int) -> None:
    headers = sign(KEY, "id", NOW_US, body)
    other = bytearray(body)
    other[place % len(body)] ^= change
    with pytest.raises(BadSignature):
        check(KEY, headers, bytes(other), NOW_US)


def test_during_a_rotation_one_of_several_signatures_suffices() -> None:
    old, new = sign(b"old", "id", NOW_US, b"{}"), sign(KEY, "id", NOW_US, b"{}")
    both = f"v1a,AAAA {old['webhook-signature']} {new['webhook-signature']}"
    check(KEY, new | {"webhook-signature": both}, b"{}", NOW_US)
