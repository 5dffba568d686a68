"""What the suite of every carrier must know of one of them: how it writes, how it signs, and what it lets us tell it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from server.carriers.carrier import Carrier, Connection, Credentials, HookRequest, OutboundText
from server.carriers.registry import carriers
from tests.fixtures.carrier_api import Seen

NOW_US = 1_795_000_000_000_000
SANDBOX_KEY = b"the house's own"
REF = "SM0123456789abcdef0123456789abcdef"
BODY = "Größe & 50 % – é\n+1 😀"
TEXT = OutboundText("01jm", "t0ken", "+12025550142", "+12025550143", BODY, (), "https://sms.example.com/hooks/x/01jd/status?token=t0ken")


async def deliver(_connection: Connection, _text: OutboundText) -> None:
    pass


CARRIERS: Mapping[str, Carrier] = carriers(now=lambda: NOW_US, sandbox_key=SANDBOX_KEY, deliver=deliver)


@dataclass(frozen=True)
class Rig:
    """`text` and `receipt` are bodies as the carrier writes them, `sign` makes the headers with the carrier's own means.

    accepts        its answer to a text that it takes; empty where nothing is sent over HTTP.
    asked          what of a send makes the receipt findable: `TEXT.status_url`, or `TEXT.token` where it comes back in the body.
    covers_body    False where a carrier proves who it is and nothing of what it says.
    server_error   what a 500 says about the text.
    names          False where the carrier gives a text no name of its own, so that a receipt is found by our token alone.
    media          False where it carries none.
    opts_out       False where its receipts cannot tell an opt-out.
    """

    kind: str
    credentials: Mapping[str, str]
    others: Mapping[str, str]
    content_type: str
    text: bytes
    receipt: Callable[[str], bytes]
    failed: tuple[bytes, str]
    sign: Callable[[Connection, str, bytes], dict[str, str]]
    accepts: bytes
    asked: Callable[[Seen], object]
    covers_body: bool = True
    server_error: str = "unconfirmed"
    names: bool = True
    media: bool = True
    opts_out: bool = True

    @property
    def carrier(self) -> Carrier:
        return CARRIERS[self.kind]

    def connection(self, api_url: str | None = None) -> Connection:
        return Connection("01jd", "01ja", self.kind, "Main", Credentials(self.credentials), {}, api_url)

    def other(self) -> Connection:
        return Connection("01je", "01jb", self.kind, "Theirs", Credentials(self.others), {}, None)

    def request(self, body: bytes, *, status: bool = False, content_type: str | None = None) -> HookRequest:
        url = f"https://sms.example.com/hooks/{self.kind}/01jd" + ("/status?token=t0ken" if status else "")
        headers = {"content-type": content_type or self.content_type} | self.sign(self.connection(), url, body)
        return HookRequest("POST", url, dict(parse_qsl(urlsplit(url).query)), headers, body)


def document(**fields: object) -> bytes:
    return json.dumps(fields).encode()
