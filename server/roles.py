"""Runs the roles web, timer and sender in this process: starts them, waits for a signal, stops them in time."""

import asyncio
import contextlib
import faulthandler
import gc
import resource
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable
from typing import Literal

import uvicorn
import uvloop
from uvicorn.lifespan.on import LifespanOn

from server import app, catching_up, fetcher, notifier, sender, timer, watched
from server.embedded import EmbeddedRedis, embedded_redis
from server.endpoints.heads import HeadProtocol
from server.log import get_logger
from server.parts import Parts, open_parts
from server.schema import migrated_database
from server.settings import PREFIX, Settings, SettingsError

Role = Literal["web", "timer", "sender"]
ROLES: tuple[Role, ...] = ("web", "timer", "sender")

DATABASE_PATIENCE_SECONDS = 30.0
STOP_SECONDS = 4.0
LAST_RESORT_SECONDS = 6.0
ACCEPT_SECONDS = 0.05
REQUEST_SECONDS = 2
"""For requests under way when a process stops; of it goes what its tabs took, but for one second."""
USER_TIMEOUT_MS = 20_000
"""After this long without an acknowledgement the kernel gives up on a browser: uvicorn waits for ever (measured)."""

log = get_logger(__name__)


def run_roles(
    settings: Settings,
    roles: Iterable[Role],
    *,
    seed: Callable[[Parts], Awaitable[None]] | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Runs until SIGINT or SIGTERM, then stops within five seconds; a second signal has tabs sent away at once. A role that fails ends
    all, with its exception.

    `seed` runs before anything is served; `ready` is told the address once connections are accepted.
    """
    _open_many_files()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, tuple(roles), seed, ready))


async def _run(
    settings: Settings,
    roles: tuple[Role, ...],
    seed: Callable[[Parts], Awaitable[None]] | None,
    ready: Callable[[str], None] | None,
) -> None:
    stop, hurry = events_of_signals()
    async with contextlib.AsyncExitStack() as ends:
        listener = ends.enter_context(listen(settings)) if "web" in roles else None
        if listener:
            settings = with_port(settings, listener.getsockname()[1])
        watch_at = None if listener or settings.metrics_port is None else ends.enter_context(listen(settings, "METRICS_PORT"))
        redis = await ends.enter_async_context(_redis(settings))
        if redis:
            settings = settings.model_copy(update={"redis_url": redis.url})
        if not await _up_to_date(settings, stop):
            log.info("roles.stopped")
            return
        parts = await ends.enter_async_context(open_parts(settings, demo=seed is not None))
        if seed:
            await seed(parts)
        async with asyncio.TaskGroup() as group:
            watch = [group.create_task(parts.lateness.watch())]
            watch += [group.create_task(redis.watch())] if redis else []
            work = [group.create_task(serve_web(parts, settings, listener, stop, hurry, ready))] if listener else []
            work += [group.create_task(watched.run(parts, watch_at, stop))] if watch_at else []
            if "timer" in roles:
                work.append(group.create_task(timer.run(parts, stop)))
            if "sender" in roles:
                work.append(group.create_task(sender.run(parts, stop)))
                work.append(group.create_task(fetcher.run(parts, stop)))
                work.append(group.create_task(notifier.run(parts, stop)))
                work.append(group.create_task(catching_up.run(parts, stop)))
            for task in work:
                task.add_done_callback(lambda _: stop.set())
            log.info("roles.started", roles=list(roles), redis="embedded" if redis else "external")
            try:
                await stop.wait()
            except BaseException:
                # A task has failed, and the others are ended for it. Where they cannot be, the kernel does it: that takes no memory.
                signal.alarm(round(LAST_RESORT_SECONDS))
                raise
            faulthandler.dump_traceback_later(LAST_RESORT_SECONDS, exit=True)
            _, late = await asyncio.wait(work, timeout=STOP_SECONDS)
            for task in [*late, *watch]:
                task.cancel()
    log.info("roles.stopped")
    faulthandler.cancel_dump_traceback_later()


async def _up_to_date(settings: Settings, stop: asyncio.Event) -> bool:
    """Has the data brought up to date, however long that takes. False where the process was told to stop meanwhile."""

    async def bring() -> None:
        async with migrated_database(settings.database_url, patience_seconds=DATABASE_PATIENCE_SECONDS):
            pass

    async with asyncio.TaskGroup() as group:
        bringing, told = group.create_task(bring()), group.create_task(stop.wait())
        await asyncio.wait([bringing, told], return_when=asyncio.FIRST_COMPLETED)
        bringing.cancel()
        told.cancel()
    return not stop.is_set()


async def serve_web(
    parts: Parts,
    settings: Settings,
    listener: socket.socket,
    stop: asyncio.Event,
    hurry: asyncio.Event,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serves HTTP and websockets until `stop` is set. Then tabs are sent away, one after the other until `hurry` is set, and what else is
    connected is let go after them."""

    def accepting() -> None:
        _spare_the_collector()
        log.info("web.listening", host=settings.host, port=settings.port)
        if ready:
            ready(settings.base_url)

    application = app.build(parts)
    server = _Server(
        uvicorn.Config(
            application,
            http=HeadProtocol,
            ws="server.live.upgrade:UpgradeProtocol",
            ws_max_size=8192,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=REQUEST_SECONDS,
        ),
        ready=accepting,
        drain=lambda: application.state.drain(hurry),
    )
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listener]))
        serving.add_done_callback(lambda _: stop.set())
        await stop.wait()
        server.leave(group)
    if server.broken:
        raise RuntimeError("What tells the tabs, or the chores, failed: this process ends rather than serve without.")


def _open_many_files() -> None:
    """Every tab is one, and a shell or systemd allows 1,024 until somebody asks for more."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _spare_the_collector() -> None:
    """Thousands of tabs are long-lived: looking through them all again and again costs more than it frees (docs/decisions/008)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _Server(uvicorn.Server):
    """Leaves the signals to `run_roles`, and says goodbye to the tabs before their connections are closed."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], drain: Callable[[], Coroutine[None, None, None]]) -> None:
        super().__init__(config)
        self._ready = ready
        self._drain = drain
        self._draining: asyncio.Task[None] | None = None

    def leave(self, group: asyncio.TaskGroup) -> None:
        """Whoever asks from now on is told that it stops."""
        self._draining = group.create_task(self._drain())
        self.should_exit = True

    @property
    def broken(self) -> bool:
        """Whether what runs beside the requests has failed; uvicorn itself would go on."""
        return isinstance(self.lifespan, LifespanOn) and self.lifespan.error_occurred

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self.broken

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in sockets or []:
            listener.listen(0)  # whoever waits to be accepted is lost when it closes; from here on hardly anybody does
        await asyncio.sleep(ACCEPT_SECONDS)
        for server in self.servers:
            server.close()
        if self._draining:
            began = time.monotonic()
            await self._draining
            self.config.timeout_graceful_shutdown = max(1, REQUEST_SECONDS - round(time.monotonic() - began))
        await super().shutdown(sockets)


@contextlib.contextmanager
def listen(settings: Settings, name: Literal["PORT", "METRICS_PORT"] = "PORT") -> Generator[socket.socket, None, None]:
    """The socket to serve on, at the port that this setting names. Raises SettingsError when the address cannot be had."""
    port = settings.port if name == "PORT" else settings.metrics_port
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, port), family=family, backlog=2048)
    except OSError as error:
        says = f"cannot listen on {settings.host} port {port}: {error.strerror}"
        raise SettingsError([f"{PREFIX}HOST, {PREFIX}{name}: {says}"]) from None
    with listener:
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        yield listener


def with_port(settings: Settings, port: int) -> Settings:
    """The settings with the port that was really taken, in BASE_URL too where that one is the default."""
    if settings.port == port:
        return settings
    changed: dict[str, object] = {"port": port}
    if settings.base_url == f"http://127.0.0.1:{settings.port}":
        changed["base_url"] = f"http://127.0.0.1:{port}"
    return settings.model_copy(update=changed)


@contextlib.asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[EmbeddedRedis | None]:
    if not settings.embedded:
        yield None
        return
    async with embedded_redis(settings.var) as redis:
        if redis.binary.bundled:
            log.warning("redis.bundled", version=redis.binary.version, says="an old version: install Redis 7 or newer for production")
        yield redis


def events_of_signals() -> tuple[asyncio.Event, asyncio.Event]:
    """The first signal sets `stop`, the next one `hurry`."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told)
    return stop, hurry
