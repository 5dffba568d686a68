"""Messages, many at a time."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from server.domain.message import Direction, Kind, Message, MessageState, Purpose
from server.store.database import Row, Transaction, batch

_TEXTS = (
    "conversation",
    "id",
    "account",
    "kind",
    "direction",
    "body",
    "media",
    "did",
    "client_id",
    "body_asked",
    "state",
    "error_code",
    "error_says",
    "encoding",
    *("token", "carrier", "carrier_ref"),
    "purpose",
    "mentions",
    "also_to",
)
_NUMBERS = (
    *("seq", "segments", "send_at", "created_at", "attempt", "next_at", "lease_until", "left_seq", "handed_at", "sent_at"),
    *("asked_at", "any_hour_at"),
)
_COLUMNS = (
    {name: f"b.value ->> '{name}'" for name in _TEXTS}
    | {"user_id": "b.value ->> 'user'"}
    | {name: f"cast(b.value ->> '{name}' as bigint)" for name in _NUMBERS}
)
_CHANGING = (
    "state",
    "error_code",
    "error_says",
    *("did", "carrier", "carrier_ref", "attempt"),
    "next_at",
    "lease_until",
    "body",
    "encoding",
    "segments",
    "left_seq",
    "media",
    "handed_at",
    "send_at",
    "asked_at",
    "any_hour_at",
    "purpose",
    "also_to",
)
_UPDATE = f"""update messages set {", ".join(f"{name} = {_COLUMNS[name]}" for name in _CHANGING)}
    from json_each(:batch) b where messages.id = b.value ->> 'id'"""


async def insert(tx: Transaction, messages: Sequence[Message]) -> None:
    """Raises `Conflict` when a user's `client_id` was used before."""
    if messages:
        await tx.insert("messages", [_values(message) for message in messages])


async def update(tx: Transaction, messages: Sequence[Message]) -> None:
    """Writes what can change in a message: its state, error, carrier's reference and lease, when it may leave, a scheduled one's words as
    it leaves, and of an inbound one what came with it or came later."""
    if messages:
        await tx.run(_UPDATE, batch=batch(messages))


async def get(tx: Transaction, keys: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Message]:
    """Messages by (conversation, seq)."""
    rows = await tx.all(
        """select m.* from json_each(:keys) k join messages m
           on m.conversation = k.value ->> 'conversation' and m.seq = cast(k.value ->> 'seq' as bigint)""",
        keys=batch({"conversation": conversation, "seq": seq} for conversation, seq in set(keys)),
    )
    return {(row["conversation"], row["seq"]): message_of(row) for row in rows}


async def page(tx: Transaction, conversation: str, *, before: int | None, after: int | None, limit: int) -> list[Message]:
    """Ascending by seq: the first `limit` above `after`, or the last `limit` (below `before` if given)."""
    forward = after is not None
    rows = await tx.all(
        f"""select * from messages where conversation = :conversation and seq {">" if forward else "<"} :edge
            order by seq {"" if forward else "desc"} limit :limit""",
        conversation=conversation,
        edge=after if after is not None else (before if before is not None else 2**62),
        limit=limit,
    )
    return sorted((message_of(row) for row in rows), key=lambda m: m.seq)


async def by_id(tx: Transaction, id: str) -> Message | None:
    row = await tx.one("select * from messages where id = :id", id=id)
    return message_of(row) if row else None


async def by_ids(tx: Transaction, ids: Sequence[str]) -> list[Message]:
    """In the order of the ids."""
    rows = await tx.all("select m.* from json_each(:ids) k join messages m on m.id = k.value ->> 'id'", ids=batch({"id": id} for id in ids))
    found = {row["id"]: message_of(row) for row in rows}
    return [found[id] for id in ids if id in found]


async def by_client_id(tx: Transaction, user: str, client_id: str) -> Message | None:
    row = await tx.one("select * from messages where user_id = :user and client_id = :client_id", user=user, client_id=client_id)
    return message_of(row) if row else None


async def by_token(tx: Transaction, token: str) -> Message | None:
    row = await tx.one("select * from messages where token = :token", token=token)
    return message_of(row) if row else None


async def by_carrier_ref(tx: Transaction, carrier: str, ref: str) -> Message | None:
    """The outbound message that this carrier connection knows as `ref`: it was handed over there, whatever its number leaves over now."""
    row = await tx.one(
        """select m.* from messages m join dids d on d.id = m.did
           where m.carrier_ref = :ref and m.direction = 'outbound' and coalesce(m.carrier, d.carrier) = :carrier
           order by m.carrier is null limit 1""",
        carrier=carrier,
        ref=ref,
    )
    return message_of(row) if row else None


async def newest_teammate(tx: Transaction, conversation: str, user: str, after: int) -> Message | None:
    """The newest message or note of another user above `after`; a scheduled text counts again when it leaves."""
    theirs = "conversation = :conversation and user_id is not null and user_id <> :user and state not in ('failed', 'cancelled')"
    rows = await tx.all(
        f"""select * from (select * from messages where {theirs} and seq > :after order by seq desc limit 1) as written
            union all
            select * from (select * from messages where {theirs} and left_seq > :after order by left_seq desc limit 1) as gone""",
        conversation=conversation,
        user=user,
        after=after,
    )
    return max((message_of(row) for row in rows), key=lambda m: m.said_seq, default=None)


async def last_answer(tx: Transaction, conversation: str, but: Iterable[str]) -> int:
    """From which number on the newest text of a person stands that is on its way or arrived, leaving out the messages `but`; 0 if there
    is none. A scheduled text stands from when it left."""
    standing = """conversation = :conversation and direction = 'outbound' and user_id is not null and kind = 'message'
        and state in ('queued', 'sending', 'unconfirmed', 'sent', 'delivered') and id not in (select value ->> 'id' from json_each(:but))"""
    row = await tx.one(
        f"""select max(at) as at from (
            select * from (select seq as at from messages where {standing} order by seq desc limit 1) as plain
            union all
            select * from (select left_seq as at from messages where {standing} and left_seq is not null
                order by left_seq desc limit 1) as later) as newest""",
        conversation=conversation,
        but=batch({"id": id} for id in but),
    )
    return row["at"] or 0 if row else 0


async def first_to_answer(tx: Transaction, conversation: str, after: int, but: Iterable[str]) -> int | None:
    """When the first inbound text above `after` came that was no handled keyword, leaving out the messages `but`, µs; None if there is
    none."""
    row = await tx.one(
        """select created_at from messages where conversation = :conversation and seq > :after and direction = 'inbound'
           and purpose is null and id not in (select value ->> 'id' from json_each(:but)) order by seq limit 1""",
        conversation=conversation,
        after=after,
        but=batch({"id": id} for id in but),
    )
    return row["created_at"] if row else None


async def automatic_since(tx: Transaction, conversation: str, purpose: Purpose, since: int) -> int:
    """How many automatic texts of this purpose were made at or after `since` (µs)."""
    row = await tx.one(
        """select count(*) as n from messages where conversation = :conversation and purpose = :purpose
           and direction = 'outbound' and created_at >= :since""",
        conversation=conversation,
        purpose=purpose,
        since=since,
    )
    return row["n"] if row else 0


async def last_received(tx: Transaction, conversation: str, purpose: Purpose) -> int | None:
    """When the contact last sent a text of this purpose, µs, as far as it is known."""
    row = await tx.one(
        """select max(coalesce(sent_at, created_at)) as at from messages where conversation = :conversation and purpose = :purpose
           and direction = 'inbound'""",
        conversation=conversation,
        purpose=purpose,
    )
    return row["at"] if row else None


async def received_before(tx: Transaction, conversation: str, seq: int, purpose: Purpose) -> int | None:
    """When the contact sent its last text of this purpose before the number `seq`, µs, as far as it is known."""
    row = await tx.one(
        """select coalesce(sent_at, created_at) as at from messages where conversation = :conversation and seq < :seq
           and purpose = :purpose and direction = 'inbound' order by seq desc limit 1""",
        conversation=conversation,
        seq=seq,
        purpose=purpose,
    )
    return row["at"] if row else None


async def parked(tx: Transaction, conversation: str) -> list[Message]:
    """Automatic texts that wait for a person's decision: they may leave once `next_at` is set again."""
    rows = await tx.all(
        """select * from messages where conversation = :conversation and purpose is not null and direction = 'outbound'
           and state in ('queued', 'sending') and next_at is null and lease_until is null order by seq""",
        conversation=conversation,
    )
    return [message_of(row) for row in rows]


async def put_off_behind(tx: Transaction, head: Message, until: int) -> None:
    """The texts that wait behind this one over the same number are not due before it is, at `until` (µs): else they would fill the front of
    the number's queue, and none of them may leave. What quiet hours hold keeps its own time."""
    # With the sum no engine walks along the times, past all that wait over the number.
    await tx.run(
        """update messages set next_at = :until where did = :did and conversation = :conversation and seq > :seq
           and next_at is not null and next_at + 0 < :until and asked_at is null and lease_until is null""",
        until=until,
        did=head.did,
        conversation=head.conversation,
        seq=head.seq,
    )


async def leaving(tx: Transaction, conversation: str) -> list[Message]:
    """Outbound messages that are on their way out, in order: those that wait, and those that a sender holds."""
    rows = await tx.all(
        """select * from messages where conversation = :conversation and (lease_until is not null or next_at is not null)
           order by seq""",
        conversation=conversation,
    )
    return [message_of(row) for row in rows]


def _values(message: Message) -> dict[str, Any]:
    values = asdict(message)
    values["user_id"] = values.pop("user")
    values["mentions"] = _text(message.mentions)
    values["also_to"] = _text(message.also_to)
    return values


def message_of(row: Row) -> Message:
    return Message(
        id=row["id"],
        conversation=row["conversation"],
        account=row["account"],
        seq=row["seq"],
        kind=Kind(row["kind"]),
        direction=Direction(row["direction"]),
        body=row["body"],
        state=MessageState(row["state"]),
        created_at=row["created_at"],
        did=row["did"],
        user=row["user_id"],
        client_id=row["client_id"],
        body_asked=row["body_asked"],
        encoding=row["encoding"],
        segments=row["segments"],
        send_at=row["send_at"],
        error_code=row["error_code"],
        error_says=row["error_says"],
        token=row["token"],
        attempt=row["attempt"],
        next_at=row["next_at"],
        lease_until=row["lease_until"],
        carrier_ref=row["carrier_ref"],
        media=row["media"],
        purpose=Purpose(row["purpose"]) if row["purpose"] else None,
        mentions=_list(row["mentions"]),
        also_to=_list(row["also_to"]),
        left_seq=row["left_seq"],
        handed_at=row["handed_at"],
        sent_at=row["sent_at"],
        asked_at=row["asked_at"],
        any_hour_at=row["any_hour_at"],
        carrier=row["carrier"],
    )


def _list(text: str) -> tuple[str, ...]:
    return () if text == "[]" else tuple(msgspec.json.decode(text, type=list[str]))


def _text(some: tuple[str, ...]) -> str:
    return msgspec.json.encode(some).decode() if some else "[]"
