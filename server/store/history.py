"""What happened to a conversation beside its messages, read from its events."""

from dataclasses import dataclass

from server.store.database import Row, Transaction


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it went out, with its place in the account."""

    position: int
    body: str


_TELLING = """(type in ('contact.ready_changed', 'contact.opted_out', 'contact.opted_in')
    or (type = 'contact.updated' and (body like '%"reason":"consent_review"%' or body like '%"reason":"consent_kept"%')))"""
"""Within a string of the body a quotation mark is escaped, so that nothing that people write looks like a reason."""


async def lines(tx: Transaction, conversation: str, before: int, limit: int) -> list[Line]:
    """At most `limit` numbered events below the number `before` that are about the conversation or who takes part; the newest, in order."""
    rows = await tx.all(
        """select position, body from events where conversation = :conversation and seq < :before
           and (type like 'conversation.%' or type like 'subscriber.%') and seq is not null order by seq desc limit :limit""",
        conversation=conversation,
        before=before,
        limit=limit,
    )
    return [_line(row) for row in reversed(rows)]


async def position_of(tx: Transaction, conversation: str, seq: int) -> int | None:
    row = await tx.one("select position from events where conversation = :conversation and seq = :seq", conversation=conversation, seq=seq)
    return row["position"] if row else None


async def of_contact(tx: Transaction, contact: str, after: int, before: int) -> list[Line]:
    """The changes of the contact's readiness and consent between two positions, in order."""
    rows = await tx.all(
        f"""select position, body from events where contact = :contact and position > :after and position < :before
            and {_TELLING} and contact is not null order by position""",
        contact=contact,
        after=after,
        before=before,
    )
    return [_line(row) for row in rows]


def _line(row: Row) -> Line:
    return Line(row["position"], row["body"])
