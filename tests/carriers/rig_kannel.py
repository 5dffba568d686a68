"""How Kannel writes: everything in the query of a GET, as the get-url of docs/guides/kannel.md and our dlr-url ask for it."""

from urllib.parse import parse_qsl, quote_plus, urlsplit

from server.carriers.carrier import Connection, HookRequest
from tests.carriers.rig import BODY, REF, TEXT, Rig
from tests.fixtures.carrier_api import Seen


class KannelRig(Rig):
    def request(self, body: bytes, *, status: bool = False, content_type: str | None = None) -> HookRequest:
        """`body` is what follows the token in the query."""
        place = f"https://sms.example.com/hooks/kannel/01jd{'/status' if status else ''}"
        url = f"{place}?token={self.credentials['hook_token']}&{body.decode('latin-1')}"
        return HookRequest("GET", url, dict(parse_qsl(urlsplit(url).query)), {"content-type": content_type} if content_type else {}, b"")


def nothing(_connection: Connection, _url: str, _body: bytes) -> dict[str, str]:
    return {}


def receipt(bits: int, reason: str) -> bytes:
    return f"message={TEXT.token}&state={bits}&reason={quote_plus(reason)}".encode()


def message_of(seen: Seen) -> object:
    return dict(parse_qsl(urlsplit(seen.headers["x-kannel-dlr-url"]).query))["message"]


KANNEL = KannelRig(
    kind="kannel",
    credentials={"username": "partyline", "password": "s3cret", "hook_token": "0123456789abcdef"},
    others={"username": "partyline", "password": "s3cret", "hook_token": "fedcba9876543210"},
    content_type="",
    text=f"id={REF}&from=%2B12025550143&to=%2B12025550142&text={quote_plus(BODY)}&charset=UTF-8".encode(),
    receipt=lambda state: receipt({"sent": 8, "delivered": 1}[state], "ACK/"),
    failed=(receipt(16, "NACK/0x0000000b/Invalid Destination Address"), "0x0000000b"),
    sign=nothing,
    accepts=b"0: Accepted for delivery",
    asked=message_of,
    covers_body=False,
    names=False,
    media=False,
    opts_out=False,
)
