"""HTTP to addresses that strangers name: of attachments, of integrators' webhooks.

A name is resolved once, every one of its addresses must be a public one, and the connection goes to the address that was looked at.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import cache

import httpx2

CONNECT_SECONDS = 10.0
KEPT = 10
"""Connections to one name that are kept at the most."""
_UNICAST = ipaddress.ip_network("2000::/3")
_6TO4 = ipaddress.ip_network("2002::/16")

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Forbidden(Exception):
    """An address that is not called. The sentence says why, and names nothing of the address."""


def open_public_client(inside: Collection[str] = (), resolve: Resolve | None = None, *, one_name: bool = False) -> httpx2.AsyncClient:
    """A client for public https addresses on port 443 alone: no proxy from the environment, no cookie, no redirect followed, no connection
    kept. Every request raises `Forbidden` before a packet leaves where the address is another one. The caller bounds the whole time.

    `one_name`: every request will go to the same name, so connections are kept for the next one. The name is looked up all the same.
    `inside` are exceptions that the operator made, each `host:port`: they may be http, and be anywhere.
    """
    return httpx2.AsyncClient(
        transport=_Pinned(frozenset(inside), resolve or _look_up, KEPT if one_name else 0),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx2.Timeout(CONNECT_SECONDS),
        headers={"accept-encoding": "identity", "user-agent": "Partyline"},
    )


def public_address(url: str, inside: Collection[str] = ()) -> httpx2.URL:
    """The address as it would be called, its name not resolved yet. Raises `Forbidden`."""
    try:
        address = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise Forbidden("no address that can be read") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise Forbidden("neither http nor https")
    if address.userinfo:
        raise Forbidden("a name or password in the address")
    if place_of(address) not in inside:
        if address.scheme != "https":
            raise Forbidden("not https")
        if _port(address) != 443:
            raise Forbidden("another port than 443")
        literal = _literal(address.host)
        if literal is not None and not is_public(literal):
            raise Forbidden("an address that is not public")
    return address


async def address_outside(url: str, resolve: Resolve | None = None) -> str:
    """The IP address of a place anywhere on the internet, to which the connection must go: its name is looked up once. Any scheme and port.
    Raises `Forbidden` where any of its addresses is not public, and `LookupError` where it has none."""
    address = httpx2.URL(url)
    found = await (resolve or _look_up)(address.host, _port(address))
    if not found:
        raise LookupError(address.host)
    if not all(map(is_public, found)):
        raise Forbidden("an address that is not public")
    return found[0]


def place_of(address: httpx2.URL) -> str:
    """Its `host:port`, as `inside` names it."""
    return f"{address.host}:{_port(address)}"


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet may reach."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip not in _UNICAST or ip in _6TO4:
            # What may hide an IPv4 address (RFC 4291, 6052, 8215) or names a site is none that all the internet shares (RFC 4291 2.5.4).
            return False
    return ip.is_global and not ip.is_multicast


class _Pinned(httpx2.AsyncBaseTransport):
    def __init__(self, inside: frozenset[str], resolve: Resolve, kept: int) -> None:
        self._inside = inside
        self._resolve = resolve
        # A connection belongs to a name; kept ones are found by their address.
        limits = httpx2.Limits(max_keepalive_connections=kept)
        self._transport = httpx2.AsyncHTTPTransport(trust_env=False, verify=_trusted(), limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        address = public_address(str(request.url), self._inside)
        host = address.host
        found = await self._resolve(host, _port(address))
        if not found:
            raise httpx2.ConnectError("the name has no address", request=request)
        if place_of(address) not in self._inside and not all(map(is_public, found)):
            raise Forbidden("an address that is not public")
        pinned = httpx2.Request(
            request.method,
            address.copy_with(host=found[0]),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions | {"sni_hostname": host},
        )
        return await self._transport.handle_async_request(pinned)

    async def aclose(self) -> None:
        await self._transport.aclose()


def _literal(host: str) -> str | None:
    """The IP address that a host is, in any way that a resolver reads one (`0x7f.1`); None for a name."""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


@cache
def _trusted() -> ssl.SSLContext:
    """Read once: it takes longer than a connection."""
    return httpx2.create_ssl_context(trust_env=False)


async def _look_up(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a label that is empty or too long is no name
        return []
    return [str(address[0]) for *_, address in found]


def _port(address: httpx2.URL) -> int:
    return address.port or (443 if address.scheme == "https" else 80)
