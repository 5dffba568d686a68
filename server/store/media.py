"""Attachments: uploads that no message has yet, those of messages, and those that are still at a carrier.

A file has its row before it is there, and the row goes after it: whatever was cut off in the middle is found by the row's age.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from server.domain.media import Attachment, MediaState
from server.store.database import Row, Transaction, batch

ON_ITS_WAY, REMOVED = "on_its_way", "removed"
"""States of a row whose file is not whole yet, or not there any more; nobody sees them."""


class MediaRow(TypedDict):
    """An attachment of a message that is still at the carrier, at `source`. `carrier` is the connection over which the message came."""

    id: str
    account: str
    message: str
    place: int
    carrier: str
    source: str
    content_type: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of one of ours. `width` and `height` are a picture's; a picture has a thumbnail."""

    id: str
    account: str
    user: str
    content_type: str
    size: int
    name: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that can be had."""

    attachment: Attachment
    account: str


async def announce(tx: Transaction, upload: Upload) -> None:
    """Before its file is written."""
    await tx.run(
        """insert into media (id, account, place, content_type, state, size, width, height, name, user_id, created_at)
           values (:id, :account, 0, :content_type, :state, :size, :width, :height, :name, :user, :now)""",
        id=upload.id,
        account=upload.account,
        content_type=upload.content_type,
        state=ON_ITS_WAY,
        size=upload.size,
        width=upload.width,
        height=upload.height,
        name=upload.name,
        user=upload.user,
        now=tx.now,
    )


async def make_ready(tx: Transaction, id: str) -> None:
    """Its file is there."""
    await tx.run("update media set state = :ready where id = :id and state = :before", id=id, ready=MediaState.READY, before=ON_ITS_WAY)


async def ready(tx: Transaction, id: str) -> Kept | None:
    """Of whatever account."""
    row = await tx.one("select * from media where id = :id and state = :ready", id=id, ready=MediaState.READY)
    return Kept(_attachment_of(row), row["account"]) if row else None


async def all_ready(tx: Transaction) -> list[str]:
    """The ids of all attachments that can be had."""
    return [row["id"] for row in await tx.all("select id from media where state = :ready order by id", ready=MediaState.READY)]


async def free(tx: Transaction, account: str, ids: Sequence[str]) -> bool:
    """Whether all of these are uploads of the account that no message has."""
    row = await tx.one(
        """select count(*) as found from media where account = :account and message is null and state = :ready
           and id in (select value ->> 'id' from json_each(:ids))""",
        account=account,
        ready=MediaState.READY,
        ids=batch({"id": id} for id in ids),
    )
    return row is not None and row["found"] == len(ids)


async def attach(tx: Transaction, account: str, ids: Sequence[str], message: str, first: int = 0) -> list[Attachment] | None:
    """Uploads of the account become this message's, in this order; None if one of them is not there or is another message's."""
    attached = []
    for place, id in enumerate(ids, first):
        row = await tx.one(
            """update media set message = :message, place = :place
               where id = :id and account = :account and message is null and state = :ready returning *""",
            id=id,
            account=account,
            message=message,
            place=place,
            ready=MediaState.READY,
        )
        if row is None:
            return None
        attached.append(_attachment_of(row))
    return attached


async def insert_pending(tx: Transaction, rows: Sequence[MediaRow]) -> None:
    await tx.run(
        """insert into media (id, account, message, place, carrier, source, content_type, state, created_at, next_at)
           select value ->> 'id', value ->> 'account', value ->> 'message', cast(value ->> 'place' as bigint), value ->> 'carrier',
                  value ->> 'source', value ->> 'content_type', 'pending', cast(value ->> 'created_at' as bigint),
                  cast(value ->> 'created_at' as bigint)
           from json_each(:batch) where true""",
        batch=batch(rows),
    )


async def any_forgotten(tx: Transaction, before: int) -> bool:
    """Whether there are uploads from before `before` (µs) that no message took."""
    row = await tx.one("select 1 as found from media where message is null and created_at < :before limit 1", before=before)
    return row is not None


async def take_forgotten(tx: Transaction, before: int, limit: int) -> list[str]:
    """At most `limit` such uploads, which no message can take any more. Their files may go now."""
    rows = await tx.all(
        """update media set state = :removed where message is null and id in
           (select id from media where message is null and created_at < :before order by created_at limit :limit) returning id""",
        removed=REMOVED,
        before=before,
        limit=limit,
    )
    return [row["id"] for row in rows]


async def forget(tx: Transaction, ids: Sequence[str]) -> None:
    """Their files are gone."""
    await tx.run(
        "delete from media where state = :removed and id in (select value ->> 'id' from json_each(:ids))",
        removed=REMOVED,
        ids=batch({"id": id} for id in ids),
    )


def _attachment_of(row: Row) -> Attachment:
    return Attachment(
        id=row["id"],
        content_type=row["content_type"],
        state=MediaState(row["state"]),
        size=row["size"],
        name=row["name"],
        width=row["width"],
        height=row["height"],
    )
