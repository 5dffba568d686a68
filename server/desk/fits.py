"""Whether a text that waited still fits its number, whose carrier may be another by now than when it was written."""

from server.desk.attach import media_limit
from server.desk.desk import Desk
from server.desk.outcome import News, apply
from server.desk.work import Work
from server.domain.media import attachments
from server.domain.message import Message, MessageState
from server.domain.segments import MOST_SEGMENTS
from server.store.accounts import Did


async def does_not_fit(desk: Desk, work: Work, message: Message, did: Did) -> bool:
    """Then it has failed and says why: some carriers drop pictures that they cannot take, and cut what is too long, without a word."""
    flaw = _flaw(desk, message, did)
    if flaw is not None:
        await apply(work, message, flaw)
    return flaw is not None


def _flaw(desk: Desk, message: Message, did: Did) -> News | None:
    attached, limit = attachments(message.media), media_limit(desk, did)
    size, most = sum(each.size or 0 for each in attached), desk.carriers[did.kind].max_characters
    if attached and not limit:
        return _failed("no_mms", "This number cannot send pictures any more. Send it without them, or from another number.")
    if size > limit:
        says = f"The attachments have {size / 1_000_000:.1f} MB; this number takes up to {limit / 1_000_000:g} MB now. Send smaller ones."
        return _failed("too_large", says)
    if len(message.body) > most:
        return _too_long(f"{len(message.body)} characters, and {most} are the most")
    if message.segments > MOST_SEGMENTS:
        return _too_long(f"{message.segments} segments, and {MOST_SEGMENTS} are the most")
    return None


def _too_long(how: str) -> News:
    return _failed("too_long", f"The text is too long for this number as it is now: {how}. Send it shorter.")


def _failed(code: str, says: str) -> News:
    return News(MessageState.FAILED, code, says)
