"""Uploads become a message's: what its number may carry, and that no two messages share one."""

from collections.abc import Sequence

from msgspec.structs import replace

from server.desk.desk import Desk
from server.desk.work import Work
from server.domain.errors import Invalid, NoMms, NotFound, TooLarge
from server.domain.media import MOST_ATTACHMENTS, attachments, kept
from server.domain.message import Message
from server.store import media
from server.store.accounts import Did

BILLED = 1
"""Segments of a message with attachments: carriers bill an MMS as one message, however long its words are."""


def media_limit(desk: Desk, did: Did) -> int:
    """How many bytes of attachments one message from this number may carry; 0 where the number or its carrier takes none."""
    return desk.carriers[did.kind].media_limit if "mms" in did.capabilities else 0


async def attach(desk: Desk, work: Work, message: Message, did: Did, ids: Sequence[str], repeats: Message | None = None) -> Message:
    """The message with these uploads; those of the message that it `repeats` it shares with it. Raises `NoMms`, `Invalid`, `NotFound`, and
    `TooLarge` for all of them together."""
    if not ids:
        return message
    limit = media_limit(desk, did)
    if not limit:
        raise NoMms("This number cannot send pictures.")
    if len(ids) > MOST_ATTACHMENTS or len(set(ids)) < len(ids):
        raise Invalid(f"A message has at most {MOST_ATTACHMENTS} attachments, each once.", field="media")
    shared = {each.id: each for each in attachments(repeats.media)} if repeats is not None else {}
    new = await media.attach(work.tx, message.account, [id for id in ids if id not in shared], message.id)
    if new is None:
        raise NotFound("There is no such attachment, or another message has it.")
    known = shared | {each.id: each for each in new}
    attached = [known[id] for id in ids]
    size = sum(each.size or 0 for each in attached)
    if size > limit:
        raise TooLarge(f"The attachments have {size / 1_000_000:.1f} MB; this number takes up to {limit / 1_000_000:g} MB.", field="media")
    return replace(message, media=kept(attached), segments=BILLED)
