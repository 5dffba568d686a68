"""A webhook as managers are told of it: in the API, in the event that says that it was switched off, and in the trail."""

import msgspec

from server.desk.shapes import instant, instant_or_none
from server.desk.trail import Target
from server.store.webhooks import Webhook, host_of


class WebhookShape(msgspec.Struct, frozen=True):
    """`types` empty: all events. `order` is account (all of them one after another) or contact (each contact's, and several contacts' at
    a time). `off_why` is paused (by a manager), failing (for a day) or gone (the receiver said so), null while it is on.
    `failing_since`: no delivery succeeded since. Until `old_secret_until` the secret before the last rotation signs too."""

    id: str
    url: str
    description: str
    types: list[str]
    order: str
    enabled: bool
    off_why: str | None
    off_at: str | None
    failing_since: str | None
    old_secret_until: str | None
    created_at: str


def webhook_shape(webhook: Webhook, now: int) -> WebhookShape:
    old = webhook.old_secret_until
    return WebhookShape(
        id=webhook.id,
        url=webhook.url,
        description=webhook.description,
        types=list(webhook.types),
        order=webhook.order,
        enabled=webhook.off_at is None,
        off_why=webhook.off_why,
        off_at=instant_or_none(webhook.off_at),
        failing_since=instant_or_none(webhook.failing_since),
        old_secret_until=instant_or_none(old if old is not None and old > now else None),
        created_at=instant(webhook.created_at),
    )


def webhook_target(webhook: Webhook) -> Target:
    """By its host: the rest of an address may hold a key."""
    return Target("webhook", webhook.id, webhook.description or host_of(webhook.url))
