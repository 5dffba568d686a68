"""`/metrics`: for this machine, and for the networks that the operator names; never through a proxy that anybody can reach."""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import Forbidden
from server.endpoints.login import address_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Measures:
    """`told` is the text; `networks` are those of METRICS_FROM. `proxied`: a proxy's word is believed, so that an address is a caller's."""

    def __init__(self, told: Callable[[], Awaitable[bytes]], networks: Sequence[str], *, proxied: bool) -> None:
        self._told = told
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]
        self._proxied = proxied

    async def show(self, request: Request) -> Response:
        """Raises `Forbidden`."""
        forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
        if not self._welcome(address_of(request.scope), forwarded=forwarded):
            raise Forbidden("Metrics are for this machine alone, and for the networks in PARTYLINE_METRICS_FROM.")
        return Response(await self._told(), media_type=CONTENT_TYPE)

    def _welcome(self, address: str, *, forwarded: bool) -> bool:
        try:
            caller = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return not forwarded  # a unix socket
        if caller.version == 6 and caller.ipv4_mapped is not None:
            caller = caller.ipv4_mapped
        if caller.is_loopback:
            return not forwarded
        return (self._proxied or not forwarded) and any(caller in network for network in self._networks)
