"""How Vonage's SMS API writes: a form whose fields are signed by one of them."""

from urllib.parse import urlencode

from vonage_http_client.auth import Auth

from server.carriers.carrier import Connection
from tests.carriers.rig import BODY, NOW_US, REF, Rig, document

SECRET = "a signature secret"
KEY = "abcd1234"
AT = str(NOW_US // 1_000_000)


def signed(fields: dict[str, str], secret: str = SECRET) -> dict[str, str]:
    """By the SDK, whose function adds to what it is given."""
    return fields | {"sig": Auth(api_key=KEY, signature_secret=secret, signature_method="sha256").sign_params(dict(fields))}


def fields(**more: str) -> dict[str, str]:
    return {"api-key": KEY, "msisdn": "12025550143", "to": "12025550142", "messageId": REF, "timestamp": AT, "nonce": "n-1"} | more


def form(**more: str) -> bytes:
    return urlencode(signed(fields(**more))).encode()


def nothing(_connection: Connection, _url: str, _body: bytes) -> dict[str, str]:
    return {}


VONAGE_SMS = Rig(
    kind="vonage",
    credentials={"api_key": KEY, "api_secret": "s3cret", "signature_secret": SECRET},
    others={"api_key": KEY, "api_secret": "s3cret", "signature_secret": SECRET[::-1]},
    content_type="application/x-www-form-urlencoded",
    text=form(text=BODY, type="unicode"),
    receipt=lambda state: form(**{"status": {"sent": "accepted"}.get(state, state), "err-code": "0"}),
    failed=(form(**{"status": "rejected", "err-code": "9"}), "9"),
    sign=nothing,
    accepts=document(**{"message-count": "1", "messages": [{"to": "12025550143", "message-id": REF, "status": "0"}]}),
    asked=lambda seen: dict(seen.form)["client-ref"].removeprefix("partyline-"),
    media=False,
)
