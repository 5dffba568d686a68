"""An account's webhooks: addresses that its events are posted to. A secret is made by us and shown once, when it is made."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from server.desk.desk import Desk, Once
from server.desk.once import write_once
from server.desk.trail import CHANGED, trace
from server.desk.webhook_shape import WebhookShape, webhook_shape, webhook_target
from server.desk.work import Work
from server.domain.errors import Invalid, NotFound
from server.domain.user import User
from server.domain.webhook import DAY_US, TYPES, Order, Why
from server.ids import new_id
from server.public_http import Forbidden, public_address
from server.store import accounts, replay, webhook_deliveries, webhooks
from server.store.database import Transaction, stored_text
from server.store.vault import Vault
from server.store.webhooks import Webhook, host_of

MOST = 20
SECRET_BYTES = 32
ROTATION_US = DAY_US
"""For so long after a rotation both secrets sign."""

Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
Description = Annotated[str, Meta(max_length=200)]


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`url` is a public https address; `types` are the events that it wants, all where there are none. In the `order` account
    they are posted one after another; in the order contact each contact's are, and those of several contacts at a time."""

    url: Url
    description: Description = ""
    types: list[str] = []
    order: Order = Order.ACCOUNT

    def __repr__(self) -> str:
        return "NewWebhook()"


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`enabled` false pauses; true goes on where it stopped, with what failed meanwhile. `rotate_secret` makes a new secret."""

    url: Url | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    types: list[str] | UnsetType = UNSET
    order: Order | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    rotate_secret: bool = False

    def __repr__(self) -> str:
        return "WebhookChange()"


class ShownWebhookShape(WebhookShape, frozen=True):
    """`secret` where one was made: this answer is the only one that holds it."""

    secret: str | UnsetType = UNSET


async def list_webhooks(desk: Desk, by: User, after: str, limit: int) -> list[WebhookShape]:
    async def read(tx: Transaction) -> list[WebhookShape]:
        return [webhook_shape(webhook, tx.now) for webhook in await webhooks.page(tx, by.account, after, limit)]

    return await desk.read(read)


async def get_webhook(desk: Desk, by: User, id: str) -> WebhookShape:
    """Raises `NotFound`."""

    async def read(tx: Transaction) -> WebhookShape:
        return webhook_shape(await _webhook(tx, by, id), tx.now)

    return await desk.read(read)


async def add_webhook(desk: Desk, by: User, new: NewWebhook, once: Once | None = None) -> ShownWebhookShape:
    """What happens from now on goes there. Raises `Invalid`."""
    url, types, secret = _url(desk, new.url), _types(new.types), _new_secret()

    async def add(work: Work) -> ShownWebhookShape:
        await accounts.lock(work.tx, by.account)
        if await webhooks.count(work.tx, by.account) >= MOST:
            raise Invalid(f"An account has at most {MOST} webhooks.")
        id = new_id(work.now)
        sealed = _vault(desk).seal(secret.encode(), id)
        head = await replay.head(work.tx, by.account)
        made = Webhook(
            id=id,
            account=by.account,
            url=url,
            description=stored_text(new.description),
            types=types,
            order=new.order,
            secret=sealed,
            old_secret=None,
            old_secret_until=None,
            position=head,
            off_at=None,
            off_why=None,
            failures=0,
            failing_since=None,
            rests_until=None,
            created_at=work.now,
        )
        await webhooks.add(work.tx, made)
        await trace(work, by, "added", webhook_target(made), after=_facts(made))
        return _shown(made, work.now, sealed)

    return _opened(desk, await write_once(desk, add, once, alone=True))


async def change_webhook(desk: Desk, by: User, id: str, change: WebhookChange, once: Once | None = None) -> ShownWebhookShape:
    """Raises `NotFound` and `Invalid`."""
    url = _url(desk, change.url) if change.url is not UNSET else None
    types = _types(change.types) if change.types is not UNSET else None
    secret = _new_secret() if change.rotate_secret else None

    async def alter(work: Work) -> ShownWebhookShape:
        before = after = await webhooks.lock(work.tx, by.account, id)
        if before is None or after is None:
            raise NotFound
        if url is not None and url != after.url:
            after = _afresh(replace(after, url=url))
        if change.description is not UNSET:
            after = replace(after, description=stored_text(change.description))
        if types is not None:
            after = replace(after, types=types)
        if change.order is not UNSET:
            after = replace(after, order=change.order)
        sealed: str | UnsetType = UNSET
        if secret is not None:
            sealed = _vault(desk).seal(secret.encode(), id)
            after = replace(after, secret=sealed, old_secret=after.secret, old_secret_until=work.now + ROTATION_US)
        if change.enabled is True and after.off_at is not None:
            await webhook_deliveries.all_again(work.tx, id, after.failing_since)
            after = _afresh(replace(after, off_at=None, off_why=None))
        elif change.enabled is False and after.off_at is None:
            after = replace(after, off_at=work.now, off_why=Why.PAUSED)
        await webhooks.save(work.tx, after)
        facts = _facts(after) | ({"secret": True} if secret is not None else {}) | ({"url": CHANGED} if after.url != before.url else {})
        await trace(work, by, "changed", webhook_target(after), _facts(before), facts)
        return _shown(after, work.now, sealed)

    return _opened(desk, await write_once(desk, alter, once))


async def remove_webhook(desk: Desk, by: User, id: str, once: Once | None = None) -> None:
    """With all its deliveries. Raises `NotFound`."""

    async def remove(work: Work) -> None:
        webhook = await webhooks.lock(work.tx, by.account, id)
        if webhook is None:
            raise NotFound
        await webhooks.remove(work.tx, id)
        await trace(work, by, "removed", webhook_target(webhook), before=_facts(webhook))

    await write_once(desk, remove, once)


async def _webhook(tx: Transaction, by: User, id: str) -> Webhook:
    webhook = await webhooks.get(tx, by.account, id)
    if webhook is None:
        raise NotFound
    return webhook


def _afresh(webhook: Webhook) -> Webhook:
    return replace(webhook, failures=0, failing_since=None, rests_until=None)


def _url(desk: Desk, given: str) -> str:
    """Raises `Invalid` for what is never called, as far as the address itself tells; its name is looked up at each delivery."""
    text = stored_text(given).strip()
    try:
        public_address(text, desk.settings.inside_addresses)
    except Forbidden as why:
        raise Invalid(f"This is never called: {why}. Give a public https address on port 443.", field="url") from None
    return text


def _types(given: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(given) - set(TYPES))
    if unknown:
        raise Invalid("There is no such event, or it concerns one person alone. The types are in the AsyncAPI document.", field="types")
    return tuple(type for type in TYPES if type in given)


def _new_secret() -> str:
    """As Standard Webhooks writes them: 24 to 64 random bytes behind `whsec_`."""
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _vault(desk: Desk) -> Vault:
    return Vault(desk.settings.secret_key.get_secret_value())


def _shown(webhook: Webhook, now: int, sealed: str | UnsetType) -> ShownWebhookShape:
    """With the secret still sealed, as it is kept for a repeat of the request."""
    return ShownWebhookShape(**msgspec.structs.asdict(webhook_shape(webhook, now)), secret=sealed)


def _opened(desk: Desk, answer: ShownWebhookShape | Raw) -> ShownWebhookShape:
    shown = msgspec.json.decode(answer, type=ShownWebhookShape) if isinstance(answer, Raw) else answer
    if shown.secret is UNSET:
        return shown
    return msgspec.structs.replace(shown, secret=_vault(desk).open(shown.secret, shown.id).decode())


def _facts(webhook: Webhook) -> dict[str, Any]:
    return {
        "host": host_of(webhook.url),
        "description": webhook.description,
        "types": list(webhook.types),
        "order": webhook.order,
        "enabled": webhook.off_at is None,
    }
