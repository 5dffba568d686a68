"""Texts as Twilio posts them, signed beforehand, in the file that `posts.c` reads."""

import base64
import hmac
import secrets
from pathlib import Path
from urllib.parse import urlencode

BASE_URL = "http://localhost:4000"
ACCOUNT_SID, AUTH_TOKEN = "AC00000000000000000000000000000001", "12345678901234567890123456789012"
NUMBER = "+12025550100"
PHONES = 2_000


def phone(number: int) -> str:
    """The same for every PHONES-th number."""
    return f"+1303{6_000_000 + number % PHONES}"


def form(number: int) -> dict[str, str]:
    """As Twilio documents what it posts for a text."""
    sid = f"SM{secrets.token_hex(16)}"
    whence = {"FromCountry": "US", "FromState": "CO", "FromCity": "DENVER", "FromZip": "80202"}
    where = {"ToCountry": "US", "ToState": "DC", "ToCity": "WASHINGTON", "ToZip": "20001"}
    ids = {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT_SID, "ApiVersion": "2010-04-01"}
    said = {"From": phone(number * 7919), "To": NUMBER, "Body": f"Hello, is my order {number} on its way?", "SmsStatus": "received"}
    return {**whence, **where, **ids, **said, "NumMedia": "0", "NumSegments": "1"}


def write_requests(path: Path, address: str, count: int) -> None:
    """As `posts.c` reads them."""
    with path.open("wb") as file:
        for number in range(count):
            fields = form(number)
            signed = address + "".join(name + value for name, value in sorted(fields.items()))
            mac = base64.b64encode(hmac.digest(AUTH_TOKEN.encode(), signed.encode(), "sha1")).decode()
            body = urlencode(fields).encode()
            head = (
                f"POST {address.removeprefix(BASE_URL)} HTTP/1.1\r\nHost: localhost:4000\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
                f"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nX-Twilio-Signature: {mac}\r\n"
                f"I-Twilio-Idempotency-Token: {secrets.token_hex(16)}\r\nContent-Length: {len(body)}\r\n\r\n"
            ).encode()
            file.write((len(head) + len(body)).to_bytes(4, "little") + head + body)
