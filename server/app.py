"""The web role's application: every endpoint made by hand from the parts, and the tabs' life around it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute

from server import chores
from server.clock import Clock
from server.crowd import Crowds
from server.desk.desk import Desk
from server.desk.identity import Identity
from server.desk.stream import Stream
from server.endpoints.audit import Audit
from server.endpoints.bulk import BulkChanges
from server.endpoints.contact_files import ContactFiles
from server.endpoints.contacts import Contacts
from server.endpoints.conversations import Conversations
from server.endpoints.cursors import Cursors
from server.endpoints.demo import Demo
from server.endpoints.directory import Directory
from server.endpoints.drafts import Drafts
from server.endpoints.errors import Faults
from server.endpoints.feed import Feed
from server.endpoints.guard import Guard
from server.endpoints.health import Health
from server.endpoints.hooks import Hooks
from server.endpoints.lines import Lines
from server.endpoints.live_filters import LiveFilters
from server.endpoints.login import Login
from server.endpoints.measures import Measures
from server.endpoints.media import Media
from server.endpoints.messages import Messages
from server.endpoints.opt_outs import OptOuts
from server.endpoints.pages import Pages
from server.endpoints.preferences import Preferences
from server.endpoints.reference import Reference
from server.endpoints.reports import Reports
from server.endpoints.routes import Doors, routes
from server.endpoints.sandbox import Sandbox
from server.endpoints.saved_replies import SavedReplies
from server.endpoints.scheduled import Scheduled
from server.endpoints.settings import AccountSettings
from server.endpoints.shell import handlers, middleware
from server.endpoints.spreadsheet import Exports
from server.endpoints.status import Examine, Status
from server.endpoints.webhooks import Webhooks
from server.live.endpoint import Endpoint
from server.live.live import Live
from server.metrics import Metrics
from server.operate.finding import Finding
from server.parts import Parts
from server.settings import Settings
from web.render import Renderer


def doors(
    desk: Desk,
    identity: Identity,
    clock: Clock,
    renderer: Renderer,
    *,
    metrics: Metrics,
    redis_answers: Callable[[], bool],
    draining: Callable[[], bool],
    examine: Examine,
    demo: Demo | None,
) -> Doors:
    """Every endpoint but the websocket's."""
    secret = desk.settings.secret_key.get_secret_value()
    cursors, guard, exports = Cursors(secret), Guard(identity, desk.settings.base_url), Exports()
    return Doors(
        guard=guard,
        login=Login(identity, guard, renderer),
        directory=Directory(desk, identity.passwords, cursors),
        lines=Lines(desk, cursors),
        hooks=Hooks(desk, clock),
        health=Health(desk, redis_answers, draining),
        measures=Measures(metrics.text, desk.settings.metrics_from, proxied=bool(desk.settings.trusted_proxies)),
        conversations=Conversations(desk, cursors),
        messages=Messages(desk, cursors),
        media=Media(desk, clock),
        contacts=Contacts(desk, cursors),
        bulk=BulkChanges(desk),
        files=ContactFiles(desk, exports),
        opt_outs=OptOuts(desk, exports),
        live_filters=LiveFilters(desk, cursors),
        settings=AccountSettings(desk),
        sandbox=Sandbox(desk, clock, cursors),
        feed=Feed(desk),
        reports=Reports(desk, cursors, exports),
        audit=Audit(desk, cursors, exports),
        pages=Pages(desk, guard, renderer),
        reference=Reference(renderer),
        preferences=Preferences(desk, identity.passwords),
        drafts=Drafts(desk),
        saved_replies=SavedReplies(desk, cursors),
        scheduled=Scheduled(desk, cursors),
        webhooks=Webhooks(desk, cursors),
        status=Status(examine, clock),
        demo=demo,
    )


def build(parts: Parts) -> Starlette:
    """The application. While it runs, `state.drain` sends every tab away, at once when the event that it is given is set."""
    settings, renderer = parts.settings, Renderer(demo=parts.demo)
    live = Live(parts.bus, Stream(parts.db), parts.identity.authenticate, settings.base_url)
    demo = Demo(parts.desk, parts.connections, parts.network) if parts.demo else None
    crowds = Crowds(parts.clock)
    answering = doors(
        parts.desk,
        parts.identity,
        parts.clock,
        renderer,
        metrics=Metrics(parts.desk, parts.bus.counters, parts.lateness, tabs=live.count, healthy=lambda: parts.bus.healthy, crowds=crowds),
        redis_answers=lambda: parts.bus.healthy,
        draining=lambda: live.draining,
        examine=lambda account: _examine(settings, account),
        demo=demo,
    )
    faults = Faults(renderer, sandbox=True, session=answering.guard.session)

    @contextlib.asynccontextmanager
    async def alive(_: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(live.run()), tasks.create_task(chores.run(parts.desk, parts.wakes))]
            yield
            for task in running:
                task.cancel()

    app = Starlette(
        routes=[*_socket(live), *routes(answering)],
        middleware=middleware(settings, faults, crowds, parts.clock.now),
        exception_handlers=handlers(faults),
        lifespan=alive,
    )
    app.router.redirect_slashes = False

    app.state.drain = live.drain
    return app


async def _examine(settings: Settings, account: str) -> list[Finding]:
    """What it takes is imported when somebody asks, so that no start waits for it."""
    from server.operate.doctor import examine

    return await examine(settings, account)


def _socket(live: Live) -> list[BaseRoute]:
    endpoint = Endpoint(live)
    return [WebSocketRoute("/ws", endpoint), Route("/ws", endpoint)]
