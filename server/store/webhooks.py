"""Outbound webhooks: what managers set, and where the notifiers are with each.

A notifier holds a webhook for a while (`holder`, `lease_until`), so that one stream goes to each receiver; whoever dies loses it by time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from server.domain.webhook import Order, Why
from server.store.database import Row, Transaction


@dataclass(frozen=True, slots=True)
class Webhook:
    """`types` empty: all. `secret` and `old_secret` are sealed by the vault for this id; the old one signs too until `old_secret_until`.

    Events up to `position` are deliveries by now, or were not asked for. Instants in µs UTC.
    """

    id: str
    account: str
    url: str = field(repr=False)
    description: str
    types: tuple[str, ...]
    order: Order
    secret: str = field(repr=False)
    old_secret: str | None = field(repr=False)
    old_secret_until: int | None
    position: int
    off_at: int | None
    off_why: Why | None
    failures: int
    failing_since: int | None
    rests_until: int | None
    created_at: int


async def add(tx: Transaction, webhook: Webhook) -> None:
    await tx.run(
        """insert into webhooks (id, account, url, description, types, ordered_by, secret, position, failures, created_at)
           values (:id, :account, :url, :description, :types, :order, :secret, :position, 0, :created_at)""",
        id=webhook.id,
        account=webhook.account,
        url=webhook.url,
        description=webhook.description,
        types=_encoded(webhook.types),
        order=webhook.order,
        secret=webhook.secret,
        position=webhook.position,
        created_at=webhook.created_at,
    )


async def get(tx: Transaction, account: str, id: str) -> Webhook | None:
    row = await tx.one("select * from webhooks where id = :id and account = :account", id=id, account=account)
    return _webhook_of(row) if row else None


async def lock(tx: Transaction, account: str, id: str) -> Webhook | None:
    """A webhook of the account as it is now, held to the end of the transaction."""
    row = await tx.one("update webhooks set url = url where id = :id and account = :account returning *", id=id, account=account)
    return _webhook_of(row) if row else None


async def page(tx: Transaction, account: str, after: str, limit: int) -> list[Webhook]:
    """The account's webhooks by id, those after the id `after`."""
    rows = await tx.all(
        "select * from webhooks where account = :account and id > :after order by id limit :limit",
        account=account,
        after=after,
        limit=limit,
    )
    return [_webhook_of(row) for row in rows]


async def count(tx: Transaction, account: str) -> int:
    row = await tx.one("select count(*) as count from webhooks where account = :account", account=account)
    return int(row["count"]) if row else 0


async def given_up(tx: Transaction, account: str) -> list[str]:
    """What those are called, or their address, that no manager switched off."""
    rows = await tx.all(
        "select url, description from webhooks where account = :account and off_why is not null and off_why <> 'paused' order by id",
        account=account,
    )
    return [row["description"] or host_of(row["url"]) for row in rows]


def host_of(url: str) -> str:
    """Of an address that was accepted: the rest of it may hold a key."""
    return url.partition("//")[2].partition("/")[0].partition("?")[0]


async def save(tx: Transaction, webhook: Webhook) -> None:
    """Writes everything that can change but the position."""
    await tx.run(
        """update webhooks set url = :url, description = :description, types = :types, ordered_by = :order, secret = :secret,
                  old_secret = :old_secret, old_secret_until = :old_secret_until, off_at = :off_at, off_why = :off_why,
                  failures = :failures, failing_since = :failing_since, rests_until = :rests_until
           where id = :id""",
        id=webhook.id,
        url=webhook.url,
        description=webhook.description,
        types=_encoded(webhook.types),
        order=webhook.order,
        secret=webhook.secret,
        old_secret=webhook.old_secret,
        old_secret_until=webhook.old_secret_until,
        off_at=webhook.off_at,
        off_why=webhook.off_why,
        failures=webhook.failures,
        failing_since=webhook.failing_since,
        rests_until=webhook.rests_until,
    )


async def remove(tx: Transaction, id: str) -> None:
    await tx.run("delete from webhook_deliveries where webhook = :id", id=id)
    await tx.run("delete from webhooks where id = :id", id=id)


_READY = """off_at is null and (lease_until is null or lease_until <= :now) and (rests_until is null or rests_until <= :now)
    and (position < (select a.position from accounts a where a.id = webhooks.account)
         or exists (select 1 from webhook_deliveries d where d.webhook = webhooks.id and d.next_at <= :now))"""


async def any_ready(tx: Transaction) -> bool:
    """Whether a webhook that nobody holds has something to deliver, or events to look through."""
    return await tx.one(f"select 1 as ready from webhooks where {_READY} limit 1", now=tx.now) is not None


async def hold(tx: Transaction, holder: str, until: int, limit: int) -> list[Webhook]:
    """Takes at most `limit` of those that are ready, whose turn is the longest ago. Of several who try, one gets each."""
    rows = await tx.all(
        f"""update webhooks set holder = :holder, lease_until = :until
            where id in (select id from webhooks where {_READY} order by coalesce(lease_until, 0), id limit :limit) and {_READY}
            returning *""",
        holder=holder,
        until=until,
        limit=limit,
        now=tx.now,
    )
    return [_webhook_of(row) for row in rows]


async def keep(tx: Transaction, id: str, holder: str, until: int) -> Webhook | None:
    """Holds it on, locked to the end of the transaction; None when it is another's by now, or gone."""
    row = await tx.one(
        "update webhooks set lease_until = :until where id = :id and holder = :holder returning *", id=id, holder=holder, until=until
    )
    return _webhook_of(row) if row else None


async def release(tx: Transaction, id: str, holder: str) -> None:
    await tx.run(
        "update webhooks set holder = null, lease_until = :now where id = :id and holder = :holder", id=id, holder=holder, now=tx.now
    )


async def move(tx: Transaction, id: str, position: int) -> None:
    """Events up to `position` were looked through."""
    await tx.run("update webhooks set position = :position where id = :id", id=id, position=position)


def _encoded(types: Sequence[str]) -> str:
    return msgspec.json.encode(types).decode()


def _webhook_of(row: Row) -> Webhook:
    return Webhook(
        id=row["id"],
        account=row["account"],
        url=row["url"],
        description=row["description"],
        types=tuple(msgspec.json.decode(row["types"])),
        order=Order(row["ordered_by"]),
        secret=row["secret"],
        old_secret=row["old_secret"],
        old_secret_until=row["old_secret_until"],
        position=row["position"],
        off_at=row["off_at"],
        off_why=Why(row["off_why"]) if row["off_why"] is not None else None,
        failures=row["failures"],
        failing_since=row["failing_since"],
        rests_until=row["rests_until"],
        created_at=row["created_at"],
    )
