"""One attachment, fetched from where a carrier keeps it: bounded in time and bytes, its login for the carrier alone.

Sources: twilio.com/docs/messaging/api/media-resource, developers.telnyx.com, dev.bandwidth.com, RFC 9110 section 15.4.
"""

import asyncio
from collections.abc import Collection, Mapping

import httpx2

from server.carriers.carrier import MediaAccess
from server.domain.media import MOST_BYTES
from server.public_http import Forbidden, place_of, public_address

SECONDS = 15.0
"""For everything but the connections, each of which has its own ten seconds."""
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class TooLong(Exception):
    """More than MOST_BYTES, or more than comes in SECONDS."""


class NotNow(Exception):
    """The carrier did not hand it over; it may later. The sentence names nothing of the address."""


async def fetch(
    url: str,
    access: MediaAccess,
    http: httpx2.AsyncClient,
    inside: Collection[str] = (),
    own: str | None = None,
    seconds: float = SECONDS,
) -> bytes:
    """The bytes as they came. `http` is a client for public addresses and those `inside`; `own` is the place that the operator set for
    the carrier, which may be asked and told everything that the carrier's own hosts may.

    Raises `Forbidden`, `TooLong` and `NotNow`.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    login = access.authorization
    for redirects in range(MOST_REDIRECTS + 1):
        address = public_address(url, inside)
        place = place_of(address)
        if redirects == 0 and access.hosts is not None and address.host not in access.hosts and place != own:
            raise Forbidden("a host that is not the carrier's")
        if address.host not in access.authorized and place != own:
            login = None  # for good: who was redirected to may redirect back
        answer = await _get(http, address, login, deadline)
        if isinstance(answer, bytes):
            return answer
        url = answer
    raise Forbidden(f"more than {MOST_REDIRECTS} redirects")


async def _get(http: httpx2.AsyncClient, address: httpx2.URL, login: str | None, deadline: float) -> bytes | str:
    """The content, or the address to which it sends us."""
    begun = False
    try:
        async with asyncio.timeout(None) as limit:

            async def note(event: str, _info: Mapping[str, object]) -> None:
                # Not before: a TLS handshake that is cancelled from outside leaves its socket open (httpcore2 2.16).
                if event.endswith("send_request_headers.started"):
                    limit.reschedule(deadline)

            headers = {"accept": "*/*"} | ({"authorization": login} if login else {})
            request = http.build_request("GET", address, headers=headers, extensions={"trace": note})
            response = await http.send(request, stream=True, follow_redirects=False)
            try:
                if response.status_code in _REDIRECTS and "location" in response.headers:
                    return _next(address, response.headers["location"])
                if response.status_code != 200:
                    raise NotNow(f"HTTP {response.status_code}")
                begun = True
                return await _read(response)
            finally:
                await response.aclose()
    except TimeoutError:
        if begun:
            raise TooLong from None
        raise NotNow("no answer in time") from None
    except httpx2.TransportError as error:
        raise NotNow(type(error).__name__) from None


async def _read(response: httpx2.Response) -> bytes:
    said = response.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > MOST_BYTES:
        raise TooLong
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MOST_BYTES:
            raise TooLong
    return bytes(content)


def _next(address: httpx2.URL, location: str) -> str:
    try:
        return str(address.join(location))
    except (httpx2.InvalidURL, ValueError):
        raise Forbidden("a redirect that cannot be read") from None
