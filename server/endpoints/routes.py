"""Every URL on one screen."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from server.endpoints.audit import Audit
from server.endpoints.bulk import BulkChanges
from server.endpoints.contact_files import ContactFiles
from server.endpoints.contacts import Contacts
from server.endpoints.conversations import Conversations
from server.endpoints.demo import Demo
from server.endpoints.directory import Directory
from server.endpoints.drafts import Drafts
from server.endpoints.feed import Feed
from server.endpoints.guard import Endpoint, Guard
from server.endpoints.health import Health
from server.endpoints.hooks import Hooks
from server.endpoints.lines import Lines
from server.endpoints.live_filters import LiveFilters
from server.endpoints.login import Login
from server.endpoints.measures import Measures
from server.endpoints.media import Media
from server.endpoints.messages import Messages
from server.endpoints.opt_outs import OptOuts
from server.endpoints.pages import CONTACTS, CONVERSATIONS_REPORT, FEED, POOL, RESPONSE_TIMES, SETTINGS, SMS, Pages
from server.endpoints.preferences import Preferences
from server.endpoints.reference import Reference
from server.endpoints.reports import Reports
from server.endpoints.sandbox import Sandbox
from server.endpoints.saved_replies import SavedReplies
from server.endpoints.scheduled import Scheduled
from server.endpoints.segments import segments
from server.endpoints.settings import AccountSettings
from server.endpoints.status import Status
from server.endpoints.webhooks import Webhooks

API = "/api/v1"
OWN_SETTINGS = ("preferences", "saved-replies")
MANAGERS_SETTINGS = ("messaging", "opt-outs", "dids", "carriers", "users", "tokens", "webhooks", "audit")


@dataclass(frozen=True, slots=True)
class Doors:
    """What answers, made by hand in `app.py`. `demo` adds its own, and links that sign in with one click."""

    guard: Guard
    login: Login
    directory: Directory
    lines: Lines
    hooks: Hooks
    health: Health
    measures: Measures
    conversations: Conversations
    messages: Messages
    media: Media
    contacts: Contacts
    bulk: BulkChanges
    files: ContactFiles
    opt_outs: OptOuts
    live_filters: LiveFilters
    settings: AccountSettings
    sandbox: Sandbox
    feed: Feed
    reports: Reports
    audit: Audit
    pages: Pages
    reference: Reference
    preferences: Preferences
    drafts: Drafts
    saved_replies: SavedReplies
    scheduled: Scheduled
    webhooks: Webhooks
    status: Status
    demo: Demo | None = None


def routes(doors: Doors) -> list[BaseRoute]:
    agent, manager, page = doors.guard.agent, doors.guard.manager, doors.guard.page
    login, directory, lines, hooks, health = doors.login, doors.directory, doors.lines, doors.hooks, doors.health
    conversations, messages, contacts, settings = doors.conversations, doors.messages, doors.contacts, doors.settings
    sandbox, pages, reference = doors.sandbox, doors.pages, doors.reference
    filters, hooked = doors.live_filters, doors.webhooks
    one = f"{API}/conversations/{{id}}"
    table: list[BaseRoute] = [
        at("/healthz", get=health.live),
        at("/readyz", get=health.ready),
        at("/metrics", get=doors.measures.show),
        #
        Route("/hooks/{kind}/{connection}", Plain(hooks.texts), methods=["GET", "POST"]),
        Route("/hooks/{kind}/{connection}/status", Plain(hooks.status), methods=["GET", "POST"]),
        #
        at("/login", get=login.form, post=login.enter),
        at("/logout", post=login.leave),
        *(_demo(doors.demo, doors) if doors.demo else []),
        #
        at("/", get=pages.home),
        at("/sms", get=page(pages.at(SMS))),
        at("/sms/{id}", get=page(pages.conversation)),
        at("/pool", get=page(pages.at(POOL))),
        at("/contacts", get=page(pages.at(CONTACTS))),
        at("/contacts/import", get=page(pages.at(CONTACTS), manager=True)),
        at("/contacts/{id}", get=page(pages.at(CONTACTS))),
        at("/contacts/{id}/{tab:str}", get=page(pages.at(CONTACTS))),
        at("/feed", get=page(pages.at(FEED), manager=True)),
        at("/reports/sms-conversations", get=page(pages.at(CONVERSATIONS_REPORT))),
        at("/reports/response-times", get=page(pages.at(RESPONSE_TIMES), manager=True)),
        *(at(f"/settings/{section}", get=page(pages.at(SETTINGS))) for section in OWN_SETTINGS),
        *(at(f"/settings/{section}", get=page(pages.at(SETTINGS), manager=True)) for section in MANAGERS_SETTINGS),
        at("/status", get=page(pages.at(SETTINGS), manager=True)),
        at("/sandbox", get=page(pages.sandbox)),
        at("/sandbox/phones", get=agent(sandbox.phones)),
        at("/sandbox/texts", get=agent(sandbox.texts), post=agent(sandbox.write)),
        at("/static/{path:path}", get=pages.static),
        at("/api/docs", get=reference.docs),
        at(f"{API}/openapi.json", get=reference.openapi),
        at(f"{API}/asyncapi.json", get=reference.asyncapi),
        #
        at(f"{API}/conversations", get=agent(conversations.list)),
        at(f"{API}/conversations/counts", get=agent(conversations.counts)),
        at(f"{API}/conversations/take-next", post=agent(conversations.take_next)),
        at(one, get=agent(conversations.one)),
        at(f"{one}/messages", get=agent(messages.list), post=agent(messages.send)),
        at(f"{one}/quiet-hours", get=agent(messages.quiet_hours)),
        at(f"{one}/notes", post=agent(messages.note)),
        at(f"{one}/events", get=agent(conversations.history)),
        at(f"{one}/draft", get=agent(doors.drafts.show), put=agent(doors.drafts.save)),
        at(f"{one}/claim", post=agent(conversations.claim)),
        at(f"{one}/release", post=agent(conversations.release)),
        at(f"{one}/transfer", post=agent(conversations.transfer)),
        at(f"{one}/close", post=agent(conversations.close)),
        at(f"{one}/reopen", post=agent(conversations.reopen)),
        at(f"{one}/no-reply-needed", post=agent(conversations.no_reply_needed)),
        at(f"{one}/snooze", post=agent(conversations.snooze)),
        at(f"{one}/consent-review", post=agent(conversations.review)),
        at(f"{one}/subscription", put=agent(conversations.follow), delete=agent(conversations.unfollow)),
        at(f"{one}/subscribers/{{user}}", put=manager(conversations.add_subscriber), delete=manager(conversations.remove_subscriber)),
        at(f"{one}/read", put=agent(conversations.read), delete=agent(conversations.unread)),
        at(f"{API}/messages", get=agent(messages.search), post=agent(messages.start)),
        at(f"{API}/messages/{{id}}/cancel", post=agent(doors.scheduled.cancel)),
        at(f"{API}/messages/{{id}}/arrived", post=agent(messages.arrived)),
        at(f"{API}/messages/{{id}}/send-now", post=agent(doors.scheduled.send_now)),
        at(f"{API}/scheduled", get=agent(doors.scheduled.list)),
        at(f"{API}/segments", get=agent(segments)),
        at(f"{API}/media", post=agent(doors.media.add)),
        at(f"{API}/media/{{id}}", get=agent(doors.media.one)),
        at("/media/{id}/{until}/{key}", get=doors.media.fetched),
        #
        at(f"{API}/contacts", get=agent(contacts.list), post=agent(contacts.add)),
        at(f"{API}/contacts/import", post=manager(doors.files.take)),
        at(f"{API}/contacts/imports/{{id}}", get=manager(doors.files.progress)),
        at(f"{API}/contacts/imports/{{id}}/rejected", get=manager(doors.files.rejected)),
        at(f"{API}/contacts/export", get=manager(doors.files.export)),
        at(f"{API}/contacts/export/raw", get=manager(doors.files.export_raw)),
        at(f"{API}/contacts/bulk", post=manager(doors.bulk.do)),
        at(f"{API}/contacts/bulk/{{id}}/undo", post=manager(doors.bulk.undo)),
        at(f"{API}/contacts/{{id}}", get=agent(contacts.one), patch=agent(contacts.change), delete=manager(contacts.remove)),
        at(f"{API}/contacts/{{id}}/activity", get=agent(contacts.activity)),
        at(f"{API}/contacts/{{id}}/conversations", get=agent(contacts.conversations)),
        at(f"{API}/contacts/{{id}}/opt-out", put=agent(contacts.opt_out)),
        at(f"{API}/contacts/{{id}}/consent", get=agent(contacts.consent)),
        at(f"{API}/opt-outs/import", post=manager(doors.opt_outs.take)),
        at(f"{API}/opt-outs/imports/{{id}}", get=manager(doors.opt_outs.progress)),
        at(f"{API}/opt-outs/imports/{{id}}/rejected", get=manager(doors.opt_outs.rejected)),
        at(f"{API}/opt-outs/export", get=manager(doors.opt_outs.export)),
        at(f"{API}/tags", get=agent(contacts.tags)),
        at(f"{API}/live-filters", get=agent(filters.list), post=manager(filters.add)),
        at(f"{API}/live-filters/{{id}}", get=agent(filters.one), patch=manager(filters.change), delete=manager(filters.remove)),
        at(f"{API}/live-filters/{{id}}/contacts", get=agent(filters.contacts)),
        at(f"{API}/colleagues", get=agent(contacts.colleagues)),
        at(f"{API}/settings", get=manager(settings.show), patch=manager(settings.change)),
        at(f"{API}/settings/effect", get=manager(settings.effect)),
        at(f"{API}/settings/state-hours", get=manager(settings.state_hours)),
        at(f"{API}/audit", get=manager(doors.audit.list)),
        at(f"{API}/status", get=manager(doors.status.show)),
        #
        at(f"{API}/feed", get=manager(doors.feed.list)),
        at(f"{API}/feed/figures", get=manager(doors.feed.figures)),
        at(f"{API}/reports/sms-conversations", get=agent(doors.reports.conversations)),
        at(f"{API}/reports/response-times", get=manager(doors.reports.times)),
        #
        at(f"{API}/saved-replies", get=agent(doors.saved_replies.list), post=agent(doors.saved_replies.add)),
        at(
            f"{API}/saved-replies/{{id}}",
            get=agent(doors.saved_replies.one),
            patch=agent(doors.saved_replies.change),
            delete=agent(doors.saved_replies.remove),
        ),
        #
        at(f"{API}/me", get=agent(directory.me)),
        at(f"{API}/me/preferences", get=agent(doors.preferences.show), patch=agent(doors.preferences.change)),
        at(f"{API}/me/password", put=agent(doors.preferences.password)),
        at(f"{API}/users", get=manager(directory.users), post=manager(directory.add_user)),
        at(
            f"{API}/users/{{id}}",
            get=manager(directory.user),
            patch=manager(directory.change_user),
            delete=manager(directory.remove_user),
        ),
        at(f"{API}/users/{{id}}/sign-out", post=manager(directory.sign_out)),
        at(f"{API}/users/{{id}}/password", post=manager(directory.set_password)),
        at(f"{API}/tokens", get=manager(directory.tokens), post=manager(directory.add_token)),
        at(
            f"{API}/tokens/{{id}}",
            get=manager(directory.token),
            patch=manager(directory.change_token),
            delete=manager(directory.remove_token),
        ),
        at(f"{API}/carrier-kinds", get=manager(lines.kinds)),
        at(f"{API}/carriers", get=manager(lines.carriers), post=manager(lines.add_carrier)),
        at(
            f"{API}/carriers/{{id}}",
            get=manager(lines.carrier),
            patch=manager(lines.change_carrier),
            delete=manager(lines.remove_carrier),
        ),
        at(f"{API}/dids", get=manager(lines.dids), post=manager(lines.add_did)),
        at(f"{API}/dids/mine", get=agent(lines.mine)),
        at(f"{API}/dids/{{id}}", get=manager(lines.did), patch=manager(lines.change_did), delete=manager(lines.remove_did)),
        at(f"{API}/unrouted", get=manager(lines.unrouted)),
        at(f"{API}/webhooks", get=manager(hooked.list), post=manager(hooked.add)),
        at(f"{API}/webhooks/{{id}}", get=manager(hooked.one), patch=manager(hooked.change), delete=manager(hooked.remove)),
        at(f"{API}/webhooks/{{id}}/test", post=manager(hooked.test)),
        at(f"{API}/webhooks/{{id}}/deliveries", get=manager(hooked.deliveries)),
        at(f"{API}/webhooks/{{id}}/deliveries/{{event}}", get=manager(hooked.delivery)),
        at(f"{API}/webhooks/{{id}}/deliveries/{{event}}/replay", post=manager(hooked.replay)),
    ]
    reference.describe(table)
    return table


def _demo(demo: Demo, doors: Doors) -> list[BaseRoute]:
    agent = doors.guard.agent
    return [
        at("/demo/in/{name}", get=doors.login.demo),
        at("/demo/tour", get=agent(demo.tour)),
        at("/demo/network", get=agent(demo.dials), patch=agent(demo.turn)),
        at("/demo/storm", post=agent(demo.storm)),
    ]


class Plain:
    """An ASGI application as Starlette's router knows it: whatever is no function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def at(path: str, **by_method: Endpoint) -> Route:
    """One address with its methods, in lower case; a method that is not among them is 405 with what is allowed."""
    endpoints = {method.upper(): endpoint for method, endpoint in by_method.items()}
    if "GET" in endpoints:
        endpoints["HEAD"] = endpoints["GET"]

    async def answer(request: Request) -> Response:
        return await endpoints[request.method](request)

    return Route(path, answer, methods=list(endpoints))
