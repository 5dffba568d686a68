"""Where a timer or sender process tells how it is: `/healthz`, `/readyz` and `/metrics`, at a port of its own (docs/operate/health.md)."""

import asyncio
import contextlib
import socket
from collections.abc import Generator

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from server.domain.errors import Refused
from server.endpoints.errors import STATUS, problem
from server.endpoints.headers import SafeHeaders
from server.endpoints.heads import HeadProtocol
from server.endpoints.health import Health
from server.endpoints.limits import WrongHost, hosts_of, is_address
from server.endpoints.measures import Measures
from server.endpoints.routes import at
from server.log import get_logger
from server.metrics import Metrics
from server.parts import Parts

log = get_logger(__name__)


def build(parts: Parts, stop: asyncio.Event) -> Starlette:
    """The application. It has no pages and takes no bodies."""
    settings = parts.settings
    health = Health(parts.desk, lambda: parts.bus.healthy, stop.is_set)
    metrics = Metrics(parts.desk, parts.bus.counters, parts.lateness, tabs=lambda: 0, healthy=lambda: parts.bus.healthy)
    measures = Measures(metrics.text, settings.metrics_from, proxied=bool(settings.trusted_proxies))
    routes = [at("/healthz", get=health.live), at("/readyz", get=health.ready), at("/metrics", get=measures.show)]
    around = [Middleware(SafeHeaders, secure=settings.secure), Middleware(_Door, origin=settings.base_url)]
    return Starlette(routes=routes, middleware=around)


async def run(parts: Parts, listener: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop` is set."""
    config = uvicorn.Config(
        build(parts, stop),
        http=HeadProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(parts.settings.trusted_proxies),
        forwarded_allow_ips=list(parts.settings.trusted_proxies),
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listener]))
        serving.add_done_callback(lambda _: stop.set())
        log.info("metrics.listening", host=parts.settings.host, port=listener.getsockname()[1])
        await stop.wait()
        server.should_exit = True


class _Server(uvicorn.Server):
    """Leaves the signals to `run_roles`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class _Door:
    """Answers under the public name and by address, and tells refusals as the API does."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._hosts = hosts_of(origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not (hosts[0] in self._hosts or is_address(hosts[0])):
                raise WrongHost("Ask by address.")
            await self._app(scope, receive, send)
        except Refused as refusal:
            await problem(STATUS[refusal.code], refusal.code, refusal.says)(scope, receive, send)
