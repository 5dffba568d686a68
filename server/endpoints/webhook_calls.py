"""The calls about outbound webhooks, and what the webhooks themselves carry, as the API's document describes them."""

from collections.abc import Mapping
from typing import Any

from server.desk.deliveries import DeliveryShape, WholeDeliveryShape
from server.desk.webhook_shape import WebhookShape
from server.desk.webhooks import NewWebhook, ShownWebhookShape, WebhookChange
from server.domain.webhook import TEST, TYPES
from server.endpoints.conversations import Nothing
from server.endpoints.operation import PAGED, Operation
from server.endpoints.webhooks import DeliveryList, WebhookList

W = "/api/v1/webhooks"
GROUP = "Outbound webhooks"

WEBHOOK_CALLS: Mapping[str, Operation] = {
    f"GET {W}": Operation(GROUP, "Every webhook.", WebhookList, asks=PAGED, who="manager"),
    f"POST {W}": Operation(
        GROUP,
        "Add a webhook: what happens from now on is posted there. The answer is the only one that holds its secret.",
        ShownWebhookShape,
        201,
        NewWebhook,
        who="manager",
    ),
    f"GET {W}/{{id}}": Operation(GROUP, "One webhook.", WebhookShape, who="manager"),
    f"PATCH {W}/{{id}}": Operation(
        GROUP,
        "What is absent stays. Switched on it goes on where it stopped; with `rotate_secret` the answer holds the new secret, and the old "
        "one signs beside it for a day.",
        ShownWebhookShape,
        takes=WebhookChange,
        who="manager",
    ),
    f"DELETE {W}/{{id}}": Operation(GROUP, "Remove a webhook and its deliveries.", None, 204, who="manager"),
    f"POST {W}/{{id}}/test": Operation(
        GROUP,
        "Send an event of the type `webhook.test`, whatever types it wants.",
        DeliveryShape,
        202,
        Nothing,
        refuses=("switched_off",),
        who="manager",
    ),
    f"GET {W}/{{id}}/deliveries": Operation(
        GROUP, "What went there in the last 7 days, and what waits; newest first.", DeliveryList, asks=PAGED, who="manager"
    ),
    f"GET {W}/{{id}}/deliveries/{{event}}": Operation(GROUP, "One delivery with its event.", WholeDeliveryShape, who="manager"),
    f"POST {W}/{{id}}/deliveries/{{event}}/replay": Operation(
        GROUP, "Deliver it again at once, with the same id.", DeliveryShape, 202, Nothing, refuses=("switched_off",), who="manager"
    ),
}

_HEADERS = {
    "webhook-id": "The event's id, the same at every attempt and replay. Take each once.",
    "webhook-timestamp": "When this attempt was signed, seconds since 1970. Refuse what is older than five minutes.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; during a rotation two, with a space between.",
}


def posted(event: Mapping[str, Any]) -> dict[str, Any]:
    """The document's `webhooks`. `event` is the schema of an event as the websocket sends it."""
    payload = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"enum": [*TYPES, TEST]},
            "timestamp": {"type": "string", "format": "date-time", "description": "The event's `at`."},
            "data": event,
        },
    }
    described = {
        "operationId": "event",
        "tags": [GROUP],
        "summary": "An event, posted to every webhook that wants its type; signed as in Standard Webhooks.",
        "description": "`data` is the event as the websocket sends it; the AsyncAPI document describes each type. At least once; first "
        "attempts go in the order of `position`, one after another; in the order contact several contacts' go at a time. Any 2xx is the "
        "end of it; else it is tried again for a day.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": says, "schema": {"type": "string"}}
            for name, says in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": payload}}},
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "Gone: the webhook is switched off at once."},
            "default": {"description": "Tried again, redirects too; after a day without a success the webhook is switched off."},
        },
    }
    return {"event": {"post": described}}
