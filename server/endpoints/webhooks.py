"""The API's outbound webhooks, and what went to each."""

import re

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import deliveries, webhooks
from server.desk.deliveries import DeliveryShape
from server.desk.desk import Desk
from server.desk.identity import Session
from server.desk.webhook_shape import WebhookShape
from server.desk.webhooks import NewWebhook, WebhookChange
from server.domain.errors import NotFound
from server.domain.webhook import TYPES
from server.endpoints.bodies import created, id_in_path, json, limit_of, no_content, once, read_json
from server.endpoints.conversations import Nothing
from server.endpoints.cursors import Cursors

_EVENT = re.compile(r"evt_[0-9a-z_]{1,80}")


class WebhookList(Struct, frozen=True):
    """`types` are all that a webhook may ask for."""

    items: list[WebhookShape]
    next: str | None
    types: list[str]


class DeliveryList(Struct, frozen=True):
    items: list[DeliveryShape]
    next: str | None


class Webhooks:
    def __init__(self, desk: Desk, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors

    async def list(self, request: Request, session: Session) -> Response:
        user, limit = session.user, limit_of(request)
        after = self._cursors.read(request, user, "webhooks", str) or ""
        found = await webhooks.list_webhooks(self._desk, user, after, limit + 1)
        edge = found[limit - 1].id if len(found) > limit else None
        return json(WebhookList(found[:limit], self._cursors.write(user, "webhooks", edge), [*TYPES]))

    async def one(self, request: Request, session: Session) -> Response:
        return json(await webhooks.get_webhook(self._desk, session.user, id_in_path(request)))

    async def add(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewWebhook)
        return created(request, await webhooks.add_webhook(self._desk, session.user, new, await once(request, session)))

    async def change(self, request: Request, session: Session) -> Response:
        change = await read_json(request, WebhookChange)
        key = await once(request, session)
        return json(await webhooks.change_webhook(self._desk, session.user, id_in_path(request), change, key))

    async def remove(self, request: Request, session: Session) -> Response:
        await webhooks.remove_webhook(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()

    async def test(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        key = await once(request, session)
        return json(await deliveries.send_test(self._desk, session.user, id_in_path(request), key), 202)

    async def deliveries(self, request: Request, session: Session) -> Response:
        user, id = session.user, id_in_path(request)
        name = f"deliveries {id}"
        before = self._cursors.read(request, user, name, tuple[int, str])
        items, edge = await deliveries.list_deliveries(self._desk, user, id, before, limit_of(request))
        return json(DeliveryList(items, self._cursors.write(user, name, edge)))

    async def delivery(self, request: Request, session: Session) -> Response:
        return json(await deliveries.get_delivery(self._desk, session.user, id_in_path(request), _event_in_path(request)))

    async def replay(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        key = await once(request, session)
        event = _event_in_path(request)
        return json(await deliveries.deliver_again(self._desk, session.user, id_in_path(request), event, key), 202)


def _event_in_path(request: Request) -> str:
    """The id of a delivery's event. Raises `NotFound` for what looks like none."""
    id: str = request.path_params["event"]
    if not _EVENT.fullmatch(id):
        raise NotFound
    return id
